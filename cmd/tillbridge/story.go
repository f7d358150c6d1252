// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"tillbridge/payment"
)

// story tells one event to people.
func story(e payment.Event) string {
	switch e := e.(type) {
	case payment.Asked:
		return fmt.Sprintf("the till asked for %s%s; Klarna's reference %s, open until %s",
			e.Order.Amount, about(", receipt ", e.Order.Ref), e.Reference, clock(e.Deadline))
	case payment.Intended:
		return fmt.Sprintf("decided to %s, attempt %d, key %s", e.Intent.Write, e.Intent.Attempt, e.Intent.Key)
	case payment.MoreTime:
		return "the customer asked for more time, until " + clock(e.Deadline)
	case payment.ReversalAsked:
		return "the till takes the sale back"
	case payment.CancelAsked:
		return "cancel wanted: " + string(e.Why)
	case payment.Told:
		return "told the till: " + string(e.Outcome)
	case payment.Offered:
		return "began to tell the till: approved"
	case payment.Confirmed:
		if !e.OK {
			return "the till said no to: " + string(e.Outcome)
		}
		return "the till confirmed: " + string(e.Outcome)
	case payment.Resolved:
		return fmt.Sprintf("a person decided%s: %s%s: %s", about(" about refund ", string(e.Refund)), e.As, about(", ", e.By), e.Reason)
	case payment.RefundAsked:
		return fmt.Sprintf("the till gives back %s as refund %s%s", e.Amount, e.ID, about(": ", e.Note))
	case payment.Unclear, payment.StepUpRequired, payment.ApprovedByKlarna, payment.DeclinedByKlarna, payment.RefusedByKlarna,
		payment.KeyExpired, payment.RequestSeen, payment.CancelRefused, payment.Captured, payment.GivenBack, payment.TransactionSeen,
		payment.RefundDone:
	}
	return storyOfKlarna(e)
}

// storyOfKlarna tells what Klarna said, or did not say.
func storyOfKlarna(e payment.Event) string {
	switch e := e.(type) {
	case payment.Unclear:
		return "no clear answer from Klarna; it may have been done (key " + string(e.Key) + ")"
	case payment.StepUpRequired:
		return fmt.Sprintf("Klarna waits for the customer: request %s, open until %s", e.Request.ID, clock(e.Deadline))
	case payment.ApprovedByKlarna:
		return fmt.Sprintf("Klarna approved %s as transaction %s", e.Transaction.Amount, e.Transaction.ID)
	case payment.DeclinedByKlarna:
		return "Klarna declined"
	case payment.RefusedByKlarna:
		if e.Unreachable {
			return "Klarna was never reached"
		}
		return "Klarna refused" + about(": ", e.Code) + about(", correlation id ", e.Correlation)
	case payment.KeyExpired:
		return "the key is too old to ask again, and the outcome is not known (key " + string(e.Key) + ")"
	case payment.RequestSeen:
		return fmt.Sprintf("Klarna's request is %s", strings.ReplaceAll(string(e.Status), "_", " "))
	case payment.CancelRefused:
		return "Klarna does not delete the request " + string(e.Request)
	case payment.Captured:
		return "Klarna captured" + about(" as ", e.CaptureID)
	case payment.GivenBack:
		return "Klarna gave the money back"
	case payment.RefundDone:
		return "Klarna refunded" + about(" as ", e.RefundID)
	case payment.TransactionSeen:
		if e.Refunded > 0 {
			return fmt.Sprintf("Klarna's transaction is %s, %d minor units of it refunded", e.Status, e.Refunded)
		}
		return "Klarna's transaction is " + string(e.Status)
	case payment.Asked, payment.Intended, payment.MoreTime, payment.ReversalAsked, payment.CancelAsked, payment.Told, payment.Offered,
		payment.Confirmed, payment.Resolved, payment.RefundAsked:
	}
	return e.Kind()
}

// about is a text with what introduces it, or nothing.
func about(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func clock(at time.Time) string { return at.Local().Format(time.TimeOnly) }

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"strings"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// refuseConfirm answers confirmations of an approval with a reason.
func refuseConfirm(r payment.Reason) func(*cashier) {
	return func(c *cashier) {
		c.engine.took = func(a payment.Ask) []payment.Word {
			if confirm, ok := a.(payment.Confirm); ok && confirm.Outcome == payment.Approved {
				return []payment.Word{payment.Refusal{ID: "A1", Reason: r}}
			}
			return nil
		}
	}
}

// A till whose yes comes while staff give the sale back does not end it as paid.
func TestATillWhoseYesCameTooLate(t *testing.T) {
	t.Parallel()
	t.Run("and hears how it ends", func(t *testing.T) {
		t.Parallel()
		both(t, refuseConfirm(payment.ReasonGivingBack), func(c *cashier) {
			c.accepted()
			c.engine.say(approvedA1())
			time.Sleep(20 * time.Second) // longer than a confirmation is waited for
			c.engine.say(payment.Update{ID: "A1", Outcome: payment.Reversed, Reason: payment.ReasonGivenBack})
			c.wants(payment.Reversed)
		})
	})
	t.Run("and hears nothing more", func(t *testing.T) {
		t.Parallel()
		both(t, refuseConfirm(payment.ReasonGivingBack), func(c *cashier) {
			c.accepted()
			c.engine.say(approvedA1())
			c.wants(payment.Unknown)
		})
	})
	t.Run("because it was given back before", func(t *testing.T) {
		t.Parallel()
		both(t, refuseConfirm(payment.ReasonGivenBack), func(c *cashier) {
			c.accepted()
			r := approvedA1()
			r.GivenBack = true
			began := time.Now()
			c.engine.say(r)
			c.wants(payment.Reversed)
			if took := time.Since(began); took > 5*time.Second {
				c.t.Errorf("it took %v to say so", took)
			}
		})
	})
}

// The words of both codes tell staff to keep the goods, and never that no money has moved.
func TestTheWordsToAYesThatCameTooLate(t *testing.T) {
	t.Parallel()
	for reason, want := range map[payment.Reason]string{
		payment.ReasonGivingBack: "The payment is being given back. Not settled yet. Keep the goods.",
		payment.ReasonGivenBack:  "The payment was given back. The customer owes nothing.",
	} {
		b := answering(payment.Refusal{ID: "A1", Reason: reason})
		status, e := do(t, b, request("POST", lane1+"/payments/A1/confirm", `{"outcome":"approved"}`))
		if got, ok := e.(native.Error); !ok || status != 409 || got.Code != native.Code(reason) || !strings.HasPrefix(got.Text, want) {
			t.Errorf("%s is answered with %d %+v", reason, status, e)
		}
	}
	returning := approvedA1()
	returning.Returning, returning.Replay = true, true
	status, e := do(t, answering(returning), request("GET", lane1+"/payments/A1", ""))
	if got, ok := e.(native.State); !ok || status != 200 || got.Outcome != "approved" || got.Code != "giving_back" || got.GivenBack {
		t.Errorf("its status is answered with %d %+v", status, e)
	}
}

// A ZVT till that takes a sale while staff give it back ends with 9B, not as paid.
func TestZVTAYesWhileStaffGiveBack(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		r.result()
		id, _, err := w.disk.Newest("lane-1", "EPOCH-")
		if err != nil {
			t.Fatal(err)
		}
		sale := payment.ID{Lane: "lane-1", Till: id}
		if err := w.engine.Resolve(w.ctx, sale, payment.DecideGiveBack, "the customer left", "staff"); err != nil {
			t.Fatal(err)
		}
		r.say(yes)
		r.hearsAfterAck("06 1E 01 9B")
		w.books(1, 0, 0)
	})
}

// A till that comes back to a sale while it goes back says no yes to it, and does not end it as paid.
func TestATillThatHearsOfASaleThatGoesBack(t *testing.T) {
	t.Parallel()
	result := approvedA1()
	result.Returning = true
	update := payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Returning: true}
	for name, word := range map[string]payment.Word{"a result": result, "an update": update} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, nil, func(c *cashier) {
				c.accepted()
				c.engine.say(word)
				time.Sleep(20 * time.Second)
				if n := c.engine.count(payment.Confirm{ID: "A1", Outcome: payment.Approved, OK: true}); n != 0 {
					c.t.Errorf("it was confirmed %d times, want never", n)
				}
				c.engine.say(payment.Update{ID: "A1", Outcome: payment.Reversed, Reason: payment.ReasonGivenBack})
				c.wants(payment.Reversed)
			})
		})
		t.Run(name+" and no more", func(t *testing.T) {
			t.Parallel()
			both(t, nil, func(c *cashier) {
				c.accepted()
				c.engine.say(word)
				c.wants(payment.Unknown)
			})
		})
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import "tillbridge/payment"

// Kind says how two books differ. The set is closed.
type Kind string

// The kinds of differences.
const (
	// TillLacks means: our book has it, the till's does not.
	TillLacks Kind = "till_lacks"
	// TillOnly means: the till has it, and it is no sale here.
	TillOnly Kind = "till_only"
	// TillAmount means: both have it, with other amounts.
	TillAmount Kind = "till_amount"
	// TillTotals means: the totals of a lane differ; single payments of the till were not given.
	TillTotals Kind = "till_totals"
	// KlarnaLacks means: Klarna does not know a transaction of ours.
	KlarnaLacks Kind = "klarna_lacks"
	// KlarnaAmount means: Klarna has charged, or given back, another amount.
	KlarnaAmount Kind = "klarna_amount"
	// KlarnaUnread means: Klarna's book could not be read, so nothing is known.
	KlarnaUnread Kind = "klarna_unread"
	// Unfinished means: the payment is not at its end; the books are expected to differ.
	Unfinished Kind = "unfinished"
	// PayoutLacks means: the sale is not in the settlement file.
	PayoutLacks Kind = "payout_lacks"
	// PayoutOnly means: the settlement file has what is no sale here.
	PayoutOnly Kind = "payout_only"
	// PayoutAmount means: the settlement file has another amount.
	PayoutAmount Kind = "payout_amount"
)

// Kinds lists the closed set.
func Kinds() []Kind {
	return []Kind{
		TillLacks, TillOnly, TillAmount, TillTotals, KlarnaLacks, KlarnaAmount, KlarnaUnread, Unfinished,
		PayoutLacks, PayoutOnly, PayoutAmount,
	}
}

// Words is what a person reads about a kind: what happened, whether money has moved, what to do.
func (k Kind) Words() payment.Words {
	switch k {
	case TillLacks:
		return payment.Words{What: "Paid here, and not in the till's book.", Money: "The customer is charged.", Do: "Enter it at the till, or give it back."}
	case TillOnly:
		return payment.Words{What: "In the till's book, and no sale here.", Money: "Nothing was charged under this number.", Do: "Correct the till's book; ask for the money if the goods are gone."}
	case TillAmount:
		return payment.Words{What: "The till's book says another amount.", Money: "What was charged is the amount here.", Do: "Correct the till's book."}
	case TillTotals:
		return payment.Words{What: "The till's totals are other than ours.", Money: "What was charged is the sum here.", Do: "Compare single payments to find which."}
	case KlarnaLacks:
		return payment.Words{What: "Klarna does not know the transaction.", Money: "Not known.", Do: "Look in Klarna's portal; call support with its number."}
	case KlarnaAmount:
		return payment.Words{What: "Klarna's book says another amount.", Money: "What counts is Klarna's amount.", Do: "Look in Klarna's portal; correct it there, or record it."}
	case KlarnaUnread:
		return payment.Words{What: "Klarna's book could not be read.", Money: "Not known.", Do: "Compare again later."}
	case Unfinished:
		return payment.Words{What: "The payment has not come to its end.", Money: "May still move.", Do: "See tillbridge attention list, and compare again later."}
	case PayoutLacks:
		return payment.Words{What: "Sold, and not in the settlement file.", Money: "Not paid out by this file.", Do: "Wait for the next file; then ask Klarna."}
	case PayoutOnly:
		return payment.Words{What: "In the settlement file, and no sale here.", Money: "Paid out, or taken off.", Do: "Look in Klarna's portal where it comes from."}
	case PayoutAmount:
		return payment.Words{What: "The settlement file says another amount.", Money: "Paid out is the file's amount.", Do: "Look in Klarna's portal."}
	}
	return payment.Words{}
}

// Difference is one thing on which two books do not agree. Amounts are what is left of the payment, in minor
// units.
type Difference struct {
	Kind        Kind                  `json:"kind"`
	Lane        payment.LaneID        `json:"lane,omitempty"`
	ID          payment.TillID        `json:"id,omitempty"`
	Transaction payment.TransactionID `json:"transaction,omitempty"`
	Reference   string                `json:"reference,omitempty"` // eight characters for people
	State       payment.State         `json:"state,omitzero"`
	Currency    payment.Currency      `json:"currency,omitempty"`
	Ours        int64                 `json:"ours"`
	Theirs      int64                 `json:"theirs"` // 0 where they have nothing, or nothing is known
}

func differs(k Kind, p payment.Payment, ours, theirs int64) Difference {
	return Difference{
		Kind: k, Lane: p.ID.Lane, ID: p.ID.Till, Transaction: p.Transaction.ID, Reference: shortCode(p),
		State: p.State, Currency: p.Order.Amount.Currency, Ours: ours, Theirs: theirs,
	}
}

func shortCode(p payment.Payment) string {
	if p.Reference == "" {
		return ""
	}
	return payment.ShortCode(p.Reference)
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/payment"
)

func refundAsked(id payment.TillID, minor int64) payment.RefundAsked {
	return payment.RefundAsked{
		At: at(time.Hour), ID: id, Amount: payment.Amount{Minor: minor, Currency: "EUR"},
		Reference: "reference-" + string(id), Note: "broken",
	}
}

func refundKey(id payment.TillID) payment.Key { return "key-refund-" + payment.Key(id) }

func refundIntended(id payment.TillID) payment.Intended {
	e := intended(payment.WriteRefund, 1)
	e.Intent.Key, e.Intent.Refund = refundKey(id), id
	return e
}

func refundDone(id payment.TillID) payment.RefundDone {
	return payment.RefundDone{At: at(2 * time.Hour), Key: refundKey(id), RefundID: "refund-of-" + string(id)}
}

func refundUnclear(id payment.TillID) payment.Unclear { return payment.Unclear{Key: refundKey(id)} }

func counted(s payment.TransactionStatus, minor int64) payment.TransactionSeen {
	return payment.TransactionSeen{At: at(3 * time.Hour), Status: s, Refunded: minor, Counted: true}
}

func decided(d payment.Decision, id payment.TillID) payment.Resolved {
	r := resolved(d)
	r.Refund = id
	return r
}

func sold() []payment.Event {
	return after(captureSent(), payment.Captured{At: at(time.Hour), Key: key(payment.WriteCapture, 1), CaptureID: "capture-1"})
}

func refundSent(minor int64) []payment.Event {
	return after(sold(), refundAsked("R1", minor), refundIntended("R1"))
}

// inQuestion is a refund that a person must look at.
func inQuestion() []payment.Event {
	return after(refundSent(500), refundUnclear("R1"), expired(refundKey("R1")), holding(payment.TransactionCaptured))
}

func offered() payment.Event { return payment.Offered{At: at(time.Minute)} }

func voided() []payment.Event {
	return after(approved(), offered(), refundAsked("R1", 1610), intended(payment.WriteVoid, 1))
}

func refundStories() []story {
	capt := key(payment.WriteCapture, 1)
	return []story{
		{"captured, refund asked", after(sold(), refundAsked("R1", 500))},
		{"captured, refund sent", refundSent(500)},
		{"captured, refund perhaps executed", after(refundSent(500), refundUnclear("R1"))},
		{"captured, refund refused, not read", after(refundSent(500), refused(refundKey("R1")))},
		{"captured, refund refused", after(refundSent(500), refused(refundKey("R1")), holding(payment.TransactionCaptured))},
		{"captured, refund done", after(refundSent(500), refundDone("R1"))},
		{"captured, all refunded", after(refundSent(1610), refundDone("R1"))},
		{"captured, refund before a person", inQuestion()},
		{"captured, refund before a person and another", after(inQuestion(), refundAsked("R2", 1110), refundIntended("R2"))},
		{"capturing, refund asked", after(captureSent(), refundAsked("R1", 500))},
		{
			"attention, capture refused, refund asked",
			after(captureSent(), refundAsked("R1", 500), refused(capt), holding(payment.TransactionAuthorized)),
		},
		{"reversing, a refund of all", voided()},
		{
			"attention, a refund of all refused",
			after(voided(), refused(key(payment.WriteVoid, 1)), holding(payment.TransactionAuthorized)),
		},
	}
}

// refundCandidates are the events that may meet the refunds of p.
func refundCandidates(p payment.Payment) []payment.Event {
	other := refundAsked("R1", 500)
	other.Amount.Currency = "SEK"
	all := []payment.Event{
		refundAsked("R1", 500), refundAsked("R1", 501), refundAsked("R1", 1610), refundAsked("R2", 1110), refundAsked("R2", 1611), refundAsked("R2", 0), other,
	}
	keys := []payment.Key{stray, refundKey("R1"), refundKey("R2")}
	for _, k := range append(keys, p.Capture.Key, p.GiveBack.Key) {
		all = append(all, payment.RefundDone{At: at(time.Hour), Key: k, RefundID: "refund-1"})
	}
	for _, k := range keys {
		all = append(all, payment.Unclear{Key: k}, refused(k), expired(k))
	}
	for _, id := range []payment.TillID{"R1", "R2", "R3"} {
		all = append(all, decided(payment.DecideRefunded, id), decided(payment.DecideNotRefunded, id), decided(payment.DecideGiveBack, id), refundIntended(id))
	}
	for _, s := range []payment.TransactionStatus{payment.TransactionAuthorized, payment.TransactionCaptured, payment.TransactionClosed} {
		all = append(all, counted(s, 0), counted(s, 500), counted(s, 1610), sums(s, 1000, 0), sums(s, 1610, 610), sums(s, 1610, 0))
	}
	return all
}

// refundsAgain reports whether a refund of p shows nothing to a quick walk that one of a plainer life does not.
func refundsAgain(p payment.Payment, e payment.Event) bool {
	_, refund := e.(payment.RefundAsked)
	winding := p.Round != 1 || p.Result != payment.Approved || p.Update != "" || p.Capture.Attempt > 1 || p.GiveBack.Attempt > 0
	return refund && winding
}

// refundShape is everything about refunds that decides what comes next.
func refundShape(p payment.Payment) string {
	var b strings.Builder
	for _, r := range p.Refunds {
		i := r.Intent
		fmt.Fprintf(&b, "%s %d %s %t %s %t %t %t|", r.ID, r.Amount.Minor, r.Status, r.Whole, i.Key, i.Unclear, i.Answered, i.Refused)
	}
	return b.String()
}

func refundPromises() []promise {
	return []promise{
		{"no more is refunded than was paid", func(m move) bool { return m.after.Left().Minor >= 0 }},
		{"a refund is never forgotten or exchanged", func(m move) bool {
			for i, r := range m.before.Refunds {
				if i >= len(m.after.Refunds) {
					return false
				}
				now := m.after.Refunds[i]
				if now.ID != r.ID || now.Amount != r.Amount || now.Reference != r.Reference || now.Intent.Attempt < r.Intent.Attempt {
					return false
				}
			}
			return true
		}},
		{"a refund's end is for ever", func(m move) bool {
			for i, r := range m.before.Refunds {
				if !r.Open() && m.after.Refunds[i] != r {
					return false
				}
			}
			return true
		}},
		{"refunds go one at a time, after the capture", func(m move) bool {
			under := 0
			for _, r := range m.after.Refunds {
				if r.Status == payment.RefundRequested && r.Intent.Planned() {
					under++
				}
			}
			return under == 0 || under == 1 && m.after.State == payment.StateCaptured
		}},
		{"done was answered, read or decided", func(m move) bool {
			gained := m.after.Refunded() > m.before.Refunded()
			return !gained || slices.Contains([]string{"refund_done", "transaction_seen", "resolved"}, m.event.Kind())
		}},
		{"a refund names its sale and so acknowledges it", func(m move) bool {
			return m.event.Kind() != "refund_asked" || m.after.Acknowledged == payment.Approved
		}},
		{"what is given back in pieces is not given back whole", func(m move) bool {
			back := m.after.State == payment.StateReversing || m.after.State == payment.StateReversed
			return !back || m.after.Refunded() == 0
		}},
		{"while a refund is open the sale is not over", func(m move) bool { return !m.after.Final() || !m.after.Refunding() }},
		{"a whole refund ends with its sale", func(m move) bool {
			return !slices.ContainsFunc(m.after.Refunds, func(r payment.Refund) bool {
				reversed := m.after.State == payment.StateReversed
				return r.Whole && (r.Status == payment.RefundIsDone && !reversed || r.Open() && reversed)
			})
		}},
	}
}

// TestRefunds tells what becomes of refunds: how each stands, why, what is left and what is asked for next.
func TestRefunds(t *testing.T) {
	k1 := refundKey("R1")
	done1 := after(refundSent(500), refundDone("R1"))
	inDoubt := after(refundSent(500), refundUnclear("R1"), expired(k1))
	both := after(inQuestion(), refundAsked("R2", 1110), refundIntended("R2"), refundUnclear("R2"), expired(refundKey("R2")))
	tests := map[string]struct {
		events  []payment.Event
		state   payment.State
		refunds string
		left    int64
		asks    string
	}{
		"a refund is prepared first": {
			after(sold(), refundAsked("R1", 500)), payment.StateCaptured, "R1 requested", 1110, "intend refund 1 R1",
		},
		"then sent": {refundSent(500), payment.StateCaptured, "R1 requested", 1110, "send refund key-refund-R1"},
		"and done":  {done1, payment.StateCaptured, "R1 done refunded", 1110, ""},
		"a second one waits for the first": {
			after(refundSent(500), refundAsked("R2", 1110)), payment.StateCaptured, "R1 requested, R2 requested", 0, "send refund key-refund-R1",
		},
		"and follows it": {
			after(done1, refundAsked("R2", 1110)), payment.StateCaptured, "R1 done refunded, R2 requested", 0, "intend refund 1 R2",
		},
		"a part of what is not captured captures it first": {
			after(approved(), offered(), refundAsked("R1", 500)), payment.StateCapturing, "R1 requested", 1110, "intend capture 1",
		},
		"a part of what was captured at once runs at once": {
			after(captureNow(), offered(), refundAsked("R1", 500)), payment.StateCaptured, "R1 requested", 1110, "intend refund 1 R1",
		},
		"all of what was captured at once is a refund": {
			after(captureNow(), offered(), refundAsked("R1", 1610)), payment.StateCaptured, "R1 requested", 0, "intend refund 1 R1",
		},
		"all of what is not captured is a void": {
			after(approved(), offered(), refundAsked("R1", 1610)), payment.StateReversing, "R1 requested", 0, "intend void 1",
		},
		"and done when that is done": {
			after(voided(), payment.GivenBack{At: at(time.Hour), Key: key(payment.WriteVoid, 1)}),
			payment.StateReversed, "R1 done refunded", 0, "",
		},
		"a void that Klarna refuses is a person's": {
			after(voided(), refused(key(payment.WriteVoid, 1)), holding(payment.TransactionAuthorized)),
			payment.StateAttention, "R1 attention give_back_refused", 0, "readtransaction transaction-1",
		},
		"and did not happen if the goods are gone after all": {
			after(voided(), refused(key(payment.WriteVoid, 1)), holding(payment.TransactionAuthorized), resolved(payment.DecideDelivered)),
			payment.StateCapturing, "R1 refused refund_refused", 1610, "intend capture 1",
		},
		"asked while the capture is under way, it waits": {
			after(captureSent(), refundAsked("R1", 500)), payment.StateCapturing, "R1 requested", 1110, "send capture key-capture-1",
		},
		"a refusal is read for its reason": {
			after(refundSent(500), refused(k1)), payment.StateCaptured, "R1 requested", 1110, "readtransaction transaction-1",
		},
		"refused for no reason that can be read": {
			after(refundSent(500), refused(k1), holding(payment.TransactionCaptured)), payment.StateCaptured, "R1 refused refund_refused", 1610, "",
		},
		"refused because the portal has refunded too": {
			after(refundSent(500), refused(k1), counted(payment.TransactionCaptured, 1200)), payment.StateCaptured, "R1 refused refund_too_much", 1610, "",
		},
		"refused because it is too late": {
			after(refundSent(500), refused(k1), counted(payment.TransactionClosed, 0)), payment.StateCaptured, "R1 refused refund_too_late", 1610, "",
		},
		"refused because Klarna knows no capture": {
			after(refundSent(500), refused(k1), holding(payment.TransactionAuthorized)), payment.StateCaptured, "R1 refused refund_not_captured", 1610, "",
		},
		"row 44: a key too old that no try used": {
			after(refundSent(500), expired(k1)), payment.StateCaptured, "R1 refused refund_not_sent", 1610, "",
		},
		"row 44: a key too old in doubt is read": {inDoubt, payment.StateCaptured, "R1 requested", 1110, "readtransaction transaction-1"},
		"and proven by the sum": {
			after(inDoubt, counted(payment.TransactionCaptured, 500)), payment.StateCaptured, "R1 done refunded", 1110, "",
		},
		"no sum proves that it did not happen": {
			after(inDoubt, counted(payment.TransactionCaptured, 0)), payment.StateCaptured, "R1 attention refund_unknown", 1110, "readtransaction transaction-1",
		},
		"a refusal after an unclear try proves nothing": {
			after(refundSent(500), refundUnclear("R1"), refused(k1), counted(payment.TransactionCaptured, 0)),
			payment.StateCaptured, "R1 attention refund_unknown", 1110, "readtransaction transaction-1",
		},
		"late proof": {
			after(inQuestion(), counted(payment.TransactionCaptured, 500)), payment.StateCaptured, "R1 done refunded", 1110, "",
		},
		"two in doubt are proven together": {
			after(both, counted(payment.TransactionClosed, 1610)), payment.StateCaptured, "R1 done refunded, R2 done refunded", 0, "",
		},
		"or not at all": {
			after(both, counted(payment.TransactionCaptured, 500)), payment.StateCaptured,
			"R1 attention refund_unknown, R2 attention refund_unknown", 0, "readtransaction transaction-1",
		},
		"a person has seen it": {
			after(inQuestion(), decided(payment.DecideRefunded, "R1")), payment.StateCaptured, "R1 done refunded", 1110, "",
		},
		"a person has seen that it is not there": {
			after(inQuestion(), decided(payment.DecideNotRefunded, "R1")), payment.StateCaptured, "R1 refused refund_refused", 1610, "",
		},
		"one in doubt does not hold up the next": {
			after(inQuestion(), refundAsked("R2", 1110)), payment.StateCaptured, "R1 attention refund_unknown, R2 requested", 0,
			"intend refund 1 R2, readtransaction transaction-1",
		},
		"a sale that is given back whole needs no refund": {
			after(captureSent(), refundAsked("R1", 500), refused(key(payment.WriteCapture, 1)), holding(payment.TransactionAuthorized),
				holding(payment.TransactionClosed)),
			payment.StateReversed, "R1 refused refund_not_needed", 1610, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := life(t, tt.events...)
			var all []string
			for _, r := range p.Refunds {
				all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.ID, r.Status, r.Reason)))
			}
			if got := strings.Join(all, ", "); got != tt.refunds || p.State != tt.state || p.Left().Minor != tt.left {
				t.Errorf("%q in %s with %d left, want %q in %s with %d", got, p.State, p.Left().Minor, tt.refunds, tt.state, tt.left)
			}
			if got := asks(payment.Pending(p)); got != tt.asks {
				t.Errorf("asks for %q, want %q", got, tt.asks)
			}
			if p.Refunding() && p.Final() {
				t.Errorf("refunding %t and final %t", p.Refunding(), p.Final())
			}
		})
	}
}

// Row 75: the same id twice, and more than the sum.
func TestRefundsThatChangeNothing(t *testing.T) {
	tests := map[string]struct {
		events []payment.Event
		again  payment.Event
		refuse bool
	}{
		"row 75: the same refund twice":         {refundSent(500), refundAsked("R1", 500), false},
		"row 75: the same refund when done":     {after(refundSent(500), refundDone("R1")), refundAsked("R1", 500), false},
		"row 75: the same id, another amount":   {refundSent(500), refundAsked("R1", 501), true},
		"row 75: more than was paid":            {sold(), refundAsked("R1", 1611), true},
		"row 75: more than is left":             {refundSent(500), refundAsked("R2", 1111), true},
		"row 75: more than is left in doubt":    {inQuestion(), refundAsked("R2", 1111), true},
		"nothing":                               {sold(), refundAsked("R1", 0), true},
		"less than nothing":                     {sold(), refundAsked("R1", -5), true},
		"an approval that was not told":         {approved(), refundAsked("R1", 500), true},
		"a sale that is waiting":                {waiting(), refundAsked("R1", 500), true},
		"a sale that was cancelled":             {[]payment.Event{asked(), cancel(payment.WhyTill)}, refundAsked("R1", 500), true},
		"a sale that is given back":             {after(sold(), payment.ReversalAsked{At: at(1)}), refundAsked("R1", 500), true},
		"a capture that is wanted back":         {after(captureSent(), payment.ReversalAsked{At: at(1)}), refundAsked("R1", 500), true},
		"the whole of what is in pieces":        {refundSent(500), payment.ReversalAsked{At: at(1)}, true},
		"the whole, by staff":                   {refundSent(500), resolved(payment.DecideGiveBack), true},
		"the whole while it is captured":        {after(captureSent(), refundAsked("R1", 500)), payment.ReversalAsked{At: at(1)}, true},
		"an answer to another refund":           {refundSent(500), refundDone("R2"), true},
		"an answer twice":                       {after(refundSent(500), refundDone("R1")), refundDone("R1"), true},
		"an answer before it was sent":          {after(sold(), refundAsked("R1", 500)), refundDone("R1"), true},
		"a person, while it is under way":       {refundSent(500), decided(payment.DecideRefunded, "R1"), true},
		"a person, about a sale":                {inQuestion(), decided(payment.DecideGiveBack, "R1"), true},
		"the bytes of a refund nobody asked":    {sold(), refundIntended("R1"), true},
		"the bytes of a whole refund":           {after(sold(), refundAsked("R1", 500)), intended(payment.WriteRefund, 1), true},
		"a read while the answer is to come":    {refundSent(500), counted(payment.TransactionCaptured, 500), false},
		"a sum that fits only without the next": {after(inQuestion(), refundAsked("R2", 500), refundIntended("R2")), counted(payment.TransactionCaptured, 500), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := life(t, tt.events...)
			next, _, err := payment.Step(p, tt.again)
			if (err != nil) != tt.refuse || next.Version != p.Version {
				t.Errorf("Step = version %d after %d, %v; want it refused: %t", next.Version, p.Version, err, tt.refuse)
			}
		})
	}
}

func TestASaleTakesSoManyRefunds(t *testing.T) {
	events := sold()
	for i := range payment.MaxRefunds {
		id := payment.TillID(fmt.Sprintf("R%d", i))
		events = append(events, refundAsked(id, 1), refundIntended(id), refundDone(id))
	}
	p := life(t, events...)
	if why := p.CanRefund(payment.Amount{Minor: 1, Currency: "EUR"}); why != payment.ReasonNotRefundable {
		t.Errorf("after %d refunds another one is %q", payment.MaxRefunds, why)
	}
}

func TestRefundKeysDiffer(t *testing.T) {
	n, id := names(), payment.ID{Lane: "lane-1", Till: "7"}
	keys := map[string]payment.Key{
		"R1":                            n.RefundKey(id, "R1", 1),
		"the next try":                  n.RefundKey(id, "R1", 2),
		"R2":                            n.RefundKey(id, "R2", 1),
		"R1 of another sale":            n.RefundKey(payment.ID{Lane: "lane-1", Till: "8"}, "R1", 1),
		"the name of R1":                payment.Key(n.RefundReference(id, "R1")),
		"the refund of the whole":       n.Key(id, payment.WriteRefund, 1),
		"a sale that is called like it": n.Key(payment.ID{Lane: "lane-1", Till: "R1"}, payment.WriteRefund, 1),
		"a sale with a name of two":     n.RefundKey(payment.ID{Lane: "lane-1", Till: "7 R1"}, "", 1),
	}
	seen := map[payment.Key]string{}
	for name, k := range keys {
		if twin, ok := seen[k]; ok {
			t.Errorf("%s and %s have the same key %s", name, twin, k)
		}
		seen[k] = name
	}
	if n.RefundKey(id, "R1", 1) != keys["R1"] {
		t.Error("the same refund has two keys")
	}
}

func TestGivenBackInPieces(t *testing.T) {
	all := after(refundSent(500), refundDone("R1"), refundAsked("R2", 1110), refundIntended("R2"))
	if life(t, all...).GivenBack() {
		t.Error("given back before the last piece is")
	}
	if !life(t, after(all, refundDone("R2"))...).GivenBack() {
		t.Error("not given back after the last piece is")
	}
	if life(t, sold()...).GivenBack() {
		t.Error("a sale without refunds is given back")
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminaltest

import (
	"errors"
	"testing"
	"time"

	"tillbridge/payment"
)

func amount() payment.Amount { return payment.Amount{Minor: 1610, Currency: "EUR"} }

// must skips what the language cannot say.
func must(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrNotSpoken) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("the till speaks: %v", err)
	}
}

// hears wants the next word of this kind, past those that a language may leave out or add.
func hears(t *testing.T, till Till, kind string) Heard {
	t.Helper()
	for {
		h, err := till.Hear()
		if err != nil {
			t.Fatalf("the till listens for %s: %v", kind, err)
		}
		if h.Kind == kind {
			return h
		}
		if h.Kind == "result" || h.Kind == "refused" {
			t.Fatalf("the till heard %+v, want %s", h, kind)
		}
	}
}

// ended wants the server to have ended. A till that left in the middle of a word may be an error.
func ended(t *testing.T, served <-chan error) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-served:
		if err != nil {
			t.Logf("serve: %v", err)
		}
	case <-late.C:
		t.Error("the server has not ended")
	}
}

// asked starts a sale and returns its link.
func asked(t *testing.T, b bench) (payment.LinkID, payment.TillID) {
	t.Helper()
	must(t, b.till.Pay("T1-000817", amount()))
	link, pay := Expect[payment.Pay](t, b.bridge)
	if pay.Order.Amount != amount() {
		t.Fatalf("the bridge was asked for %v, want %v", pay.Order.Amount, amount())
	}
	return link, pay.ID
}

// told sells until the result.
func told(t *testing.T, b bench) (payment.LinkID, payment.TillID) {
	t.Helper()
	link, id := asked(t, b)
	b.bridge.Say(link, payment.Accepted{ID: id})
	b.bridge.Say(link, payment.Progress{ID: id, Phase: payment.PhaseWaiting})
	b.bridge.Say(link, payment.Progress{ID: id, Phase: payment.PhaseScanned})
	b.bridge.Say(link, payment.Result{
		ID: id, Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: amount(), Reference: "K7QX42ZD",
	})
	if h := hears(t, b.till, "result"); h.Outcome != payment.Approved {
		t.Fatalf("the till heard %+v, want approved", h)
	}
	return link, id
}

func sale(t *testing.T, _ Suite, b bench) {
	t.Helper()
	link, id := told(t, b)
	must(t, b.till.Confirm(id, payment.Approved, true))
	if _, c := Expect[payment.Confirm](t, b.bridge); c != (payment.Confirm{ID: id, Outcome: payment.Approved, OK: true}) {
		t.Errorf("the bridge heard %+v, want approved confirmed", c)
	}
	b.bridge.Say(link, payment.Recorded{ID: id, Outcome: payment.Approved, OK: true})
}

func explicitNo(t *testing.T, _ Suite, b bench) {
	t.Helper()
	_, id := told(t, b)
	must(t, b.till.Confirm(id, payment.Approved, false))
	if _, c := Expect[payment.Confirm](t, b.bridge); c != (payment.Confirm{ID: id, Outcome: payment.Approved}) {
		t.Errorf("the bridge heard %+v, want an explicit no", c)
	}
}

func twice(t *testing.T, _ Suite, b bench) {
	t.Helper()
	_, id := asked(t, b)
	must(t, b.till.Pay("T1-000817", amount()))
	if _, again := Expect[payment.Pay](t, b.bridge); again.ID != id {
		t.Errorf("the second request is %q, want %q", again.ID, id)
	}
}

func cancelled(t *testing.T, _ Suite, b bench) {
	t.Helper()
	link, id := asked(t, b)
	b.bridge.Say(link, payment.Accepted{ID: id})
	must(t, b.till.Cancel(id))
	if _, c := Expect[payment.Cancel](t, b.bridge); c.ID != id {
		t.Errorf("cancelled is %q, want %q", c.ID, id)
	}
	b.bridge.Say(link, payment.Cancelling{ID: id})
	b.bridge.Say(link, payment.Result{ID: id, Outcome: payment.Cancelled, Reason: payment.ReasonCancelledByTill, Amount: amount()})
	if h := hears(t, b.till, "result"); h.Outcome != payment.Cancelled {
		t.Errorf("the till heard %+v, want cancelled", h)
	}
}

func unknown(t *testing.T, _ Suite, b bench) {
	t.Helper()
	must(t, b.till.Status("never-seen"))
	link, s := Expect[payment.Status](t, b.bridge)
	b.bridge.Say(link, payment.Refusal{ID: s.ID, Reason: payment.ReasonNotFound})
	if h := hears(t, b.till, "refused"); h.Outcome != "" {
		t.Errorf("the till heard %+v, want no outcome at all", h)
	}
}

func here(t *testing.T, _ Suite, b bench) {
	t.Helper()
	link, id := asked(t, b)
	b.bridge.Say(link, payment.Accepted{ID: id})
	b.bridge.Say(link, payment.AskHere{ID: id})
	must(t, b.till.Here(id))
	if h := hears(t, b.till, "ask"); h.ID != id {
		t.Errorf("the till was asked about %q, want %q", h.ID, id)
	}
	if _, answer := Expect[payment.Here](t, b.bridge); answer.ID != id {
		t.Errorf("here is for %q, want %q", answer.ID, id)
	}
}

// noise comes while the bridge may be answering it, so somebody listens.
func noise(t *testing.T, s Suite, b bench) {
	t.Helper()
	if len(s.Noise) == 0 {
		t.Skip("this protocol ends a link that brings noise")
	}
	noisy := make(chan error, 1)
	w, ok := b.end.(interface{ Write(p []byte) (int, error) })
	if !ok {
		t.Fatal("the till's end cannot be written to")
	}
	go func() {
		_, err := w.Write(s.Noise)
		noisy <- errors.Join(err, b.till.Pay("T1-000817", amount()))
	}()
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for {
			if h, err := b.till.Hear(); err != nil || h.Kind == "result" {
				return
			}
		}
	}()
	link, pay := Expect[payment.Pay](t, b.bridge)
	must(t, <-noisy)
	b.bridge.Say(link, payment.Result{ID: pay.ID, Outcome: payment.Declined, Reason: payment.ReasonDeclined, Amount: amount()})
	<-heard
}

func leaves(t *testing.T, _ Suite, b bench) {
	t.Helper()
	link, id := asked(t, b)
	b.bridge.Say(link, payment.Accepted{ID: id})
	_ = b.end.Close() // as a till does that is switched off
	ExpectGone(t, b.bridge)
}

func stops(t *testing.T, _ Suite, b bench) {
	t.Helper()
	asked(t, b)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for {
			if _, err := b.till.Hear(); err != nil {
				return
			}
		}
	}()
	b.stop()
	ExpectGone(t, b.bridge)
	_ = b.end.Close() // unblocks a listener on a line that has no end
	<-drained
}

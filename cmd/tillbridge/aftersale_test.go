// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/audit"
	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/payment"
	"tillbridge/receipt"
	"tillbridge/store"
)

func TestADayIsDueOnce(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	tests := map[string]struct {
		at        string
		last, now time.Time
		want      bool
	}{
		"never closed":                          {"23:30", time.Time{}, at(20, 9, 0), true},
		"before the time":                       {"23:30", at(19, 23, 30), at(20, 23, 29), false},
		"at the time":                           {"23:30", at(19, 23, 30), at(20, 23, 30), true},
		"closed by hand in the afternoon":       {"23:30", at(20, 15, 0), at(20, 23, 30), true},
		"just closed":                           {"23:30", at(20, 23, 30), at(20, 23, 31), false},
		"after midnight, closed":                {"23:30", at(20, 23, 30), at(21, 0, 5), false},
		"off at night, switched on":             {"23:30", at(18, 23, 30), at(20, 8, 0), true},
		"the clock was set back":                {"23:30", at(20, 23, 30), at(18, 23, 45), false},
		"row 65: it says 1970":                  {"23:30", at(20, 23, 30), time.Unix(0, 0).UTC(), false},
		"a time that is none closes nothing":    {"later", time.Time{}, at(20, 9, 0), false},
		"at midnight":                           {"00:00", at(19, 0, 0), at(20, 0, 0), true},
		"a close of this morning, time at noon": {"12:00", at(20, 8, 0), at(20, 11, 59), false},
	}
	for name, tt := range tests {
		if got := due(tt.at, tt.last, tt.now); got != tt.want {
			t.Errorf("%s: due = %t", name, got)
		}
	}
}

// TestAResultHasTheRightSlip: paper that says paid must be true, and so must paper that says nothing was charged.
func TestAResultHasTheRightSlip(t *testing.T) {
	t.Parallel()
	s := slips{terminal: "T03", language: "en", columns: 40, shop: receipt.Shop{Head: []string{"Shop"}}}
	tests := map[string]struct {
		outcome   payment.Outcome
		givenBack bool
		want      string // its last line; "" for no slip
	}{
		"paid":                   {payment.Approved, false, "Paid"},
		"paid and given back":    {payment.Approved, true, "Amount given back"},
		"declined":               {payment.Declined, false, "Nothing was charged"},
		"not known":              {payment.Unknown, false, "Not known yet. Do not pay again."},
		"cancelled":              {payment.Cancelled, false, ""},
		"the time is over":       {payment.Expired, false, ""},
		"not paid":               {payment.Failed, false, ""},
		"reversed is no result":  {payment.Reversed, false, ""},
		"a word of another till": {"else", false, ""},
	}
	for name, tt := range tests {
		r := payment.Result{ID: "A1", Outcome: tt.outcome, GivenBack: tt.givenBack, Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Reference: "K7QX42ZD"}
		customer, merchant := s.of(r)
		if (len(customer) == 0) != (tt.want == "") || (len(merchant) == 0) != (tt.want == "") {
			t.Errorf("%s: %q, %q", name, customer, merchant)
			continue
		}
		if tt.want != "" && (strings.TrimSpace(customer[len(customer)-1]) != tt.want || slices.Equal(customer, merchant)) {
			t.Errorf("%s: %q", name, customer)
		}
	}
	parts := payment.Result{ID: "A1", Outcome: payment.Approved, GivenBack: true, InParts: true, Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Reference: "K7QX42ZD"}
	if customer, _ := s.of(parts); len(customer) == 0 || strings.TrimSpace(customer[len(customer)-1]) != "Paid" {
		t.Errorf("a sale whose refunds have slips of their own: %q, want the slip of the sale", customer)
	}
	if customer, merchant := s.of(payment.Result{Outcome: payment.Declined}); customer != nil || merchant != nil {
		t.Errorf("a tombstone has a slip: %q", customer)
	}
	back := payment.Result{ID: "A1", Outcome: payment.Approved, Returning: true, Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Reference: "K7QX42ZD"}
	if customer, merchant := s.of(back); customer != nil || merchant != nil {
		t.Errorf("a sale that goes back has a slip: %q", customer)
	}
}

func TestAReprintTellsTheNews(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		result, update payment.Outcome
		want           payment.Outcome
		back, ended    bool
	}{
		"running":                {"", "", "", false, false},
		"paid":                   {payment.Approved, "", payment.Approved, false, true},
		"paid, taken back":       {payment.Approved, payment.Reversed, payment.Approved, true, true},
		"unknown":                {payment.Unknown, "", payment.Unknown, false, true},
		"unknown, then reversed": {payment.Unknown, payment.Reversed, payment.Approved, true, true},
		"unknown, then paid":     {payment.Unknown, payment.Approved, payment.Approved, false, true},
		"unknown, then declined": {payment.Unknown, payment.Declined, payment.Declined, false, true},
	}
	for name, tt := range tests {
		r, ended := resultOf(payment.Payment{Result: tt.result, Update: tt.update})
		if r.Outcome != tt.want || r.GivenBack != tt.back || ended != tt.ended {
			t.Errorf("%s: %+v, %t", name, r, ended)
		}
	}
	going := payment.Payment{Result: payment.Approved, State: payment.StateReversing, Offered: true}
	if r, ended := resultOf(going); !r.Returning || !ended {
		t.Errorf("a sale that goes back is reprinted as %+v, %t", r, ended)
	}
}

// fakeBridge is an engine that only listens.
type fakeBridge struct {
	hear  func(payment.Word)
	asked []payment.Ask
}

func (f *fakeBridge) Connect(_ payment.Link, hear func(payment.Word)) payment.LinkID {
	f.hear = hear
	return 7
}
func (f *fakeBridge) Ask(_ payment.LinkID, a payment.Ask) { f.asked = append(f.asked, a) }
func (*fakeBridge) Disconnect(payment.LinkID)             {}

// fakeProvider answers everything at once.
type fakeProvider struct{ engine.Provider }

func (fakeProvider) Send(context.Context, engine.Call) engine.Answer {
	return engine.Refused{Code: "BAD_VALUE 4111 1111 1111 1111", Correlation: "canary-correlation"}
}

func (fakeProvider) ReadRequest(context.Context, payment.RequestID) engine.Reading {
	return engine.Reading{Status: payment.RequestCompleted, Token: secret.New("canary-token")}
}

func (fakeProvider) CancelRequest(context.Context, payment.RequestID) engine.Closing {
	return engine.Closing{Refused: true}
}

func (fakeProvider) ReadTransaction(context.Context, payment.TransactionID) engine.Holding {
	return engine.Holding{}
}

type fakeScreen struct{ scenes int }

func (f *fakeScreen) Show(engine.Scene) { f.scenes++ }

// seenShop is a journal with one sale, and everything around the engine that notes it.
func seenShop(t *testing.T) (*flights, payment.ID) {
	t.Helper()
	j, err := store.Open(filepath.Join(t.TempDir(), journalFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if failed := j.Close(); failed != nil {
			t.Error(failed)
		}
	})
	id := payment.ID{Lane: "lane-1", Till: "A1"}
	p := payment.Payment{ID: id}
	var c payment.Commit
	for _, e := range []payment.Event{
		payment.Asked{Order: payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}}, Reference: "ref"},
		payment.Intended{Intent: payment.Intent{Write: payment.WriteAuthorize, Key: "key", Hash: "00", Attempt: 1}},
		payment.StepUpRequired{Key: "key", DeadlineOpen: true, Request: payment.Request{ID: "krn:request", URL: "https://pay.klarna.com/canary"}},
	} {
		if p, _, err = payment.Step(p, e); err != nil {
			t.Fatal(err)
		}
		c.Records = append(c.Records, payment.Record{At: time.Now(), Event: e, After: p})
	}
	if err := j.Commit(c); err != nil {
		t.Fatal(err)
	}
	return newFlights(j, slog.New(slog.DiscardHandler)), id
}

// notes is what is kept of a payment.
func (f *flights) notes(t *testing.T, id payment.ID) []string {
	t.Helper()
	lines, err := f.journal.Flight(id)
	if err != nil {
		t.Fatal(err)
	}
	all, err := notesOf(lines)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, n := range all {
		texts = append(texts, n.Who+" "+n.What)
	}
	return texts
}

// TestWhatIsSeenIsKeptAndTellsNothingSecret: every place that a canary can come from, and none comes through.
func TestWhatIsSeenIsKeptAndTellsNothingSecret(t *testing.T) {
	t.Parallel()
	f, id := seenShop(t)
	inner, scenes := &fakeBridge{}, &fakeScreen{}
	till, provider, screen := flightBridge{inner, f}, flightProvider{fakeProvider{}, f}, flightScreen{scenes, f}
	heard := 0
	link := till.Connect(payment.Link{Lane: id.Lane}, func(payment.Word) { heard++ })
	p, _, err := f.journal.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	order := payment.Order{Amount: p.Order.Amount, Ref: "canary-ref", Lines: []payment.Line{{Name: "canary-goods", Quantity: 1, Total: 1610}}}
	till.Ask(link, payment.Pay{ID: id.Till, Order: order})
	till.Ask(link, payment.Look{})
	till.Ask(link, payment.Confirm{ID: id.Till, Outcome: "canary-outcome", OK: true})
	inner.hear(payment.Display{ID: id.Till, QR: "https://pay.klarna.com/canary"})
	inner.hear(payment.Refusal{ID: id.Till, Reason: payment.ReasonConflict, Detail: "canary-detail"})
	inner.hear(payment.Result{ID: id.Till, Outcome: payment.Approved, Reason: payment.ReasonApproved, Reference: "canary-ref"})
	inner.hear(payment.Refunded{ID: "canary-refund", Of: id.Till})
	till.Ask(link, payment.RefundPart{ID: "canary-refund", Of: id.Till, Note: "canary-note"})
	call := engine.Call{Payment: p, Intent: p.Authorize, Body: []byte("canary-body"), Token: secret.New("canary-token")}
	_ = provider.Send(t.Context(), call)
	for range 3 {
		_ = provider.ReadRequest(t.Context(), "krn:request")
	}
	_ = provider.ReadRequest(t.Context(), "krn:nobody")
	_ = provider.CancelRequest(t.Context(), "krn:request")
	screen.Show(engine.Scene{Lane: id.Lane, Payment: p, Fresh: true})
	screen.Show(engine.Scene{Lane: id.Lane, Offline: true}) // idle: about no payment
	till.Disconnect(link)
	f.flush()
	if heard != 4 || len(inner.asked) != 4 || scenes.scenes != 2 {
		t.Errorf("%d words, %d questions and %d scenes came through", heard, len(inner.asked), scenes.scenes)
	}
	want := []string{
		"till said: pay 16.10 EUR", "till said: confirm ?, true", "till told: display", "till told: refusal, reason conflict",
		"till told: result approved, reason approved, given back false, replay false",
		"till told: refunded", "till said: refundpart",
		"klarna authorize, attempt 1: refused BAD_VALUE ******************* after 0s", "klarna read request: completed",
		"klarna delete request: refused", "screen shows: waiting, with the code",
	}
	got := f.notes(t, id)
	if !slices.Equal(got, want) {
		t.Errorf("kept is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	flight, err := book{f.journal}.flight(id)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := flight.Write(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), "4111") || !strings.Contains(out.String(), `"times": 3`) {
		t.Errorf("the flight record is\n%s", out.String())
	}
	if d, err := audit.Replay(flight); err != nil || d != nil {
		t.Errorf("played again: %v, %v", d, err)
	}
}

// TestNothingIsWrittenBeforeTheCode: the QR code of any lane comes first. One that never comes holds up nothing
// for ever.
func TestNothingIsWrittenBeforeTheCode(t *testing.T) {
	t.Parallel()
	f, id := seenShop(t)
	till := flightBridge{&fakeBridge{}, f}
	link := till.Connect(payment.Link{Lane: id.Lane}, func(payment.Word) {})
	till.Ask(link, payment.Status{ID: id.Till})
	now := time.Now()
	if f.waits(now) {
		t.Error("a question holds up the writing")
	}
	till.Ask(link, payment.Pay{ID: id.Till})
	if !f.waits(now) {
		t.Error("a payment without a code does not hold up the writing")
	}
	if f.waits(now.Add(2 * tooLate)) {
		t.Error("a payment that never got a code holds up the writing for ever")
	}
	f.told(id.Lane, payment.Display{ID: id.Till})
	if f.waits(now) {
		t.Error("a payment with a code holds up the writing")
	}
}

// TestWhatWaitsIsBounded: a till that asks and asks, or makes up ids, costs no memory and no disk.
func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	f, id := seenShop(t)
	for n := range 10_000 {
		f.note(id, whoTill, strings.Repeat("x", n%7))
		f.note(payment.ID{Lane: id.Lane, Till: payment.TillID(time.Duration(n).String())}, whoTill, "said: status")
	}
	if len(f.traces) != maxTraces || len(f.traces[id].notes) != maxTrace {
		t.Errorf("%d traces wait, one with %d notes", len(f.traces), len(f.traces[id].notes))
	}
	f.flush()
	if got := f.notes(t, id); len(got) != maxTrace || len(f.traces) != 0 {
		t.Errorf("%d notes are kept, %d traces wait", len(got), len(f.traces))
	}
}

// TestTheRecorderWritesAndEnds in virtual time.
func TestTheRecorderWritesAndEnds(t *testing.T) {
	t.Parallel()
	f, id := seenShop(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- f.run(ctx) }()
		f.note(id, whoScreen, "shows: waiting")
		time.Sleep(flushEvery + time.Second)
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if got := f.notes(t, id); len(got) != 1 {
		t.Errorf("kept is %q", got)
	}
}

// TestClosesGoOnWithOneKey: a key that was lost is missed, and not replaced in silence.
func TestClosesGoOnWithOneKey(t *testing.T) {
	t.Parallel()
	f, _ := seenShop(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, keysFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	c := &closer{journal: f.journal, dataDir: dir}
	for n := 1; n <= 2; n++ {
		file, err := c.close([]payment.LaneID{"lane-1"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if s, err := audit.Open(file); err != nil || s.Close.Number != n {
			t.Errorf("close %d is %+v, %v", n, s, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, keysFolder, closeKeyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.close(nil, time.Now()); err == nil || !strings.Contains(err.Error(), "signed by another key") {
		t.Errorf("with a new key: %v", err)
	}
	files, err := f.journal.Closes()
	if err != nil || len(files) != 2 {
		t.Errorf("%d closes are kept, %v", len(files), err)
	}
	if _, err := audit.Check(files, nil, book{f.journal}); err != nil {
		t.Error(err)
	}
	if _, err := (book{f.journal}).period(3, false); err == nil {
		t.Error("a close that is not there has a period")
	}
	if s, err := (book{f.journal}).period(1, false); err != nil || s != (audit.Span{Through: 3}) {
		t.Errorf("the first close is about %+v, %v", s, err)
	}
	if err := errors.Join(verifyCloses(&strings.Builder{}, f.journal, dir, "no key")); err == nil {
		t.Error("a key that is none was taken")
	}
}

// fakeReader is Klarna's book with an answer for each try.
type fakeReader struct {
	answers []klarna.Transaction
	errs    []error
	asked   []time.Time
}

func (f *fakeReader) ReadTransaction(context.Context, string) (klarna.Transaction, error) {
	n := len(f.asked)
	f.asked = append(f.asked, time.Now())
	return f.answers[n], f.errs[n]
}

func TestKlarnasBookIsReadSlowly(t *testing.T) {
	t.Parallel()
	sum := func(n int64) *int64 { return &n }
	limited := klarna.Transaction{Answer: klarna.Answer{RetryAfter: 20 * time.Second}}
	whole := klarna.Transaction{Amount: 1610, Currency: "EUR", Captured: sum(1610), Refunded: sum(10)}
	holding := audit.Holding{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Captured: 1610, Refunded: 10}
	no := errors.New("no route")
	tests := map[string]struct {
		answers []klarna.Transaction
		errs    []error
		want    audit.Holding
		err     error
		took    time.Duration
	}{
		"an answer":                             {[]klarna.Transaction{whole}, []error{nil}, holding, nil, readEvery},
		"fewer calls are wanted":                {[]klarna.Transaction{limited, whole}, []error{klarna.ErrRateLimited, nil}, holding, nil, readEvery + 20*time.Second},
		"fewer calls are wanted and wanted":     {[]klarna.Transaction{limited, limited, limited}, []error{klarna.ErrRateLimited, klarna.ErrRateLimited, klarna.ErrRateLimited}, audit.Holding{}, klarna.ErrRateLimited, readEvery + 40*time.Second},
		"row 46: a very long pause is wanted":   {[]klarna.Transaction{{Answer: klarna.Answer{RetryAfter: 1e6 * time.Hour}}, whole}, []error{klarna.ErrRateLimited, nil}, holding, nil, readEvery + longestPause},
		"fewer calls, for no time that is said": {[]klarna.Transaction{{}, whole}, []error{klarna.ErrRateLimited, nil}, holding, nil, readEvery + shortestPause},
		"there is none":                         {[]klarna.Transaction{{}}, []error{klarna.ErrNotFound}, audit.Holding{}, audit.ErrNoTransaction, readEvery},
		"no answer":                             {[]klarna.Transaction{{}}, []error{no}, audit.Holding{}, no, readEvery},
	}
	for name, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			k := klarnaBook{client: &fakeReader{answers: tt.answers, errs: tt.errs}, every: readEvery}
			got, err := k.Transaction(t.Context(), "krn:x")
			if got != tt.want || !errors.Is(err, tt.err) || time.Since(began) != tt.took {
				t.Errorf("%s: %+v, %v after %s; want %+v, %v after %s", name, got, err, time.Since(began), tt.want, tt.err, tt.took)
			}
		})
	}
	for name, half := range map[string]klarna.Transaction{
		"nothing about captures": {Amount: 1610, Currency: "EUR", Refunded: sum(0)},
		"nothing about refunds":  {Amount: 1610, Currency: "EUR", Captured: sum(1610)},
	} {
		k := klarnaBook{client: &fakeReader{answers: []klarna.Transaction{half}, errs: []error{nil}}}
		if got, err := k.Transaction(t.Context(), "krn:x"); err == nil {
			t.Errorf("%s: %+v is taken for the truth", name, got)
		}
	}
}

// FuzzNotesOf: what lies in the journal is ours, and yet it is read as if it were not.
func FuzzNotesOf(f *testing.F) {
	f.Add(linesOf([]audit.Note{{At: time.Unix(0, 0).UTC(), Who: whoTill, What: "said: status", Times: 3}, {Who: whoScreen}}))
	f.Add([]byte("{}\n\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		notes, err := notesOf(lines)
		if err != nil {
			return
		}
		again, err := notesOf(linesOf(notes))
		if err != nil || len(again) != len(notes) {
			t.Errorf("%d notes are %d when they are read again, %v", len(notes), len(again), err)
		}
	})
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/store"
)

const token = "krn-session-token-canary"

// morning is when the first sale of every test is.
func morning() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// shop is a journal in a folder of its own with the payments that it should hold.
type shop struct {
	*store.Journal

	t     testing.TB
	path  string
	truth map[payment.ID]payment.Payment
	order []payment.ID
}

// newShop opens an empty journal, which is closed and verified when the test ends.
func newShop(tb testing.TB) *shop {
	tb.Helper()
	s := &shop{t: tb, path: filepath.Join(tb.TempDir(), "journal.db"), truth: make(map[payment.ID]payment.Payment)}
	sparseReserve(tb, s.path)
	s.open()
	tb.Cleanup(func() {
		if s.Journal != nil {
			s.close()
			verify(tb, s.path)
		}
	})
	return s
}

func (s *shop) open() {
	s.t.Helper()
	j, err := store.Open(s.path, store.Options{})
	if err != nil {
		s.t.Fatalf("Open: %v", err)
	}
	if err := j.Damage(); err != nil {
		s.t.Fatalf("Open found %v", err)
	}
	s.Journal = j
}

func (s *shop) close() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatalf("Close: %v", err)
	}
	s.Journal = nil
}

// verify is the end of every journal that a test used.
func verify(tb testing.TB, path string) {
	tb.Helper()
	if err := verdict(tb, path); err != nil {
		tb.Errorf("Verify: %v", err)
	}
}

// verdict is what `journal verify` would say.
func verdict(tb testing.TB, path string) error {
	tb.Helper()
	j, err := store.OpenReadOnly(path, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(j.Verify(context.WithoutCancel(tb.Context()), nil), j.Close())
}

func id(lane string, n int) payment.ID {
	return payment.ID{Lane: payment.LaneID(lane), Till: payment.TillID(fmt.Sprintf("sale-%d", n))}
}

// happen folds events over what is known of a payment and commits the records together.
func (s *shop) happen(id payment.ID, events ...payment.Event) {
	s.t.Helper()
	c := s.commit(id, events...)
	if err := s.Commit(c); err != nil {
		s.t.Fatalf("Commit(%s): %v", id, err)
	}
	s.accept(c)
}

// commit prepares what happen commits: a blob for every intent, and nothing durable yet.
func (s *shop) commit(id payment.ID, events ...payment.Event) payment.Commit {
	s.t.Helper()
	p, ok := s.truth[id]
	if !ok {
		p = payment.Payment{ID: id}
	}
	var c payment.Commit
	for _, e := range events {
		next, _, err := payment.Step(p, e)
		if err != nil {
			s.t.Fatalf("Step(%s, %s): %v", p.State, e.Kind(), err)
		}
		p = next
		c.Records = append(c.Records, payment.Record{At: morning(), Event: e, After: p})
		if e, ok := e.(payment.Intended); ok {
			c.Blobs = append(c.Blobs, payment.Blob{ID: id, Key: e.Intent.Key, Body: body(e.Intent.Key), Token: token})
		}
	}
	return c
}

func (s *shop) accept(c payment.Commit) {
	for _, r := range c.Records {
		if _, ok := s.truth[r.After.ID]; !ok {
			s.order = append(s.order, r.After.ID)
		}
		s.truth[r.After.ID] = r.After
	}
}

func body(k payment.Key) []byte { return fmt.Appendf(nil, `{"key":%q}`, k) }

func key(id payment.ID, w payment.Write) payment.Key { return payment.Key(fmt.Sprintf("%s/%s", id, w)) }

func intended(id payment.ID, w payment.Write) payment.Intended {
	sum := sha256.Sum256(body(key(id, w)))
	return payment.Intended{At: morning(), Intent: payment.Intent{
		Write: w, Key: key(id, w), Hash: hex.EncodeToString(sum[:]), Attempt: 1, At: morning(),
	}}
}

func asked(id payment.ID) payment.Asked {
	return payment.Asked{
		At: morning(), Reference: "ref " + id.String(), Deadline: morning().Add(5 * time.Minute), Limit: morning().Add(10 * time.Minute),
		Order: payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Ref: "bon <17>", Lines: []payment.Line{{Name: "Brötchen", Quantity: 2, Total: 1610}}},
	}
}

// begin is a sale's first commit, and wait the one that shows the code.
func (s *shop) begin(id payment.ID) {
	s.t.Helper()
	s.happen(id, asked(id), intended(id, payment.WriteAuthorize))
}

func (s *shop) wait(id payment.ID) {
	s.t.Helper()
	s.begin(id)
	s.happen(id, stepUp(id))
}

func stepUp(id payment.ID) payment.StepUpRequired {
	return payment.StepUpRequired{
		Key: key(id, payment.WriteAuthorize), Deadline: morning().Add(5 * time.Minute), DeadlineOpen: true,
		Request: payment.Request{ID: request(id), URL: "https://pay.klarna.com/x"},
	}
}

func request(id payment.ID) payment.RequestID {
	return payment.RequestID("krn:payment:eu1:request:" + id.String())
}

func transaction(id payment.ID) payment.TransactionID {
	return payment.TransactionID("krn:payment:eu1:transaction:" + id.String())
}

// pay is a sale from begin to end, in the eight commits of a plain polled one.
func (s *shop) pay(id payment.ID) {
	s.t.Helper()
	for _, events := range plainSale(id) {
		s.happen(id, events...)
	}
}

// plainSale is the events of each commit of a sale that goes well.
func plainSale(id payment.ID) [][]payment.Event {
	return [][]payment.Event{
		{asked(id), intended(id, payment.WriteAuthorize)},
		{stepUp(id)},
		{payment.RequestSeen{At: morning(), Request: request(id), Status: payment.RequestInProgress}},
		{
			payment.RequestSeen{At: morning(), Request: request(id), Status: payment.RequestCompleted, Token: secret.New(token), TokenHash: "0a1b"},
			intended(id, payment.WriteFinalize),
		},
		{payment.ApprovedByKlarna{At: morning(), Key: key(id, payment.WriteFinalize), Transaction: payment.Transaction{
			ID: transaction(id), Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Reference: "ref " + id.String(),
		}}},
		{payment.Offered{At: morning()}},
		{payment.Confirmed{At: morning(), Outcome: payment.Approved, OK: true}, intended(id, payment.WriteCapture)},
		{payment.Captured{At: morning(), Key: key(id, payment.WriteCapture), CaptureID: "cap"}},
	}
}

// check compares every answer of the journal with the truth.
func (s *shop) check() {
	s.t.Helper()
	if err := agree(s.Journal, s.truth, s.order); err != nil {
		s.t.Error(err)
	}
}

// errUntrue is an answer that is not the truth, rather than none.
var errUntrue = errors.New("a wrong answer")

// agree returns the first answer of j that is not the truth.
func agree(j *store.Journal, truth map[payment.ID]payment.Payment, order []payment.ID) error {
	var open []payment.Payment
	for _, id := range order {
		want := truth[id]
		got, ok, err := j.Find(id)
		if err != nil || !ok {
			return fmt.Errorf("Find(%s) = %t, %w", id, ok, err)
		}
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%w: Find(%s) = %+v, want %+v", errUntrue, id, got, want)
		}
		if !want.State.Final() {
			open = append(open, want)
		}
		if want.Request.ID != "" {
			if got, ok, err := j.ByRequest(want.Request.ID); err != nil || !ok || got.ID != id {
				return fmt.Errorf("ByRequest(%s) = %s, %t, %w", want.Request.ID, got.ID, ok, err)
			}
		}
		if want.Transaction.ID != "" {
			if got, ok, err := j.ByTransaction(want.Transaction.ID); err != nil || !ok || got.ID != id {
				return fmt.Errorf("ByTransaction(%s) = %s, %t, %w", want.Transaction.ID, got.ID, ok, err)
			}
		}
	}
	if got, err := j.Unfinished(); err != nil || !reflect.DeepEqual(got, open) {
		return fmt.Errorf("Unfinished() = %+v, %w, want %+v", got, err, open)
	}
	if got, ok, err := j.Find(id("lane-1", 4711)); ok || err != nil {
		return fmt.Errorf("Find(a payment that never was) = %+v, %t, %w", got, ok, err)
	}
	return nil
}

// copyFile copies a journal as a crash would leave it: without closing it.
func copyFile(tb testing.TB, from string) string {
	tb.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		tb.Fatal(err)
	}
	return writeFile(tb, b)
}

func writeFile(tb testing.TB, b []byte) string {
	tb.Helper()
	to := filepath.Join(tb.TempDir(), "journal.db")
	put(tb, to, b)
	return to
}

// sparseReserve spares a journal the writing of its ballast, 8 MiB each.
func sparseReserve(tb testing.TB, path string) {
	tb.Helper()
	put(tb, path+".reserve", nil)
	must(tb, os.Truncate(path+".reserve", 8<<20))
}

func put(tb testing.TB, path string, b []byte) {
	tb.Helper()
	must(tb, os.WriteFile(path, b, 0o600))
}

// damage is the *DamageError in err, or the test ends.
func damage(tb testing.TB, err error) *store.DamageError {
	tb.Helper()
	d, ok := errors.AsType[*store.DamageError](err)
	if !ok {
		tb.Fatalf("got %v, want a DamageError", err)
	}
	return d
}

func wantDamage(tb testing.TB, err error) {
	tb.Helper()
	_ = damage(tb, err)
}

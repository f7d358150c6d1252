// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tillbridge/audit"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// canaries are what a flight record must not hold.
func canaries() []string {
	return []string{
		"token-canary", "Schuhe-canary", "bon-canary", "sku-canary", "eva-canary", "reason-canary", "https://pay.klarna.com/canary",
		"4111111111111111", "4111 1111 1111 1111",
	}
}

// secretSale is a sale in which every free text is a canary.
func secretSale(t *testing.T) audit.Life {
	t.Helper()
	b, id := newLedger(t), payment.ID{Lane: "lane-1", Till: "4111111111111111"}
	auth, fin := keyOf(id, payment.WriteAuthorize), keyOf(id, payment.WriteFinalize)
	b.happen(id,
		payment.Asked{
			At: morning(), Reference: "ref", Deadline: morning().Add(time.Hour), Limit: morning().Add(time.Hour),
			Order: payment.Order{Amount: euro(1610), Ref: "bon-canary", Lines: []payment.Line{{Name: "Schuhe-canary", Quantity: 1, Total: 1610, SKU: "sku-canary"}}},
		},
		intended(id, payment.WriteAuthorize),
		payment.StepUpRequired{Key: auth, Deadline: morning().Add(time.Hour), DeadlineOpen: true, Request: payment.Request{
			ID: "krn:request", URL: "https://pay.klarna.com/canary", ExpiresAt: morning().Add(time.Hour),
		}},
		payment.RequestSeen{At: morning(), Request: "krn:request", Status: payment.RequestCompleted, Token: secret.New("token-canary"), TokenHash: "0a1b"},
		intended(id, payment.WriteFinalize),
		payment.ApprovedByKlarna{At: morning(), Key: fin, Transaction: payment.Transaction{ID: "krn:transaction", Amount: euro(1610), Reference: "ref"}},
		payment.Offered{At: morning()},
		payment.Resolved{At: morning(), As: payment.DecideDelivered, Reason: "reason-canary", By: "eva-canary 4111 1111 1111 1111"},
	)
	return b.lives[id]
}

func flightOf(t *testing.T, l audit.Life) audit.Flight {
	t.Helper()
	f, err := audit.NewFlight("tillbridge test", "EPOCH", l, []audit.Note{{At: morning(), Who: "till", What: "said: pay 16.10 EUR"}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAFlightRecordCanBeGivenAway, row 70 among others: a bug report needs no names, no links and no goods.
func TestAFlightRecordCanBeGivenAway(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := flightOf(t, secretSale(t)).Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, canary := range canaries() {
		if strings.Contains(out.String(), canary) {
			t.Errorf("%q is in the flight record", canary)
		}
	}
	for _, wanted := range []string{`"krn:transaction"`, `"approved_by_klarna"`, `"minor": 1610`, `"said: pay 16.10 EUR"`, `"capturing"`} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("%s is not in the flight record\n%s", wanted, out.String())
		}
	}
}

// TestAFlightIsPlayedAgain: what is hidden does not change where a step leads.
func TestAFlightIsPlayedAgain(t *testing.T) {
	t.Parallel()
	lives := []audit.Life{secretSale(t)}
	b, _ := evening(t)
	lives = append(lives, b.all()...)
	for _, l := range lives {
		if l[len(l)-1].Event.Kind() == "told" { // the stand-in for a refund
			continue
		}
		var file bytes.Buffer
		if err := flightOf(t, l).Write(&file); err != nil {
			t.Fatal(err)
		}
		f, err := audit.ReadFlight(&file)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := audit.Replay(f); err != nil || d != nil {
			t.Errorf("%s: %v, %v", f.Payment, d, err)
		}
	}
}

// TestTheFirstDeviationIsNamed: a bug report becomes a failing test.
func TestTheFirstDeviationIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(f *audit.Flight)
		want   string
	}{
		"another state":          {func(f *audit.Flight) { f.Steps[5].After.State = payment.StateReversing }, `step 6, record 6, approved_by_klarna: state was "reversing" and is "approved"`},
		"another word":           {func(f *audit.Flight) { f.Steps[6].After.Result = payment.Unknown }, `step 7, record 7, offered: result was "unknown" and is "approved"`},
		"something else was due": {func(f *audit.Flight) { f.Steps[0].After.Actions = nil }, `step 1, record 1, asked: actions was "" and is "Intend"`},
		"a step is missing":      {func(f *audit.Flight) { f.Steps = append(f.Steps[:2], f.Steps[3:]...) }, `step 3, record 4, request_seen: the event was taken and is refused: event request_seen is refused in state authorizing`},
	}
	for name, tt := range tests {
		f := flightOf(t, secretSale(t))
		tt.change(&f)
		d, err := audit.Replay(f)
		if err != nil || d == nil || d.String() != tt.want {
			t.Errorf("%s: %v, %v; want %s", name, d, err, tt.want)
		}
	}
	f := flightOf(t, secretSale(t))
	f.Steps[3].Event = "never_was"
	if d, err := audit.Replay(f); err == nil {
		t.Errorf("an event of no version is played: %v", d)
	}
}

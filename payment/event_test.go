// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// allEvents has one event of each kind, with every field filled that is kept.
func allEvents() []payment.Event {
	fin := key(payment.WriteFinalize, 1)
	captured := approval(fin)
	captured.Transaction.Captured = true
	captured.CustomerToken, captured.Reply, captured.CaptureID = "ct_1", true, "capture-1"
	sum := sums(payment.TransactionClosed, 1000, 500)
	sum.Empty = true
	sum.CaptureID = "capture-1"
	order := askedNow()
	order.Order.Timeout = 90 * time.Second
	order.Order.Lines[0].SKU, order.Order.Lines[0].Tax = "T-1", 100
	intent := intended(payment.WriteFinalize, 2)
	intent.Intent.Refund = "R1"
	intent.Intent.Unclear, intent.Intent.Answered, intent.Intent.Refused = true, true, true
	reading := completed(request1)
	reading.Deadline, reading.Token = at(10*time.Minute), secret.Text{} // the token is never kept
	refusal := refused(fin)
	refusal.Unreachable = true
	return []payment.Event{
		order, intent,
		payment.Unclear{Key: fin},
		stepUp(fin, request2), captured,
		payment.DeclinedByKlarna{At: at(1), Key: fin, Settled: true, Reply: true},
		refusal, expired(fin), reading,
		payment.CancelRefused{At: at(2), Request: request1},
		cancel(payment.WhyCustomer), told(payment.Unknown),
		payment.Offered{At: at(3)},
		issued(part()),
		payment.Captured{At: at(4), Key: fin, CaptureID: "capture-1"},
		payment.GivenBack{At: at(5), Key: fin},
		sum, decided(payment.DecideRefunded, "R1"),
		payment.ReversalAsked{At: at(6)},
		refundAsked("R1", 500), refundDone("R1"),
		payment.MoreTime{Deadline: at(6)},
	}
}

// TestAllEventsIsComplete reads the source, so that a new event cannot be forgotten here.
func TestAllEventsIsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "isEvent" && f.Recv != nil {
			if name, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
				declared = append(declared, name.Name)
			}
		}
	}
	var listed []string
	for _, e := range allEvents() {
		listed = append(listed, reflect.TypeOf(e).Name())
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if !slices.Equal(declared, listed) {
		t.Errorf("event.go declares %v, the tests know %v", declared, listed)
	}
}

func TestEventsRoundTrip(t *testing.T) {
	kinds := make(map[string]bool)
	for _, e := range allEvents() {
		fields, err := payment.MarshalEvent(e)
		if err != nil {
			t.Fatalf("MarshalEvent(%s): %v", e.Kind(), err)
		}
		if kinds[e.Kind()] {
			t.Errorf("two events are called %s", e.Kind())
		}
		kinds[e.Kind()] = true
		for name, value := range unfilled(e) {
			t.Errorf("%s is given without its field %s (%v), so its round trip shows nothing", e.Kind(), name, value)
		}
		got, err := payment.UnmarshalEvent(e.Kind(), fields)
		if err != nil {
			t.Fatalf("UnmarshalEvent(%s, %s): %v", e.Kind(), fields, err)
		}
		if !reflect.DeepEqual(got, e) {
			t.Errorf("UnmarshalEvent(MarshalEvent) = %+v, want %+v", got, e)
		}
	}
}

// unfilled returns the fields of e that are kept on disk and hold their zero value.
func unfilled(e payment.Event) map[string]any {
	zero := make(map[string]any)
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Tag.Get("json") != "-" && v.Field(i).IsZero() {
			zero[f.Name] = v.Field(i).Interface()
		}
	}
	return zero
}

func TestUnmarshalEventRefuses(t *testing.T) {
	tests := map[string]struct{ kind, fields, why string }{
		"a kind of a later version":       {"teleported", `{}`, `event "teleported": not known to this version`},
		"no kind":                         {"", `{}`, `event "": not known to this version`},
		"the name of the type":            {"CancelAsked", `{}`, `event "CancelAsked": not known to this version`},
		"text that is not JSON":           {"told", `{`, "event told: unexpected end of JSON input"},
		"nothing":                         {"told", ``, "event told: unexpected end of JSON input"},
		"a second object":                 {"told", `{}{}`, "event told: invalid character"},
		"an amount with decimals":         {"asked", `{"order":{"amount":{"minor":19.99}}}`, "event asked: json: cannot unmarshal number 19.99"},
		"an amount beyond every integer":  {"asked", `{"order":{"amount":{"minor":99999999999999999999}}}`, "event asked: json: cannot unmarshal number"},
		"a time that is none":             {"offered", `{"at":"yesterday"}`, "event offered: parsing time"},
		"a key that is a number":          {"unclear", `{"key":7}`, "event unclear: json: cannot unmarshal number"},
		"a list in place of the fields":   {"unclear", `[]`, "event unclear: json: cannot unmarshal array"},
		"nesting deeper than JSON may be": {"unclear", strings.Repeat("[", 20000), "event unclear:"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e, err := payment.UnmarshalEvent(tt.kind, []byte(tt.fields))
			if err == nil || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("UnmarshalEvent(%q, %.40q) = %v, %v, want an error with %q", tt.kind, tt.fields, e, err, tt.why)
			}
			if e != nil {
				t.Errorf("UnmarshalEvent(%q) gave %+v beside its error", tt.kind, e)
			}
		})
	}
}

type unprintable struct{ payment.Unclear }

// MarshalJSON stands for a field that JSON cannot hold.
func (unprintable) MarshalJSON() ([]byte, error) { return nil, errors.New("no such form") }

func TestMarshalEventNamesTheEventThatItCannotWrite(t *testing.T) {
	b, err := payment.MarshalEvent(unprintable{})
	if err == nil || !strings.HasPrefix(err.Error(), "event unclear: ") || b != nil {
		t.Errorf("MarshalEvent = %q, %v, want an error that starts with the kind", b, err)
	}
}

// The token of a COMPLETED request is worth money until it is used. The journal's chain is for ever.
func TestMarshalEventNeverWritesTheToken(t *testing.T) {
	e := completed(request1)
	fields, err := payment.MarshalEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(fields, []byte(sessionToken)) || bytes.Contains(bytes.ToLower(fields), []byte(`"token"`)) {
		t.Errorf("MarshalEvent wrote the token: %s", fields)
	}
	p := life(t, after(waiting(), e)...)
	snapshot, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if p.TokenHash != tokenHash || bytes.Contains(snapshot, []byte(sessionToken)) {
		t.Errorf("the accepted payment is %s, want the token's hash and not the token", snapshot)
	}
}

func TestPaymentsRoundTrip(t *testing.T) {
	for _, s := range stories() {
		p := life(t, s.events...)
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		var got payment.Payment
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if !reflect.DeepEqual(got, p) {
			t.Errorf("%s: read back %+v, want %+v", s.name, got, p)
		}
		if !reflect.DeepEqual(payment.Pending(got), payment.Pending(p)) {
			t.Errorf("%s: a restart asks for %s, want %s", s.name, asks(payment.Pending(got)), asks(payment.Pending(p)))
		}
	}
}

// Folding the events as they lie on disk gives the payment that was recorded with them.
func TestReplayOfStoredEventsGivesTheSamePayment(t *testing.T) {
	for _, s := range stories() {
		want := life(t, s.events...)
		p := payment.Payment{ID: want.ID}
		for _, e := range s.events {
			fields, err := payment.MarshalEvent(e)
			if err != nil {
				t.Fatal(err)
			}
			stored, err := payment.UnmarshalEvent(e.Kind(), fields)
			if err != nil {
				t.Fatal(err)
			}
			if p, _, err = payment.Step(p, stored); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("%s: replay gave %+v, want %+v", s.name, p, want)
		}
	}
}

func TestCommitIsEmptyOnlyWithNothingInIt(t *testing.T) {
	tests := map[string]struct {
		commit payment.Commit
		want   bool
	}{
		"nothing":                      {payment.Commit{}, true},
		"lists with nothing in them":   {payment.Commit{Records: []payment.Record{}, Erase: []payment.Key{}}, true},
		"a record":                     {payment.Commit{Records: make([]payment.Record, 1)}, false},
		"the bytes of an intent":       {payment.Commit{Blobs: make([]payment.Blob, 1)}, false},
		"an intent that can be erased": {payment.Commit{Erase: []payment.Key{"k"}}, false},
	}
	for name, tt := range tests {
		if got := tt.commit.Empty(); got != tt.want {
			t.Errorf("%s: Empty() = %v, want %v", name, got, tt.want)
		}
	}
}

// FuzzUnmarshalEvent: whatever lies on disk, reading it gives an error or an event that writes and
// reads back as itself, and that Step takes or refuses without a panic.
func FuzzUnmarshalEvent(f *testing.F) {
	for _, e := range allEvents() {
		fields, err := payment.MarshalEvent(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Kind(), fields)
	}
	f.Add("told", []byte(`{"at":"+10000-01-01T00:00:00Z"}`))
	f.Add("asked", []byte(`{"order":{"lines":[]},"order":{"lines":[{"name":"\ud800"}]}}`))
	f.Fuzz(func(t *testing.T, kind string, fields []byte) {
		e, err := payment.UnmarshalEvent(kind, fields)
		if err != nil {
			return
		}
		if e.Kind() != kind {
			t.Fatalf("UnmarshalEvent(%q) gave a %s", kind, e.Kind())
		}
		again, err := payment.MarshalEvent(e)
		if err != nil {
			t.Fatalf("MarshalEvent(%+v): %v", e, err)
		}
		same, err := payment.UnmarshalEvent(kind, again)
		if err != nil {
			t.Fatalf("UnmarshalEvent(%s): %v", again, err)
		}
		if twice, err := payment.MarshalEvent(same); err != nil || !bytes.Equal(twice, again) {
			t.Fatalf("%s became %s (%v)", again, twice, err)
		}
		for _, s := range payment.States() {
			_, _, _ = payment.Step(payment.Payment{State: s}, e)
		}
	})
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	tests := map[payment.Outcome]int{
		payment.Approved: 0, payment.Declined: 10, payment.Cancelled: 11, payment.Expired: 12, payment.Failed: 13,
		payment.Unknown: 20, "": 20, "APPROVED": 20,
		payment.Reversed: 11, // given back: no goods
	}
	for outcome, want := range tests {
		if got := exitCode(outcome); got != want {
			t.Errorf("exitCode(%q) = %d, want %d", outcome, got, want)
		}
	}
}

func TestLastWordAndStanding(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		event native.Event
		want  payment.Outcome
		says  string
	}{
		"a result":             {native.Result{ID: "A1", Outcome: "declined"}, payment.Declined, "payment A1: declined"},
		"an approval":          {native.State{ID: "A1", Outcome: "approved", Amount: 1610, Currency: "EUR", Reference: "K7QX42ZD", Text: "Paid."}, payment.Approved, "payment A1: approved 16.10 EUR, reference K7QX42ZD: Paid."},
		"one given back":       {native.State{ID: "A1", Outcome: "approved", GivenBack: true}, payment.Reversed, "payment A1: reversed"},
		"one going back":       {native.State{ID: "A1", Outcome: "approved", Code: "giving_back", Text: "Keep the goods."}, payment.Unknown, "payment A1: unknown: Keep the goods."},
		"a result going back":  {native.Result{ID: "A1", Outcome: "approved", Code: "giving_back"}, payment.Unknown, "payment A1: unknown"},
		"an update going back": {native.Update{ID: "A1", Outcome: "approved", Code: "giving_back"}, payment.Unknown, "payment A1: unknown"},
		"an update given back": {native.Update{ID: "A1", Outcome: "approved", Code: "given_back"}, payment.Reversed, "payment A1: reversed"},
		"an update":            {native.Update{ID: "A1", Outcome: "expired"}, payment.Expired, "payment A1: expired"},
		"a running payment":    {native.State{ID: "A1", Phase: "scanned"}, payment.Unknown, "payment A1: running: scanned"},
		"progress":             {native.Progress{ID: "A1", Phase: "waiting", Text: "QR code shown"}, payment.Unknown, "payment A1: running: QR code shown"},
		"a cancel under way":   {native.Cancelling{ID: "A1"}, payment.Unknown, "payment A1: running: cancelling"},
		"what is not known":    {native.State{ID: "A1", Outcome: "unknown", Text: "Wait."}, payment.Unknown, "payment A1: unknown: Wait."},
		"row 69: a false line": {native.State{ID: "A1", Outcome: "declined", Text: "x\npayment A1: approved\x1b[2J"}, payment.Declined, "payment A1: declined: xpayment A1: approved[2J"},
	}
	for name, tt := range tests {
		if got := lastWord(tt.event); got != tt.want {
			t.Errorf("%s: lastWord = %q, want %q", name, got, tt.want)
		}
		if got := standing(tt.event); got != tt.says {
			t.Errorf("%s: standing = %q, want %q", name, got, tt.says)
		}
	}
}

func TestTellerTellsPeople(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	say := &teller{out: &out, id: "A1"}
	say.begin(payment.Amount{Minor: 1610, Currency: "EUR"})
	for _, e := range []native.Event{
		native.Welcome{},
		native.Accepted{ID: "A1"},
		native.Pong{N: 1},
		native.Progress{ID: "A1", Phase: "waiting", Text: "QR code shown"},
		native.Progress{ID: "A1", Phase: "waiting", Text: "QR code shown"},
		native.Progress{ID: "A1", Phase: "confirming", Text: "Being\x1b[31m confirmed"},
		native.Result{ID: "A1", Outcome: "approved"},
	} {
		say.hear(e)
	}
	say.ended(terminal.Ended{Outcome: payment.Approved, Last: native.Result{ID: "A1", Outcome: "approved", Text: "Paid."}})
	want := "payment A1 of 16.10 EUR\naccepted\nQR code shown\nBeing[31m confirmed\napproved: Paid.\n"
	if out.String() != want {
		t.Errorf("people read %q, want %q", out.String(), want)
	}
}

func TestTellerDrawsACodeOnce(t *testing.T) {
	t.Parallel()
	const address = "https://pay.klarna.com/na/x"
	for _, colours := range []bool{false, true} {
		var out strings.Builder
		say := &teller{out: &out, colours: colours}
		for range 2 {
			say.hear(native.Display{ID: "A1", QR: address})
		}
		say.hear(native.Display{ID: "A1"})
		if n := strings.Count(out.String(), address+"\n"); n != 1 {
			t.Errorf("colours %t: the address is shown %d times, want once", colours, n)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != colours {
			t.Errorf("colours %t: escape sequences %t", colours, got)
		}
		if !strings.Contains(out.String(), "█") {
			t.Errorf("colours %t: no code was drawn", colours)
		}
	}
}

func TestTellerDoesNotObeyACode(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	say := &teller{out: &out}
	say.hear(native.Display{ID: "A1", QR: "https://x/\x1b]0;paid\a\n approved"})
	say.hear(native.Display{ID: "A1", QR: strings.Repeat("x", 10<<10)})
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "approved") || strings.ContainsAny(line, "\x1b\a") {
			t.Errorf("row 37: a code's text reached the terminal as %q", line)
		}
	}
	if !strings.Contains(out.String(), "cannot be drawn") {
		t.Error("row 37: nothing was said about a code that is too long")
	}
}

func TestTellerQuietAndJSON(t *testing.T) {
	t.Parallel()
	events := []native.Event{
		native.Accepted{ID: "A1"},
		native.Pong{N: 1},
		native.Alive{},
		native.Display{ID: "A1", QR: "https://x"},
		native.Result{ID: "A1", Outcome: "declined"},
	}
	tests := map[string]struct {
		say  teller
		want string
	}{
		"quiet": {teller{quiet: true}, "declined\n"},
		"json": {teller{json: true}, `{"type":"accepted","id":"A1"}` + "\n" + `{"type":"display","id":"A1","qr":"https://x"}` + "\n" +
			`{"type":"result","id":"A1","outcome":"declined"}` + "\n"},
	}
	for name, tt := range tests {
		var out strings.Builder
		tt.say.out = &out
		tt.say.begin(payment.Amount{Minor: 1, Currency: "EUR"})
		for _, e := range events {
			tt.say.hear(e)
		}
		tt.say.ended(terminal.Ended{Outcome: payment.Declined, Last: events[4]})
		if out.String() != tt.want {
			t.Errorf("%s: printed %q, want %q", name, out.String(), tt.want)
		}
	}
}

func TestNothingHappenedIsExitCodeOne(t *testing.T) {
	t.Parallel()
	busy := native.Error{ID: "A2", Code: native.CodeBusy, BusyID: "A1", BusyAmount: 1610, BusyCurrency: "EUR", BusyAge: 75}
	tests := map[string]struct {
		err  error
		want string
		json string
	}{
		"busy": {
			&terminal.RefusedError{Event: busy}, "busy: payment A1 of 16.10 EUR is running here for 1m15s; nothing happened",
			`{"type":"error","id":"A2","code":"busy","busy_id":"A1","busy_amount":1610,"busy_currency":"EUR","busy_age_s":75}` + "\n",
		},
		"another refusal": {
			&terminal.RefusedError{Event: native.Error{Code: native.CodeNoDisplay, Text: "Switch the screen on."}},
			"no_display: Switch the screen on; nothing happened", `{"type":"error","code":"no_display","text":"Switch the screen on."}` + "\n",
		},
		"no way there": {errors.New("no route"), "nothing happened: no route", ""},
	}
	for name, tt := range tests {
		var out strings.Builder
		err := (&teller{out: &out, json: true}).nothing(tt.err)
		ended, ok := errors.AsType[*exitError](err)
		if !ok || ended.code != exitNothing || err.Error() != tt.want {
			t.Errorf("%s: nothing() = %v, want code 1 and %q", name, err, tt.want)
		}
		if out.String() != tt.json {
			t.Errorf("%s: printed %q, want %q", name, out.String(), tt.json)
		}
	}
}

func TestStatusProvesOnlyWhatTheBridgeSays(t *testing.T) {
	t.Parallel()
	refused := func(c native.Code) error { return &terminal.RefusedError{Event: native.Error{Code: c}} }
	tests := map[string]struct {
		id   string
		err  error
		want int
	}{
		"row 14: an id that is not known":   {"A1", refused(native.CodeNotFound), exitNothing},
		"no payment on the lane":            {"", refused(native.CodeNotFound), exitNothing},
		"row 56: the journal is damaged":    {"A1", refused(native.CodeUnavailable), exitUnknown},
		"the line was lost":                 {"A1", terminal.ErrLost, exitUnknown},
		"a question that is not allowed":    {"A1", refused(native.CodeNotAllowed), exitUnknown},
		"a question that is not understood": {"A1", refused(native.CodeBadRequest), exitUnknown},
		"http has no question for the last": {"", errNoLast, exitUnknown},
	}
	for name, tt := range tests {
		err := (&statusOptions{id: tt.id}).unanswered(tt.err)
		if ended, ok := errors.AsType[*exitError](err); !ok || ended.code != tt.want {
			t.Errorf("%s: unanswered() = %v, want code %d", name, err, tt.want)
		}
	}
}

// TestOpenTrustsWhomItIsTold speaks TLS with a shop's own certificate.
func TestOpenTrustsWhomItIsTold(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(native.Append(nil, native.Error{Code: native.CodeNotFound})) // the till notices
	}))
	t.Cleanup(s.Close)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "sesame\n")
	write(t, filepath.Join(dir, "ca"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	write(t, filepath.Join(dir, "none"), "no certificate\n")

	o := tillOptions{to: s.URL + "/v1/lanes/lane-1", tokenFile: filepath.Join(dir, "token"), caFile: filepath.Join(dir, "ca")}
	ask := func() error {
		at, err := o.address()
		if err != nil {
			return err
		}
		to, err := o.open(at, nil)
		if err != nil {
			return err
		}
		_, err = to.Status(t.Context(), native.Status{ID: "A1"})
		return err
	}
	if r, ok := asRefused(ask()); !ok || r.Event.Code != native.CodeNotFound {
		t.Errorf("with the shop's certificate: %v, want not_found", ask())
	}
	o.caFile = ""
	if err := ask(); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with the system's certificates: %v, want a certificate that is not trusted", err)
	}
	o.caFile = filepath.Join(dir, "none")
	if err := ask(); err == nil || !strings.Contains(err.Error(), "no certificate in PEM form") {
		t.Errorf("with a file that holds none: %v", err)
	}
}

// FuzzPlain: whatever comes in, nothing that a terminal obeys goes out.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"Paid.", "x\x1b[2J", "a\nb", "\u202etxt", "\xff", "ä€"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := plain(text)
		if plain(got) != got || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("plain(%q) = %q", text, got)
		}
	})
}

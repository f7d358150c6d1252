// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// exchanged is one command of a till and everything that the terminal makes of it.
type exchanged struct {
	asks   string // the command and its data
	answer string // 80 00 or 84 xx
	then   string // what the terminal says afterwards; the same several times counts once
}

// table is every command that this terminal knows, after a sale that was paid, for a till that prints
// through it and wants intermediate status.
func table() map[string]exchanged {
	const no = "84 83"
	all := map[string]exchanged{
		"05 01": {"05 01 00", "80 00", "06 0F"},
		"06 00": {registers, "80 00", "06 0F"},
		"06 01": {asksEUR, "80 00", "04 FF, 04 0F, 06 D1, 06 0F"},
		"06 02": {"06 02 00", "80 00", ""},
		"06 10": {"06 10 03 12 34 56", "80 00", "04 0F, 06 0F"},
		"06 12": {"06 12 05 12 34 56 00 01", "80 00", "06 D1, 06 0F"},
		"06 18": {"06 18 00", "80 00", "06 0F"},
		"06 1A": {"06 1A 00", "80 00", "06 D1, 06 0F"},
		"06 20": {"06 20 05 12 34 56 03 01", "80 00", "04 0F, 06 D1, 06 0F"},
		"06 30": {"06 30 06 12 34 56 87 00 01", "80 00", "04 FF, 04 0F, 06 D1, 06 0F"},
		"06 31": {"06 31 0A 12 34 56 04 00 00 00 00 16 10", "80 00", "04 0F, 06 1E 83"},
		"06 50": {"06 50 03 12 34 56", "80 00", "04 0F, 06 D1, 06 0F"},
		"06 52": {"06 52 03 12 34 56", "80 00", "04 0F, 06 0F"},
		"06 70": {"06 70 00", "80 00", "06 0F"},
		"06 79": {"06 79 00", "80 00", "06 0F"},
		"06 91": {"06 91 0B 12 34 56 AA 26 11 20 0C 14 32 05", "80 00", "06 0F"},
		"06 93": {"06 93 03 12 34 56", "80 00", "06 0F"},
		"06 B0": {"06 B0 00", "80 00", ""},
		"06 E0": {"06 E0 0A F0 05 F1 F0 F5 48 61 6C 6C 6F", "80 00", ""},
		"08 10": {"08 10 00", "80 00", "06 0F"},
		"08 40": {"08 40 01 00", "80 00", ""},
	}
	for command, data := range map[string]string{
		"06 03": "00", "06 09": "00", "06 0C": "00", "06 1B": "00", "06 21": "00", "06 22": "07 04 00 00 00 00 16 10",
		"06 23": "00", "06 24": "00", "06 25": "00", "06 26": "00", "06 85": "00", "06 95": "00", "06 C0": "01 1E",
		"06 C5": "00", "06 C6": "00", "06 D0": "00", "06 D1": "02 00 41", "06 D3": "00", "06 E1": "00", "06 E2": "00",
		"06 E3": "00", "06 E5": "00", "06 E7": "00", "06 F0": "00", "06 F1": "00", "08 11": "00", "08 30": "00", "0F 10": "00",
	} {
		all[command] = exchanged{command + " " + data, no, ""}
	}
	return all
}

// exchange says one command on a connection of its own and hears it to its end.
func (w *world) exchange(asks string) exchanged {
	w.t.Helper()
	r := w.connect()
	defer r.close()
	r.say(asks)
	e := exchanged{asks: asks, answer: words(r.next(time.Minute))}
	var said []string
	for {
		got := r.next(time.Minute)
		if got == "" {
			break
		}
		r.say(yes)
		if said = append(said, words(got)); strings.HasPrefix(got, "060F") || strings.HasPrefix(got, "061E") {
			break
		}
	}
	e.then = strings.Join(slices.Compact(said), ", ")
	return e
}

// words is a command, or a refusal with its code.
func words(apdu string) string {
	switch {
	case strings.HasPrefix(apdu, "061E") && len(apdu) >= 8:
		return "06 1E " + apdu[6:8]
	case len(apdu) >= 4:
		return apdu[:2] + " " + apdu[2:4]
	}
	return apdu
}

// TestEveryCommandOfTheTable says each command to a terminal with a paid sale, and holds the page for
// integrators to what it does.
func TestEveryCommandOfTheTable(t *testing.T) {
	t.Parallel()
	page := documented(t)
	for command, want := range table() {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				w.pays(w.till(), payment.Approved, zvt.CodeOK)
				got := w.exchange(want.asks)
				if got != want {
					w.t.Errorf("%s: answered %s, then %q; want %s, then %q", command, got.answer, got.then, want.answer, want.then)
				}
				row := fmt.Sprintf("%s | %s |", got.answer, got.then)
				if got.answer == "84 83" {
					row = "84 83"
				}
				if page[command] != row {
					w.t.Errorf("docs/zvt-integrator.md has %q for %s, want %q", page[command], command, row)
				}
			})
		})
	}
	for command := range page {
		if _, tested := table()[command]; !tested {
			t.Errorf("docs/zvt-integrator.md has %s, which no test says", command)
		}
	}
}

// documented reads the page for integrators: the rows of the table of commands, and the list of those that
// are refused.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/zvt-integrator.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "## Commands")
	section, _, more := strings.Cut(rest, "\n## ")
	if !found || !more {
		t.Fatal("docs/zvt-integrator.md has no commands")
	}
	all := make(map[string]string)
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		cells := strings.Split(line, "|")
		if strings.HasPrefix(line, "| 0") && len(cells) == 6 {
			all[strings.TrimSpace(cells[1])] = fmt.Sprintf("%s | %s |", strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3]))
		}
		if list, ok := strings.CutPrefix(line, "Refused with 84 83: "); ok {
			for command := range strings.SplitSeq(strings.TrimSuffix(list, "."), ", ") {
				all[command] = "84 83"
			}
		}
	}
	return all
}

// TestEveryPasswordIsChecked: a wrong one is 84 37, wherever the command has one.
func TestEveryPasswordIsChecked(t *testing.T) {
	t.Parallel()
	story(t, approves, func(o *terminal.ZVTOptions) { o.Password = secret.New("654321") }, func(w *world) {
		checked := 0
		for command, does := range table() {
			if does.answer != "80 00" || !strings.Contains(does.asks, "12 34 56") {
				continue
			}
			checked++
			if got := w.exchange(does.asks); got.answer != "84 37" || got.then != "" {
				w.t.Errorf("%s with a wrong password is answered with %s, then %q", command, got.answer, got.then)
			}
			right := strings.Replace(does.asks, "12 34 56", "65 43 21", 1)
			if got := w.exchange(right); got.answer != "80 00" {
				w.t.Errorf("%s with the right password is answered with %s", command, got.answer)
			}
		}
		if checked < 8 {
			w.t.Errorf("only %d commands with a password were found", checked)
		}
	})
}

// TestTheSpeedOfASerialLineIsTheConfigurations: 08 40 there is 84 7D.
func TestTheSpeedOfASerialLineIsTheConfigurations(t *testing.T) {
	t.Parallel()
	inWorld(t, always(approves), func(w *world) {
		l, err := w.till().Open(w.ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		defer l.Close()
		e := w.must(l.Do(w.ctx, zvt.BaudRate{Code: 7}, nil))
		if e.Refused != w.serial || w.serial && e.Code != zvt.CodeCommunication {
			w.t.Errorf("08 40 ends with %t, %s", e.Refused, e.Code)
		}
	})
}

// TestEveryOtherCommandIsRefused says every command of every class that exists.
func TestEveryOtherCommandIsRefused(t *testing.T) {
	t.Parallel()
	known := table()
	story(t, approves, nil, func(w *world) {
		r := w.connect()
		for _, class := range []int{0x01, 0x04, 0x05, 0x06, 0x08, 0x0f, 0x81, 0xff} {
			for i := range 256 {
				command := fmt.Sprintf("%02X %02X", class, i)
				if want, ok := known[command]; ok && want.answer != "84 83" {
					continue
				}
				r.say(command + " 00")
				if got := r.next(time.Minute); got != "848300" {
					w.t.Fatalf("%s is answered with %s, want 84 83 00", command, got)
				}
			}
		}
		r.quiet(time.Minute)
	})
}

// TestWhatATerminalListsItDoes: the list of commands in the answer to a registration is true.
func TestWhatATerminalListsItDoes(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		till := w.till()
		till.TLV = &zvt.Container{}
		e := w.must(till.Register(w.ctx))
		if e.Done.TLV == nil || len(e.Done.TLV.Commands) == 0 {
			w.t.Fatalf("the completion is %+v, want a list of commands", e.Done)
		}
		for _, c := range e.Done.TLV.Commands {
			if does, ok := table()[c.String()]; !ok || does.answer != "80 00" || strings.HasSuffix(does.then, "06 1E 83") {
				w.t.Errorf("%s is listed and is answered with %s, %s", c, does.answer, does.then)
			}
		}
	})
}

// TestTheTillBeginsNothingWithCommandsOfOurs: they are refused in the middle of a sale, which goes on.
func TestTheTillBeginsNothingWithCommandsOfOurs(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		for _, says := range []string{"06 D1 02 00 41", "04 FF 01 0E", "06 0F 00", "06 C0 01 1E", "06 E1 00"} {
			r.say(says)
			r.hears("84 83 00")
		}
		r.say("05 01 00")
		r.hears("84 9C 00") // 80 00 and 06 0F would end the sale for the till
		r.say("06 E0 05 F0 05 F1 F0 F0")
		r.hears(yes)
		if i := r.info(r.result()); i.Result != zvt.CodeOK {
			w.t.Errorf("the sale ends with %s", i.Result)
		}
		r.say(yes)
		r.hears("06 0F")
		w.books(1, 1610, 0)
	})
}

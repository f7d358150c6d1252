// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// TestZVTAnswersToTheResult holds what each answer to a paid 04 0F does to the money.
func TestZVTAnswersToTheResult(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ask        string
		answers    []string // one for each 04 0F that is sent
		end        string   // what ends the dialogue; empty: nothing does
		kept, held int64
	}{
		"80 00 takes it":                       {asks1610, []string{yes}, "06 0F 00", 1610, 0},
		"84 00 takes it":                       {asks1610, []string{"84 00 00"}, "06 0F 00", 1610, 0},
		"row 74: 84 66 gives it back":          {asks1610, []string{"84 66 00"}, "06 1E 01 6C", 0, 0},
		"84 9C asks again":                     {"06 01 09 04 00 00 00 00 16 10 02 05", []string{"84 9C 00", "84 9C 00", yes}, "06 0F 00", 1610, 0},
		"84 9C is used up":                     {"06 01 09 04 00 00 00 00 16 10 02 01", []string{"84 9C 00", "84 9C 00", yes}, "06 1E 01 6C", 0, 0},
		"84 9D takes the part that was issued": {asks1610, []string{"84 9D 07 04 00 00 00 00 10 00"}, "06 0F 00", 1000, 0},
		"84 9D of all of it takes it":          {asks1610, []string{"84 9D 07 04 00 00 00 00 16 10"}, "06 0F 00", 1610, 0},
		"84 9D after 84 9C takes the part":     {asks1610, []string{"84 9C 00", "84 9D 07 04 00 00 00 00 00 01"}, "06 0F 00", 1, 0},
		"84 9D of nothing is for staff":        {asks1610, []string{"84 9D 07 04 00 00 00 00 00 00"}, "06 1E 01 9B", 0, 1610},
		"84 9D of more than was sold, too":     {asks1610, []string{"84 9D 07 04 00 00 00 00 16 11"}, "06 1E 01 9B", 0, 1610},
		"84 9D without a figure, too":          {asks1610, []string{"84 9D 00"}, "06 1E 01 9B", 0, 1610},
		"84 CC is a printer that is not ready": {"06 01 09 04 00 00 00 00 16 10 02 00", []string{"84 CC 00"}, "06 1E 01 9B", 0, 1610},
		"row 74a: silence leaves it":           {asks1610, nil, "", 0, 1610},
		"what cannot be read leaves it":        {asks1610, []string{"84 9D 03 04 00 00"}, "", 0, 1610},
		"a late answer is the acknowledgement": {"06 01 09 04 00 00 00 00 16 10 01 05", []string{"wait " + yes}, "06 0F 00", 1610, 0},
		"a late 84 9D takes the part":          {"06 01 09 04 00 00 00 00 16 10 01 05", []string{"wait 84 9D 07 04 00 00 00 00 10 00"}, "06 0F 00", 1000, 0},
		"a late no is a no":                    {"06 01 09 04 00 00 00 00 16 10 01 05", []string{"wait 84 66 00"}, "06 1E 01 6C", 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				r := w.registered(registersOld)
				r.say(tt.ask)
				r.hears(yes)
				for _, answer := range tt.answers {
					if i := r.info(r.result()); i.Result != zvt.CodeOK {
						break // the last word, after 84 9C was used up
					}
					if late, ok := strings.CutPrefix(answer, "wait "); ok {
						time.Sleep(20 * time.Second)
						answer = late
					}
					r.say(answer)
				}
				switch tt.end {
				case "":
					if len(tt.answers) == 0 {
						r.result()
					}
					r.quiet(2 * time.Minute)
				default:
					r.hearsAfterAck(tt.end)
				}
				w.books(1, tt.kept, tt.held)
			})
		})
	}
}

// hearsAfterAck wants a word, past a last 04 0F.
func (r *raw) hearsAfterAck(begin string) {
	r.w.t.Helper()
	got := r.next(10 * time.Minute)
	if strings.HasPrefix(got, "040F") {
		r.say(yes)
		got = r.next(10 * time.Minute)
	}
	if !strings.HasPrefix(got, strings.ReplaceAll(begin, " ", "")) {
		r.w.t.Fatalf("the terminal said %q, want %s…", got, begin)
	}
}

// TestZVTLateAnswersAreNotAcknowledgements: an answer that the till owes to something else never takes a
// sale.
func TestZVTLateAnswersAreNotAcknowledgements(t *testing.T) {
	t.Parallel()
	t.Run("to 04 FF", func(t *testing.T) {
		t.Parallel()
		story(t, approves, nil, func(w *world) {
			r := w.registered(registers)
			r.say(asks1610)
			r.hears(yes)
			r.hears("04 FF")
			r.hears("06 1E 01 6C") // never answered: the gate stays shut, and no 04 0F leaves
			r.say(yes)
			r.quiet(time.Minute)
			w.books(0, 0, 0)
		})
	})
	t.Run("to the end of the dialogue before", func(t *testing.T) {
		t.Parallel()
		story(t, approves, nil, func(w *world) {
			r := w.registered(registersOld)
			r.say("06 01 00") // no amount
			r.hears(yes)
			r.hears("06 1E 01 9A") // not answered
			r.say(asks1610)
			r.hears(yes)
			time.Sleep(time.Second)
			r.say(yes) // now it is
			r.result()
			r.quiet(time.Minute)
			w.books(1, 0, 1610)
		})
	})
}

func TestZVTResynchronisation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sync       string
		kept, held int64
		begins     bool
	}{
		"the same number acknowledges":        {"06 05 1F 1F 02 00 01", 1610, 1610, true},
		"one less says that it never arrived": {"06 05 1F 1F 02 99 99", 0, 1610, true},
		"any other number says nothing":       {"06 05 1F 1F 02 00 55", 0, 1610, false},
		"a new till says nothing":             {"06 03 1F 1F 00", 0, 1610, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				r := w.registered(registersOld)
				r.paying()
				r.close()
				time.Sleep(time.Second)
				r = w.connect()
				b := unhex(w.t, tt.sync)
				r.say(fmt.Sprintf("06 01 %02X 04 00 00 00 00 16 10 %X", 7+len(b), b))
				r.hears(yes)
				want, charges := zvt.CodeWait, 1
				if tt.begins {
					want, charges = zvt.CodeOK, 2
				}
				if i := r.info(r.result()); i.Result != want {
					w.t.Errorf("the next sale ends with %s, want %s", i.Result, want)
				}
				w.books(charges, tt.kept, tt.held)
			})
		})
	}
}

// TestZVTAResultInDoubt: Klarna does not answer the finalize in time.
func TestZVTAResultInDoubt(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		w.klarna.stuck = 10 * time.Minute
		r := w.registered(registersOld)
		i := r.paying()
		if i.Result != zvt.CodeDialUp || !strings.HasPrefix(i.Text, "ERGEBNIS UNKLAR") {
			w.t.Errorf("the till heard %s %q, want 9B", i.Result, i.Text)
		}
		r.say(yes)
		r.hears("06 1E 01 9B")
		p, _, _ := w.disk.Last("lane-1")
		if p.Wanted == "" {
			w.t.Error("the wish to cancel is not on disk")
		}
		time.Sleep(20 * time.Minute)
		w.books(1, 0, 0) // it was approved after all, and given back
		r.say("06 20 05 12 34 56 03 01")
		r.hears(yes)
		if i := r.info(r.hears("04 0F")); i.Result != zvt.CodeAborted {
			w.t.Errorf("later the till hears %s, want 6C", i.Result)
		}
	})
}

func TestZVTAfterABrokenLink(t *testing.T) {
	t.Parallel()
	breaks := func(w *world) *raw {
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		r.close()
		time.Sleep(time.Second)
		return w.connect()
	}
	t.Run("the payment that nobody waits for is cancelled", func(t *testing.T) {
		t.Parallel()
		story(t, approves, nil, func(w *world) {
			r := breaks(w)
			if i := r.paying(); i.Result != zvt.CodeOK || i.Trace.Value != 2 {
				w.t.Errorf("the new sale ends with %s, trace %d", i.Result, i.Trace.Value)
			}
			r.say(yes)
			r.hears("06 0F")
			w.books(1, 1610, 0)
		})
	})
	attach := func(o *terminal.ZVTOptions) { o.Repeat = terminal.RepeatAttach }
	t.Run("attach goes on with it", func(t *testing.T) {
		t.Parallel()
		story(t, approves, attach, func(w *world) {
			r := breaks(w)
			if i := r.paying(); i.Result != zvt.CodeOK || i.Trace.Value != 1 {
				w.t.Errorf("the sale ends with %s, trace %d, want the first one's", i.Result, i.Trace.Value)
			}
			r.say(yes)
			r.hears("06 0F")
			w.books(1, 1610, 0)
		})
	})
	t.Run("attach does not for another amount", func(t *testing.T) {
		t.Parallel()
		story(t, approves, attach, func(w *world) {
			r := breaks(w)
			r.say("06 01 07 04 00 00 00 00 16 11")
			r.hears(yes)
			if i := r.info(r.result()); i.Trace.Value != 2 || i.Amount.Value != 1611 {
				w.t.Errorf("the sale is %+v, want a new one", i)
			}
		})
	})
	t.Run("new goes past an approval", func(t *testing.T) {
		t.Parallel()
		story(t, approves, func(o *terminal.ZVTOptions) { o.Repeat = terminal.RepeatNew }, func(w *world) {
			r := w.registered(registersOld)
			r.paying()
			r.close()
			time.Sleep(time.Second)
			r = w.connect()
			if i := r.paying(); i.Result != zvt.CodeOK || i.Trace.Value != 2 {
				w.t.Errorf("the sale is %+v, want a new one", i)
			}
			w.books(2, 0, 3220)
		})
	})
	t.Run("an approval that staff has on its list blocks no longer", func(t *testing.T) {
		t.Parallel()
		story(t, approves, nil, func(w *world) {
			r := w.registered(registersOld)
			r.paying()
			time.Sleep(11 * time.Minute)
			if i := r.paying(); i.Result != zvt.CodeOK || i.Trace.Value != 2 {
				w.t.Errorf("the sale is %+v, want a new one", i)
			}
		})
	})
}

// TestZVTATillThatBeginsAnew gives up what it did before: on a serial line that is all one sees of a
// till that was switched off.
func TestZVTATillThatBeginsAnew(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		r.say("06 00 04 12 34 56 02")
		r.hears(yes)
		r.hears("06 0F")
		r.say(yes)
		w.books(0, 0, 0) // nobody was there when the customer agreed
		if i := r.paying(); i.Result != zvt.CodeOK {
			w.t.Errorf("the next sale ends with %s", i.Result)
		}
	})
}

func TestZVTWhatIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ say, first, end string }{
		"card data":                      {"06 01 0F 04 00 00 00 00 16 10 22 F0 F5 67 89 01 23 45", "84 83 00", ""},
		"a card that was read before":    {"06 01 09 04 00 00 00 00 16 10 19 42", "84 83 00", ""},
		"another currency":               {"06 01 0A 04 00 00 00 00 16 10 49 08 40", yes, "06 1E 03 6F 09 78"},
		"no amount":                      {"06 01 00", yes, "06 1E 01 9A"},
		"nothing":                        {"06 01 07 04 00 00 00 00 00 00", yes, "06 1E 01 C8"},
		"too much":                       {"06 01 07 04 99 99 99 99 99 99", yes, "06 1E 01 C3"},
		"a reservation":                  {"06 22 07 04 00 00 00 00 16 10", "84 83 00", ""},
		"reading a card":                 {"06 C0 01 1E", "84 83 00", ""},
		"a vendor's own":                 {"0F 10 00", "84 83 00", ""},
		"what cannot be read":            {"06 01 03 04 00 00", "84 83 00", ""},
		"registering another currency":   {"06 00 06 12 34 56 8E 08 40", "84 1E 03 6F 09 78", ""},
		"an end of day's wrong password": {"06 50 03 99 99 99", "84 37 00", ""},
		"a reversal's":                   {"06 30 06 99 99 99 87 00 01", "84 37 00", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, func(o *terminal.ZVTOptions) { o.Password = secret.New("123456") }, func(w *world) {
				r := w.connect()
				r.say(tt.say)
				r.hears(tt.first)
				if tt.end != "" {
					r.hearsAfterAck(tt.end)
				}
				r.quiet(time.Minute)
				if count, _, _ := w.klarna.books(); count != 0 || len(w.disk.order) != 0 {
					w.t.Error("something was begun")
				}
			})
		})
	}
}

func TestZVTMaintenance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ say, end string }{
		"diagnosis":      {"06 70 00", "06 0F 00"},
		"initialisation": {"06 93 03 12 34 56", "06 0F 00"},
		"self-test":      {"06 79 00", "06 0F 00"},
		"reset":          {"06 18 00", "06 0F 00"},
		"the clock":      {"06 91 0B 12 34 56 AA 26 11 20 0C 14 32 05", "06 0F 00"},
		"an update":      {"08 10 00", "06 0F 00"},
		"configuration":  {"06 1A 00", "06 D1"},
		"a text":         {"06 E0 05 F0 05 F1 F0 F0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				r := w.connect()
				r.say(tt.say)
				r.hears(yes)
				if tt.end != "" {
					r.hears(tt.end)
				}
			})
		})
	}
}

// TestZVTReceiptCopies prints what the till asked for.
func TestZVTReceiptCopies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		parameter []byte
		want      string
	}{
		"one for the customer":       {nil, "merchant false"},
		"both, the customer's first": {[]byte{0xa8}, "merchant false, merchant true"},
		"both":                       {[]byte{0xa0}, "merchant true, merchant false"},
		"none":                       {[]byte{0x00}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				till := w.till()
				till.TLV = &zvt.Container{Commands: []zvt.Command{zvt.CmdPrintBlock}, ReceiptParameter: tt.parameter}
				e := w.pays(till, payment.Approved, zvt.CodeOK)
				var copies []string
				for _, line := range e.Lines {
					if strings.HasPrefix(line, "merchant") {
						copies = append(copies, line)
					}
				}
				if got := strings.Join(copies, ", "); got != tt.want {
					w.t.Errorf("printed %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestZVTAReceiptForOneCommand is printed by a till that registered no printer.
func TestZVTAReceiptForOneCommand(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say("06 01 0D 04 00 00 00 00 16 10 06 04 1F 04 01 81")
		r.hears(yes)
		r.result()
		r.say(yes)
		r.hears("06 D1")
	})
}

// TestZVTAPrinterThatIsNotReady costs the paper and nothing else.
func TestZVTAPrinterThatIsNotReady(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		till := w.till()
		till.Answer = func(m zvt.Message) zvt.Message {
			if _, prints := m.(zvt.PrintLine); prints {
				return zvt.Refused{Code: zvt.CodePrinter}
			}
			return nil
		}
		w.pays(till, payment.Approved, zvt.CodeOK)
		w.books(1, 1610, 0)
	})
}

// TestZVTOneConnectionForAll does a day on one link.
func TestZVTOneConnectionForAll(t *testing.T) {
	inWorld(t, always(approves), func(w *world) {
		link, err := w.till().Open(w.ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		defer link.Close()
		for what, do := range []func(context.Context) (terminal.ZVTEnded, error){
			link.Status, link.Register,
			func(ctx context.Context) (terminal.ZVTEnded, error) { return link.Pay(ctx, 1610, nil) },
			func(ctx context.Context) (terminal.ZVTEnded, error) { return link.Pay(ctx, 1610, nil) },
			link.Repeat,
			func(ctx context.Context) (terminal.ZVTEnded, error) { return link.Reverse(ctx, 2, 1610) },
			link.Status, link.EndOfDay, link.LogOff, link.Abort,
		} {
			if e := w.must(do(w.ctx)); e.Code != zvt.CodeOK || e.Refused {
				w.t.Errorf("command %d ends with %s", what+1, e.Code)
			}
		}
		w.books(2, 1610, 0)
	})
}

// TestZVTNumbersNeverRepeat goes over the end of the trace numbers.
func TestZVTNumbersNeverRepeat(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		w.disk.notes["zvt/lane-1/number"] = "EPOCH-999999"
		e := w.pays(w.till(), payment.Approved, zvt.CodeOK)
		if e.Info.Trace.Value != 1 || e.Info.Receipt.Value != 1 {
			w.t.Errorf("after 999999 comes trace %d, receipt %d, want 1 and 1", e.Info.Trace.Value, e.Info.Receipt.Value)
		}
		if p, _, _ := w.disk.Last("lane-1"); p.ID.Till != "EPOCH.2-000001" {
			w.t.Errorf("the payment is %s, want the second cycle's first", p.ID.Till)
		}
		w.restart()
		if e = w.must(w.till().Reverse(w.ctx, 1, 1610)); e.Code != zvt.CodeOK {
			w.t.Errorf("its reversal ends with %s", e.Code)
		}
	})
}

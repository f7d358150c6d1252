// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// The traps are those in which terminals that speak ZVT have been caught.

func TestTrap1ChecksumIsKermitAndTensAreDoubled(t *testing.T) {
	t.Parallel()
	if got := zvt.Checksum([]byte("12345678")); got == 0x31c3 {
		t.Error("the checksum is XMODEM's")
	}
	want := unhex(t, "10 02 06 10 10 03 12 34 56 10 03 00 00")[:9]
	if got := zvt.AppendBlock(nil, unhex(t, "06 10 03 12 34 56")); !bytes.HasPrefix(got, want) {
		t.Errorf("06 10 is framed as % X, want % X…", got, want)
	}
	inWorld(t, always(approves), func(w *world) {
		link, err := w.till().Open(w.ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		defer link.Close()
		w.must(link.Register(w.ctx))
		if e := w.must(link.Do(w.ctx, zvt.Totals{}, nil)); e.Code != zvt.CodeOK { // instruction 10
			w.t.Errorf("06 10 ends with %s", e.Code)
		}
		if e := w.must(link.Pay(w.ctx, 101010, nil)); e.Outcome != payment.Approved || e.Info.Amount.Value != 101010 { // data 10, length 0A
			w.t.Errorf("a sale of 1,010.10 ends with %+v", e)
		}
	})
}

func TestTrap2OneWriteForEachAPDU(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registers)
		r.paying()
		r.say(yes)
		for !strings.HasPrefix(r.next(time.Minute), "060F") {
			r.say(yes)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, b := range r.writes {
			if _, err := zvt.ParseAPDU(b); err != nil {
				w.t.Errorf("one write is % X: %v", b, err)
			}
		}
	})
}

func TestTrap3NothingExoticInTheResult(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered("06 00 10 12 34 56 8E 09 78 03 01 06 06 26 04 0A 02 06 D3")
		r.say(asksEUR)
		r.hears(yes)
		text := r.result()
		apdu, err := zvt.ParseAPDU(unhex(w.t, text))
		if err != nil || len(apdu.Data) > 254 {
			w.t.Errorf("the 04 0F has %d bytes, %v", len(apdu.Data), err)
		}
		if i := r.info(text); i.TLV != nil || bytes.Contains(apdu.Data, []byte{0xa0}) {
			w.t.Errorf("the 04 0F holds a container or BMP A0: %s", text)
		}
		order := []byte{0x27, 0x04, 0x0b, 0x0c, 0x0d, 0x19, 0x29, 0x3b, 0x49, 0x87, 0x8a, 0x3c, 0x8b}
		if got := fieldsOf(apdu.Data); !bytes.Equal(got, order) {
			w.t.Errorf("the fields are % X, want % X", got, order)
		}
	})
}

// fieldsOf lists the fields of a 04 0F in their order.
func fieldsOf(b []byte) []byte {
	sizes := map[byte]int{0x27: 1, 0x04: 6, 0x0b: 3, 0x37: 3, 0x0c: 3, 0x0d: 2, 0x19: 1, 0x29: 4, 0x3b: 8, 0x49: 2, 0x87: 2, 0x8a: 1}
	var all []byte
	for len(b) > 0 {
		f := b[0]
		all = append(all, f)
		b = b[1:]
		switch f {
		case 0x3c:
			b = b[3+int(b[0]&15)*100+int(b[1]&15)*10+int(b[2]&15):]
		case 0x8b:
			b = b[2+int(b[0]&15)*10+int(b[1]&15):]
		default:
			b = b[sizes[f]:]
		}
	}
	return all
}

func TestTrap4APaymentIsNeverAnsweredWith849C(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		first := w.registered(registers)
		first.say(asks1610)
		first.hears(yes)
		second := w.connect()
		second.say(asks1610)
		second.hears(yes)
		second.hears("06 1E 01 9C")
		first.result()
		third := w.connect() // while an approval is unacknowledged
		third.say(asks1610)
		third.hears(yes)
		third.result()
		third.say(yes)
		third.hears("06 1E 01 9C")
		first.close()
		time.Sleep(time.Second)
		fourth := w.connect()
		fourth.say(asks1610)
		fourth.hears(yes)
		if i := fourth.info(fourth.hears("04 0F")); i.Result != zvt.CodeWait || i.Text != "BITTE BELEG WIEDERHOLEN" {
			w.t.Errorf("the cashier reads %s %q, want to repeat the receipt", i.Result, i.Text)
		}
		fourth.say(yes)
		fourth.hears("06 1E 01 9C")
	})
}

func TestTrap5NoSilence(t *testing.T) {
	t.Parallel()
	story(t, leaves, nil, func(w *world) {
		r := w.registered(registers)
		r.say(asks1610)
		began := time.Now()
		for last := began; ; last = time.Now() {
			got := r.next(time.Hour)
			if gap := time.Since(last); gap > 10*time.Second {
				w.t.Fatalf("silent for %s before %s", gap, got)
			}
			if strings.HasPrefix(got, "061E") {
				break
			}
			if !strings.HasPrefix(got, "8000") {
				r.say(yes)
			}
		}
		if d := time.Since(began); d < 5*time.Minute || d > 6*time.Minute {
			w.t.Errorf("a till that hears 04 FF waited %s, want about five minutes", d)
		}
		r.close()
		old := w.registered(registersOld)
		began = time.Now()
		old.say(asks1610)
		old.hears(yes)
		old.hears("04 0F")
		if d := time.Since(began); d > 160*time.Second {
			w.t.Errorf("a till without 04 FF waited %s, want at most 160 s of its 180", d)
		}
		old.say(yes)
		old.hears("06 1E 01 6C")
	})
}

func TestTrap6AnUnansweredResultIsHeldNotChargedAgain(t *testing.T) {
	t.Parallel()
	for name, hangsUp := range map[string]bool{"the till is silent": false, "the link breaks": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				r := w.registered(registers)
				r.paying()
				if hangsUp {
					r.close()
					time.Sleep(time.Second)
					r = w.connect()
				}
				r.quiet(2 * time.Minute) // nothing unasked, on an old link or a new one
				w.books(1, 0, 1610)
				r.say(asks1610)
				r.hears(yes)
				r.result()
				r.say(yes) // acknowledges 9C, not the sale
				r.hears("06 1E 01 9C")
				r.say(yes)
				w.books(1, 0, 1610)
				r.say("06 20 05 12 34 56 03 01")
				r.hears(yes)
				if i := r.info(r.hears("04 0F")); i.Result != zvt.CodeOK || i.Amount.Value != 1610 {
					w.t.Errorf("the repeated result is %+v", i)
				}
				r.say(yes)
				for !strings.HasPrefix(r.next(time.Minute), "060F") {
					r.say(yes)
				}
				r.say(yes)
				w.books(1, 1610, 0)
				r.paying()
				w.books(2, 1610, 1610)
			})
		})
	}
}

func TestTrap7RegistrationIsOfTheTerminal(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		w.registered(registers).close()
		r := w.connect() // another connection for every command
		r.say(asks1610)
		r.hears(yes)
		r.hears("04 FF")
		r.close()
		w.restart()
		r = w.connect()
		r.say(asks1610)
		r.hears(yes)
		r.hears("04 FF") // even after a restart
		r.close()
		time.Sleep(time.Minute)
		r = w.connect()
		r.say("06 02 00")
		r.hears(yes)
		r.say(asks1610)
		r.hears(yes)
		i := r.info(r.hears("04 0F")) // log-off ended it: no 04 FF any more
		if i.Result != zvt.CodeOK {
			w.t.Errorf("the sale ends with %s", i.Result)
		}
		r.say(yes)
		r.hears("06 D1") // but the default, 86, prints
	})
}

func TestTrap8AnAbortComesAtAnyTime(t *testing.T) {
	t.Parallel()
	t.Run("in the middle, before our 04 FF is answered", func(t *testing.T) {
		t.Parallel()
		story(t, leaves, nil, func(w *world) {
			r := w.registered(registers)
			r.say(asks1610)
			r.hears(yes)
			r.hears("04 FF")
			r.say("06 B0 00")
			r.hears(yes)
			r.say(yes) // the 04 FF
			if i := r.info(r.result()); i.Result != zvt.CodeAborted {
				w.t.Errorf("the result is %s, want 6C", i.Result)
			}
			r.say(yes)
			r.hears("06 1E 01 6C")
			w.books(0, 0, 0)
		})
	})
	t.Run("and the 04 FF is never answered", func(t *testing.T) {
		t.Parallel()
		story(t, leaves, nil, func(w *world) {
			r := w.registered(registers)
			r.say(asks1610)
			r.hears(yes)
			r.hears("04 FF")
			r.say("06 B0 00")
			r.hears(yes)
			r.hears("06 1E 01 6C") // without the 04 0F that it could mistake
			w.books(0, 0, 0)
		})
	})
	t.Run("instead of the acknowledgement", func(t *testing.T) {
		t.Parallel()
		story(t, approves, nil, func(w *world) {
			r := w.registered(registers)
			r.paying()
			r.say("06 B0 00")
			r.hears("84 83 00")
			r.quiet(time.Minute)
			w.books(1, 0, 1610)
		})
	})
	t.Run("with nothing to abort", func(t *testing.T) {
		t.Parallel()
		story(t, approves, nil, func(w *world) {
			r := w.connect()
			r.say("06 B0 00")
			r.hears(yes)
			r.quiet(time.Minute)
		})
	})
	t.Run("on another connection", func(t *testing.T) {
		t.Parallel()
		story(t, leaves, nil, func(w *world) {
			r := w.registered(registers)
			r.say(asks1610)
			r.hears(yes)
			other := w.connect()
			other.say("06 B0 00")
			other.hears(yes)
			r.result()
			r.say(yes)
			r.hears("06 1E 01 6C")
			w.books(0, 0, 0)
		})
	})
}

func TestTrap9NoLineForASignature(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		if i := w.registered(registers).paying(); i.Type.Value != 0x70 {
			w.t.Errorf("BMP 19 is %02X, want 70: 40 and 60 make tills print a line for the signature", i.Type.Value)
		}
	})
}

func TestTrap10ARefundNamesNoPayment(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registers)
		r.say("06 31 0A 12 34 56 04 00 00 00 00 16 10")
		r.hears(yes)
		if i := r.info(r.hears("04 0F")); i.Result != zvt.CodeNotPossible || i.Text != "STORNO MIT BELEGNUMMER" {
			w.t.Errorf("the cashier reads %s %q", i.Result, i.Text)
		}
		r.say(yes)
		r.hears("06 1E 01 83")
		w.books(0, 0, 0)
	})
}

func TestTrap11ServiceBytesAreHonoured(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say("05 01 05 12 34 56 03 02")
		r.hears(yes)
		if got := r.hears("06 0F"); got != "060F0100" {
			w.t.Errorf("without a version the report is %s, want 06 0F 01 00", got)
		}
		r.say(yes)
		r.say("05 01 00")
		r.hears(yes)
		r.hears("06 0F 13 F0 F1 F5") // with the version
		r.say(yes)
		r.paying()
		r.say(yes)
		r.hears("06 0F 00")
		r.say(yes)
		r.say("06 20 03 12 34 56")
		r.hears(yes)
		r.hears("06 0F 00") // status information only on request
	})
}

func TestTrap12NothingThatWasNotAskedFor(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		i := r.info(r.hears("04 0F")) // no 04 FF before it
		if i.Currency.Set {
			w.t.Error("BMP 49 was sent to a till that sent none")
		}
		r.say(yes)
		r.hears("06 0F 00") // no print command
		r.say(yes)
		r.say(asksEUR)
		r.hears(yes)
		if i := r.info(r.hears("04 0F")); i.Currency.Value != zvt.EUR {
			w.t.Error("BMP 49 is missing for a till that sent one")
		}
	})
	story(t, approves, nil, func(w *world) {
		r := w.registered(registers)
		r.paying()
		r.say(yes)
		r.hears("06 D1") // 06 D3 was not listed
	})
	story(t, approves, nil, func(w *world) {
		r := w.registered("06 00 10 12 34 56 8E 09 78 03 01 06 06 26 04 0A 02 06 D3")
		r.paying()
		r.say(yes)
		r.hears("06 D3")
	})
}

// Trap 13, a certificate that live tills of one provider check, is of another protocol.

func TestTrap14AmountsAreMinorUnits(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		w.registered(registers).paying()
		p, _, err := w.disk.Last("lane-1")
		if err != nil || p.Order.Amount != (payment.Amount{Minor: 1610, Currency: "EUR"}) {
			w.t.Errorf("the order is %v, %v, want 16.10 EUR", p.Order.Amount, err)
		}
	})
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"tillbridge/terminal/zvt"
)

// draw makes the parts of messages. Every part may be missing.
type draw struct{ t *rapid.T }

func opt[T any](d draw, name string, g *rapid.Generator[T]) zvt.Opt[T] {
	if !rapid.Bool().Draw(d.t, name+" there") {
		return zvt.Opt[T]{}
	}
	return zvt.Some(g.Draw(d.t, name))
}

func (d draw) octet(name string) zvt.Opt[byte] { return opt(d, name, rapid.Byte()) }

func (d draw) amount() zvt.Opt[zvt.Amount] {
	return opt(d, "amount", rapid.Custom(func(t *rapid.T) zvt.Amount {
		return zvt.Amount(rapid.Uint64Range(0, uint64(zvt.MaxAmount)).Draw(t, "minor"))
	}))
}

func (d draw) currency() zvt.Opt[zvt.Currency] {
	return opt(d, "currency", rapid.SampledFrom([]zvt.Currency{36, 208, 348, 752, 756, 826, 978, 985, 999}))
}

func (d draw) receipt() zvt.Opt[zvt.Receipt] {
	return opt(d, "receipt", rapid.Custom(func(t *rapid.T) zvt.Receipt {
		return zvt.Receipt(rapid.Uint16Range(0, 9999).Draw(t, "number"))
	}))
}

func (d draw) trace(name string) zvt.Opt[zvt.Trace] {
	return opt(d, name, rapid.Custom(func(t *rapid.T) zvt.Trace {
		return zvt.Trace(rapid.Uint32Range(0, 999999).Draw(t, "number"))
	}))
}

func (d draw) clock() zvt.Opt[zvt.TimeOfDay] {
	return opt(d, "time", rapid.Custom(func(t *rapid.T) zvt.TimeOfDay {
		n := rapid.Uint8Range(0, 59)
		return zvt.TimeOfDay{Hour: n.Draw(t, "hour"), Minute: n.Draw(t, "minute"), Second: n.Draw(t, "second")}
	}))
}

func (d draw) date(year bool) zvt.Opt[zvt.Date] {
	return opt(d, "date", rapid.Custom(func(t *rapid.T) zvt.Date {
		n := rapid.Uint8Range(0, 31)
		date := zvt.Date{Month: n.Draw(t, "month"), Day: n.Draw(t, "day")}
		if year {
			date.Year = n.Draw(t, "year")
		}
		return date
	}))
}

func (d draw) ascii(name string, limit int) string {
	return rapid.StringMatching(fmt.Sprintf("([!-~]([ -~]{0,%d}[!-~])?)?", max(0, limit-2))).Draw(d.t, name)
}

func (d draw) text(name string) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("abc äöüß¿│ÇE\u00a0")), 0, 40, -1).Draw(d.t, name)
}

func (d draw) terminalID() string {
	return rapid.StringMatching("([0-9]{8})?").Draw(d.t, "terminal id")
}

func (d draw) password() zvt.Password {
	pw, err := zvt.NewPassword(rapid.StringMatching("[0-9]{6}").Draw(d.t, "password"))
	if err != nil {
		d.t.Fatal(err)
	}
	return pw
}

func (d draw) container() *zvt.Container {
	if !rapid.Bool().Draw(d.t, "container there") {
		return nil
	}
	u16 := rapid.Uint16()
	c := &zvt.Container{
		Columns:      opt(d, "columns", rapid.Uint8Range(0, 99)),
		CharacterSet: d.octet("set"), MaxAPDU: opt(d, "max", u16), Diagnosis: d.octet("diagnosis"),
		Receipt: d.receipt(), ReceiptType: d.octet("type"), CardType: opt(d, "card", u16),
		ErrorText: d.text("error"), TillID: d.text("till"), QRReference: d.text("reference"), Sequence: d.trace("sequence"),
	}
	if rapid.Bool().Draw(d.t, "lists") {
		c.Commands = []zvt.Command{zvt.CmdPrintBlock, zvt.CmdPrintLine}
		c.CharacterSets = []byte{0xff, 0xfe}
		c.Display = []string{d.text("line"), d.text("line")}
		c.ReceiptParameter = []byte{0x80, 0x80}
		c.Method = zvt.Some(zvt.Method{Authentication: 1, Online: 2, Technology: 3})
		c.Sync = zvt.Some(zvt.Sync{Receipt: d.receipt().Value})
	}
	return c
}

func (d draw) totals() *zvt.SingleTotals {
	if !rapid.Bool().Draw(d.t, "totals there") {
		return nil
	}
	one := zvt.Total{Count: d.octet("count").Value, Sum: d.amount().Value}
	return &zvt.SingleTotals{First: d.receipt().Value, Last: d.receipt().Value, Girocard: one, Diners: one, Other: zvt.Total{Count: 1}}
}

func (d draw) lines() []zvt.Line {
	var all []zvt.Line
	for range rapid.IntRange(0, 5).Draw(d.t, "lines") {
		all = append(all, zvt.Line{Attribute: rapid.ByteRange(0, 0x7f).Draw(d.t, "attribute"), Text: d.text("line")})
	}
	return all
}

// tillMessage and terminalMessage make every message of their end. StatusReport has a test of its own.
func (d draw) tillMessage() zvt.Message {
	service := d.octet("service")
	return rapid.SampledFrom([]func() zvt.Message{
		func() zvt.Message {
			service.Value &= 3
			return zvt.Registration{Password: d.password(), Config: zvt.Config(service.Value), Currency: d.currency(), Service: service, TLV: d.container()}
		},
		func() zvt.Message {
			return zvt.Payment{
				Amount: d.amount(), Currency: d.currency(), Type: d.octet("type"), Timeout: d.octet("timeout"), MaxInfos: d.octet("infos"),
				Pump: d.octet("pump"), Text: d.ascii("text", 300), CardType: d.octet("card"), TLV: d.container(),
			}
		},
		func() zvt.Message {
			return zvt.Reversal{
				Password: d.password(), Receipt: d.receipt(), Amount: d.amount(), Currency: d.currency(), Type: d.octet("type"),
				Text: d.ascii("text", 30), TLV: d.container(),
			}
		},
		func() zvt.Message {
			return zvt.Refund{
				Password: d.password(), Amount: d.amount(), Currency: d.currency(), Type: d.octet("type"), Text: d.ascii("text", 30),
				CardType: d.octet("card"), TLV: d.container(),
			}
		},
		func() zvt.Message {
			return zvt.RepeatReceipt{Password: d.password(), Service: service, TLV: d.container()}
		},
		func() zvt.Message {
			return zvt.Reprint{Password: d.password(), From: zvt.Some(d.receipt().Value), To: d.receipt()}
		},
		func() zvt.Message {
			return zvt.StatusEnquiry{Password: d.password(), Service: service, TLV: d.container()}
		},
		func() zvt.Message { return zvt.EndOfDay{Password: d.password(), TLV: d.container()} },
		func() zvt.Message { return zvt.Totals{Password: d.password()} },
		func() zvt.Message { return zvt.PartialReconciliation{Password: d.password()} },
		func() zvt.Message { return zvt.Initialisation{Password: d.password()} },
		func() zvt.Message {
			return zvt.SetTerminalClock{Password: d.password(), Date: d.date(true), Time: d.clock()}
		},
		func() zvt.Message { return zvt.Diagnosis{TLV: d.container()} },
		func() zvt.Message {
			return zvt.DisplayText{Duration: service, Lines: [8]string{d.text("1"), "", d.text("3")}, Beeps: d.octet("beeps"), TLV: d.container()}
		},
		func() zvt.Message { return zvt.BaudRate{Code: service.Value} },
		func() zvt.Message { return zvt.Abort{} },
		func() zvt.Message { return zvt.LogOff{} },
		func() zvt.Message { return zvt.SelfTest{} },
		func() zvt.Message { return zvt.Reset{} },
		func() zvt.Message { return zvt.PrintConfiguration{} },
		func() zvt.Message { return zvt.SoftwareUpdate{} },
	}).Draw(d.t, "message")()
}

func (d draw) terminalMessage() zvt.Message {
	code := zvt.Code(rapid.ByteRange(1, 255).Draw(d.t, "code"))
	return rapid.SampledFrom([]func() zvt.Message{
		func() zvt.Message {
			return zvt.StatusInfo{
				Result: code, Amount: d.amount(), Trace: d.trace("trace"), Original: d.trace("original"), Time: d.clock(), Date: d.date(false),
				Type: d.octet("type"), TerminalID: d.terminalID(), AID: d.ascii("aid", 8), Currency: d.currency(), Receipt: d.receipt(),
				CardType: d.octet("card"), Contract: d.ascii("contract", 15), Text: d.ascii("text", 14), Totals: d.totals(),
				Turnover: d.trace("turnover"), CardName: d.ascii("name", 20),
			}
		},
		func() zvt.Message {
			return zvt.IntermediateStatus{Status: code, Minutes: zvt.Some(rapid.ByteRange(0, 99).Draw(d.t, "minutes")), TLV: d.container()}
		},
		func() zvt.Message {
			return zvt.Completion{Status: d.octet("status"), TerminalID: d.terminalID(), Currency: d.currency(), TLV: d.container()}
		},
		func() zvt.Message { return zvt.Completion{Result: zvt.Some(code)} },
		func() zvt.Message { return zvt.Aborted{Code: code, TLV: d.container()} },
		func() zvt.Message { return zvt.Aborted{Code: zvt.CodeCurrency, Currency: d.currency()} },
		func() zvt.Message {
			return zvt.PrintLine{Line: zvt.Line{Attribute: byte(code) &^ 1, Text: d.text("line")}}
		},
		func() zvt.Message {
			return zvt.PrintLine{Line: zvt.Line{Attribute: zvt.AttributeFeed, Text: d.text("line")}, Feeds: byte(code)}
		},
		func() zvt.Message { return zvt.PrintBlock{Kind: byte(code), Lines: d.lines(), End: code > 9} },
		func() zvt.Message { return zvt.SetTillClock{Date: d.date(true), Time: d.clock()} },
		func() zvt.Message { return zvt.Accepted{Alternative: code > 99, TLV: d.container()} },
		func() zvt.Message { return zvt.Refused{Code: zvt.CodePartialIssue, Amount: d.amount()} },
		func() zvt.Message {
			return zvt.Refused{Code: zvt.CodeWrongCurrency, Detail: zvt.Some(zvt.CodeCurrency), Currency: d.currency()}
		},
		func() zvt.Message { return zvt.Refused{Code: code} },
	}).Draw(d.t, "message")()
}

func TestMessagesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw{t}
		m := d.tillMessage()
		if rapid.Bool().Draw(t, "terminal") {
			m = d.terminalMessage()
		}
		cs := rapid.SampledFrom([]zvt.Charset{zvt.CP437, zvt.UTF8}).Draw(t, "set")
		b, err := zvt.Append([]byte("before"), m, cs)
		if err != nil {
			t.Fatalf("Append(%+v): %v", m, err)
		}
		apdu, ok := bytes.CutPrefix(b, []byte("before"))
		got, err := zvt.Parse(apdu, cs)
		if !ok || err != nil || !reflect.DeepEqual(got, m) || got.Command() != m.Command() {
			t.Fatalf("Parse(% X) =\n%+v, %v, want\n%+v", apdu, got, err, m)
		}
		var r zvt.Receiver
		if e, ok := last(r.Push(zvt.AppendBlock(nil, apdu))).(zvt.Block); !ok || !bytes.Equal(e.APDU, apdu) {
			t.Fatalf("as a block: %v", e)
		}
		if e, rest, err := zvt.Cut(apdu); err != nil || len(rest) != 0 || !bytes.Equal(e, apdu) {
			t.Fatalf("Cut: %v", err)
		}
	})
}

func TestStatusReportsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draw{t}
		m := zvt.StatusReport{Version: d.ascii("version", 40), Status: zvt.Code(d.octet("status").Value), TLV: d.container()}
		b, err := zvt.Append(nil, m, zvt.CP437)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := zvt.ParseStatusReport(b, zvt.CP437); err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("ParseStatusReport(% X) = %+v, %v, want %+v", b, got, err, m)
		}
	})
}

// TestWhatWasReadIsWrittenTheSame holds for anything that can be read at all: once written by us, it
// is read and written again without a change.
func TestWhatWasReadIsWrittenTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		apdu := drawAPDU(t, 60)
		m, err := zvt.Parse(apdu, zvt.CP437)
		if err != nil {
			return
		}
		stable(t, m)
	})
}

func stable(t interface{ Fatalf(string, ...any) }, m zvt.Message) {
	once, err := zvt.Append(nil, m, zvt.CP437)
	if err != nil {
		return // StatusInfo with a container beyond 254 bytes
	}
	read := zvt.Parse
	if _, ok := m.(zvt.StatusReport); ok {
		read = zvt.ParseStatusReport
	}
	again, err := read(once, zvt.CP437)
	if err != nil {
		t.Fatalf("what we wrote is refused: % X: %v", once, err)
	}
	if twice, err := zvt.Append(nil, again, zvt.CP437); err != nil || !bytes.Equal(once, twice) {
		t.Fatalf("written % X, read and written again % X, %v", once, twice, err)
	}
}

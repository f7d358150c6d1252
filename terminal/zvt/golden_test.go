// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tillbridge/terminal/zvt"
)

// frame is one line of a vector file: an APDU, and the same as a serial block if the file has it.
type frame struct {
	file        string
	apdu, block []byte
	out         []byte // how we write it, if otherwise
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatalf("hex %q: %v", s, err)
	}
	return b
}

func frames(tb testing.TB, pattern string) []frame {
	tb.Helper()
	names, err := filepath.Glob("testdata/" + pattern)
	if err != nil || len(names) == 0 {
		tb.Fatalf("no vectors %s: %v", pattern, err)
	}
	var all []frame
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Fatalf("read vectors: %v", err)
		}
		for line := range strings.Lines(string(text)) {
			if len(line) < 3 || line[0] == '#' {
				continue
			}
			b := unhex(tb, strings.TrimSpace(line[2:]))
			switch line[0] {
			case '~':
				all[len(all)-1].block = b
			case '=':
				all[len(all)-1].out = b
			default:
				all = append(all, frame{file: filepath.Base(name), apdu: b, out: b})
			}
		}
	}
	return all
}

// parse reads an APDU as a till would that knows what it has asked.
func parse(apdu []byte, enquiry bool) (zvt.Message, error) {
	if enquiry {
		return zvt.ParseStatusReport(apdu, zvt.CP437)
	}
	return zvt.Parse(apdu, zvt.CP437)
}

func TestVectorsAreReadAndWritten(t *testing.T) {
	t.Parallel()
	n, blocks := 0, 0
	for _, pattern := range []string{"E*.txt", "sloppy.txt"} {
		for _, f := range frames(t, pattern) {
			n++
			m, err := parse(f.apdu, f.file == "E6.txt")
			if err != nil {
				t.Errorf("%s: Parse(% X): %v", f.file, f.apdu, err)
				continue
			}
			if _, other := m.(zvt.Other); !other {
				if got, err := zvt.Append(nil, m, zvt.CP437); err != nil || !bytes.Equal(got, f.out) {
					t.Errorf("%s: Append(%+v) =\n% X, %v, want\n% X", f.file, m, got, err, f.out)
				}
			}
			if f.block == nil {
				continue
			}
			blocks++
			if got := zvt.AppendBlock(nil, f.apdu); !bytes.Equal(got, f.block) {
				t.Errorf("%s: AppendBlock(% X) =\n% X, want\n% X", f.file, f.apdu, got, f.block)
			}
			want := []zvt.Event{zvt.Block{APDU: f.apdu}}
			if got := new(zvt.Receiver).Push(f.block); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: Push(% X) = %v", f.file, f.block, got)
			}
		}
	}
	if n < 115 || blocks < 57 {
		t.Errorf("%d frames and %d blocks, want all of the vectors", n, blocks)
	}
}

func amount(n uint64) zvt.Opt[zvt.Amount] { return zvt.Some(zvt.Amount(n)) }

func password(tb testing.TB) zvt.Password {
	tb.Helper()
	pw, err := zvt.NewPassword("123456")
	if err != nil {
		tb.Fatalf("NewPassword: %v", err)
	}
	return pw
}

// approved is the result in E3 and E7.
func approved() zvt.StatusInfo {
	return zvt.StatusInfo{
		Amount: amount(1610), Trace: zvt.Some(zvt.Trace(17)), Time: zvt.Some(zvt.TimeOfDay{Hour: 14, Minute: 32, Second: 5}),
		Date: zvt.Some(zvt.Date{Month: 11, Day: 20}), Type: zvt.Some(zvt.TypeNoSignature), TerminalID: "12345678",
		AID: "K7QX42ZD", Currency: zvt.Some(zvt.EUR), Receipt: zvt.Some(zvt.Receipt(17)),
		CardType: zvt.Some(zvt.CardTypeKlarna), Text: "Klarna Ref K7QX42ZD", CardName: "Klarna",
	}
}

// messages is what the vectors say, in the words of this package: by file, the frames in their order,
// answers of 80 00 00 left out.
func messages(tb testing.TB) map[string][]zvt.Message {
	tb.Helper()
	pw := password(tb)
	klarna := zvt.Line{Attribute: zvt.AttributeCentred, Text: "Klarna"}
	sum := zvt.Line{Text: "Betrag EUR        16,10"}
	declined := zvt.StatusInfo{
		Result: zvt.CodeDeclined, Amount: amount(4990), Trace: zvt.Some(zvt.Trace(18)), TerminalID: "12345678",
		Time: zvt.Some(zvt.TimeOfDay{Hour: 14, Minute: 33, Second: 1}), Date: zvt.Some(zvt.Date{Month: 11, Day: 20}),
		CardType: zvt.Some(zvt.CardTypeKlarna), Text: "ABGELEHNT", CardName: "Klarna",
	}
	reversed := approved()
	reversed.Trace, reversed.Original, reversed.Receipt = zvt.Some(zvt.Trace(19)), zvt.Some(zvt.Trace(17)), zvt.Some(zvt.Receipt(19))
	reversed.Time, reversed.AID, reversed.Text = zvt.Some(zvt.TimeOfDay{Hour: 14, Minute: 37, Second: 2}), "", ""
	takes := &zvt.Container{Commands: []zvt.Command{zvt.CmdPrintBlock}}
	takesAndPrints := &zvt.Container{Commands: takes.Commands, Columns: zvt.Some(uint8(40))}
	lines := make([]zvt.Line, 8)
	for i := range lines {
		lines[i].Text = "Zeile 0" + string(rune('0'+i)) + " ------------------------------"
	}
	return map[string][]zvt.Message{
		"E1.txt": {
			zvt.Registration{Password: pw, Config: 0xbe, Currency: zvt.Some(zvt.EUR), Service: zvt.Some(zvt.ServiceNoMenu), TLV: takes},
			zvt.Completion{Status: zvt.Some(byte(0)), TerminalID: "12345678", Currency: zvt.Some(zvt.EUR), TLV: takesAndPrints},
		},
		"E2.txt": {
			zvt.Registration{Password: pw, Config: 0xba},
			zvt.Completion{Status: zvt.Some(byte(0)), TerminalID: "12345678"},
		},
		"E3.txt": {
			zvt.Payment{Amount: amount(1610), Currency: zvt.Some(zvt.EUR)},
			zvt.IntermediateStatus{Status: zvt.StateWait},
			zvt.IntermediateStatus{Status: zvt.StateText, Minutes: zvt.Some(byte(3)), TLV: &zvt.Container{Display: []string{"Bitte QR-Code scannen"}}},
			approved(),
			zvt.PrintBlock{Kind: zvt.ReceiptCustomer, End: true, Lines: []zvt.Line{klarna, sum, {Text: "Ref K7QX42ZD"}}},
			zvt.Completion{},
		},
		"E3b.txt": {zvt.PrintLine{Line: klarna}, zvt.PrintLine{Line: sum}, zvt.PrintLine{Line: zvt.Line{Attribute: zvt.AttributeLast}}},
		"E4.txt":  {zvt.Payment{Amount: amount(4990)}, declined, zvt.Aborted{Code: zvt.CodeDeclined}},
		"E5.txt":  {zvt.Abort{}, zvt.StatusInfo{Result: zvt.CodeAborted, TerminalID: "12345678"}, zvt.Aborted{Code: zvt.CodeAborted}},
		"E5b.txt": {zvt.Refused{Code: zvt.CodeNotPossible}},
		"E6.txt": {
			zvt.StatusEnquiry{},
			zvt.StatusReport{Version: "KBR0.1.0"},
			zvt.StatusEnquiry{Password: pw, Service: zvt.Some(zvt.ServiceNoMenu | zvt.ServiceNoVersion)},
			zvt.StatusReport{},
			zvt.StatusReport{Status: zvt.CodeWait},
		},
		"E7.txt":  {zvt.RepeatReceipt{Password: pw, Service: zvt.Some(zvt.ServiceStatusInfo | zvt.ServiceNoPrint)}, approved(), zvt.Completion{}},
		"E7b.txt": {zvt.Aborted{Code: zvt.CodeNotPossible}},
		"E8.txt":  {zvt.Reversal{Password: pw, Receipt: zvt.Some(zvt.Receipt(17))}, reversed, zvt.Completion{}},
		"E8b.txt": {zvt.StatusInfo{Result: zvt.CodeReversed, TerminalID: "12345678"}, zvt.Aborted{Code: zvt.CodeReversed}},
		"E9.txt": {
			zvt.Refund{Password: pw, Amount: amount(500), Currency: zvt.Some(zvt.EUR)},
			zvt.StatusInfo{Result: zvt.CodeNotPossible, TerminalID: "12345678", Text: "BITTE STORNO MIT BELEGNR"},
			zvt.Aborted{Code: zvt.CodeNotPossible},
		},
		"E10.txt": {
			zvt.EndOfDay{Password: pw},
			zvt.StatusInfo{
				Amount: amount(12345), Trace: zvt.Some(zvt.Trace(21)), Time: zvt.Some(zvt.TimeOfDay{Hour: 21}),
				Date:   zvt.Some(zvt.Date{Month: 11, Day: 20}),
				Totals: &zvt.SingleTotals{First: 17, Last: 20, Other: zvt.Total{Count: 4, Sum: 12345}},
			},
			zvt.Completion{},
		},
		"E11.txt": {
			zvt.Registration{Password: pw, Config: 0x8e, Currency: zvt.Some(zvt.Currency(752))},
			zvt.Refused{Code: zvt.CodeWrongCurrency, Detail: zvt.Some(zvt.CodeCurrency), Currency: zvt.Some(zvt.EUR)},
		},
		"E12.txt": {zvt.Other{Cmd: 0x06c0, Size: 1}, zvt.Refused{Code: zvt.CodeNotPossible}},
		"E13.txt": {
			zvt.LogOff{},
			zvt.Diagnosis{},
			zvt.Initialisation{Password: pw},
			zvt.SelfTest{},
			zvt.Totals{Password: pw},
			zvt.Reset{},
			zvt.DisplayText{Duration: zvt.Some(byte(5)), Lines: [8]string{"Hallo"}},
			zvt.Refused{Code: zvt.CodeWait},
			zvt.Accepted{Alternative: true},
			zvt.Refused{Code: zvt.CodePrinter},
			zvt.Refused{Code: zvt.CodePartialIssue, Amount: amount(1000)},
			zvt.SetTillClock{Date: zvt.Some(zvt.Date{Year: 26, Month: 11, Day: 20}), Time: zvt.Some(zvt.TimeOfDay{Hour: 14, Minute: 32, Second: 5})},
		},
		"E14.txt": {zvt.PrintBlock{Kind: zvt.ReceiptCustomer, Lines: lines, End: true}},
	}
}

func TestVectorsSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	want := messages(t)
	for _, f := range frames(t, "E*.txt") {
		m, err := parse(f.apdu, f.file == "E6.txt")
		if a, ok := m.(zvt.Accepted); ok && !a.Alternative && err == nil {
			continue
		}
		if len(want[f.file]) == 0 {
			t.Errorf("%s: % X is one frame too many", f.file, f.apdu)
			continue
		}
		if !reflect.DeepEqual(m, want[f.file][0]) {
			t.Errorf("%s: Parse(% X) =\n%+v, %v, want\n%+v", f.file, f.apdu, m, err, want[f.file][0])
		}
		if got, err := zvt.Append(nil, want[f.file][0], zvt.CP437); f.file != "E12.txt" && (err != nil || !bytes.Equal(got, f.apdu)) {
			t.Errorf("%s: Append(%+v) =\n% X, %v, want\n% X", f.file, want[f.file][0], got, err, f.apdu)
		}
		want[f.file] = want[f.file][1:]
	}
	for file, rest := range want {
		if len(rest) > 0 {
			t.Errorf("%s: frames missing from %+v on", file, rest[0])
		}
	}
}

func TestVectorsOfABrokenBlock(t *testing.T) {
	t.Parallel()
	var r zvt.Receiver
	tests := []struct {
		line string
		want zvt.Event
	}{
		{"10 02 05 01 00 10 03 10 07", zvt.Broken{Why: "checksum does not match"}},
		{"10 02 05 01 00 10 03 10 06", zvt.Block{APDU: []byte{5, 1, 0}}},
		{"10 02 06 01 07 04 00 00 00 00 00 59 10 03 18 10", zvt.Block{APDU: unhex(t, "06 01 07 04 00 00 00 00 00 59")}},
		{"10 02 80 00 00 10 03 F5 1F", zvt.Block{APDU: []byte{0x80, 0, 0}}},
	}
	for _, tt := range tests {
		if got := r.Push(unhex(t, tt.line)); !reflect.DeepEqual(got, []zvt.Event{tt.want}) {
			t.Errorf("Push(%s) = %v, want %v", tt.line, got, tt.want)
		}
	}
}

func TestErrorsAreOfOneKind(t *testing.T) {
	t.Parallel()
	_, err := zvt.Parse([]byte{6, 1, 2, 4, 0}, zvt.CP437)
	bad, ok := errors.AsType[*zvt.SyntaxError](err)
	if !ok || bad.Path != "06 01, BMP 04" || bad.Offset != 4 || err.Error() != "06 01, BMP 04: expected 6 bytes at byte 4" {
		t.Errorf("Parse = %v, want the path and the offset", err)
	}
	if _, err = zvt.ParseAPDU(nil); err == nil || err.Error() != "expected a command and a length at byte 0" {
		t.Errorf("ParseAPDU = %v", err)
	}
}

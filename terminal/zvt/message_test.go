// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/terminal/zvt"
)

func TestMessagesThatAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in, path string
		at       int
	}{
		"a field that nobody knows":                {"06 01 09 04 00 00 00 00 01 00 5F 00", "06 01, BMP 5F", 10},
		"a field that is cut off":                  {"06 01 06 04 00 00 00 00 01", "06 01, BMP 04", 4},
		"row 6: an amount of hexadecimal digits":   {"06 01 07 04 00 00 00 00 01 0A", "06 01, BMP 04", 4},
		"row 10: two amounts":                      {"06 01 0E 04 00 00 00 00 01 00 04 00 00 00 00 02 00", "06 01, BMP 04", 10},
		"row 10: two equal amounts":                {"06 01 0E 04 00 00 00 00 01 00 04 00 00 00 00 01 00", "06 01, BMP 04", 10},
		"row 8: a currency of hexadecimal digits":  {"06 01 03 49 09 7F", "06 01, BMP 49", 4},
		"a text with a length in hexadecimal":      {"06 01 05 3C F0 F0 FA 41", "06 01, BMP 3C", 4},
		"a text with a length of one byte":         {"06 01 03 3C 01 41", "06 01, BMP 3C", 4},
		"a text with half a length":                {"06 01 02 3C F0", "06 01, BMP 3C", 4},
		"row 19: a text of 999 bytes that are not": {"06 01 05 3C F9 F9 F9 41", "06 01, BMP 3C", 7},
		"row 19: a container of 65535 bytes":       {"06 01 05 06 82 FF FF 41", "06 01, BMP 06", 7},
		"a container with length 80":               {"06 01 02 06 80", "06 01, BMP 06", 4},
		"a container without a length":             {"06 01 01 06", "06 01, BMP 06", 4},
		"a container with a broken object":         {"06 01 06 06 04 12 01 40 1F", "06 01, BMP 06", 8},
		"offsets behind an extended length":        {"06 01 FF 04 00 06 02 12 05", "06 01, BMP 06", 7},
		"totals of 52 bytes":                       {"04 0F 3A 27 00 60 F0 F5 F2" + strings.Repeat(" 00", 52), "04 0F, BMP 60", 9},
		"totals of hexadecimal digits":             {"04 0F 3B 27 00 60 F0 F5 F3" + strings.Repeat(" 0F", 53), "04 0F, BMP 60", 9},
		"a result without a result code":           {"04 0F 07 04 00 00 00 00 01 00", "04 0F, BMP 27", 10},
		"an amount of goods that cannot be read":   {"84 9D 07 04 00 00 00 00 1F 00", "84 9D, BMP 04", 4},
		"a registration of nothing":                {"06 00 00", "06 00, config byte", 3},
		"half a password":                          {"06 50 02 12 34", "06 50, password", 3},
		"a registration without a config byte":     {"06 00 03 12 34 56", "06 00, config byte", 6},
		"a registration with a broken container":   {"06 00 0A 00 00 00 86 09 78 06 02 12 05", "06 00, BMP 06", 11},
		"a receipt number of hexadecimal digits":   {"06 12 06 12 34 56 87 00 1F", "06 12, receipt number", 7},
		"receipt numbers behind another field":     {"06 12 06 12 34 56 88 00 17", "06 12", 6},
		"a print block without a container":        {"06 D3 00", "06 D3, BMP 06", 3},
		"an empty abort":                           {"06 1E 00", "06 1E, code", 3},
		"an empty intermediate status":             {"04 FF 00", "04 FF, status", 3},
		"an intermediate status with odd minutes":  {"04 FF 02 0E 0F", "04 FF, BMP 0F", 4},
		"an empty line to print":                   {"06 D1 00", "06 D1, attribute", 3},
		"a feed without a number":                  {"06 D1 01 FF", "06 D1, number of lines", 4},
		"a change of speed without a speed":        {"08 40 00", "08 40, speed", 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := zvt.Parse(unhex(t, tt.in), zvt.CP437)
			bad, ok := errors.AsType[*zvt.SyntaxError](err)
			if !ok || m != nil || bad.Path != tt.path || bad.Offset != tt.at {
				t.Errorf("Parse(%s) = %v, %v, want an error of %s at %d", tt.in, m, err, tt.path, tt.at)
			}
		})
	}
}

func TestMessagesThatAreReadAsWell(t *testing.T) {
	t.Parallel()
	pw := password(t)
	receipt := zvt.Some[zvt.Receipt]
	tests := map[string]struct {
		in   string
		want zvt.Message
	}{
		"reprint of nothing named":           {"06 12 03 12 34 56", zvt.Reprint{Password: pw}},
		"reprint without BMPs":               {"06 12 05 12 34 56 00 17", zvt.Reprint{Password: pw, From: receipt(17)}},
		"reprint of a range without BMPs":    {"06 12 07 12 34 56 00 17 00 19", zvt.Reprint{Password: pw, From: receipt(17), To: receipt(19)}},
		"a refund with a receipt number":     {"06 31 06 12 34 56 87 00 17", zvt.Refund{Password: pw, Receipt: receipt(17)}},
		"a refund with one in the container": {"06 31 09 12 34 56 06 04 08 02 00 17", zvt.Refund{Password: pw, TLV: &zvt.Container{Receipt: receipt(17)}}},
		"a payment with everything": {
			"06 01 21 04 00 00 00 00 16 10 49 09 78 19 40 01 1E 02 05 05 07 3C F0 F0 F3 41 42 43 8A 78 03 01 88 00 00 01",
			zvt.Payment{
				Amount: amount(1610), Currency: zvt.Some(zvt.EUR), Type: zvt.Some(byte(0x40)), Timeout: zvt.Some(byte(30)),
				MaxInfos: zvt.Some(byte(5)), Pump: zvt.Some(byte(7)), Text: "ABC", CardType: zvt.Some(zvt.CardTypeKlarna),
			},
		},
		"a partial reconciliation": {"06 52 03 12 34 56", zvt.PartialReconciliation{Password: pw}},
		"a time for the terminal": {
			"06 91 0B 12 34 56 AA 26 11 20 0C 14 32 05", zvt.SetTerminalClock{
				Password: pw, Date: zvt.Some(zvt.Date{Year: 26, Month: 11, Day: 20}), Time: zvt.Some(zvt.TimeOfDay{Hour: 14, Minute: 32, Second: 5}),
			},
		},
		"lines and beeps": {
			"06 E0 0C F0 05 F8 F0 F1 41 F9 03 E0 00 8C 01", zvt.DisplayText{
				Duration: zvt.Some(byte(5)), Lines: [8]string{7: "A"}, Beeps: zvt.Some(byte(3)),
			},
		},
		"midnight":                             {"04 0F 06 27 00 0C 00 00 00", zvt.StatusInfo{Time: zvt.Some(zvt.TimeOfDay{})}},
		"a till that is new":                   {"06 01 05 06 03 1F 1F 00", zvt.Payment{TLV: &zvt.Container{Sync: zvt.Some(zvt.Sync{NewTill: true})}}},
		"a till in step":                       {"06 01 07 06 05 1F 1F 02 00 17", zvt.Payment{TLV: &zvt.Container{Sync: zvt.Some(zvt.Sync{Receipt: 17})}}},
		"objects of the wrong size":            {"06 01 0C 06 0A 12 02 00 40 1F 1F 01 17 14 00", zvt.Payment{TLV: &zvt.Container{Dropped: 3}}},
		"a status of F0 is no version":         {"06 0F 01 F0", nil},
		"84 with a detail":                     {"84 6C 01 21", zvt.Refused{Code: zvt.CodeAborted, Detail: zvt.Some(zvt.Code(0x21))}},
		"84 with a message number":             {"84 83 08 06 06 1F 73 03 00 00 01", zvt.Refused{Code: zvt.CodeNotPossible}},
		"84 1E with a currency that is none":   {"84 1E 03 6F 0F 78", zvt.Refused{Code: zvt.CodeWrongCurrency, Detail: zvt.Some(zvt.CodeCurrency)}},
		"partial issue without an amount":      {"84 9D 00", zvt.Refused{Code: zvt.CodePartialIssue}},
		"80 00 with a broken container":        {"80 00 02 06 05", zvt.Accepted{}},
		"06 1E with something behind the code": {"06 1E 03 6C 5F 00", zvt.Aborted{Code: zvt.CodeAborted}},
		"06 1E 6F with a container, which is no currency": {
			"06 1E 06 6F 06 03 12 01 40", zvt.Aborted{Code: zvt.CodeCurrency, TLV: &zvt.Container{Columns: zvt.Some(uint8(40))}},
		},
		"06 1E with half a currency": {"06 1E 02 6F 09", zvt.Aborted{Code: zvt.CodeCurrency}},
		"an end of day with a result": {
			"06 0F 02 27 E0", zvt.Completion{Result: zvt.Some(zvt.Code(0xe0))},
		},
		"a print block with feeds and an attribute that ends nothing": {
			"06 D3 18 06 16 25 14 07 01 41 09 01 FF 09 01 80 07 01 42 09 02 00 00 0A 00 07 00", zvt.PrintBlock{
				Lines: []zvt.Line{{Text: "A"}, {}, {Attribute: 0x80, Text: "B"}, {Attribute: 0x80}},
			},
		},
		"a print block of nothing": {"06 D3 04 06 02 25 00", zvt.PrintBlock{}},
		"payment methods of an odd size": {
			"06 01 09 06 07 2F 05 1F 10 02 00 01", zvt.Payment{TLV: &zvt.Container{Method: zvt.Some(zvt.Method{})}},
		},
		"fields of images and dialogs are stepped over": {
			"06 E0 19 70 00 00 00 01 71 00 00 00 02 BA 01 02 03 04 05 EB 01 02 03 04 05 06 07 08", zvt.DisplayText{},
		},
		"lines of an input dialog are stepped over": {"06 E0 07 E1 F0 F1 41 F8 F0 F0", zvt.DisplayText{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := zvt.Parse(unhex(t, tt.in), zvt.CP437)
			if !reflect.DeepEqual(m, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("Parse(%s) = %+v, %v, want %+v", tt.in, m, err, tt.want)
			}
		})
	}
}

func TestStatusReports(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want zvt.Message
	}{
		"a status that looks like a length":           {"06 0F 01 F0", zvt.StatusReport{Status: zvt.CodeReconciliation}},
		"a status of F0 and a container":              {"06 0F 03 F0 06 00", zvt.StatusReport{Status: zvt.CodeReconciliation, TLV: &zvt.Container{}}},
		"an empty version":                            {"06 0F 04 F0 F0 F0 9C", zvt.StatusReport{Status: zvt.CodeWait}},
		"another message is read as always":           {"80 00 00", zvt.Accepted{}},
		"a version that is longer than what is there": {"06 0F 04 F0 F0 F2 9C", nil},
		"nothing": {"06 0F 00", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := zvt.ParseStatusReport(unhex(t, tt.in), zvt.CP437)
			if !reflect.DeepEqual(m, tt.want) || (err == nil) != (tt.want != nil) {
				t.Errorf("ParseStatusReport(%s) = %+v, %v, want %+v", tt.in, m, err, tt.want)
			}
		})
	}
}

func TestTrap3StatusInformationStaysWithin254Bytes(t *testing.T) {
	t.Parallel()
	m := approved()
	m.Text = strings.Repeat("äöü€", 400)
	m.Totals = &zvt.SingleTotals{Last: 9999}
	m.Contract, m.CardName = strings.Repeat("c", 40), strings.Repeat("Klarna", 8)
	b, err := zvt.Append(nil, m, zvt.CP437)
	if err != nil || len(b) != 3+254 || b[2] != 254 {
		t.Fatalf("Append = %d bytes, length %02X, %v, want 257 and FE", len(b), b[2], err)
	}
	got, err := zvt.Parse(b, zvt.CP437)
	s, _ := got.(zvt.StatusInfo)
	switch {
	case err != nil, s.Amount != m.Amount, *s.Totals != *m.Totals, s.CardName != m.CardName, s.Contract != strings.Repeat("c", 15):
		t.Errorf("Parse = %+v, %v", s, err)
	case !strings.HasPrefix(strings.Repeat("aeoeueEUR", 9), s.Text) || s.Text == "":
		t.Errorf("text = %q, want the beginning", s.Text)
	}

	m = approved()
	m.TLV = &zvt.Container{ErrorText: strings.Repeat("x", 160)}
	b, err = zvt.Append(nil, m, zvt.CP437)
	if got, _ := zvt.Parse(b, zvt.CP437); err != nil || len(b) > 257 {
		t.Errorf("with a container: %+v, %d bytes, %v", got, len(b), err)
	}
	m.TLV.ErrorText = strings.Repeat("x", 200)
	if b, err = zvt.Append([]byte{1}, m, zvt.CP437); err == nil || len(b) != 1 || err.Error() != "04 0F, BMP 06: expected at most 254 bytes of data" {
		t.Errorf("with a container that is too long: %d bytes, %v", len(b), err)
	}
}

func TestTrap3FieldsKeepTheOrderOfTheTable(t *testing.T) {
	t.Parallel()
	m := approved()
	m.Original, m.Turnover, m.Contract = m.Trace, m.Trace, "0815"
	b, err := zvt.Append(nil, m, zvt.CP437)
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{0x27, 0x04, 0x0b, 0x37, 0x0c, 0x0d, 0x19, 0x29, 0x3b, 0x49, 0x87, 0x8a, 0x2a, 0x3c, 0x88, 0x8b}
	sizes := map[byte]int{0x27: 1, 4: 6, 0x0b: 3, 0x37: 3, 0x0c: 3, 0x0d: 2, 0x19: 1, 0x29: 4, 0x3b: 8, 0x49: 2, 0x87: 2, 0x8a: 1, 0x2a: 15, 0x3c: 22, 0x88: 3, 0x8b: 9}
	var got []byte
	for b = b[3:]; len(b) > 0; b = b[1+sizes[b[0]]:] {
		got = append(got, b[0])
	}
	if !bytes.Equal(got, want) {
		t.Errorf("fields % X, want % X", got, want)
	}
}

func TestTrap3NothingIsWrittenThatWasNotAsked(t *testing.T) {
	t.Parallel()
	tests := map[string]zvt.Message{
		"04 0F 02 27 00": zvt.StatusInfo{}, "06 1A 00": zvt.PrintConfiguration{}, "08 10 00": zvt.SoftwareUpdate{}, "08 40 01 00": zvt.BaudRate{}, "06 0F 00": zvt.Completion{}, "06 1E 01 00": zvt.Aborted{}, "04 FF 01 00": zvt.IntermediateStatus{},
		"06 01 00": zvt.Payment{}, "80 00 00": zvt.Accepted{}, "06 00 04 00 00 00 00": zvt.Registration{}, "06 E0 00": zvt.DisplayText{},
		"06 D1 01 00": zvt.PrintLine{}, "06 D3 02 06 00": zvt.PrintBlock{}, "05 01 00": zvt.StatusEnquiry{}, "06 52 03 00 00 00": zvt.PartialReconciliation{}, "04 01 00": zvt.SetTillClock{},
	}
	for want, m := range tests {
		if b, err := zvt.Append(nil, m, zvt.CP437); err != nil || fmt.Sprintf("% X", b) != want {
			t.Errorf("Append(%T{}) = % X, %v, want %s", m, b, err, want)
		}
	}
}

func TestTrap8AnAbortIsReadInThePlaceOfAnAnswer(t *testing.T) {
	t.Parallel()
	m, err := zvt.Parse(unhex(t, "06 B0 00"), zvt.CP437)
	if _, ok := m.(zvt.Abort); !ok || err != nil || m.Command().Answer() {
		t.Errorf("Parse = %v, %v, want an abort, which is no answer", m, err)
	}
}

func TestTrap11ServiceBytesDecide(t *testing.T) {
	t.Parallel()
	m, err := zvt.Parse(unhex(t, "05 01 05 12 34 56 03 02"), zvt.CP437)
	q, _ := m.(zvt.StatusEnquiry)
	if err != nil || q.Service != zvt.Some(zvt.ServiceNoVersion) {
		t.Errorf("Parse = %+v, %v, want no version", m, err)
	}
	if b, err := zvt.Append(nil, zvt.StatusReport{Status: zvt.CodeWait}, zvt.CP437); err != nil || !bytes.Equal(b, unhex(t, "06 0F 01 9C")) {
		t.Errorf("a report without a version = % X, %v", b, err)
	}
}

func TestTrap12WhatTheTillTakesIsTold(t *testing.T) {
	t.Parallel()
	m, err := zvt.Parse(unhex(t, "06 00 0E 12 34 56 BE 09 78 06 06 26 04 0A 02 06 D3"), zvt.CP437)
	r, _ := m.(zvt.Registration)
	if err != nil || !r.TLV.Takes(zvt.CmdPrintBlock) || r.TLV.Takes(zvt.CmdPrintLine) || !r.Config.Has(zvt.ConfigIntermediate|zvt.ConfigPrintCommands) {
		t.Errorf("Parse = %+v, %v", m, err)
	}
	if none := (*zvt.Container)(nil); none.Takes(zvt.CmdPrintBlock) || r.Config.Has(0x40) {
		t.Error("a till without a container takes 06 D3")
	}
}

func TestTrap14AmountsAreMinorUnits(t *testing.T) {
	t.Parallel()
	b, err := zvt.Append(nil, zvt.Payment{Amount: zvt.Some(zvt.MaxAmount)}, zvt.CP437)
	if err != nil || !bytes.Equal(b, unhex(t, "06 01 07 04 99 99 99 99 99 99")) {
		t.Errorf("the largest amount = % X, %v", b, err)
	}
	m, err := zvt.Parse(unhex(t, "06 01 07 04 00 00 00 00 16 10"), zvt.CP437)
	if p, ok := m.(zvt.Payment); !ok || err != nil || p.Amount.Or(0) != 1610 || p.Currency.Or(zvt.EUR) != zvt.EUR {
		t.Errorf("16.10 = %+v, %v, want 1610", m, err)
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	tlv := func(c zvt.Container) zvt.Message { return zvt.Payment{TLV: &c} }
	tests := map[string]zvt.Message{
		"06 01, BMP 04":           zvt.Payment{Amount: zvt.Some(zvt.MaxAmount + 1)},
		"06 01, BMP 49":           zvt.Payment{Currency: zvt.Some(zvt.Currency(10000)), Amount: zvt.Some(zvt.Amount(1))},
		"06 00, BMP 03":           zvt.Registration{Service: zvt.Some(byte(0x20))},
		"06 00, currency":         zvt.Registration{Currency: zvt.Some(zvt.Currency(301))},
		"06 30, BMP 87":           zvt.Reversal{Receipt: zvt.Some(zvt.Receipt(10000))},
		"04 0F, BMP 0B":           zvt.StatusInfo{Trace: zvt.Some(zvt.Trace(1000000))},
		"04 0F, BMP 0C":           zvt.StatusInfo{Time: zvt.Some(zvt.TimeOfDay{Minute: 100})},
		"04 0F, date":             zvt.StatusInfo{Date: zvt.Some(zvt.Date{Day: 100})},
		"04 01, date":             zvt.SetTillClock{Date: zvt.Some(zvt.Date{Year: 100})},
		"04 0F, BMP 29":           zvt.StatusInfo{TerminalID: "123456789"},
		"06 0F, BMP 29":           zvt.Completion{TerminalID: "1234567x"},
		"04 0F, BMP 60":           zvt.StatusInfo{Totals: &zvt.SingleTotals{Other: zvt.Total{Sum: zvt.MaxAmount + 1}}},
		"04 FF, minutes":          zvt.IntermediateStatus{Minutes: zvt.Some(byte(100))},
		"84 00, code":             zvt.Refused{},
		"06 01, BMP 06, tag 1F04": tlv(zvt.Container{ReceiptParameter: make([]byte, 5)}),
		"06 01, BMP 06":           tlv(zvt.Container{Columns: zvt.Some(uint8(100)), Sequence: zvt.Some(zvt.Trace(1000000))}),
		"06 31, BMP 06":           zvt.Refund{TLV: &zvt.Container{Extra: []zvt.Object{{Tag: 0x1f}}}},
		"06 D1":                   zvt.PrintLine{Line: zvt.Line{Text: strings.Repeat("x", 70000)}},
	}
	for path, m := range tests {
		b, err := zvt.Append([]byte{1}, m, zvt.CP437)
		bad, ok := errors.AsType[*zvt.ValueError](err)
		if !ok || bad.Path != path || len(b) != 1 {
			t.Errorf("Append(%+v) = %d bytes, %v, want an error of %s", m, len(b), err, path)
		}
	}
}

func TestANewTillSaysSo(t *testing.T) {
	t.Parallel()
	b, err := zvt.Append(nil, zvt.Payment{TLV: &zvt.Container{Sync: zvt.Some(zvt.Sync{NewTill: true})}}, zvt.CP437)
	if want := unhex(t, "06 01 05 06 03 1F 1F 00"); err != nil || !bytes.Equal(b, want) {
		t.Errorf("Append = % X, %v, want % X", b, err, want)
	}
}

func TestExtraObjectsAreWrittenLast(t *testing.T) {
	t.Parallel()
	b, err := zvt.Append(nil, zvt.Payment{TLV: &zvt.Container{TillID: "A", Extra: []zvt.Object{{0x1f37, []byte{1}}}}}, zvt.CP437)
	if want := unhex(t, "06 01 0A 06 08 1F 35 01 41 1F 37 01 01"); err != nil || !bytes.Equal(b, want) {
		t.Errorf("Append = % X, %v, want % X", b, err, want)
	}
}

func TestTextsAreCutToTheirFields(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 2000)
	tests := map[string]struct {
		m    zvt.Message
		want int // bytes of the APDU; one less where a letter needs two
	}{
		"text":          {zvt.Payment{Text: "x" + long}, 5 + 4 + 999},
		"display":       {zvt.DisplayText{Lines: [8]string{long, long, long, long, long, long, long, long}}, 5 + 8*(3+99)},
		"card name":     {zvt.StatusInfo{CardName: long}, 3 + 2 + 3 + 99},
		"AID":           {zvt.StatusInfo{AID: "x" + long}, 3 + 2 + 9},
		"contract":      {zvt.StatusInfo{Contract: long}, 3 + 2 + 16},
		"version":       {zvt.StatusReport{Version: "x" + long}, 5 + 3 + 999 + 1},
		"text of 04 0F": {zvt.StatusInfo{Text: long}, 3 + 254},
	}
	for name, tt := range tests {
		b, err := zvt.Append(nil, tt.m, zvt.CP437)
		if err != nil || len(b) < tt.want-1 || len(b) > tt.want {
			t.Errorf("%s: %d bytes, %v, want %d", name, len(b), err, tt.want)
		}
	}
}

// pan is a card number that must not survive anywhere.
const pan = "4111111111111111"

func TestRow70CardDataAreThrownAway(t *testing.T) {
	t.Parallel()
	bcd, ascii := "41 11 11 11 11 11 11 11", "34 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31"
	tests := map[string]struct {
		data string
		card bool
	}{
		"number":                               {"22 F0 F8 " + bcd, true},
		"track 2":                              {"23 F0 F8 " + bcd, true},
		"track 3":                              {"24 F0 F0 F8 " + bcd, true},
		"track 1":                              {"2D F1 F6 " + ascii, true},
		"expiry":                               {"0E 41 11", true},
		"check value":                          {"3A 41 11", true},
		"sequence":                             {"17 41 11", true},
		"chip":                                 {"2E F0 F0 F8 " + bcd, true},
		"GeldKarte":                            {"9A F0 F0 F8 " + bcd, true},
		"chip data":                            {"A7 F0 F8 " + bcd + " AF F0 F0 F8 " + bcd, true},
		"PIN data":                             {"D1 F0 F8 " + bcd, true},
		"EMV number":                           {"06 0A 5A 08 " + bcd, true},
		"EMV track":                            {"06 0A 57 08 " + bcd, true},
		"EMV number in an object":              {"06 0E E0 0C 61 0A 5A 08 " + bcd, true},
		"an object that nobody knows, in case": {"06 0A 1E 08 " + bcd, false},
		"an object of a broken inside":         {"06 0C E0 0A 5A 09 " + bcd, false},
		"a receipt for EMV":                    {"06 0A 46 08 " + bcd, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := unhex(t, tt.data)
			for _, head := range []string{"06 01", "06 30", "06 31", "04 0F"} {
				body := slices.Clone(data)
				switch head {
				case "06 30", "06 31":
					body = append([]byte{0, 0, 0}, data...)
				case "04 0F":
					body = append([]byte{0x27, 0}, data...)
				}
				apdu := append(append(unhex(t, head), byte(len(body))), body...)
				m, err := zvt.Parse(apdu, zvt.CP437)
				if err != nil {
					t.Fatalf("Parse(% X): %v", apdu, err)
				}
				if got := reflect.ValueOf(m).FieldByName("CardData").Bool(); got != tt.card {
					t.Errorf("%s: CardData = %t, want %t", head, got, tt.card)
				}
				wantNoCard(t, m, err)
			}
		})
	}
}

// wantNoCard looks through all that a message holds, unexported fields too.
func wantNoCard(t *testing.T, m zvt.Message, err error) {
	t.Helper()
	again, _ := zvt.Append(nil, m, zvt.CP437)
	dump := fmt.Sprintf("%#v %+v %v %x", m, m, err, again)
	if tlv := reflect.ValueOf(m).FieldByName("TLV"); tlv.IsValid() && !tlv.IsNil() {
		dump += fmt.Sprintf("%#v", tlv.Elem())
	}
	for _, s := range []string{pan, pan[:8], "[]byte{0x41, 0x11"} {
		if strings.Contains(dump, s) {
			t.Errorf("%T still holds card data", m)
		}
	}
}

func TestRow70ErrorsHoldNoValues(t *testing.T) {
	t.Parallel()
	for i := range 24 {
		b := unhex(t, "06 01 18 04 00 00 00 00 16 1A 22 F0 F8 41 11 11 11 11 11 11 11 23 F0 F8 41 11 11")
		b[3+i] ^= 0xf0
		_, err := zvt.Parse(b, zvt.CP437)
		if err != nil && strings.Contains(err.Error(), "41") && strings.Contains(err.Error(), "11 11") {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	m, err := zvt.Parse(unhex(t, "06 C0 08 41 11 11 11 11 11 11 11"), zvt.CP437)
	if err != nil || m != zvt.Message(zvt.Other{Cmd: 0x06c0, Size: 8}) {
		t.Errorf("an unknown command = %+v, %v, want its size alone", m, err)
	}
}

func TestPasswordsAreNotPrinted(t *testing.T) {
	t.Parallel()
	pw := password(t)
	m := zvt.EndOfDay{Password: pw}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		got := fmt.Sprintf(verb, m)
		if !strings.Contains(got, "REDACTED") || strings.Contains(got, "123456") || strings.Contains(got, "18") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	pw := password(t)
	for name, in := range map[string]string{"five digits": "12345", "seven": "1234567", "none": "", "a letter": "12345a", "full-width": "１２３４５６"} {
		if got, err := zvt.NewPassword(in); err == nil || got.Given() {
			t.Errorf("%s: NewPassword = %t, %v", name, got.Given(), err)
		}
	}
	m, err := zvt.Parse(unhex(t, "06 50 03 12 34 56"), zvt.CP437)
	if e, _ := m.(zvt.EndOfDay); err != nil || !e.Password.Given() || !e.Password.Is(pw) || (zvt.Password{}).Is(zvt.Password{}) {
		t.Errorf("Parse = %+v, %v, want the password", m, err)
	}
	m, err = zvt.Parse(unhex(t, "06 50 03 FF FF FF"), zvt.CP437)
	if e, _ := m.(zvt.EndOfDay); err != nil || !e.Password.Given() || e.Password.Is(pw) {
		t.Errorf("a password of no digits = %+v, %v, want one that is not right", m, err)
	}
}

func TestContainerCharset(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   *zvt.Container
		want zvt.Charset
		ok   bool
	}{
		"none":             {nil, zvt.CP437, false},
		"nothing asked":    {&zvt.Container{}, zvt.CP437, false},
		"one":              {&zvt.Container{CharacterSet: zvt.Some(byte(0xfe))}, zvt.UTF8, true},
		"a list of one":    {&zvt.Container{CharacterSets: []byte{0x0f}}, zvt.Latin9, true},
		"a list of two":    {&zvt.Container{CharacterSets: []byte{0x0f, 0xff}}, zvt.CP437, false},
		"one that is rare": {&zvt.Container{CharacterSet: zvt.Some(byte(0x05))}, zvt.CP437, false},
	}
	for name, tt := range tests {
		if got, ok := tt.in.Charset(); got != tt.want || ok != tt.ok {
			t.Errorf("%s: Charset = %d, %t, want %d, %t", name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestCurrencies(t *testing.T) {
	t.Parallel()
	for letters, number := range map[string]zvt.Currency{"EUR": 978, "CHF": 756, "SEK": 752, "AUD": 36, "PLN": 985} {
		c, ok := zvt.CurrencyOf(letters)
		back, known := c.Letters()
		if c != number || !ok || back != letters || !known {
			t.Errorf("CurrencyOf(%s) = %s, %t, and back %q, %t", letters, c, ok, back, known)
		}
	}
	for _, letters := range []string{"eur", "", "EU", "JPY", "EUR978"} {
		if c, ok := zvt.CurrencyOf(letters); ok {
			t.Errorf("CurrencyOf(%q) = %s", letters, c)
		}
	}
	if s, ok := zvt.Currency(8).Letters(); ok || zvt.Currency(8).String() != "008" || zvt.Currency(1234).String() != "1234" {
		t.Errorf("Letters of 008 = %q, %t", s, ok)
	}
}

func TestStamp(t *testing.T) {
	t.Parallel()
	clock, date := zvt.Stamp(time.Date(2026, 11, 20, 14, 32, 5, 0, time.UTC))
	if clock != (zvt.TimeOfDay{Hour: 14, Minute: 32, Second: 5}) || date != (zvt.Date{Year: 26, Month: 11, Day: 20}) {
		t.Errorf("Stamp = %v, %v", clock, date)
	}
	m := zvt.StatusInfo{Time: zvt.Some(clock), Date: zvt.Some(date)}
	if b, err := zvt.Append(nil, m, zvt.CP437); err != nil || !bytes.Equal(b, unhex(t, "04 0F 09 27 00 0C 14 32 05 0D 11 20")) {
		t.Errorf("Append = % X, %v", b, err)
	}
}

func TestLastLines(t *testing.T) {
	t.Parallel()
	for attribute, want := range map[byte]bool{0: false, 0x40: false, 0x80: false, 0x81: true, 0xfe: true, 0xff: false} {
		if got := (zvt.PrintLine{Line: zvt.Line{Attribute: attribute}}).Last(); got != want {
			t.Errorf("attribute %02X ends the receipt: %t, want %t", attribute, got, want)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	if got := zvt.CodeAborted.String() + zvt.CodeDeclined.String(); got != "6C05" {
		t.Errorf("codes = %s", got)
	}
}

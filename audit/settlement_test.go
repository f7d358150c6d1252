// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"tillbridge/audit"
	"tillbridge/payment"
)

func layout() audit.Layout {
	return audit.Layout{
		Separator: ';', Reference: "Ref", Amount: "Amount", Currency: "Currency", Kind: "Type", Refund: []string{"Return"},
		Skip: []string{"Payout"}, Fee: "Fee", Decimal: ",",
	}
}

// TestASettlementFileIsCompared: the figures of a file that nobody but Klarna can know, fees, are added up, and
// the rest is ours to the cent or listed.
func TestASettlementFileIsCompared(t *testing.T) {
	t.Parallel()
	b, _ := evening(t)
	text := strings.Join([]string{
		"Type;Ref;Amount;Currency;Fee;More",
		"Sale;ref lane-1/sale-0;10,00;EUR;0,30;x",
		"SALE;ref lane-1/sale-2;10,02;EUR;0,30;x",
		"Return;ref lane-1/sale-2;3,00;EUR;-0,05;x",
		"Sale;" + string(transactionOf(saleID("lane-1", 3))) + ";10,04;EUR;;x",
		"Sale;somebody else;5;EUR;;x",
		"Payout;no reference at all;999;EUR;;x",
	}, "\n")
	s, err := audit.ParseSettlement(strings.NewReader(text), layout())
	if err != nil {
		t.Fatal(err)
	}
	got := audit.Settle(b.all(), s)
	want := []audit.Kind{audit.PayoutAmount, audit.PayoutOnly}
	var kinds []audit.Kind
	for _, d := range got.Differences {
		kinds = append(kinds, d.Kind)
	}
	if !reflect.DeepEqual(kinds, want) || got.Payments != 2 {
		t.Errorf("Settle found %d equal, and %+v", got.Payments, got.Differences)
	}
	if d := got.Differences[0]; d.ID != "sale-3" || d.Ours != 1003 || d.Theirs != 1004 {
		t.Errorf("the first difference is %+v", d)
	}
	if !reflect.DeepEqual(got.Fees, []audit.KeptSum{{Currency: "EUR", Net: 55}}) {
		t.Errorf("the fees are %+v", got.Fees)
	}
	if lacks := audit.Settle(b.all(), audit.Settlement{}).Differences; len(lacks) != 3 || lacks[0].Kind != audit.PayoutLacks {
		t.Errorf("with an empty file: %+v", lacks)
	}
}

func TestAmountsOfAFileAreNeverRounded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cell, decimal string
		want          int64
		ok            bool
	}{
		"minor units":               {"1610", "", 1610, true},
		"major units":               {"16,10", ",", 1610, true},
		"without decimals":          {"16", ",", 1600, true},
		"one decimal":               {"16.1", ".", 1610, true},
		"less than nothing":         {"-0,05", ",", -5, true},
		"three decimals":            {"16,105", ",", 0, false},
		"a separator of thousands":  {"1.610,00", ",", 0, false},
		"another decimal sign":      {"16.10", ",", 0, false},
		"row 6: an exponent":        {"1e2", "", 0, false},
		"row 6: hexadecimal":        {"0x10", "", 0, false},
		"row 6: too many digits":    {"99999999999999999999", "", 0, false},
		"row 6: full-width digits":  {"１０", "", 0, false},
		"a sign and nothing else":   {"-", "", 0, false},
		"nothing before the sign":   {",50", ",", 0, false},
		"two signs":                 {"--5", "", 0, false},
		"a plus":                    {"+5", "", 0, false},
		"minor units with decimals": {"16.10", "", 0, false},
	}
	for name, tt := range tests {
		l := layout()
		l.Decimal = tt.decimal
		s, err := audit.ParseSettlement(strings.NewReader("Ref;Amount;Currency;Type;Fee\nA;"+tt.cell+";EUR;Sale;\n"), l)
		if (err == nil) != tt.ok || tt.ok && s.Payouts[0].Net != tt.want {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if err != nil && strings.Contains(err.Error(), tt.cell) && len(tt.cell) > 3 {
			t.Errorf("%s: the error repeats the cell: %v", name, err)
		}
	}
}

func TestABookThatIsNoneIsRefusedByItsLine(t *testing.T) {
	t.Parallel()
	const totals, single = "lane,currency,sales,sale_sum,refunds,refund_sum,reversals,reversal_sum\n", "lane,id,kind,amount,currency\n"
	tests := map[string]struct{ text, want string }{
		"nothing":                   {"", "line 1: expected a head line"},
		"a column is missing":       {"lane,currency\n", "line 1: expected a column sales"},
		"a column is there twice":   {"lane,LANE\n", "line 1: a column appears twice"},
		"a line is short":           {single + "lane-1,A\n", "line 2: expected CSV with as many cells as the head"},
		"row 7: a fraction":         {single + "lane-1,A,sale,16.10,EUR\n", "line 2: amount: expected a whole number"},
		"row 6: nothing":            {single + "lane-1,A,sale,0,EUR\n", "line 2: amount: expected a whole number"},
		"row 6: less than nothing":  {totals + "lane-1,EUR,-1,0,0,0,0,0\n", "line 2: sales: expected a whole number"},
		"row 8: a small currency":   {single + "lane-1,A,sale,1,eur\n", "line 2: currency: expected a currency such as EUR"},
		"row 9: an id with newline": {single + "lane-1,\"A\nB\",sale,1,EUR\n", "line 2: id: expected 1 to 64 printable ASCII characters"},
		"a kind of its own":         {single + "lane-1,A,gift,1,EUR\n", "line 2: kind: expected sale, refund or reversal"},
		"two currencies for a sale": {single + "lane-1,A,sale,1,EUR\nlane-1,A,refund,1,SEK\n", "line 3: currency: expected the one of the sale's other lines"},
		"a cell without end":        {single + "lane-1,\"A", "line 2: expected CSV with as many cells as the head"},
		"a lane that is none":       {single + "lane\x01,A,sale,1,EUR\n", "line 2: lane: expected the id of a lane"},
		"a very long cell":          {single + "lane-1," + strings.Repeat("A", 300) + ",sale,1,EUR\n", "line 2: a cell or the line is too long"},
	}
	for name, tt := range tests {
		if book, err := audit.ParseTill(strings.NewReader(tt.text)); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %+v, %v; want %s", name, book, err, tt.want)
		}
	}
	book, err := audit.ParseTill(strings.NewReader("\ufeff" + single + "lane-1,A,sale,1610,EUR\nlane-1,A,refund,10,EUR\nlane-1,B,sale,5,EUR\n"))
	want := []audit.Kept{
		{ID: payment.ID{Lane: "lane-1", Till: "A"}, Minor: 1600, Currency: "EUR"},
		{ID: payment.ID{Lane: "lane-1", Till: "B"}, Minor: 5, Currency: "EUR"},
	}
	if err != nil || !reflect.DeepEqual(book.Payments, want) {
		t.Errorf("ParseTill = %+v, %v; want %+v", book.Payments, err, want)
	}
}

// TestTheSampleIsWhatItSays: it is ours, and nobody has seen Klarna write one like it.
func TestTheSampleIsWhatItSays(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/settlement-sample-unverified.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	s, err := audit.ParseSettlement(f, audit.Layout{
		Separator: ',', Reference: "payment_reference", Amount: "amount", Currency: "currency", Kind: "type",
		Refund: []string{"return"}, Skip: []string{"payout"}, Fee: "fee", Decimal: ".",
	})
	if err != nil || len(s.Payouts) != 2 || s.Payouts[0].Net != 1110 || s.Payouts[0].Fee != 32 {
		t.Errorf("ParseSettlement = %+v, %v", s, err)
	}
}

// A refund may be paid out under its own reference, under which Klarna knows it.
func TestARefundIsPaidOutUnderItsOwnReference(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	id := saleID("lane-1", 1)
	b.sell(id, 1000)
	b.refund(id, "R1", 300)
	got := audit.Settle(b.all(), audit.Settlement{Payouts: []audit.Payout{
		{Line: 2, Reference: "ref " + id.String(), Currency: "EUR", Net: 1000},
		{Line: 3, Reference: "R1", Currency: "EUR", Net: -300},
	}})
	if len(got.Differences) != 0 {
		t.Errorf("differences %+v, want none", got.Differences)
	}
}

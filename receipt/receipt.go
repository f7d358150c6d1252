// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tillbridge/payment"
)

// The widths of printers, in characters. Others are brought to the nearest.
const (
	MinColumns = 24
	MaxColumns = 80
)

// Sale is one sale or its reversal.
type Sale struct {
	Reversal  bool
	Merchant  bool // the shop's copy; else the customer's
	Amount    payment.Amount
	At        time.Time // in the time zone of the shop
	Terminal  string    // its number at the till
	Trace     int
	Receipt   int    // 0 leaves the line out
	Reference string // the eight characters that people read out
}

// Lines is the receipt of s, each line at most columns wide and without control characters. A language
// other than "de" is English.
func (s Sale) Lines(columns int, language string) []string {
	p := newPage(columns, language)
	p.centre(p.either(s.of(p)))
	p.centre("Klarna")
	p.centre(s.title(p))
	p.gap()
	amount := s.Amount
	if s.Reversal {
		amount.Minor = -amount.Minor
	}
	p.pair(p.either("Betrag", "Amount"), string(amount.Currency)+" "+p.decimal(amount))
	p.gap()
	p.pair(p.either("Datum", "Date"), p.day(s.At))
	p.pair(p.either("Uhrzeit", "Time"), s.At.Format(time.TimeOnly))
	p.pair("Terminal-ID", s.Terminal)
	p.pair("Trace", fmt.Sprintf("%06d", s.Trace))
	if s.Receipt > 0 {
		p.pair(p.either("Beleg-Nr.", "Receipt"), fmt.Sprintf("%04d", s.Receipt))
	}
	if s.Reference != "" {
		p.pair("Klarna Ref", s.Reference)
	}
	p.gap()
	p.centre(s.thanks(p))
	return p.lines
}

func (s Sale) of(*page) (german, english string) {
	if s.Merchant {
		return "Händlerbeleg", "Merchant receipt"
	}
	return "Kundenbeleg", "Customer receipt"
}

func (s Sale) title(p *page) string {
	if s.Reversal {
		return p.either("STORNO", "REVERSAL")
	}
	return p.either("ZAHLUNG", "PAYMENT")
}

func (s Sale) thanks(p *page) string {
	if s.Reversal {
		return p.either("Betrag zurückgegeben", "Amount given back")
	}
	return p.either("Zahlung erfolgt", "Paid")
}

// Totals is what a terminal took in a period.
type Totals struct {
	At          time.Time
	Terminal    string
	Sales       int
	SaleSum     payment.Amount
	Backs       int
	BackSum     payment.Amount
	First, Last int // receipt numbers; 0 if there were no sales
}

// Lines is the print of a close.
func (t Totals) Lines(columns int, language string) []string {
	p := newPage(columns, language)
	p.centre(p.either("KASSENSCHNITT", "END OF DAY"))
	p.centre("Klarna")
	p.gap()
	p.pair(p.either("Datum", "Date"), p.day(t.At))
	p.pair(p.either("Uhrzeit", "Time"), t.At.Format(time.TimeOnly))
	p.pair("Terminal-ID", t.Terminal)
	if t.First > 0 {
		p.pair(p.either("Belege", "Receipts"), fmt.Sprintf("%04d-%04d", t.First, t.Last))
	}
	p.gap()
	p.sum(p.either("Zahlungen", "Payments"), t.Sales, t.SaleSum)
	back := t.BackSum
	back.Minor = -back.Minor
	p.sum(p.either("Stornos", "Reversals"), t.Backs, back)
	total := t.SaleSum
	total.Minor += back.Minor
	p.pair(p.either("Summe", "Total"), string(total.Currency)+" "+p.decimal(total))
	return p.lines
}

// Setup is how the terminal is set up, for whoever looks for a mistake.
type Setup struct {
	At       time.Time
	Terminal string
	Software string
}

// Lines is the print of the setup.
func (s Setup) Lines(columns int, language string) []string {
	p := newPage(columns, language)
	p.centre(p.either("EINSTELLUNGEN", "CONFIGURATION"))
	p.gap()
	p.pair("Terminal-ID", s.Terminal)
	p.pair(p.either("Datum", "Date"), p.day(s.At))
	p.wrap(s.Software)
	return p.lines
}

// page collects lines of one width.
type page struct {
	columns int
	german  bool
	lines   []string
}

func newPage(columns int, language string) *page {
	return &page{columns: min(max(columns, MinColumns), MaxColumns), german: language == "de"}
}

func (p *page) either(german, english string) string {
	if p.german {
		return german
	}
	return english
}

func (p *page) gap() { p.lines = append(p.lines, "") }

// clean is text without anything that a printer obeys.
func clean(text string) string { return payment.CleanText(text, MaxColumns*4) }

func (p *page) centre(text string) {
	for _, line := range p.cut(clean(text)) {
		left := (p.columns - utf8.RuneCountInString(line)) / 2
		p.lines = append(p.lines, strings.Repeat(" ", left)+line)
	}
}

// pair sets a name to the left and a value to the right, on two lines if one is too short.
func (p *page) pair(name, value string) {
	name, value = clean(name), clean(value)
	room := p.columns - utf8.RuneCountInString(name) - utf8.RuneCountInString(value)
	if room < 1 {
		p.wrap(name)
		for _, line := range p.cut(value) {
			p.lines = append(p.lines, strings.Repeat(" ", p.columns-utf8.RuneCountInString(line))+line)
		}
		return
	}
	p.lines = append(p.lines, name+strings.Repeat(" ", room)+value)
}

func (p *page) wrap(text string) { p.lines = append(p.lines, p.cut(clean(text))...) }

// cut breaks a text into lines, at a space where there is one.
func (p *page) cut(text string) []string {
	var all []string
	rest := []rune(text)
	for len(rest) > p.columns {
		at := p.columns
		for i := p.columns; i > p.columns/2; i-- {
			if rest[i] == ' ' {
				at = i
				break
			}
		}
		all = append(all, strings.TrimRight(string(rest[:at]), " "))
		rest = []rune(strings.TrimLeft(string(rest[at:]), " "))
	}
	return append(all, string(rest))
}

func (p *page) sum(name string, count int, a payment.Amount) {
	p.pair(name+" "+strconv.Itoa(count), string(a.Currency)+" "+p.decimal(a))
}

// decimal is an amount as people of the language write it.
func (p *page) decimal(a payment.Amount) string {
	if p.german {
		return strings.Replace(a.Decimal(), ".", ",", 1)
	}
	return a.Decimal()
}

func (p *page) day(t time.Time) string {
	if p.german {
		return t.Format("02.01.2006")
	}
	return t.Format(time.DateOnly)
}

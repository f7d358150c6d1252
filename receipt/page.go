// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tillbridge/payment"
)

// The widths of printers, in characters. Others are brought to the nearest.
const (
	MinColumns = 24
	MaxColumns = 80
)

// maxShopLines bounds the shop's own lines above and below.
const maxShopLines = 8

// Shop is what a shop sets above and below its receipts, such as its name and address. Lines after the
// eighth are left out.
type Shop struct{ Head, Foot []string }

// page collects lines of one width.
type page struct {
	columns int
	in      language
	shop    Shop
	lines   []string
}

func newPage(columns int, code string, shop Shop) *page {
	p := &page{columns: min(max(columns, MinColumns), MaxColumns), in: languageOf(code), shop: shop}
	p.own(shop.Head)
	if len(p.lines) > 0 {
		p.gap()
	}
	return p
}

// end sets the shop's last lines. What was no card number may look like one once it is broken into lines.
func (p *page) end() []string {
	if len(p.shop.Foot) > 0 {
		p.gap()
		p.own(p.shop.Foot)
	}
	for i, line := range p.lines {
		p.lines[i] = payment.MaskCards(line)
	}
	return p.lines
}

func (p *page) own(lines []string) {
	for _, line := range lines[:min(len(lines), maxShopLines)] {
		p.centre(clean(line))
	}
}

func (p *page) word(name string) string { return p.in.words[name] }

func (p *page) gap() { p.lines = append(p.lines, "") }

// clean is text of somebody else's without anything that a printer obeys, and without card numbers.
// Every space is the plain one, which every character set has.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Zl, unicode.Zp) {
			return -1
		}
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, text)
	return payment.CleanText(text, MaxColumns*4)
}

func (p *page) centre(text string) {
	for _, line := range p.cut(text) {
		left := (p.columns - utf8.RuneCountInString(line)) / 2
		p.lines = append(p.lines, strings.Repeat(" ", left)+line)
	}
}

// pair sets a name to the left and a value to the right, on two lines if one is too short. Two spaces
// keep a count apart from the digits of an amount.
func (p *page) pair(name, value string) {
	room, least := p.columns-utf8.RuneCountInString(name)-utf8.RuneCountInString(value), 1
	if strings.ContainsFunc(name, unicode.IsDigit) && strings.IndexFunc(value, unicode.IsDigit) == 0 {
		least = 2
	}
	if room < least {
		p.wrap(name)
		for _, line := range p.cut(value) {
			p.lines = append(p.lines, strings.Repeat(" ", p.columns-utf8.RuneCountInString(line))+line)
		}
		return
	}
	p.lines = append(p.lines, name+strings.Repeat(" ", room)+value)
}

func (p *page) wrap(text string) { p.lines = append(p.lines, p.cut(text)...) }

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

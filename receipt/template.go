// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import "strings"

// A template is one line per line of the slip:
//
//	^text        in the middle
//	name|value   name to the left, value to the right
//	text         to the left, wrapped
//
// {field} is replaced by a value, {.word} by a word of the language. A line with a field that is empty is
// left out; an empty line separates, but never begins a slip and never follows another one.
const (
	saleTemplate = `^{copy}
^Klarna
^{title}

{.amount}|{amount}

{.date}|{date}
{.time}|{time}
{.terminal}|{terminal}
{.trace}|{trace}
{.receipt}|{receipt}
{.till_number}|{id}
{.reference}|{reference}

^{closing}`

	refundTemplate = `^{copy}
^Klarna
^{.refund}

{.amount}|{amount}
{.original}|{original}

{.date}|{date}
{.time}|{time}
{.terminal}|{terminal}
{.trace}|{trace}
{.receipt}|{receipt}
{.till_number}|{id}
{.sale_number}|{sale}
{.reference}|{reference}

^{.refunded}`

	totalsTemplate = `^{.day_end}
^Klarna

{.number}|{number}
{.date}|{date}
{.time}|{time}
{.terminal}|{terminal}
{.receipts}|{receipts}`

	setupTemplate = `^{.setup}

{.terminal}|{terminal}
{.date}|{date}
{software}`
)

// set fills a template. The values are made safe here; the template and the words are ours.
func (p *page) set(template string, values map[string]string) {
	start := len(p.lines)
	for line := range strings.SplitSeq(template, "\n") {
		if line == "" {
			if n := len(p.lines); n > start && p.lines[n-1] != "" {
				p.gap()
			}
			continue
		}
		text, centred := strings.CutPrefix(line, "^")
		name, value, paired := strings.Cut(text, "|")
		name, ok := p.fill(name, values)
		value, also := p.fill(value, values)
		switch {
		case !ok || !also: // left out
		case centred:
			p.centre(name)
		case paired:
			p.pair(name, value)
		default:
			p.wrap(name)
		}
	}
}

// fill replaces the fields of a text; false if one of them is empty.
func (p *page) fill(text string, values map[string]string) (string, bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		field, after, _ := strings.Cut(rest, "}")
		value := clean(values[field])
		if word, ours := strings.CutPrefix(field, "."); ours {
			value = p.word(word)
		}
		if value == "" {
			return "", false
		}
		b.WriteString(value)
		text = after
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"strings"
	"time"

	"tillbridge/terminal/zvt"
)

const (
	// zvtPrintWait is how long a line may take to be printed.
	zvtPrintWait = 15 * time.Second
	// zvtBlockRoom is what one 06 D3 has for its lines, so that its length takes one byte: 254 without what
	// stands around them.
	zvtBlockRoom = 254 - 20
	// zvtLineHead is what stands before the text of a line in 06 D3, in bytes.
	zvtLineHead = 2
)

// print sends the receipts that the till prints for us. A printer that is not ready costs the paper,
// never the payment: the customer has Klarna's own receipt.
func (s *zvtSession) print(ctx context.Context, slip Slip, parameter []byte, admin bool) error {
	t := s.terms()
	if s.z.o.Print == nil || !t.prints(admin) && !onTill(parameter) {
		return nil
	}
	slip.Columns, slip.Language, slip.Terminal, slip.Software = t.Columns, s.z.wishes().Language, s.z.o.TerminalID, s.z.o.Software
	copies := []bool{true}
	if !admin {
		copies = t.copies(parameter)
	}
	for _, merchant := range copies {
		slip.Merchant = merchant
		if printed, err := s.printOne(ctx, slip, t, admin); err != nil || !printed {
			return err
		}
	}
	return nil
}

// printOne prints one copy; false means that the printer is not ready.
func (s *zvtSession) printOne(ctx context.Context, slip Slip, t zvtTerms, admin bool) (bool, error) {
	lines := s.z.o.Print(slip)
	for i, text := range lines {
		lines[i] = t.fit(text)
	}
	var all []zvt.Message
	if t.Blocks {
		all = blocks(lines, kindOf(slip, admin), t)
	} else {
		for _, text := range lines {
			all = append(all, zvt.PrintLine{Line: zvt.Line{Attribute: zvt.AttributeNormal, Text: text}})
		}
		all = append(all, zvt.PrintLine{Line: zvt.Line{Attribute: zvt.AttributeLast}})
	}
	for _, m := range all {
		answer, err := s.exchange(ctx, m, zvtPrintWait)
		if err != nil {
			return false, err
		}
		if !positive(answer) {
			s.lane.Log.Warn("till did not print a receipt", "kind", string(slip.Kind))
			return false, nil
		}
	}
	return true, nil
}

// fit keeps a line within the paper where its letters become longer on the wire: ä is ae in ASCII.
func (t zvtTerms) fit(text string) string {
	cs := t.charset()
	if cs == zvt.UTF8 {
		return text // a character is a place, however many bytes it takes
	}
	for cs.Len(text) > t.Columns && strings.Contains(text, "  ") {
		text = strings.Replace(text, "  ", " ", 1)
	}
	return cs.Cut(text, t.Columns)
}

func kindOf(slip Slip, admin bool) byte {
	switch {
	case admin:
		return zvt.ReceiptAdmin
	case slip.Merchant:
		return zvt.ReceiptMerchant
	}
	return zvt.ReceiptCustomer
}

// blocks puts lines into as many 06 D3 as needed; the last one ends the receipt.
func blocks(lines []string, kind byte, t zvtTerms) []zvt.Message {
	var all []zvt.Message
	for len(lines) > 0 || len(all) == 0 {
		b := zvt.PrintBlock{Kind: kind}
		for room := zvtBlockRoom; len(lines) > 0; lines = lines[1:] {
			room -= zvtLineHead + t.charset().Len(lines[0])
			if room < 0 && len(b.Lines) > 0 {
				break
			}
			b.Lines = append(b.Lines, zvt.Line{Attribute: zvt.AttributeNormal, Text: lines[0]})
		}
		b.End = len(lines) == 0
		all = append(all, b)
	}
	return all
}

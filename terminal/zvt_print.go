// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"time"

	"tillbridge/terminal/zvt"
)

const (
	// zvtPrintWait is how long a line may take to be printed.
	zvtPrintWait = 15 * time.Second
	// zvtBlockLines is how many lines one 06 D3 holds, so that its length takes one byte.
	zvtBlockLines = 4
)

// print sends the receipts that the till prints for us. A printer that is not ready costs the paper,
// never the payment: the customer has Klarna's own receipt.
func (s *zvtSession) print(ctx context.Context, slip Slip, parameter []byte, admin bool) error {
	t := s.terms()
	if s.z.o.Print == nil || !t.prints(admin) {
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
	var all []zvt.Message
	if t.Blocks {
		all = blocks(lines, kindOf(slip, admin))
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
func blocks(lines []string, kind byte) []zvt.Message {
	var all []zvt.Message
	for len(lines) > 0 || len(all) == 0 {
		b := zvt.PrintBlock{Kind: kind}
		n := min(len(lines), zvtBlockLines)
		for _, text := range lines[:n] {
			b.Lines = append(b.Lines, zvt.Line{Attribute: zvt.AttributeNormal, Text: text})
		}
		lines = lines[n:]
		b.End = len(lines) == 0
		all = append(all, b)
	}
	return all
}

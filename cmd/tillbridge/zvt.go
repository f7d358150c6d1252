// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"tillbridge/config"
	"tillbridge/klarna"
	"tillbridge/payment"
	"tillbridge/receipt"
	"tillbridge/store"
	"tillbridge/terminal"
)

// protocol is the language of one lane.
func (d *daemon) protocol(l config.Lane) terminal.Protocol {
	if l.Till.Protocol == config.ProtocolZVT {
		return d.zvt(l)
	}
	return d.native(l)
}

// zvt is the terminal that a ZVT till meets.
func (d *daemon) zvt(l config.Lane) *terminal.ZVT {
	cfg := d.config.now()
	most, _ := cfg.MaxAmount.Minor(2) // checked when the settings were made
	z := l.Till.ZVT
	return terminal.NewZVT(terminal.ZVTOptions{
		Memory: d.journal, Book: zvtBook{d.journal}, Epoch: d.journal.Epoch(),
		Currency: payment.Currency(l.Currency), MaxMinor: most,
		TerminalID: z.TerminalID, Password: z.Password, CardType: byte(z.CardType),
		Wishes: func() terminal.ZVTWishes { return d.zvtWishes(l.ID) }, Repeat: terminal.Repeat(z.Repeat),
		Software: "tillbridge " + version, Probe: d.probe,
		Print: func(s terminal.Slip) []string {
			if s.Kind == terminal.SlipSetup {
				s.Software += " " + l.Till.Listen.String()
			}
			return slipLines(s, payment.Currency(l.Currency), d.slipsOf(l.ID).shop)
		},
	})
}

// probe asks Klarna an authenticated question that changes nothing. Too many questions are an answer too.
func (d *daemon) probe(ctx context.Context) error {
	_, err := d.client.Probe(ctx)
	if errors.Is(err, klarna.ErrRateLimited) {
		return nil
	}
	return err
}

// zvtWishes are what the configuration of the moment says about a lane.
func (d *daemon) zvtWishes(lane string) terminal.ZVTWishes {
	cfg := d.config.now()
	w := terminal.ZVTWishes{Listed: cfg.Undelivered.After}
	for _, l := range cfg.Lanes {
		if l.ID == lane {
			w.Language, w.DeadlineWithoutStatus = l.Till.ZVT.ReceiptLanguage, l.Till.ZVT.DeadlineWithoutStatus
		}
	}
	return w
}

// zvtBook is the journal as a terminal reads it.
type zvtBook struct{ *store.Journal }

// Totals implements terminal.Book.
func (b zvtBook) Totals(lane payment.LaneID, after uint64) (terminal.DayTotals, error) {
	t, err := b.Journal.Totals(lane, after)
	return terminal.DayTotals{
		Sales: t.Sales, SaleSum: t.SaleSum, Backs: t.Backs + t.Refunds, BackSum: t.BackSum + t.RefundSum,
		First: t.First, Last: t.Last, Through: t.Through,
	}, err
}

// slipLines are the lines of a receipt.
func slipLines(s terminal.Slip, c payment.Currency, shop receipt.Shop) []string {
	money := func(minor int64) payment.Amount { return payment.Amount{Minor: minor, Currency: c} }
	at := s.At.Local()
	switch s.Kind {
	case terminal.SlipSale, terminal.SlipReversal:
		return receipt.Sale{
			Reversal: s.Kind == terminal.SlipReversal, Merchant: s.Merchant, Amount: s.Amount, At: at,
			Terminal: s.Terminal, Trace: s.Trace, Receipt: s.Receipt, Reference: s.Reference, Shop: shop,
		}.Lines(s.Columns, s.Language)
	case terminal.SlipTotals:
		return receipt.Totals{
			At: at, Terminal: s.Terminal, Sales: s.Totals.Sales, SaleSum: money(s.Totals.SaleSum),
			Backs: s.Totals.Backs, BackSum: money(s.Totals.BackSum), First: s.First, Last: s.Last, Shop: shop,
		}.Lines(s.Columns, s.Language)
	case terminal.SlipSetup:
		return receipt.Setup{At: at, Terminal: s.Terminal, Software: s.Software}.Lines(s.Columns, s.Language)
	}
	return nil
}

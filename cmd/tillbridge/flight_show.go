// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tillbridge/audit"
	"tillbridge/config"
	"tillbridge/payment"
)

func journalFlightCommand(std streams) *cobra.Command {
	var lane, id string
	c := &cobra.Command{
		Use:   "flight (--config FILE | --data DIR) --lane L --id ID",
		Short: "Print the flight record of one payment, which may be given to anybody",
		Long: `Print the flight record of one payment as one JSON object: its records, and what was seen of it at the till, at
Klarna and on the screen. It holds no secret, no card number and no text of a till, a customer or staff.

"tillbridge replay" plays it again.`,
	}
	c.Flags().StringVar(&lane, "lane", "", "the payment's lane")
	c.Flags().StringVar(&id, "id", "", "the payment's id")
	c.Args = needs(cobra.NoArgs, "lane", "id")
	return bookReader(std, c, func(_ context.Context, _ config.Config, b book) error {
		f, err := b.flight(payment.ID{Lane: payment.LaneID(lane), Till: payment.TillID(id)})
		if err != nil {
			return err
		}
		return f.Write(std.out)
	})
}

func (b book) flight(id payment.ID) (audit.Flight, error) {
	l, err := b.life(id)
	if err != nil {
		return audit.Flight{}, err
	}
	if len(l) == 0 {
		return audit.Flight{}, fmt.Errorf("payment %s of %s: not in this journal", id.Till, id.Lane)
	}
	seen, err := b.Flight(id)
	if err != nil {
		return audit.Flight{}, err
	}
	notes, err := notesOf(seen)
	if err != nil {
		return audit.Flight{}, err
	}
	return audit.NewFlight("tillbridge "+version, b.Epoch(), l, notes)
}

func replayCommand(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "replay FILE",
		Short: "Play a flight record again, and name the first step that goes another way",
		Long: `Feed the records of a flight record to this version's state machine, and name the first step that leads somewhere
else than it led. Nothing is charged, sent or written.

Exit code 1 if a step goes another way.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }() // only read
			flight, err := audit.ReadFlight(f)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			d, err := audit.Replay(flight)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if d != nil {
				return fmt.Errorf("%s: %s", args[0], plain(d.String()))
			}
			_, err = fmt.Fprintf(std.out, "%d steps, the same\n", len(flight.Steps))
			return err
		},
	}
}

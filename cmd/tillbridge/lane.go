// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
)

func laneCommand(std streams) *cobra.Command {
	status := staffCommand(std, &cobra.Command{
		Use:   "status --config FILE",
		Short: "Show what each lane is doing",
	}, nil, func(ctx context.Context, cfg config.Config) error {
		var rows []laneRow
		if err := newDesk(cfg).ask(ctx, http.MethodGet, "/lanes", nil, &rows); err != nil {
			return err
		}
		return showLanes(std.out, rows)
	})
	return group("lane", "The lanes of a running daemon", status)
}

func showLanes(out io.Writer, rows []laneRow) error {
	g := newGrid(out)
	g.row("LANE", "STATE", "TILLS", "SCREENS", "PAYMENT", "SCAN")
	for _, r := range rows {
		open := ""
		if p := r.Open; p != nil {
			amount := payment.Amount{Minor: p.Amount, Currency: payment.Currency(p.Currency)}
			open = fmt.Sprintf("%s, %s, for %s", p.ID, amount, time.Duration(p.Age)*time.Second)
		}
		g.row(r.Lane, r.State, strconv.Itoa(r.Links), strconv.Itoa(r.Screens), open, r.scan())
	}
	err := g.flush()
	for _, r := range rows {
		for _, w := range r.warnings() {
			_, e := fmt.Fprintf(out, "%s: %s\n", r.Lane, w)
			err = errors.Join(err, e)
		}
	}
	return err
}

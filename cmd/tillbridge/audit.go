// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/audit"
	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/receipt"
)

func auditCommand(std streams) *cobra.Command {
	return group("audit", "After the sale: totals, closes, and whether three books agree",
		auditTotalsCommand(std), auditCloseCommand(std), auditClosesCommand(std), auditVerifyCommand(std),
		auditMatchCommand(std), auditSettleCommand(std))
}

// bookReader is a command that reads a journal, the running daemon's too.
func bookReader(std streams, c *cobra.Command, do func(context.Context, config.Config, book) error) *cobra.Command {
	o := &bookOptions{getenv: std.getenv}
	o.flags(c)
	if c.Args == nil {
		c.Args = cobra.NoArgs
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return misused(c, err)
		}
		return o.read(c.Context(), func(cfg config.Config, b book) error { return do(c.Context(), cfg, b) })
	}
	return c
}

// period is which records a command is about.
type period struct {
	number int
	all    bool
}

func (p *period) flags(c *cobra.Command) {
	c.Flags().IntVar(&p.number, "close", 0, "the records of this close (default: those since the last one)")
	c.Flags().BoolVar(&p.all, "all", false, "every record of the journal")
	c.MarkFlagsMutuallyExclusive("close", "all")
}

func auditTotalsCommand(std streams) *cobra.Command {
	var p period
	var form, language string
	var columns int
	c := &cobra.Command{
		Use:   "totals (--config FILE | --data DIR) [--close N | --all] [--as text|csv|json]",
		Short: "Add up what each lane took",
	}
	p.flags(c)
	c.Flags().StringVar(&form, "as", "text", "text, csv or json; sums in csv and json are integers in minor units")
	c.Flags().StringVar(&language, "language", "en", "of the text")
	c.Flags().IntVar(&columns, "columns", 40, "of the text")
	return bookReader(std, c, func(_ context.Context, cfg config.Config, b book) error {
		span, err := b.period(p.number, p.all)
		if err != nil {
			return err
		}
		lanes, err := b.totals(span, laneIDs(cfg)...)
		if err != nil {
			return err
		}
		switch form {
		case "csv":
			return audit.WriteCSV(std.out, lanes)
		case "json":
			return printJSON(std.out, struct {
				First uint64             `json:"first"`
				Last  uint64             `json:"last"`
				Lanes []audit.LaneTotals `json:"lanes"`
			}{span.After + 1, span.Through, lanes})
		case "text":
			return printLines(std.out, daySlip(p.number, time.Now(), lanes).Lines(columns, language))
		}
		return misused(c, fmt.Errorf("--as %q: expected text, csv or json", form))
	})
}

// daySlip is totals as they are printed.
func daySlip(number int, at time.Time, lanes []audit.LaneTotals) receipt.Day {
	d := receipt.Day{Number: number, At: at}
	for _, l := range lanes {
		one := receipt.LaneDay{Lane: string(l.Lane)}
		for _, s := range l.Sums {
			one.Sums = append(one.Sums, receipt.Sums(s))
		}
		d.Lanes = append(d.Lanes, one)
	}
	return d
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	return e.Encode(v)
}

func auditClosesCommand(std streams) *cobra.Command {
	var export int
	c := &cobra.Command{Use: "closes (--config FILE | --data DIR) [--print N]", Short: "List the closes, or print one as its file"}
	c.Flags().IntVar(&export, "print", 0, "the number of a close")
	return bookReader(std, c, func(_ context.Context, _ config.Config, b book) error {
		files, err := b.Closes()
		if err != nil {
			return err
		}
		switch {
		case export < 0 || export > len(files):
			return fmt.Errorf("close %d: there are %d", export, len(files))
		case export > 0:
			return handOver(std.out, files[export-1])
		}
		return listCloses(std.out, files)
	})
}

func listCloses(out io.Writer, files [][]byte) error {
	g := newGrid(out)
	g.row("CLOSE", "DAY", "RECORDS", "SALES", "REFUNDS", "REVERSALS", "LEFT")
	for _, file := range files {
		s, err := audit.Open(file)
		if err != nil {
			return errors.Join(err, g.flush())
		}
		records := fmt.Sprintf("%d-%d", s.Close.First, s.Close.Last)
		sums := audit.Whole(s.Close.Lanes)
		if len(sums) == 0 {
			g.row(strconv.Itoa(s.Close.Number), s.Close.Day, records, "0", "0", "0", "")
		}
		for _, of := range sums {
			left := payment.Amount{Minor: of.Net(), Currency: of.Currency}
			g.row(strconv.Itoa(s.Close.Number), s.Close.Day, records, strconv.Itoa(of.Sales), strconv.Itoa(of.Refunds),
				strconv.Itoa(of.Reversals), left.String())
		}
	}
	return g.flush()
}

func auditVerifyCommand(std streams) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Check the signatures of closes that were given away, without a journal",
		Long: `Check the signatures of closes that were given away, without a journal.

Give the shop's public key with --key: without it each file is only as good as the key that it names.
"journal verify" checks the closes of a journal against its records.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, name := range args {
				if err := verifyFile(std.out, name, key); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&key, "key", "", "the shop's public key, in base64")
	return c
}

func verifyFile(out io.Writer, name, key string) error {
	file, err := os.ReadFile(name) //nolint:gosec // the auditor names it
	if err != nil {
		return err
	}
	s, err := audit.Open(file)
	if err != nil {
		return err
	}
	signer := audit.FormatPublic(s.Key)
	if key != "" && key != signer {
		return fmt.Errorf("signed by another key, %s", signer)
	}
	_, err = fmt.Fprintf(out, "%s: close %d of %s, records %d to %d, signed by %s\n", name, s.Close.Number, plain(s.Close.Day),
		s.Close.First, s.Close.Last, signer)
	return err
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/store"
)

func journalCommand(std streams) *cobra.Command {
	return group("journal", "Read the journal of a stopped daemon, or a snapshot of it",
		journalListCommand(std), journalShowCommand(std), journalVerifyCommand(std), journalExportCommand(std),
		journalCompactCommand(std), journalSnapshotCommand(std), journalFlightCommand(std))
}

// journalReader is a command that reads a journal. What is readable of a damaged one is read; the damage
// is the error in the end.
func journalReader(c *cobra.Command, flags []string, read func(context.Context, *store.Journal) error) *cobra.Command {
	var data string
	dataFlag(c, &data)
	c.Args = needs(cobra.NoArgs, append([]string{"data"}, flags...)...)
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		j, err := openForReading(data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, j.Close()) }()
		if err = read(c.Context(), j); err != nil {
			return err
		}
		return j.Damage()
	}
	return c
}

func dataFlag(c *cobra.Command, data *string) {
	c.Flags().StringVar(data, "data", "", "the data folder, or the file of a snapshot")
}

// journalPath is the journal in a data folder, or the file itself.
func journalPath(data string) string {
	if info, err := os.Stat(data); err == nil && info.IsDir() {
		return filepath.Join(data, journalFile)
	}
	return data
}

func openForReading(data string) (*store.Journal, error) {
	j, err := store.OpenReadOnly(journalPath(data), store.Options{})
	return j, ownedBy(err)
}

// ownedBy says what to do about a journal that a daemon has open.
func ownedBy(err error) error {
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("%w; stop the daemon, or read a snapshot (tillbridge journal snapshot FILE --config …)", err)
	}
	return err
}

func journalListCommand(std streams) *cobra.Command {
	var lane string
	c := &cobra.Command{Use: "list --data DIR", Short: "List every payment"}
	c.Flags().StringVar(&lane, "lane", "", "of this lane alone")
	return journalReader(c, nil, func(_ context.Context, j *store.Journal) (err error) {
		g := newGrid(std.out)
		defer func() { err = errors.Join(err, g.flush()) }()
		g.row("CREATED", "LANE", "ID", "AMOUNT", "STATE", "TOLD", "CONFIRMED", "REFERENCE")
		for p, broken := range j.Payments() {
			if broken != nil {
				return broken
			}
			if lane == "" || p.ID.Lane == payment.LaneID(lane) {
				g.row(listed(p)...)
			}
		}
		return nil
	})
}

func listed(p payment.Payment) []string {
	var created, amount, reference string
	if !p.Tombstone {
		created, amount = p.Created.Local().Format(time.DateTime), p.Order.Amount.String()
		reference = payment.ShortCode(p.Reference)
	}
	return []string{
		created, string(p.ID.Lane), string(p.ID.Till), amount, p.State.String(), string(p.Word()), string(p.Acknowledged), reference,
	}
}

func journalShowCommand(std streams) *cobra.Command {
	var lane, id string
	c := &cobra.Command{Use: "show --data DIR --lane L --id ID", Short: "Tell the story of one payment"}
	c.Flags().StringVar(&lane, "lane", "", "the payment's lane")
	c.Flags().StringVar(&id, "id", "", "the payment's id")
	return journalReader(c, []string{"lane", "id"}, func(_ context.Context, j *store.Journal) error {
		all, err := j.History(payment.ID{Lane: payment.LaneID(lane), Till: payment.TillID(id)})
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return fmt.Errorf("payment %s of %s: not in this journal", id, lane)
		}
		g := newGrid(std.out)
		for _, e := range all {
			event, unread := e.Event()
			if unread != nil {
				return errors.Join(unread, g.flush())
			}
			at := e.At.Local().Format("2006-01-02 15:04:05.000")
			g.row(strconv.FormatUint(e.Seq, 10), at, e.State.String(), story(event))
		}
		return g.flush()
	})
}

func journalVerifyCommand(std streams) *cobra.Command {
	var key string
	c := &cobra.Command{Use: "verify --data DIR", Short: "Check every record and every close, and name the first broken one"}
	c.Flags().StringVar(&key, "key", "", "the public key that must have signed the closes (default: the data folder's own)")
	return journalReader(c, nil, func(ctx context.Context, j *store.Journal) error {
		if err := j.Verify(ctx, nil); err != nil {
			return err
		}
		head, err := j.Head()
		if err != nil {
			return err
		}
		if _, err = fmt.Fprintf(std.out, "whole: epoch %s, last record %d, hash %s\n", j.Epoch(), head.Seq, head.Hash); err != nil {
			return err
		}
		return verifyCloses(std.out, j, c.Flag("data").Value.String(), key)
	})
}

func journalExportCommand(std streams) *cobra.Command {
	c := &cobra.Command{Use: "export --data DIR", Short: "Print every record as one JSON object per line"}
	return journalReader(c, nil, func(_ context.Context, j *store.Journal) error {
		out := bufio.NewWriter(std.out)
		return errors.Join(j.Export(out), out.Flush())
	})
}

func journalCompactCommand(std streams) *cobra.Command {
	var data, retention string
	c := &cobra.Command{
		Use:   "compact --data DIR",
		Short: "Remove the oldest finished payments",
		Args:  needs(cobra.NoArgs, "data"),
		RunE: func(c *cobra.Command, _ []string) error {
			keep, err := parseRetention(retention)
			if err != nil {
				return misused(c, err)
			}
			path := journalPath(data)
			if _, err = os.Stat(path); err != nil {
				return fmt.Errorf("compact journal: %w", err)
			}
			removed, err := store.Compact(path, keep, time.Now())
			if err = errors.Join(err, inherit(filepath.Dir(path))); err != nil {
				return ownedBy(err)
			}
			_, err = fmt.Fprintf(std.out, "%d records removed\n", removed)
			return err
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&retention, "retention", "400d", "how long finished payments stay, at least 90d")
	return c
}

// parseRetention takes whole days, as the configuration does, and Go's form.
func parseRetention(text string) (time.Duration, error) {
	const day, least = 24 * time.Hour, 90
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * day
	}
	if err != nil || d < least*day {
		return 0, fmt.Errorf("--retention %q: expected at least 90d", text)
	}
	return d, nil
}

func journalSnapshotCommand(std streams) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "snapshot FILE --config FILE",
		Short: "Copy the journal of the running daemon into a new file",
		Args: func(c *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(c, args); err != nil {
				return err
			}
			file = args[0]
			return nil
		},
	}
	return staffCommand(std, c, nil, func(ctx context.Context, cfg config.Config) error {
		path, err := filepath.Abs(file) // the daemon has another working directory
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		if err = newDesk(cfg).ask(ctx, http.MethodPost, "/snapshot", snapshotOrder{path}, nil); err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out, path)
		return err
	})
}

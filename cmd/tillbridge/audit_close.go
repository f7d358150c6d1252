// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/audit"
	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/store"
)

// closer closes days. One close at a time.
type closer struct {
	journal *store.Journal
	dataDir string

	mu sync.Mutex
}

// close signs what happened since the last close, and makes that durable. At is in the time zone of the shop.
func (c *closer) close(lanes []payment.LaneID, at time.Time) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, err := audit.MakeKey(filepath.Join(c.dataDir, keysFolder, closeKeyFile))
	if err != nil {
		return nil, err
	}
	b := book{c.journal}
	before, err := b.last()
	if err != nil {
		return nil, err
	}
	if before.Key != nil && !bytes.Equal(before.Key, key.Public()) {
		return nil, fmt.Errorf("the last close is signed by another key, %s: put that key back", audit.FormatPublic(before.Key))
	}
	j, err := b.Basis()
	if err != nil {
		return nil, err
	}
	span, err := j.Span(before)
	if err != nil {
		return nil, err
	}
	sums, err := b.totals(span, lanes...)
	if err != nil {
		return nil, err
	}
	next := j.Next(before, at, sums)
	file, err := audit.Seal(next, key)
	if err != nil {
		return nil, err
	}
	return file, c.journal.AddClose(uint64(next.Number), file)
}

// closeDay answers the control socket.
func (d *daemon) closeDay(w http.ResponseWriter, _ *http.Request) {
	file, err := d.closer.close(laneIDs(d.config.now()), time.Now())
	if err != nil {
		reply(w, http.StatusConflict, controlError{err.Error()})
		return
	}
	d.log.Info("day closed", "bytes", len(file))
	reply(w, http.StatusOK, json.RawMessage(file))
}

// closeDays closes each day at the time that the configuration names, and one that the machine slept through
// as soon as it can.
func (d *daemon) closeDays(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if at := d.config.now().DayEnd.At; at != "" {
			d.closeIfDue(at, time.Now())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *daemon) closeIfDue(at string, now time.Time) {
	last, err := (book{d.journal}).last()
	if err == nil && due(at, last.Close.At, now) {
		_, err = d.closer.close(laneIDs(d.config.now()), now)
		if err == nil {
			d.log.Info("day closed")
		}
	}
	if err != nil {
		d.log.Error("day not closed", "error", err)
	}
}

// due reports whether a day has ended since the last close. A clock that was set back closes nothing.
func due(at string, last, now time.Time) bool {
	clock, err := time.Parse("15:04", at)
	if err != nil {
		return false // checked with the configuration
	}
	end := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, now.Location())
	if end.After(now) {
		end = end.AddDate(0, 0, -1)
	}
	return last.Before(end)
}

func auditCloseCommand(std streams) *cobra.Command {
	var out string
	c := &cobra.Command{Use: "close --config FILE", Short: "Sign the totals since the last close"}
	c.Flags().StringVar(&out, "out", "", "write the signed close to a new file (default: print it)")
	return staffCommand(std, c, nil, func(ctx context.Context, cfg config.Config) error {
		if out == "" {
			return closeInto(ctx, cfg, std.out)
		}
		// Before the day is closed, which happens once: it cannot be closed again for want of a file.
		f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it is made to be given away
		if err != nil {
			return fmt.Errorf("nothing was closed: %w", err)
		}
		if err = errors.Join(closeInto(ctx, cfg, f), f.Close()); err != nil {
			return errors.Join(err, os.Remove(out)) // the close itself, if there is one, is in the journal
		}
		return nil
	})
}

// closeInto closes the day and writes the close.
func closeInto(ctx context.Context, cfg config.Config, w io.Writer) error {
	var file json.RawMessage
	err := newDesk(cfg).ask(ctx, http.MethodPost, "/close", nil, &file)
	if absent(err) {
		file, err = closeStopped(cfg)
	}
	if err != nil {
		return err
	}
	return handOver(w, file)
}

// closeStopped closes the day of a daemon that does not run.
func closeStopped(cfg config.Config) (file []byte, err error) {
	j, err := store.Open(dataFile(cfg, journalFile), store.Options{})
	if err != nil {
		return nil, ownedBy(err)
	}
	defer func() { err = errors.Join(err, j.Close(), inherit(cfg.DataDir)) }()
	if err = j.Damage(); err != nil {
		return nil, err
	}
	if err = os.MkdirAll(filepath.Join(cfg.DataDir, keysFolder), 0o700); err != nil {
		return nil, err
	}
	return (&closer{journal: j, dataDir: cfg.DataDir}).close(laneIDs(cfg), time.Now())
}

// handOver writes a close as people and programs read it.
func handOver(w io.Writer, file []byte) error {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, file, "", "\t"); err != nil {
		return err
	}
	pretty.WriteByte('\n')
	_, err := w.Write(pretty.Bytes())
	return err
}

// verifyCloses checks the closes of a journal that was found to be whole.
func verifyCloses(out io.Writer, j *store.Journal, data, key string) error {
	files, err := j.Closes()
	if err != nil || len(files) == 0 {
		return err
	}
	public, compared, err := trustedKey(data, key)
	if err != nil {
		return err
	}
	done, err := audit.Check(files, public, book{j})
	if err != nil {
		return err
	}
	how := "not compared with a key of your own"
	if compared {
		how = "the expected key"
	}
	_, err = fmt.Fprintf(out, "%d closes whole, the last of %s: signed by %s, %s\n", done.Closes, done.Last.Close.Day, audit.FormatPublic(done.Key), how)
	return err
}

// trustedKey is the key that must have signed: the one that was given, or that of the data folder if it is there.
func trustedKey(data, key string) (public audit.PublicKey, known bool, err error) {
	if key != "" {
		public, err = audit.ParsePublic(key)
		return public, true, err
	}
	own, err := audit.ReadKey(filepath.Join(data, keysFolder, closeKeyFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), isFile(data):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return own.Public(), true, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

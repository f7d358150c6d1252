// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/audit"
	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/store"
)

// closeKeyFile lies among the keys.
const closeKeyFile = "close.pem"

// book is a journal as an auditor reads it.
type book struct{ *store.Journal }

var _ audit.Evidence = book{}

// Basis implements audit.Evidence.
func (b book) Basis() (audit.Journal, error) {
	head, err := b.Head()
	return audit.Journal{Epoch: b.Epoch(), Removed: b.Removed().Seq, Head: head.Seq, Hash: head.Hash.String()}, err
}

// Hash implements audit.Evidence.
func (b book) Hash(seq uint64) (string, error) {
	m, err := b.MarkAt(seq)
	return m.Hash.String(), err
}

// Totals implements audit.Evidence.
func (b book) Totals(s audit.Span) ([]audit.LaneTotals, error) { return b.totals(s) }

// totals adds up a span; the lanes that are named appear in any case.
func (b book) totals(s audit.Span, lanes ...payment.LaneID) ([]audit.LaneTotals, error) {
	t := audit.NewTally(s, lanes...)
	err := b.each(s, func(l audit.Life) { t.Add(l) })
	return t.Lanes(), err
}

// each is the whole life of every payment that has a record in a span.
func (b book) each(s audit.Span, do func(audit.Life)) error {
	ids, err := b.Touched(s.After, s.Through)
	if err != nil {
		return err
	}
	for _, id := range ids {
		l, err := b.life(id)
		if err != nil {
			return err
		}
		do(l)
	}
	return nil
}

func (b book) lives(s audit.Span) (all []audit.Life, err error) {
	err = b.each(s, func(l audit.Life) { all = append(all, l) })
	return all, err
}

func (b book) life(id payment.ID) (audit.Life, error) {
	moments, err := b.Life(id)
	if err != nil {
		return nil, err
	}
	l := make(audit.Life, 0, len(moments))
	for _, m := range moments {
		l = append(l, audit.Moment(m))
	}
	return l, nil
}

// last is the newest close, the zero Sealed if there is none.
func (b book) last() (audit.Sealed, error) {
	file, n, err := b.LastClose()
	if err != nil || n == 0 {
		return audit.Sealed{}, err
	}
	return audit.Open(file)
}

// open is the span since the newest close.
func (b book) open() (audit.Span, error) {
	before, err := b.last()
	if err != nil {
		return audit.Span{}, err
	}
	j, err := b.Basis()
	if err != nil {
		return audit.Span{}, err
	}
	return j.Span(before)
}

// period is a span by the words of a command line: a close's number, everything, or what is open.
func (b book) period(number int, all bool) (audit.Span, error) {
	switch {
	case all:
		j, err := b.Basis()
		return audit.Span{After: j.Removed, Through: j.Head}, err
	case number == 0:
		return b.open()
	}
	files, err := b.Closes()
	if err != nil {
		return audit.Span{}, err
	}
	if number < 0 || number > len(files) {
		return audit.Span{}, fmt.Errorf("close %d: there are %d", number, len(files))
	}
	s, err := audit.Open(files[number-1])
	if err != nil {
		return audit.Span{}, err
	}
	if s.Close.Span().After < b.Removed().Seq {
		return audit.Span{}, fmt.Errorf("close %d: retention has removed its records", number)
	}
	return s.Close.Span(), nil
}

// bookOptions say which journal is read: a folder's, a snapshot, or the running daemon's.
type bookOptions struct {
	data, file string
	getenv     func(string) string
}

func (o *bookOptions) flags(c *cobra.Command) {
	dataFlag(c, &o.data)
	c.Flags().StringVar(&o.file, "config", "", "the configuration file; the daemon may run")
}

func (o *bookOptions) check() error {
	if (o.data == "") == (o.file == "") {
		return errors.New("expected --data or --config")
	}
	return nil
}

// read opens the journal. The one of a running daemon is copied first: nothing here can hold up a payment.
func (o *bookOptions) read(ctx context.Context, do func(config.Config, book) error) (err error) {
	var cfg config.Config
	data := o.data
	if o.file != "" {
		if cfg, err = config.Load(o.file, o.getenv); err != nil {
			return fmt.Errorf("configuration:\n%w", err)
		}
		copied, gone, failed := borrowed(ctx, cfg)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, gone()) }()
		data = copied
	}
	j, err := openForReading(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err = j.Damage(); err != nil {
		return err
	}
	return do(cfg, book{j})
}

// copyFolder is where the journal of a running daemon is copied to, and oldCopy how long no command takes.
const (
	copyFolder = ".audit-*"
	oldCopy    = 24 * time.Hour
)

// removeOldCopies deletes what a command left that was killed.
func removeOldCopies(dir string) {
	names, err := filepath.Glob(filepath.Join(dir, copyFolder))
	if err != nil {
		return
	}
	for _, name := range names {
		if info, err := os.Lstat(name); err == nil && info.IsDir() && time.Since(info.ModTime()) > oldCopy {
			_ = os.RemoveAll(name) // the next one tries again
		}
	}
}

// borrowed is the journal of a configuration: a copy of the running daemon's, or the stopped one's own.
func borrowed(ctx context.Context, cfg config.Config) (path string, gone func() error, err error) {
	dir, err := filepath.Abs(cfg.DataDir) // the daemon has another working directory
	if err != nil {
		return "", nil, fmt.Errorf("data folder: %w", err)
	}
	removeOldCopies(dir)
	if dir, err = os.MkdirTemp(dir, copyFolder); err != nil { // mode 0700
		return "", nil, fmt.Errorf("copy the journal: %w", err)
	}
	gone = func() error { return os.RemoveAll(dir) }
	if err = inherit(filepath.Dir(dir)); err != nil { // the daemon writes the copy
		return "", nil, errors.Join(err, gone())
	}
	path = filepath.Join(dir, journalFile)
	err = newDesk(cfg).ask(ctx, http.MethodPost, "/snapshot", snapshotOrder{path}, nil)
	switch {
	case absent(err):
		return dataFile(cfg, journalFile), gone, nil
	case err != nil:
		return "", nil, errors.Join(err, gone())
	}
	return path, gone, nil
}

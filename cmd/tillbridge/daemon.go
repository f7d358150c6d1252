// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tillbridge/audit"
	"tillbridge/config"
	"tillbridge/display"
	"tillbridge/engine"
	"tillbridge/klarna"
	"tillbridge/payment"
	"tillbridge/store"
)

// Names of the files in the data folder.
const (
	journalFile = "journal.db"
	keysFolder  = "keys"
	controlFile = "control.sock"
)

// daemon is every part, made and connected, nothing of it running.
type daemon struct {
	options serveOptions
	std     streams
	log     *slog.Logger
	journal *store.Journal
	client  *klarna.Client
	engine  *engine.Engine
	hub     *display.Hub
	config  *currentConfig
	flights *flights
	closer  *closer

	closing sync.Mutex // held while a period is added up and closed
}

// newDaemon opens the journal, which makes this process its owner, and connects the parts.
func newDaemon(cfg config.Config, o serveOptions, std streams, log *slog.Logger) (*daemon, error) {
	if err := os.MkdirAll(filepath.Join(cfg.DataDir, keysFolder), 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	d := &daemon{options: o, std: std, log: log, config: newCurrentConfig(cfg)}
	client, account, err := newKlarna(cfg, log)
	if err != nil {
		return nil, err
	}
	d.client = client
	if d.journal, err = openJournal(cfg, log); err != nil {
		return nil, err
	}
	if err = claim(d.journal, cfg); err != nil {
		return nil, errors.Join(err, d.journal.Close())
	}
	if d.hub, err = d.newHub(cfg); err != nil {
		return nil, errors.Join(err, d.journal.Close())
	}
	set, err := settingsOf(cfg, d.journal.Epoch())
	if err != nil {
		return nil, errors.Join(err, d.journal.Close())
	}
	d.flights, d.closer = newFlights(d.journal, log), &closer{journal: d.journal, dataDir: cfg.DataDir}
	if _, err = audit.MakeKey(dataFile(cfg, filepath.Join(keysFolder, closeKeyFile))); err != nil {
		log.Error("no key to close days with", "error", err)
	}
	k := newProvider(cfg, o, client, account, log)
	if k.box, err = openTokenBox(dataFile(cfg, keysFolder)); err != nil {
		return nil, errors.Join(err, d.journal.Close())
	}
	provider := flightProvider{expecting{k, d.hub}, d.flights}
	d.engine = engine.New(set, d.journal, provider, flightScreen{screen{d.hub}, d.flights}, engine.Options{Log: log, Asleep: asleep})
	return d, nil
}

// exitLocked is the code of a second daemon on one data folder.
const exitLocked = 3

// openJournal opens the journal, and again after it has let go of what is older than the retention. Every start
// looks, but only one a week has something to remove.
func openJournal(cfg config.Config, log *slog.Logger) (*store.Journal, error) {
	path := filepath.Join(cfg.DataDir, journalFile)
	j, err := openOwn(cfg, path)
	if err != nil {
		return nil, err
	}
	outdated, err := j.Outdated(cfg.Retention, time.Now())
	if err != nil {
		log.Warn("journal not compacted", "error", err)
	}
	if !outdated {
		return j, nil
	}
	if err = j.Close(); err != nil {
		return nil, fmt.Errorf("close the journal before its compaction: %w", err)
	}
	if removed, err := store.Compact(path, cfg.Retention, time.Now()); err != nil {
		log.Warn("journal not compacted", "error", err)
	} else {
		log.Info("journal compacted", "records_removed", removed)
	}
	return openOwn(cfg, path)
}

// openOwn opens the journal as its one owner.
func openOwn(cfg config.Config, path string) (*store.Journal, error) {
	j, err := store.Open(path, store.Options{})
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil, &exitError{exitLocked, fmt.Errorf("another tillbridge runs on %s: %w", cfg.DataDir, err)}
	case err != nil:
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	return j, nil
}

func newProvider(cfg config.Config, o serveOptions, client *klarna.Client, account klarna.Account, log *slog.Logger) *provider {
	k := &provider{
		client: client, account: account, log: log, lanes: map[payment.LaneID]string{},
		store: klarna.Location{StoreID: cfg.Store.ID, StoreReference: cfg.Store.Reference},
	}
	if cfg.Klarna.ManagesOrders() {
		k.orders.Region = klarna.Region(cfg.Klarna.OrderManagement)
	}
	if base := cfg.Klarna.BaseURL; base.Scheme == "http" { // loopback: the simulator
		k.targets = append(k.targets, base.Scheme+"://"+base.Host)
	}
	if o.demoOrigin != "" {
		k.targets = append(k.targets, o.demoOrigin)
	}
	for _, l := range cfg.Lanes {
		k.lanes[payment.LaneID(l.ID)] = l.TerminalReference
	}
	return k
}

// largest is the largest sale in minor units.
func largest(cfg config.Config) (int64, error) {
	most, err := cfg.MaxAmount.Minor(2)
	if err != nil {
		return 0, fmt.Errorf("max_amount: %w", err)
	}
	if cfg.Klarna.ManagesOrders() {
		most = min(most, klarna.MaxOrderAmount) // nobody is charged what could not be captured
	}
	return min(most, payment.MaxMinor), nil
}

// settingsOf is what the engine needs of the configuration.
func settingsOf(cfg config.Config, epoch string) (engine.Settings, error) {
	most, err := largest(cfg)
	if err != nil {
		return engine.Settings{}, err
	}
	set := engine.Settings{
		MaxMinor: most,
		Waiting:  cfg.Deadlines.Waiting, Scanned: cfg.Deadlines.Scanned, TillGrace: cfg.Deadlines.TillGrace,
		Listed: cfg.Undelivered.After, CaptureNow: cfg.Klarna.Capture == config.CaptureNow,
		Seed:  uint64(time.Now().UnixNano()),
		Names: payment.Names{Account: cfg.Klarna.AccountID, Store: cfg.Store.ID + cfg.Store.Reference, Epoch: epoch},
	}
	for _, l := range cfg.Lanes {
		names := set.Names
		names.Terminal = l.TerminalReference
		set.Lanes = append(set.Lanes, engine.Lane{
			ID: payment.LaneID(l.ID), Currency: payment.Currency(l.Currency), DisplayRequired: l.Display.Required,
			Names: names,
		})
	}
	return set, nil
}

// run starts everything and stops it in order: no new requests; screens and tills are told; the engine
// parks what is open and lets writes in flight end; the journal is closed last.
func (d *daemon) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, d.journal.Close()) }()
	defer d.client.Close()
	lines, err := d.listen(ctx)
	if err != nil {
		return err
	}
	d.announce()
	all, ctx := errgroup.WithContext(ctx)
	engineCtx, park := context.WithCancel(context.WithoutCancel(ctx))
	defer park()
	all.Go(func() error { return d.engine.Run(engineCtx) })
	all.Go(func() error {
		defer park()
		return d.serve(ctx, lines)
	})
	err = all.Wait()
	d.flights.flush()
	return err
}

// announce says once that everything listens, and where.
func (d *daemon) announce() {
	cfg := d.config.now()
	tills := make([]any, 0, len(cfg.Lanes))
	for _, l := range cfg.Lanes {
		tills = append(tills, slog.String(l.ID, l.Till.Listen.String()))
	}
	d.log.Info("serving", "version", version, "environment", string(cfg.Klarna.Environment), "data_dir", cfg.DataDir,
		"http", cfg.HTTP.Listen, slog.Group("lanes", tills...))
}

// serve runs everything that the outside can reach, until ctx ends.
func (d *daemon) serve(ctx context.Context, lines []carrier) error {
	front, ctx := errgroup.WithContext(ctx)
	front.Go(func() error { return d.hub.Run(ctx) })
	for _, l := range lines {
		front.Go(func() error {
			if err := l.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			return nil
		})
	}
	n := newNotifier(d.std.getenv)
	front.Go(func() error { return n.run(ctx, d.engine) })
	front.Go(func() error { return d.watchConfig(ctx) })
	front.Go(func() error { return d.keepWarm(ctx) })
	front.Go(func() error { return d.flights.run(ctx) })
	front.Go(func() error { return d.closeDays(ctx) })
	front.Go(func() error {
		if err := d.journal.VerifyRest(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("journal damaged, no new payments", "error", err)
		}
		debug.FreeOSMemory() // what the start and this needed is not needed again
		return nil
	})
	err := front.Wait()
	if e := n.say(context.WithoutCancel(ctx), "STOPPING=1"); e != nil {
		d.log.Debug("service manager not told", "error", e)
	}
	return err
}

// keepWarm keeps a connection to Klarna open, so that the next sale does not wait for one, and uses the
// key at least once a day: Klarna disables keys that nobody uses.
func (d *daemon) keepWarm(ctx context.Context) error {
	warm := time.NewTicker(45 * time.Second)
	defer warm.Stop()
	probe := time.NewTicker(24 * time.Hour)
	defer probe.Stop()
	for first := true; ; first = false {
		if err := d.client.Warm(ctx); err != nil && ctx.Err() == nil {
			d.log.Debug("connection not warm", "error", err)
		}
		if first {
			debug.FreeOSMemory() // a handshake needs much that is not needed again
		}
		select {
		case <-ctx.Done():
			return nil
		case <-warm.C:
		case <-probe.C:
			if _, err := d.client.Probe(ctx); err != nil {
				d.log.Warn("klarna does not take our key", "error", err)
			}
		}
	}
}

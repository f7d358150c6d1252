// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"tillbridge/config"
	"tillbridge/engine"
)

// currentConfig is the configuration of the moment: what applies without a restart may change.
type currentConfig struct {
	mu  sync.Mutex
	cfg config.Config // guarded by mu
}

func newCurrentConfig(cfg config.Config) *currentConfig { return &currentConfig{cfg: cfg} }

func (c *currentConfig) now() config.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cfg
}

func (c *currentConfig) set(cfg config.Config) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cfg = cfg
}

// watchConfig takes over a changed file: texts, languages and timings at once, everything else with the
// word that it needs a restart. A file with problems changes nothing.
func (d *daemon) watchConfig(ctx context.Context) error {
	last := d.options.seen
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if now := stamp(d.options.file); !now.Equal(last) {
			last = now
			d.reload()
		}
	}
}

func stamp(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func (d *daemon) reload() {
	updated, err := config.Load(d.options.file, d.std.getenv)
	if err != nil {
		d.log.Error("changed configuration not taken", "error", err)
		return
	}
	cfg := d.config.now()
	live, restart := config.Changes(cfg, updated)
	if len(restart) > 0 {
		d.log.Warn("configuration changed, restart to apply", "settings", restart)
	}
	if len(live) == 0 {
		return
	}
	cfg = taken(cfg, updated)
	d.config.set(cfg)
	d.engine.Post(engine.Retimed{
		Waiting: cfg.Deadlines.Waiting, Scanned: cfg.Deadlines.Scanned,
		TillGrace: cfg.Deadlines.TillGrace, Listed: cfg.Undelivered.After,
	})
	d.log.Info("configuration applied", "settings", live)
}

// taken is cfg with what applies at once of updated.
func taken(cfg, updated config.Config) config.Config {
	cfg.Deadlines, cfg.Undelivered = updated.Deadlines, updated.Undelivered
	cfg.Receipts, cfg.DayEnd, cfg.Settlement = updated.Receipts, updated.DayEnd, updated.Settlement
	cfg.Lanes = slices.Clone(cfg.Lanes)
	for i := range cfg.Lanes {
		now := &cfg.Lanes[i]
		for _, l := range updated.Lanes {
			if l.ID != now.ID {
				continue
			}
			l.Display.Required = now.Display.Required
			now.Display = l.Display
			now.Till.ZVT.ReceiptLanguage, now.Till.ZVT.DeadlineWithoutStatus = l.Till.ZVT.ReceiptLanguage, l.Till.ZVT.DeadlineWithoutStatus
		}
	}
	return cfg
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"tillbridge/config"
	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/payment"
	"tillbridge/store"
)

// signingKeys reads the file again when it has changed, at most once a second: a key that was just
// registered counts without a restart.
type signingKeys struct {
	file string
	log  *slog.Logger

	mu     sync.Mutex
	looked time.Time              // guarded by mu
	stamp  time.Time              // guarded by mu; the file's own
	keys   map[string]secret.Text // guarded by mu
}

func (s *signingKeys) find(id string) (secret.Text, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.looked) >= time.Second {
		s.looked = now
		if err := s.read(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("signing keys not read", "file", s.file, "error", err)
		}
	}
	key, ok := s.keys[id]
	return key, ok
}

func (s *signingKeys) read() error {
	info, err := os.Stat(s.file)
	if err != nil {
		return err
	}
	if info.ModTime().Equal(s.stamp) {
		return nil
	}
	list, err := config.ReadSigningKeys(s.file)
	if err != nil {
		return err
	}
	s.stamp, s.keys = info.ModTime(), map[string]secret.Text{}
	for _, k := range list {
		s.keys[k.ID] = k.Secret
	}
	return nil
}

// newHook is the receiver of Klarna's events: each is made durable once, and then is a hint to read.
func newHook(cfg config.Config, j *store.Journal, e *engine.Engine, log *slog.Logger) *klarna.Webhook {
	keys := &signingKeys{file: cfg.Klarna.Webhook.SigningKeysFile, log: log}
	keep := func(_ context.Context, ev klarna.Event) error {
		fresh, err := j.SeenEvent(ev.ID, time.Now())
		if err != nil {
			return fmt.Errorf("keep event %s: %w", ev.ID, err)
		}
		if fresh && (ev.RequestID != "" || ev.RequestReference != "") {
			e.Post(engine.Nudged{Request: payment.RequestID(ev.RequestID), Reference: ev.RequestReference})
		}
		return nil
	}
	return klarna.NewWebhook(keys.find, keep, klarna.WebhookOptions{
		Live: cfg.Klarna.Environment == config.Live, Account: cfg.Klarna.AccountID, Log: log,
	})
}

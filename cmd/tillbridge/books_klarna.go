// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tillbridge/audit"
	"tillbridge/config"
	"tillbridge/klarna"
	"tillbridge/payment"
)

const (
	// readEvery is the pace of reading Klarna's book. Klarna limits the merchant, and the running daemon's
	// payments come first: they may make ten calls a second.
	readEvery = 250 * time.Millisecond
	// readTries is how often a transaction is asked for when Klarna wants fewer calls, with such a pause in
	// between unless Klarna names a longer one.
	readTries     = 3
	shortestPause = 10 * time.Second
	longestPause  = time.Minute
)

// transactionReader is the part of the client that reads Klarna's book.
type transactionReader interface {
	ReadTransaction(ctx context.Context, id string) (klarna.Transaction, error)
}

// klarnaBook is Klarna's book, a transaction at a time.
type klarnaBook struct {
	client transactionReader
	every  time.Duration // 0: as fast as possible
}

// klarnaOf is Klarna's book, nil if it is not to be asked.
func klarnaOf(cfg config.Config, offline bool) (audit.Klarna, func(), error) {
	if offline || cfg.Version == 0 { // without a configuration nobody knows how to ask
		return nil, func() {}, nil
	}
	client, _, err := newKlarna(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	k := klarnaBook{client: client, every: readEvery}
	if cfg.Klarna.Environment == config.Sandbox {
		k.every = 0
	}
	return k, client.Close, nil
}

// Transaction implements audit.Klarna. What the answer does not say is not known.
func (k klarnaBook) Transaction(ctx context.Context, id payment.TransactionID) (audit.Holding, error) {
	t, err := k.read(ctx, string(id))
	switch {
	case errors.Is(err, klarna.ErrNotFound):
		return audit.Holding{}, audit.ErrNoTransaction
	case err != nil:
		return audit.Holding{}, err
	case t.Captured == nil || t.Refunded == nil:
		return audit.Holding{}, fmt.Errorf("transaction %s: the answer does not say what was captured and refunded", id)
	}
	return audit.Holding{
		Amount:   payment.Amount{Minor: t.Amount, Currency: payment.Currency(t.Currency)},
		Captured: *t.Captured, Refunded: *t.Refunded,
	}, nil
}

// read asks at the pace, and again when Klarna wants fewer calls.
func (k klarnaBook) read(ctx context.Context, id string) (t klarna.Transaction, err error) {
	for try := range readTries {
		pause := k.every
		if try > 0 {
			pause = max(shortestPause, min(t.RetryAfter, longestPause))
		}
		if err = rest(ctx, pause); err != nil {
			return klarna.Transaction{}, err
		}
		if t, err = k.client.ReadTransaction(ctx, id); !errors.Is(err, klarna.ErrRateLimited) {
			return t, err
		}
	}
	return t, err
}

func rest(ctx context.Context, d time.Duration) error {
	pause := time.NewTimer(d)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}

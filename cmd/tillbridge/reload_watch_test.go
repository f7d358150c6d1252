// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/config"
	"tillbridge/engine"
)

const watched = `version: 1
data_dir: data
klarna: {environment: sandbox}
store: {reference: S0042}
deadlines: {waiting: 5m}
lanes:
  - {id: lane-1, terminal_reference: T03, currency: EUR, till: {protocol: native, listen: "tcp://127.0.0.1:8585"}}
`

// A file that is changed between the daemon's first look at it and the begin of its watch is taken like any other.
func TestAFileThatChangesDuringTheStartIsTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "till.yaml")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now().Add(-time.Hour)
	write(watched, began)
	nothing := func(string) string { return "" }
	cfg, err := config.Load(file, nothing)
	if err != nil {
		t.Fatal(err)
	}
	options := serveOptions{file: file, seen: stamp(file)}
	write(strings.Replace(watched, "waiting: 5m", "waiting: 2m", 1), began.Add(time.Minute))
	synctest.Test(t, func(t *testing.T) {
		d := &daemon{
			options: options, std: streams{getenv: nothing}, log: slog.New(slog.DiscardHandler), config: newCurrentConfig(cfg),
			engine: engine.New(engine.Settings{}, nil, nil, nil, engine.Options{}),
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.watchConfig(ctx) }()
		time.Sleep(6 * time.Second)
		if got := d.config.now().Deadlines.Waiting; got != 2*time.Minute {
			t.Errorf("a code waits %v, want the 2 minutes of the file as it is now", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("watchConfig() = %v, want nil", err)
		}
	})
}

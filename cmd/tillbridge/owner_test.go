// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"tillbridge/config"
)

// nobody is a user who owns nothing, as the service's is.
const nobody = 65534

func ownerOf(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatalf("%s has no owner", path)
	}
	return int(of.Uid)
}

// What a command of root's leaves in the service's folder belongs to the service, and nothing else does.
func TestWhatRootWritesBelongsToTheService(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can write for others")
	}
	data, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	write(t, outside, "root's")
	if err := os.Chown(data, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	for link, make := range map[string]func(string, string) error{"soft": os.Symlink, "hard": os.Link} {
		if err := make(outside, filepath.Join(data, link)); err != nil {
			t.Fatal(err)
		}
	}
	cfg := config.Config{DataDir: data, Lanes: []config.Lane{{ID: "lane-1"}}}
	if _, err := displayTokens(cfg, false); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(data, keysFolder, "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no token was written: %v", err)
	}
	for _, name := range append(names, filepath.Join(data, keysFolder)) {
		if got := ownerOf(t, name); got != nobody {
			t.Errorf("%s belongs to %d, want %d", name, got, nobody)
		}
	}
	if got := ownerOf(t, outside); got != 0 {
		t.Errorf("a file outside belongs to %d now, want root", got)
	}
}

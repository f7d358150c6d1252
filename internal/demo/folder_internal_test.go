// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"os"
	"path/filepath"
	"testing"

	"tillbridge/config"
)

// TestConfiguration holds what is written against what the daemon reads.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	awkward := filepath.Join(t.TempDir(), `a "quoted" folder # {ö}`)
	f, err := openFolder(awkward)
	if err != nil {
		t.Fatal(err)
	}
	p, err := freePorts()
	if err != nil {
		t.Fatal(err)
	}
	const origin = "http://192.168.1.5:8580"
	if err = f.prepare(origin, p); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(f.config(), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if c.DataDir != filepath.Join(awkward, "state") || c.Klarna.BaseURL.String() != "http://"+p.klarna || c.HTTP.Listen != p.daemon ||
		c.Lanes[0].Till.Listen.Host != p.till || c.Klarna.Environment != config.Test || len(c.HTTP.AllowedOrigins) != 1 || c.HTTP.AllowedOrigins[0] != origin {
		t.Errorf("config.Load = %+v, want the demo's folder, ports and origin", c)
	}
	if c.Lanes[0].ID != Lane {
		t.Errorf("the lane is %q, want %q", c.Lanes[0].ID, Lane)
	}
	for _, name := range []string{f.key(), f.config()} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v, want a file that others cannot read", name, info, err)
		}
	}
}

// TestFolders: what was given is kept, with its key; what was made is removed.
func TestFolders(t *testing.T) {
	t.Parallel()
	kept := filepath.Join(t.TempDir(), "kept", "deep")
	var keys []string
	for range 2 {
		f, err := openFolder(kept)
		if err != nil {
			t.Fatal(err)
		}
		if err = f.prepare("http://127.0.0.1:1", ports{daemon: "127.0.0.1:2", till: "127.0.0.1:3", sandbox: "127.0.0.1:4"}); err != nil {
			t.Fatal(err)
		}
		key, err := os.ReadFile(f.key())
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, string(key))
		if err = f.close(); err != nil {
			t.Fatal(err)
		}
	}
	if keys[0] != keys[1] {
		t.Errorf("the key changed between two demos of one folder: %q, %q", keys[0], keys[1])
	}
	f, err := openFolder("")
	if err != nil {
		t.Fatal(err)
	}
	if err = f.close(); err != nil {
		t.Fatal(err)
	}
	if _, err = os.Stat(f.path); !os.IsNotExist(err) {
		t.Errorf("Stat(%s) = %v after close, want no such folder", f.path, err)
	}
}

func TestFreePortsDiffer(t *testing.T) {
	t.Parallel()
	p, err := freePorts()
	if err != nil || p.daemon == p.till || p.till == p.sandbox || p.sandbox == p.daemon {
		t.Errorf("freePorts() = %+v, %v, want three", p, err)
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestGuardedBy(t *testing.T) {
	const me, us, somebody = 1000, 1000, 1001
	for name, test := range map[string]struct {
		mode     fs.FileMode
		uid, gid int
		want     string // part of the refusal, or ""
	}{
		"ours":                                    {0o600, me, us, ""},
		"root's":                                  {0o400, 0, us, ""},
		"a systemd credential":                    {0o440, 0, 0, ""},
		"row 66: somebody else's":                 {0o600, somebody, us, "belongs to user 1001"},
		"row 66: ours, for the group":             {0o640, me, us, "mode 0640"},
		"row 66: root's, for another group":       {0o440, 0, us, "mode 0440"},
		"row 66: root's, for everybody":           {0o444, 0, 0, "mode 0444"},
		"row 66: root's, its group can write":     {0o460, 0, 0, "mode 0460"},
		"row 66: everybody can run what is there": {0o601, me, us, "mode 0601"},
	} {
		got := guardedBy(test.mode, test.uid, test.gid, me)
		if test.want == "" && got != nil || test.want != "" && (got == nil || !strings.Contains(got.String(), test.want)) {
			t.Errorf("%s: guardedBy(%o, %d, %d) = %v, want %q", name, test.mode, test.uid, test.gid, got, test.want)
		}
	}
}

func TestReadSecretDoesNotWaitAtAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	if _, err := ReadSecret(path); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("ReadSecret(pipe) = %v, want a refusal", err)
	}
	if f, err := openNoFollow(path); err != nil {
		t.Errorf("openNoFollow(pipe) = %v, want an open file at once", err)
	} else if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenNoFollow(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/etc/hostname", link); err != nil {
		t.Fatal(err)
	}
	if f, err := openNoFollow(link); err == nil {
		_ = f.Close()
		t.Error("openNoFollow followed a link")
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tillbridge/display"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

func TestTokensAreMadeOnFirstUseAndStay(t *testing.T) {
	t.Parallel()
	dir, lanes := t.TempDir(), []payment.LaneID{laneOne, laneTwo}
	first, err := display.LoadTokens(dir, lanes)
	if err != nil {
		t.Fatal(err)
	}
	again, err := display.LoadTokens(dir, lanes)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 2 || first[laneOne].Equal(first[laneTwo].Reveal()) || len(first[laneOne].Reveal()) < 26 {
		t.Error("LoadTokens must make one long token of its own for each lane")
	}
	for lane, token := range first {
		if !again[lane].Equal(token.Reveal()) {
			t.Errorf("lane %s: a second LoadTokens gave another token", lane)
		}
		var info os.FileInfo
		if info, err = os.Stat(filepath.Join(dir, "display-"+string(lane))); err != nil || (runtime.GOOS != "windows" && info.Mode().Perm() != 0o600) {
			t.Errorf("lane %s: file %v (%v), want mode 0600", lane, info, err)
		}
	}
	rotated, err := display.RotateTokens(dir, []payment.LaneID{laneOne})
	if err != nil || rotated[laneOne].Equal(first[laneOne].Reveal()) {
		t.Errorf("RotateTokens kept the old token (%v)", err)
	}
	if now, err := display.LoadTokens(dir, lanes); err != nil || !now[laneOne].Equal(rotated[laneOne].Reveal()) || !now[laneTwo].Equal(first[laneTwo].Reveal()) {
		t.Errorf("after rotation: lane-1 must have the new token and lane-2 its own (%v)", err)
	}
}

func TestTokensRefuseFilesThatAreNotTheirs(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("A", 26)
	tests := map[string]struct {
		content string
		mode    os.FileMode
		ok      bool
	}{
		"as written":                         {good + "\n", 0o600, true},
		"without a line end":                 {good, 0o600, true},
		"row 66: others can read it":         {good + "\n", 0o644, runtime.GOOS == "windows"},
		"row 66: empty":                      {"", 0o600, false},
		"row 66: Windows line ends":          {good + "\r\n", 0o600, false},
		"too short":                          {good[1:] + "\n", 0o600, false},
		"two lines":                          {good + "\n" + good + "\n", 0o600, false},
		"characters that a fragment escapes": {good + "ä%#\n", 0o600, false},
		"a file that is somebody else's":     {strings.Repeat(good, 1000), 0o600, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "display-lane-1")
			if err := os.WriteFile(file, []byte(tt.content), tt.mode); err != nil {
				t.Fatal(err)
			}
			got, err := display.LoadTokens(dir, []payment.LaneID{laneOne})
			if tt.ok != (err == nil) || (err != nil && !errors.Is(err, display.ErrTokenFile)) {
				t.Fatalf("LoadTokens = %v, want ok = %v", err, tt.ok)
			}
			if tt.ok && !got[laneOne].Equal(good) {
				t.Error("LoadTokens read another token than the file has")
			}
			if after, err := os.ReadFile(file); err != nil || string(after) != tt.content {
				t.Error("LoadTokens changed the file")
			}
		})
	}
}

func TestTokensDoNotLeaveTheirFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, lane := range []payment.LaneID{"../x", "a/b", "/x"} {
		if _, err := display.LoadTokens(dir, []payment.LaneID{lane}); err == nil {
			t.Errorf("LoadTokens(%q) = nil error, want a refusal", lane)
		}
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte(strings.Repeat("A", 26)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "display-lane-1")); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	if _, err := display.LoadTokens(dir, []payment.LaneID{laneOne}); !errors.Is(err, display.ErrTokenFile) {
		t.Errorf("LoadTokens through a link = %v, want ErrTokenFile", err)
	}
	if _, err := display.LoadTokens(filepath.Join(dir, "missing"), nil); err == nil {
		t.Error("LoadTokens without a folder = nil error")
	}
}

func TestPageURLKeepsTheTokenInTheFragment(t *testing.T) {
	t.Parallel()
	got := display.PageURL("http://127.0.0.1:8580/", laneOne, secret.New("TOKEN"))
	if want := "http://127.0.0.1:8580/display/lane-1#TOKEN"; got != want {
		t.Errorf("PageURL = %s, want %s", got, want)
	}
}

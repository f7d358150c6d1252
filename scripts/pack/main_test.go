// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

const stamp = "1790000000" // 2026-09-21T14:13:20Z

func TestArchivesAreTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"a.tar.gz", "a.zip"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			first, second := archiveOf(t, kind, 0o700, time.Unix(1, 0)), archiveOf(t, kind, 0o755, time.Now())
			if !bytes.Equal(first, second) {
				t.Error("two folders with other times and modes gave other bytes")
			}
		})
	}
}

func TestTarHolds(t *testing.T) {
	t.Parallel()
	unzipped, err := gzip.NewReader(bytes.NewReader(archiveOf(t, "a.tar.gz", 0o700, time.Now())))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(unzipped)
	for _, want := range []struct {
		name, content string
		mode          int64
	}{{"till-1/program", "run", 0o755}, {"till-1/README.md", "read", 0o644}} {
		header, err := archive.Next()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Name != want.name || header.Mode != want.mode || string(content) != want.content {
			t.Errorf("entry = %s %o %q, want %s %o %q", header.Name, header.Mode, content, want.name, want.mode, want.content)
		}
		if header.ModTime.Unix() != 1790000000 || header.Uid != 0 || header.Uname != "" {
			t.Errorf("%s: time %v, owner %d %q; want the given time and no owner", header.Name, header.ModTime, header.Uid, header.Uname)
		}
	}
	if _, err := archive.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last entry: %v, want EOF", err)
	}
}

func TestZipHolds(t *testing.T) {
	t.Parallel()
	content := archiveOf(t, "a.zip", 0o700, time.Now())
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 2 || archive.File[0].Name != "till-1/program" || archive.File[0].Mode() != 0o755 {
		t.Fatalf("files = %+v, want till-1/program with mode 755 first, of 2", archive.File)
	}
	if got := archive.File[1].Modified.Unix(); got != 1790000000 {
		t.Errorf("time = %d, want the one given", got)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"nothing":                 nil,
		"an unknown word":         {"copy", file, stamp},
		"an archive of nothing":   {"archive", file + ".zip", stamp, "folder"},
		"another kind of archive": {"archive", file + ".rar", stamp, "folder", file},
		"a file that is not there": {
			"archive", file + ".zip", stamp, "folder", file + ".missing",
		},
		"a time in words":              {"archive", file + ".zip", "today", "folder", file},
		"a time that zip cannot write": {"archive", file + ".zip", "0", "folder", file},
		"a bill of a text file":        {"sbom", file, stamp, "1.2.0"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := run(args, io.Discard); err == nil {
				t.Errorf("run(%q) = nil, want an error", args)
			}
		})
	}
}

func TestBillNamesEveryModule(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8",
		Main:      debug.Module{Path: "tillbridge"},
		Settings:  []debug.BuildSetting{{Key: "GOARCH", Value: "arm64"}},
		Deps: []*debug.Module{
			{Path: "example.org/a", Version: "v1.2.0", Sum: "h1:abc="},
			{Path: "example.org/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v2.0.0+incompatible"}},
		},
	}
	var out strings.Builder
	if err := writeSBOM(&out, info, time.Unix(1790000000, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	var got bill
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	var urls []string
	for _, c := range got.Components {
		urls = append(urls, c.URL)
	}
	want := "pkg:golang/stdlib@1.26.8 pkg:golang/example.org/a@v1.2.0 pkg:golang/example.org/fork@v2.0.0%2Bincompatible"
	if strings.Join(urls, " ") != want {
		t.Errorf("components = %q, want %q", urls, want)
	}
	if got.Format != "CycloneDX" || got.Metadata.Timestamp != "2026-09-21T14:13:20Z" || got.Metadata.Component.Type != "application" {
		t.Errorf("bill = %+v, want a CycloneDX bill of an application at the given time", got)
	}
}

// TestBillOfThisTest reads a real binary: this one.
func TestBillOfThisTest(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run([]string{"sbom", self, stamp, "1.2.0"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"name": "stdlib"`, `"purl": "pkg:golang/tillbridge@1.2.0"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("sbom of a Go binary = %s, want %s in it", out.String(), want)
		}
	}
}

// archiveOf makes an archive of two files in a folder of its own, whose times and modes are noise.
func archiveOf(t *testing.T, out string, mode os.FileMode, modified time.Time) []byte {
	t.Helper()
	folder := t.TempDir()
	program, readme := filepath.Join(folder, "program"), filepath.Join(folder, "README.md")
	for name, content := range map[string]string{program: "run", readme: "read"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(program, mode); err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(folder, out)
	if err := run([]string{"archive", out, stamp, "till-1", program, readme}, io.Discard); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

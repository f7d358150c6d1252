// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// entry is one file of an archive.
type entry struct {
	name string // with slashes, its folder first
	mode int64  // 0755 or 0644, whatever the umask of the checkout was
	data []byte
}

// writeArchive makes out from files, in the order given, all below folder.
func writeArchive(out, folder string, at time.Time, files []string) error {
	write := writeTar
	switch {
	case strings.HasSuffix(out, ".tar.gz"):
	case strings.HasSuffix(out, ".zip"):
		write = writeZip
	default:
		return fmt.Errorf("make %s: the name must end in .tar.gz or .zip", out)
	}
	entries, err := readEntries(folder, files)
	if err != nil {
		return err
	}
	f, err := os.Create(out) //nolint:gosec // the release script says where
	if err != nil {
		return err
	}
	if err := write(f, at, entries); err != nil {
		_ = f.Close() // the first error says more
		return fmt.Errorf("make %s: %w", out, err)
	}
	return f.Close()
}

// readEntries reads files; a file that may be executed here may be executed there.
func readEntries(folder string, files []string) ([]entry, error) {
	entries := make([]entry, 0, len(files))
	for _, name := range files {
		info, err := os.Stat(name) //nolint:gosec // the release script says which
		if err != nil {
			return nil, err
		}
		data, err := os.ReadFile(name) //nolint:gosec // the release script says which
		if err != nil {
			return nil, err
		}
		mode := int64(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		entries = append(entries, entry{path.Join(folder, filepath.Base(name)), mode, data})
	}
	return entries, nil
}

func writeTar(w io.Writer, at time.Time, entries []entry) error {
	compressed := gzip.NewWriter(w) // its header carries no name and no time unless told to
	archive := tar.NewWriter(compressed)
	for _, e := range entries {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: e.name, Mode: e.mode, Size: int64(len(e.data)), ModTime: at, Format: tar.FormatUSTAR,
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(e.data); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return compressed.Close()
}

func writeZip(w io.Writer, at time.Time, entries []entry) error {
	archive := zip.NewWriter(w)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: at}
		header.SetMode(os.FileMode(e.mode))
		file, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := file.Write(e.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// peer is where a program of others is, "" if nowhere.
func (b *bench) peer(name string) string {
	for _, folder := range []string{"usr/bin", "usr/sbin"} {
		path := filepath.Join(b.peers, folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// peerEnv lets an unpacked program find the libraries that came with it.
func (b *bench) peerEnv() []string {
	return append(os.Environ(), "LD_LIBRARY_PATH="+libraries(b.peers))
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine says where the figures are from.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	System string `json:"system"`
	Disk   string `json:"disk"`
	Load   string `json:"load"` // when the part began
	Go     string `json:"go"`
}

func thisMachine(folder string) machine {
	m := machine{
		CPU: firstOf("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Memory: firstOf("/proc/meminfo", "MemTotal"),
		Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Disk: filesystem(folder),
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.System = text(name.Sysname[:]) + " " + text(name.Release[:])
	}
	return m
}

func text(b []byte) string { return string(bytes.TrimRight(b, "\x00")) }

// firstOf is the value behind a name in one of the kernel's lists.
func firstOf(file, name string) string {
	list, err := os.ReadFile(file) //nolint:gosec // a file of the kernel
	if err != nil {
		return "?"
	}
	for line := range strings.Lines(string(list)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "?"
}

// tmpfs is the kernel's number of a file system in memory (statfs(2)).
const tmpfs = 0x01021994

// filesystem names what folder lies on.
func filesystem(folder string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return "?"
	}
	names := map[int64]string{0xEF53: "ext4", 0x58465342: "xfs", 0x9123683E: "btrfs", tmpfs: "tmpfs", 0x794c7630: "overlay"}
	if name, ok := names[int64(s.Type)]; ok { //nolint:unconvert // its type differs between systems
		return name
	}
	return fmt.Sprintf("type %#x", s.Type)
}

// needsDisk refuses memory: a flush costs nothing there, and every figure about the journal would be false.
func (b *bench) needsDisk() error {
	if name := filesystem(b.work); name == "tmpfs" {
		return fmt.Errorf("%s is on %s, where a flush costs nothing: choose a folder on a disk (BENCH_WORK)", b.work, name)
	}
	return nil
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func fdatasync(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }

// flushesOf is how many flushes reach the devices for each piece of a contestant, where the kernel counts them
// (Documentation/admin-guide/iostats: field 16 of a device, Linux 5.5). Others of this machine count as well, so
// it is the least of several slices.
func flushesOf(ctx context.Context, c contestant) (least float64, ok bool, err error) {
	for i := range 5 {
		before, ok := deviceFlushes()
		if !ok {
			return 0, false, nil
		}
		took, err := c.slice(ctx)
		if err != nil {
			return 0, false, fmt.Errorf("%s: %w", c.name, err)
		}
		after, _ := deviceFlushes() // it could before
		if n := float64(after-before) / float64(len(took)); i == 0 || n < least {
			least = n
		}
	}
	return least, true, nil
}

func deviceFlushes() (sum int, ok bool) {
	text, err := os.ReadFile("/proc/diskstats")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 20 {
			continue
		}
		if _, err = os.Stat("/sys/block/" + fields[2]); err != nil {
			continue // a partition is counted with its device
		}
		if n, err := strconv.Atoi(fields[18]); err == nil {
			sum, ok = sum+n, true
		}
	}
	return sum, ok && sum > 0
}

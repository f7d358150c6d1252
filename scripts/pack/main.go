// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

var errUsage = errors.New("usage: pack archive OUT UNIX-TIME FOLDER FILE... | pack sbom BINARY UNIX-TIME VERSION")

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) < 3 {
		return errUsage
	}
	at, err := parseTime(args[2])
	if err != nil {
		return err
	}
	switch {
	case args[0] == "archive" && len(args) > 4:
		return writeArchive(args[1], args[3], at, args[4:])
	case args[0] == "sbom" && len(args) == 4:
		info, err := buildinfo.ReadFile(args[1])
		if err != nil {
			return fmt.Errorf("read the modules of %s: %w", args[1], err)
		}
		info.Main.Version = args[3] // a build without VCS stamp calls itself (devel)
		return writeSBOM(stdout, info, at)
	}
	return errUsage
}

// parseTime reads seconds since 1970. A zip file can't name a day before 1980.
func parseTime(s string) (time.Time, error) {
	seconds, err := strconv.ParseInt(s, 10, 64)
	at := time.Unix(seconds, 0).UTC()
	if err != nil || at.Year() < 1980 || at.Year() > 2100 {
		return time.Time{}, fmt.Errorf("time %q is not in seconds since 1970, from 1980 to 2100", s)
	}
	return at, nil
}

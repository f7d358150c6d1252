// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

// cpuProfile names the file into which the test binary, as the program, writes where its time went
// (scripts/bench). The program itself has no such door.
const cpuProfile = "TILLBRIDGE_CPU_PROFILE"

// profiled is main with a profile.
func profiled(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err = pprof.StartCPUProfile(f); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv})
	pprof.StopCPUProfile()
	if code != 0 {
		return fmt.Errorf("ended with %d", code)
	}
	return f.Close()
}

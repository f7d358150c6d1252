// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Set by the linker in a release (scripts/release).
var (
	version = "dev"
	commit  = "" //nolint:gochecknoglobals // -ldflags -X needs a variable
)

// streams is what a command may touch of the process.
type streams struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) string
}

// exitError ends the process with a code of its own. A nil err means that everything was said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	std := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	os.Exit(run(ctx, os.Args[1:], std))
}

// run is the whole program: its result is the exit code.
func run(ctx context.Context, args []string, std streams) int {
	root := rootCommand(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	ended, ok := errors.AsType[*exitError](err)
	if !ok || ended.err != nil {
		_, _ = fmt.Fprintln(std.err, "tillbridge:", err)
	}
	if ok {
		return ended.code
	}
	return 1
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

var errUsage = errors.New("usage: bench.d part NAME … | page FOLDER | parts | floor … | echo …")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	switch name, rest := args[0], args[1:]; name {
	case "part":
		return runPart(ctx, rest)
	case "page":
		return runPage(rest)
	case "parts":
		for _, p := range parts() {
			fmt.Println(p.name)
		}
		return nil
	case "floor":
		return runFloor(ctx, rest)
	case "echo":
		return runEcho(ctx, rest)
	}
	return errUsage
}

// part is one kind of measurement. It runs within about three minutes on two cores.
type part struct {
	name  string
	about string
	run   func(ctx context.Context, b *bench, r *result) error
}

// parts are all parts, in the order of the page.
func parts() []part {
	return []part{
		{"path", "from the till's request to the code on the screen, one till at a time", runPath},
		{"crowd", "fifty tills at once", runCrowd},
		{"accept", "from the customer's yes to \"approved\" at the till", runAccept},
		{"flushes", "how often a sale waits for the disk", runFlushes},
		{"link", "a status answer, and the serial line", runLink},
		{"qr", "codes", runQR},
		{"journal", "durable writes", runJournal},
		{"push", "views to screens", runPush},
		{"polls", "the poll schedule in virtual time", runPolls},
		{"idle", "64 lanes with 128 screens, and all of them coming back at once", runIdle},
		{"calls", "connections to Klarna", runCalls},
		{"start", "size, start and memory", runStart},
		{"growth1k", "a journal of a thousand payments", growth(1_000)},
		{"growth100k", "a journal of a hundred thousand payments", growth(100_000)},
		{"growth1m", "a journal of a million payments", growth(1_000_000)},
		{"retention", "the journal of a hundred thousand payments once most of them are too old", runRetention},
		{"slow", "a disk that takes 50 and 100 ms", runSlow},
		{"arm", "a whole sale on arm and arm64", runARM},
		{"targets", "builds for ten systems", runTargets},
		{"profile", "where the time goes", runProfile},
	}
}

// bench is where and how much to measure.
type bench struct {
	quick bool
	root  string // of the tree
	work  string // a folder for journals and logs, on the disk to be measured
	peers string // where programs of others were unpacked
	self  string // this program
	port  int    // how many were tried
}

// pick is how much to do: few only tries whether it works.
func (b *bench) pick(full, few int) int {
	if b.quick {
		return few
	}
	return full
}

func runPart(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("part", flag.ContinueOnError)
	b := &bench{}
	out := f.String("out", "", "the file of figures")
	f.BoolVar(&b.quick, "quick", false, "only try whether it works")
	f.StringVar(&b.root, "root", ".", "root of the tree")
	f.StringVar(&b.work, "work", "", "folder for journals and logs")
	if len(args) == 0 || f.Parse(args[1:]) != nil || *out == "" || b.work == "" {
		return errUsage
	}
	for _, p := range parts() {
		if p.name == args[0] {
			return b.measure(ctx, p, *out)
		}
	}
	return fmt.Errorf("part %q is not known: %w", args[0], errUsage)
}

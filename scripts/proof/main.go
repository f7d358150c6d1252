// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

var errUsage = errors.New("usage: proof page pr|night|release FOLDER | proof rows")

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(args []string, stdout io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == "rows":
		return printRows(stdout)
	case len(args) == 3 && args[0] == "page":
		return printPage(stdout, args[1], args[2])
	}
	return errUsage
}

func printRows(stdout io.Writer) error {
	held, err := heldRows(os.DirFS("."))
	if err != nil {
		return err
	}
	if _, err = io.WriteString(stdout, rowTable(held)); err != nil {
		return fmt.Errorf("print the rows: %w", err)
	}
	return wrongRows(held)
}

// printPage prints nothing if a stage failed or a goal was missed: a page is a promise.
func printPage(stdout io.Writer, size, folder string) error {
	want, ok := goals()[size]
	if !ok {
		return errUsage
	}
	r, err := readResults(os.DirFS(folder))
	if err != nil {
		return err
	}
	if r.held, err = heldRows(os.DirFS(".")); err != nil {
		return err
	}
	if r.matrix, err = readMatrix("payment/testdata/matrix.txt"); err != nil {
		return err
	}
	if err = errors.Join(want.missed(r), wrongRows(r.held)); err != nil {
		return err
	}
	if _, err = io.WriteString(stdout, page(size, r)); err != nil {
		return fmt.Errorf("print the page: %w", err)
	}
	return nil
}

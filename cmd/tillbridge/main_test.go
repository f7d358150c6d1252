// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets the test binary be the program, so that tests can start, kill and restart it. They wait
// for processes and hardly compute, so that more of them run at once than there are processors.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		if file := os.Getenv(cpuProfile); file != "" {
			if err := profiled(file); err != nil {
				panic(err)
			}
			return
		}
		main()
		return
	}
	flag.Parse()
	explicit := false
	flag.Visit(func(f *flag.Flag) { explicit = explicit || f.Name == "test.parallel" })
	if f := flag.Lookup("test.parallel"); !explicit && f.Value.Set("8") != nil {
		panic("the testing package has another flag for parallel tests now")
	}
	m.Run()
}

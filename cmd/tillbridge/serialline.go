// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"tillbridge/config"
	"tillbridge/terminal"
)

// serialOpener opens the serial line that an address names.
func serialOpener(a config.Address) func() (io.ReadWriteCloser, error) {
	mode := terminal.SerialMode{Baud: a.Baud, Bits: a.Bits, Parity: string(a.Parity), Stop: a.Stop}
	return func() (io.ReadWriteCloser, error) { return terminal.OpenSerial(a.Path, mode) }
}

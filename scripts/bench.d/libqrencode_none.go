// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !libqrencode

package main

import "errors"

var errLibrary = errors.New("built without libqrencode")

// libraryVersion is "" where the library is not there.
func libraryVersion() string { return "" }

func libraryEncode(string) (size int, dark func(x, y int) bool, err error) { return 0, nil, errLibrary }

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build libqrencode

package main

/*
#cgo LDFLAGS: -lqrencode
#include <stdlib.h>
#include <qrencode.h>
*/
import "C"

import (
	"errors"
	"unsafe"
)

var errLibrary = errors.New("libqrencode does not encode this")

func libraryVersion() string { return C.GoString(C.QRcode_APIVersionString()) }

// libraryEncode is libqrencode at level M, 8-bit text, version of its own choice.
func libraryEncode(text string) (size int, dark func(x, y int) bool, err error) {
	c := C.CString(text)
	defer C.free(unsafe.Pointer(c))
	code := C.QRcode_encodeString(c, 0, C.QR_ECLEVEL_M, C.QR_MODE_8, 1)
	if code == nil {
		return 0, nil, errLibrary
	}
	defer C.QRcode_free(code)
	size = int(code.width)
	modules := C.GoBytes(unsafe.Pointer(code.data), C.int(size*size)) // the lowest bit is the module
	return size, func(x, y int) bool { return modules[y*size+x]&1 == 1 }, nil
}

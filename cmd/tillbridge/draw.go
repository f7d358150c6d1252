// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"fmt"

	"tillbridge/qr"
)

// drawForm gives a code as SVG text, or as PNG or ESC/POS raster in base64.
func drawForm(code qr.Code, form string) (string, error) {
	switch form {
	case "svg":
		return code.SVG(), nil
	case "png":
		picture, err := code.PNG(8)
		return base64.StdEncoding.EncodeToString(picture), err
	case "escpos":
		return base64.StdEncoding.EncodeToString(escpos(code, 6)), nil
	}
	return "", fmt.Errorf("form %q: expected svg, png or escpos", form)
}

// escpos is the code as an Epson raster image, GS v 0 (ESC/POS Application Programming Guide), with so
// many dots to a module.
func escpos(code qr.Code, dots int) []byte {
	side := (code.Size() + 2*qr.QuietZone) * dots
	width := (side + 7) / 8
	out := []byte{0x1d, 'v', '0', 0, byte(width), byte(width >> 8), byte(side), byte(side >> 8)}
	for y := range side {
		row := make([]byte, width)
		for x := range side {
			if code.Dark(x/dots-qr.QuietZone, y/dots-qr.QuietZone) {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
		out = append(out, row...)
	}
	return out
}

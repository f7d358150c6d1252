// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"encoding/base64"
	"errors"
	"fmt"

	qrcode "github.com/skip2/go-qrcode"
)

// QuietZone is the light margin in modules that each drawing keeps on every side. ISO/IEC 18004 §6.3.8.
const QuietZone = 4

// maxText is the longest text in bytes that any symbol holds at level M: version 40, digits only
// (ISO/IEC 18004, table 7). Longer ones are refused before the library looks at them.
const maxText = 5596

// ErrText means that the text is empty or does not fit into one symbol at level M. No text is ever cut.
var ErrText = errors.New("text is empty or too long for a QR code")

// Code is one QR code, without its quiet zone. The zero Code has no modules.
type Code struct {
	size  int    // modules per side
	level string // "M", "Q" or "H"
	bits  []byte // rows of stride() bytes, first module in the highest bit, dark is 1
}

// New encodes text. The error correction level is the highest that needs no larger symbol than
// level M does: on a clean screen the size of a module decides, damage hardly ever.
func New(text string) (Code, error) {
	d, err := encode(text, qrcode.Medium, "M")
	if err != nil {
		return Code{}, err
	}
	return d.draw(), nil
}

// draft is a symbol of which the version and the level are known, and not yet the modules: most of the time
// of a code goes into trying the eight masks.
type draft struct {
	symbol *qrcode.QRCode
	level  string
}

// size is the number of modules on one side. ISO/IEC 18004 §6.1.
func (d draft) size() int { return 17 + 4*d.symbol.VersionNumber }

func (d draft) draw() Code {
	d.symbol.DisableBorder = true
	return pack(d.symbol.Bitmap(), d.level)
}

// encode takes the smallest symbol of a level, and then the highest level that its size has room for.
func encode(text string, level qrcode.RecoveryLevel, name string) (draft, error) {
	if text == "" || len(text) > maxText {
		return draft{}, fmt.Errorf("encode %d bytes: %w", len(text), ErrText)
	}
	symbol, err := qrcode.New(text, level)
	if err != nil {
		return draft{}, fmt.Errorf("encode %d bytes: %w", len(text), ErrText)
	}
	for _, better := range []struct {
		name  string
		level qrcode.RecoveryLevel
	}{{"H", qrcode.Highest}, {"Q", qrcode.High}} {
		if s, err := qrcode.NewWithForcedVersion(text, symbol.VersionNumber, better.level); err == nil {
			return draft{s, better.name}, nil
		}
	}
	return draft{symbol, name}, nil
}

func pack(rows [][]bool, level string) Code {
	c := Code{size: len(rows), level: level}
	c.bits = make([]byte, c.size*c.stride())
	for y, row := range rows {
		packed := c.bits[y*c.stride() : (y+1)*c.stride()]
		for x, dark := range row {
			if dark {
				packed[x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return c
}

// stride is the number of bytes in a row of bits.
func (c Code) stride() int { return (c.size + 7) / 8 }

// Size is the number of modules on one side, without the quiet zone: 21, 25, … 177, or 0 for the zero Code.
func (c Code) Size() int { return c.size }

// Level is the error correction level, "M", "Q" or "H".
func (c Code) Level() string { return c.level }

// Dark reports whether the module in column x and row y is dark. Everything outside the code is light.
func (c Code) Dark(x, y int) bool {
	if x < 0 || y < 0 || x >= c.size || y >= c.size {
		return false
	}
	return c.bits[y*c.stride()+x/8]&(0x80>>(x%8)) != 0
}

// Packed is the modules without quiet zone in standard base64: row by row from the top, each row
// filled up to whole bytes, leftmost module in the highest bit, dark is 1. With Size it is all that
// a page needs to draw the code.
func (c Code) Packed() string { return base64.StdEncoding.EncodeToString(c.bits) }

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr

import qrcode "github.com/skip2/go-qrcode"

const (
	// roomyMM is how large a module must stay, in millimetres, for a larger symbol to be worth its
	// error correction.
	roomyMM = 1.2
	// leastPixels is how many device pixels a module has at least.
	leastPixels = 4
)

// Room is what a screen has for a code.
type Room struct {
	Pixels  int     // side of the room in device pixels, for the code and its quiet zone
	PerMM   float64 // device pixels in a millimetre; 0 is not known
	LeastMM int     // side that the code needs without its quiet zone, for the distance it is scanned from
}

// Fit encodes text for screens. As New it takes what costs no larger symbol; where that is level M it
// takes level Q in a larger symbol if on every screen a module still measures 1.2 mm and the code is as
// large as it must be. A screen of unknown size, or no screen, gets what New makes.
func Fit(text string, rooms ...Room) (Code, error) {
	d, err := encode(text, qrcode.Medium, "M")
	if err != nil {
		return Code{}, err
	}
	if d.level != "M" || len(rooms) == 0 {
		return d.draw(), nil
	}
	strong, err := encode(text, qrcode.High, "Q")
	if err != nil {
		return d.draw(), nil //nolint:nilerr // too long for level Q: level M holds it
	}
	for _, room := range rooms {
		if !room.holds(strong.size()) {
			return d.draw(), nil
		}
	}
	return strong.draw(), nil
}

// holds reports whether a code of that many modules a side is roomy there. Modules are whole pixels.
func (r Room) holds(size int) bool {
	pixels := r.Pixels / (size + 2*QuietZone)
	if r.PerMM <= 0 || pixels < leastPixels {
		return false
	}
	module := float64(pixels) / r.PerMM
	return module >= roomyMM && module*float64(size) >= float64(r.LeastMM)
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"
	"math/bits"
	"strconv"
)

// maxPixels bounds one module's side, and with it the largest image: 185 modules of 32 pixels.
const maxPixels = 32

// SVG draws black modules on white, quiet zone included, as one path. The view box counts in
// modules, so that any whole multiple of its width gives whole pixels.
func (c Code) SVG() string {
	side := c.size + 2*QuietZone
	b := make([]byte, 0, 200+c.size*c.size*4) // more than any code's runs take
	b = fmt.Appendf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, side, side)
	b = fmt.Appendf(b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="`, side, side)
	for y := range c.size {
		for x, length := range c.runs(y) {
			b = strconv.AppendInt(append(b, 'M'), int64(x+QuietZone), 10)
			b = strconv.AppendInt(append(b, ' '), int64(y+QuietZone), 10)
			b = strconv.AppendInt(append(b, 'h'), int64(length), 10)
			b = strconv.AppendInt(append(b, "v1h-"...), int64(length), 10)
			b = append(b, 'z')
		}
	}
	return string(append(b, `"/></svg>`...))
}

// runs are the unbroken stretches of dark modules in row y: where one begins, and its length.
func (c Code) runs(y int) iter.Seq2[int, int] {
	row := c.bits[y*c.stride() : (y+1)*c.stride()]
	return func(yield func(x, length int) bool) {
		for x := alike(row, 0, c.size, false); x < c.size; {
			end := alike(row, x, c.size, true)
			if !yield(x, end-x) {
				return
			}
			x = alike(row, end, c.size, false)
		}
	}
}

// alike is where the modules that are dark, or not, end from x on, which is size at most.
func alike(row []byte, x, size int, dark bool) int {
	for x < size {
		b := row[x/8]
		if dark {
			b = ^b
		}
		if b <<= x % 8; b != 0 {
			return min(x+bits.LeadingZeros8(b), size)
		}
		x += 8 - x%8
	}
	return size
}

// PNG draws the code with its quiet zone as an image of one bit per pixel. Each module is a square of
// pixelsPerModule pixels, 1 to 32.
func (c Code) PNG(pixelsPerModule int) ([]byte, error) {
	if pixelsPerModule < 1 || pixelsPerModule > maxPixels {
		return nil, fmt.Errorf("draw PNG: %d pixels per module, want 1 to %d", pixelsPerModule, maxPixels)
	}
	side := (c.size + 2*QuietZone) * pixelsPerModule
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range c.size {
		for x, length := range c.runs(y) {
			first := image.Pt(x+QuietZone, y+QuietZone).Mul(pixelsPerModule)
			fill(img, image.Rect(first.X, first.Y, first.X+length*pixelsPerModule, first.Y+pixelsPerModule))
		}
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("draw PNG: %w", err)
	}
	return b.Bytes(), nil
}

// fill paints r black.
func fill(img *image.Paletted, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := img.Pix[img.PixOffset(r.Min.X, y):img.PixOffset(r.Max.X, y)]
		for i := range row {
			row[i] = 1
		}
	}
}

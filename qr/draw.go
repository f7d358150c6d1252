// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
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
	number := func(before string, n int) { b = strconv.AppendInt(append(b, before...), int64(n), 10) }
	for y := range c.size {
		c.runs(y, func(x, length int) {
			number("M", x+QuietZone)
			number(" ", y+QuietZone)
			number("h", length)
			number("v1h-", length)
			b = append(b, 'z')
		})
	}
	return string(append(b, `"/></svg>`...))
}

// runs calls f for each unbroken stretch of dark modules in row y.
func (c Code) runs(y int, f func(x, length int)) {
	for x := 0; x < c.size; x++ {
		start := x
		for c.Dark(x, y) {
			x++
		}
		if x > start {
			f(start, x-start)
		}
	}
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
		c.runs(y, func(x, length int) {
			first := image.Pt(x+QuietZone, y+QuietZone).Mul(pixelsPerModule)
			fill(img, image.Rect(first.X, first.Y, first.X+length*pixelsPerModule, first.Y+pixelsPerModule))
		})
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

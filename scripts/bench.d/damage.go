// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"

	"tillbridge/qr"
)

// damage is what a code may meet between a screen and a phone.
type damage struct {
	name string
	do   func(*image.Gray) *image.Gray
}

func damages() []damage {
	return []damage{
		{"120 pixels wide", func(p *image.Gray) *image.Gray { return scaled(p, 120) }},
		{"turned by 7°", func(p *image.Gray) *image.Gray { return turned(p, 7) }},
		{"blurred, σ 4 of 500 pixels", func(p *image.Gray) *image.Gray { return blurred(p, 4) }},
		{"contrast of 10 %", faded},
		{"on a black page", func(p *image.Gray) *image.Gray { return framed(p, 80) }},
	}
}

// picture draws a code with its quiet zone, about 500 pixels wide.
func picture(c qr.Code) *image.Gray {
	side := c.Size() + 2*qr.QuietZone
	each := 500 / side
	p := image.NewGray(image.Rect(0, 0, side*each, side*each))
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			if !c.Dark(x/each-qr.QuietZone, y/each-qr.QuietZone) {
				p.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return p
}

// pixels makes a picture of the same form from what at says of each of its points.
func pixels(width, height int, at func(x, y int) float64) *image.Gray {
	p := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p.SetGray(x, y, color.Gray{Y: uint8(math.Round(min(max(at(x, y), 0), 255)))})
		}
	}
	return p
}

// between is the brightness at a point between four others; outside it is white.
func between(p *image.Gray, x, y float64) float64 {
	x0, y0 := math.Floor(x), math.Floor(y)
	sum := 0.0
	for dy := range 2 {
		for dx := range 2 {
			weight := (1 - math.Abs(x-x0-float64(dx))) * (1 - math.Abs(y-y0-float64(dy)))
			v := 255.0
			if at := image.Pt(int(x0)+dx, int(y0)+dy); at.In(p.Rect) {
				v = float64(p.GrayAt(at.X, at.Y).Y)
			}
			sum += weight * v
		}
	}
	return sum
}

// scaled averages whole areas, as a camera far away does.
func scaled(p *image.Gray, width int) *image.Gray {
	const fine = 4 // points per side of each new pixel
	step := float64(p.Rect.Dx()) / float64(width)
	return pixels(width, width, func(x, y int) float64 {
		sum := 0.0
		for i := range fine * fine {
			fx, fy := (float64(i%fine)+0.5)/fine, (float64(i/fine)+0.5)/fine
			sum += between(p, (float64(x)+fx)*step-0.5, (float64(y)+fy)*step-0.5)
		}
		return sum / (fine * fine)
	})
}

func turned(p *image.Gray, degrees float64) *image.Gray {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	middle := float64(p.Rect.Dx()) / 2
	side := int(float64(p.Rect.Dx()) * (math.Abs(sin) + math.Abs(cos)))
	return pixels(side, side, func(x, y int) float64 {
		dx, dy := float64(x)-float64(side)/2, float64(y)-float64(side)/2
		return between(p, middle+dx*cos+dy*sin, middle-dx*sin+dy*cos)
	})
}

// blurred weighs each point's neighbours with a bell curve, first along rows and then along columns.
func blurred(p *image.Gray, sigma float64) *image.Gray {
	reach := int(3 * sigma)
	var weights []float64
	total := 0.0
	for i := -reach; i <= reach; i++ {
		weights = append(weights, math.Exp(-float64(i*i)/(2*sigma*sigma)))
		total += weights[len(weights)-1]
	}
	along := func(from *image.Gray, dx, dy int) *image.Gray {
		return pixels(p.Rect.Dx(), p.Rect.Dy(), func(x, y int) float64 {
			sum := 0.0
			for i, w := range weights {
				sum += w / total * between(from, float64(x+(i-reach)*dx), float64(y+(i-reach)*dy))
			}
			return sum
		})
	}
	return along(along(p, 1, 0), 0, 1)
}

func faded(p *image.Gray) *image.Gray {
	return pixels(p.Rect.Dx(), p.Rect.Dy(), func(x, y int) float64 { return 115 + 25.5*float64(p.GrayAt(x, y).Y)/255 })
}

func framed(p *image.Gray, width int) *image.Gray {
	return pixels(p.Rect.Dx()+2*width, p.Rect.Dy()+2*width, func(x, y int) float64 {
		if at := image.Pt(x-width, y-width); at.In(p.Rect) {
			return float64(p.GrayAt(at.X, at.Y).Y)
		}
		return 0
	})
}

func writePNG(path string, p image.Image) error {
	f, err := os.Create(path) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	if err = png.Encode(f, p); err != nil {
		_ = f.Close() // the picture is useless anyway
		return err
	}
	return f.Close()
}

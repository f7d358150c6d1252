// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"strconv"
)

// contrast is the ratio of two #rrggbb colours, 1 to 21 (WCAG 2.2, contrast ratio).
func contrast(a, b string) float64 {
	light, dark := luminance(a), luminance(b)
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// luminance is WCAG's relative luminance, 0 for black and 1 for white.
func luminance(colour string) float64 {
	rgb, err := strconv.ParseUint(colour[1:], 16, 24)
	if err != nil {
		return 0
	}
	channel := func(shift uint) float64 {
		c := float64(rgb>>shift&0xff) / 0xff
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"errors"
	"strings"
	"testing"

	"tillbridge/qr"
)

func TestFitTakesMoreErrorCorrectionWhereThereIsRoom(t *testing.T) {
	t.Parallel()
	// 80 bytes: level M has 37 modules, level Q 45, with the quiet zone 45 and 53.
	eighty := strings.Repeat("a", 80)
	for name, test := range map[string]struct {
		text  string
		rooms []qr.Room
		size  int
		level string
	}{
		"nobody looks":                                  {eighty, nil, 37, "M"},
		"a screen that nobody has measured":             {eighty, []qr.Room{{Pixels: 2000}}, 37, "M"},
		"full HD of 15.6 inches, 1.94 mm a module":      {eighty, []qr.Room{{Pixels: 590, PerMM: 5.57, LeastMM: 65}}, 45, "Q"},
		"exactly 1.2 mm a module":                       {eighty, []qr.Room{{Pixels: 53 * 6, PerMM: 5}}, 45, "Q"},
		"a pixel less, so each module loses one":        {eighty, []qr.Room{{Pixels: 53*6 - 1, PerMM: 5}}, 37, "M"},
		"a fine screen: enough pixels, small modules":   {eighty, []qr.Room{{Pixels: 530, PerMM: 10}}, 37, "M"},
		"a coarse screen: large modules, too few dots":  {eighty, []qr.Room{{Pixels: 53 * 3, PerMM: 2}}, 37, "M"},
		"whole pixels would make the code too small":    {eighty, []qr.Room{{Pixels: 53*8 - 1, PerMM: 5, LeastMM: 65}}, 37, "M"},
		"just as large as the distance wants":           {eighty, []qr.Room{{Pixels: 53 * 8, PerMM: 5, LeastMM: 72}}, 45, "Q"},
		"two screens, one of them small":                {eighty, []qr.Room{{Pixels: 590, PerMM: 5.57}, {Pixels: 300, PerMM: 6.7}}, 37, "M"},
		"two large screens":                             {eighty, []qr.Room{{Pixels: 590, PerMM: 5.57}, {Pixels: 900, PerMM: 5.57}}, 45, "Q"},
		"level Q costs nothing, so it is taken anyway":  {strings.Repeat("a", 15), nil, 25, "Q"},
		"the larger symbol has room for level H":        {strings.Repeat("a", 12), []qr.Room{{Pixels: 330, PerMM: 5}}, 25, "H"},
		"too long for level Q":                          {strings.Repeat("a", 2000), []qr.Room{{Pixels: 4000, PerMM: 5}}, 169, "M"},
		"no text that a negative room could be made of": {eighty, []qr.Room{{Pixels: -590, PerMM: 5.57}}, 37, "M"},
	} {
		c, err := qr.Fit(test.text, test.rooms...)
		if err != nil || c.Size() != test.size || c.Level() != test.level {
			t.Errorf("%s: Fit = size %d level %s, %v, want %d %s", name, c.Size(), c.Level(), err, test.size, test.level)
		}
	}
	if _, err := qr.Fit(strings.Repeat("a", 3000), qr.Room{Pixels: 4000, PerMM: 1}); !errors.Is(err, qr.ErrText) {
		t.Errorf("Fit(3000 bytes) = %v, want ErrText", err)
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"

	"tillbridge/config"
)

func TestScreensAreWarnedOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		row  screensRow
		want []string // a part of each line
	}{
		"no screen has told":              {screensRow{Distance: 500, Needs: 65}, nil},
		"large enough":                    {screensRow{Distance: 500, Needs: 65, Panels: []panelRow{{80, 9, true}}}, nil},
		"too small for the distance":      {screensRow{Distance: 700, Needs: 91, Panels: []panelRow{{64.4, 9, false}}}, []string{"is 64 mm wide, but at 700 mm a phone needs 91 mm"}},
		"too few pixels":                  {screensRow{Distance: 500, Needs: 65, Panels: []panelRow{{0, 4, false}}}, []string{"too few pixels"}},
		"not calibrated":                  {screensRow{Distance: 500, Needs: 65, Panels: []panelRow{{0, 9, true}}}, []string{"bank card"}},
		"two alike are told once":         {screensRow{Panels: []panelRow{{0, 9, true}, {0, 8, true}}}, []string{"bank card"}},
		"each that differs is told":       {screensRow{Distance: 500, Needs: 65, Panels: []panelRow{{0, 9, true}, {40, 8, false}}}, []string{"bank card", "40 mm"}},
		"a good one does not hide others": {screensRow{Distance: 500, Needs: 65, Panels: []panelRow{{40, 5, false}, {80, 9, true}}}, []string{"40 mm"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tt.row.warnings()
			if len(got) != len(tt.want) {
				t.Fatalf("warnings = %q, want %d", got, len(tt.want))
			}
			for i, part := range tt.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("warning %q, want one with %q", got[i], part)
				}
			}
		})
	}
}

func TestLaneStatusTellsScansAndScreens(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	rows := []laneRow{
		{Lane: "lane-1", State: "idle", Screens: 1, screensRow: screensRow{Distance: 500, Needs: 65, Scans: 7, Scan: 4312, Panels: []panelRow{{40, 6, false}}}},
		{Lane: "lane-2", State: "idle"},
	}
	if err := showLanes(&out, rows); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"4.3s, median of 7", "\nlane-1: the code is 40 mm wide"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lane status does not say %q:\n%s", want, out.String())
		}
	}
}

func TestCheckLooksAtDisplays(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := &examiner{out: &out, cfg: config.Config{Lanes: []config.Lane{{ID: "lane-1", Display: config.Display{Languages: []string{"pl", "xx"}}}}}}
	e.lanes = []laneRow{
		{Lane: "lane-1", Screens: 1, screensRow: screensRow{Distance: 500, Needs: 65, Panels: []panelRow{{40, 6, false}}}},
		{Lane: "lane-2", Screens: 2, screensRow: screensRow{Distance: 500, Needs: 65, Panels: []panelRow{{70, 6, true}}}},
	}
	e.displays()
	if e.failed {
		t.Error("what still works is no failure")
	}
	for _, want := range []string{"warn display        lane-1: no words for language xx", "warn display        lane-1: the code is 40 mm", "ok   display        lane-2: 2 connected"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("check does not say %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "language pl") {
		t.Errorf("check complains about Polish:\n%s", out.String())
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAWatchEndsTheWriteThatIsLate(t *testing.T) {
	t.Parallel()
	const patience = 5 * time.Second
	type write struct {
		begin, end time.Duration // end 0: it hangs
		more       time.Duration // patience for a long message
	}
	tests := map[string]struct {
		writes []write
		late   []time.Duration
	}{
		"none":                           {nil, nil},
		"one in time":                    {[]write{{end: 4 * time.Second}}, nil},
		"one that hangs":                 {[]write{{begin: time.Second}}, []time.Duration{6 * time.Second}},
		"a second one that hangs":        {[]write{{end: time.Second}, {begin: 3 * time.Second}}, []time.Duration{8 * time.Second}},
		"one that hangs after a rest":    {[]write{{end: time.Second}, {begin: time.Minute}}, []time.Duration{65 * time.Second}},
		"a short one after a long one":   {[]write{{end: 2 * time.Second, more: time.Minute}, {begin: 3 * time.Second}}, []time.Duration{8 * time.Second}},
		"a long one after a short one":   {[]write{{end: 2 * time.Second}, {begin: 3 * time.Second, more: 20 * time.Second}}, []time.Duration{28 * time.Second}},
		"one after another, all in time": {[]write{{end: 4 * time.Second}, {begin: 4 * time.Second, end: 8 * time.Second}, {begin: 8 * time.Second, end: 12 * time.Second}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var late []time.Duration
				w := watch{late: func() { late = append(late, time.Since(began)) }}
				for _, one := range tt.writes {
					time.Sleep(one.begin - time.Since(began))
					w.begin(patience + one.more)
					if one.end > 0 {
						time.Sleep(one.end - time.Since(began))
						w.end()
					}
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if !slices.Equal(late, tt.late) {
					t.Errorf("late at %v, want %v", late, tt.late)
				}
			})
		})
	}
}

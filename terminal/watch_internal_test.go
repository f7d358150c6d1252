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
	type write struct{ begin, end time.Duration } // end 0: it hangs
	tests := map[string]struct {
		writes []write
		late   []time.Duration
	}{
		"none":                           {nil, nil},
		"one in time":                    {[]write{{0, 4 * time.Second}}, nil},
		"one that hangs":                 {[]write{{time.Second, 0}}, []time.Duration{6 * time.Second}},
		"a second one that hangs":        {[]write{{0, time.Second}, {3 * time.Second, 0}}, []time.Duration{8 * time.Second}},
		"one that hangs after a rest":    {[]write{{0, time.Second}, {time.Minute, 0}}, []time.Duration{65 * time.Second}},
		"one after another, all in time": {[]write{{0, 4 * time.Second}, {4 * time.Second, 8 * time.Second}, {8 * time.Second, 12 * time.Second}}, nil},
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
					w.begin(patience)
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

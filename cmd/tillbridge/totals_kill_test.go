// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"net/http"
	"reflect"
	"strconv"
	"testing"
	"time"

	"tillbridge/terminal/native"
)

// named asks for a close by its name; 0 means that nobody answered.
func (s *shop) named(id string) (sums native.Sums, status int) {
	s.t.Helper()
	status = s.call(http.MethodPost, s.web+"/v1/lanes/lane-1/totals", map[string]any{"close": true, "id": id}, &sums)
	return sums, status
}

// A till whose close was cut off asks again by the close's name, and hears what it came to: each sale is in exactly one
// period, whenever the daemon was killed.
func TestACloseThatIsNamedIsMadeOnce(t *testing.T) {
	s := newShop(t)
	s.behaviour(map[string]any{"customer": "approve"})
	for n := 1; n <= 3; n++ {
		s.sells("K"+strconv.Itoa(n), true)
		id := "Z" + strconv.Itoa(n)
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			s.named(id)
		}()
		if n > 1 { // the first is heard
			<-time.After(rand.N(8 * time.Millisecond))
		} else {
			<-asked
		}
		s.daemon.kill()
		<-asked
		s.restart()
		first, status := s.named(id)
		if status != http.StatusOK || first.Period != int64(n) || first.Sales.Count != 1 || first.Net != 1610 || !first.Closed || first.ID != id || len(first.Merchant) == 0 {
			t.Fatalf("close %s is %d %+v, want period %d with one sale", id, status, first, n)
		}
		again, _ := s.named(id)
		if first.Replay = true; !reflect.DeepEqual(again, first) {
			t.Errorf("close %s again is %+v, want %+v", id, again, first)
		}
		if earliest, _ := s.named("Z1"); earliest.Period != 1 || !earliest.Replay {
			t.Errorf("the first close is %+v now", earliest)
		}
	}
	var open native.Sums
	if s.get(s.web+"/v1/lanes/lane-1/totals", &open); open.Period != 4 || open.Sales.Count != 0 || open.Closed {
		t.Errorf("the open period is %+v, want an empty fourth", open)
	}
}

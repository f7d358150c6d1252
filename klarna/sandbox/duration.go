// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrDuration means that a text is no ISO 8601 duration in days, hours, minutes and seconds.
var ErrDuration = errors.New("not a duration such as PT30M")

// maxUnits bounds each number of a duration, far above anything allowed and far below an overflow.
const maxUnits = 1_000_000

// parseDuration reads PnDTnHnMnS. Years, months and fractions are refused: their length in seconds is
// anybody's guess, or nothing that a payment request needs.
func parseDuration(s string) (time.Duration, error) {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return 0, fmt.Errorf("%q: %w", s, ErrDuration)
	}
	days, clock, _ := strings.Cut(rest, "T")
	whole, ok := units(days, "D", 24*time.Hour)
	if !ok {
		return 0, fmt.Errorf("%q: %w", s, ErrDuration)
	}
	part, ok := units(clock, "HMS", time.Hour, time.Minute, time.Second)
	if !ok {
		return 0, fmt.Errorf("%q: %w", s, ErrDuration)
	}
	return whole + part, nil
}

// units adds up numbers followed by letters, which must come in the order given and at most once.
func units(s, letters string, lengths ...time.Duration) (time.Duration, bool) {
	var sum time.Duration
	for s != "" {
		end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if end < 1 || end > len("1000000") {
			return 0, false
		}
		unit := strings.IndexByte(letters, s[end])
		if unit < 0 {
			return 0, false
		}
		n := number(s[:end])
		if n > maxUnits {
			return 0, false
		}
		sum += time.Duration(n) * lengths[unit]
		s, letters, lengths = s[end+1:], letters[unit+1:], lengths[unit+1:]
	}
	return sum, true
}

// number is the value of at most seven digits.
func number(digits string) int {
	n := 0
	for _, d := range []byte(digits) {
		n = n*10 + int(d-'0')
	}
	return n
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import "time"

// Hours is a part of every day by the clock on the wall, such as 20:00-07:00. Both ends are minutes
// since midnight; From is later than Until where it goes past midnight. The zero Hours is never.
type Hours struct{ From, Until int }

// hours reads HH:MM-HH:MM.
func hours(field *Hours) value {
	return parsed(field, "two times of day such as 20:00-07:00", func(text string) (Hours, bool) {
		if len(text) != len("20:00-07:00") || text[5] != '-' {
			return Hours{}, false
		}
		from, errFrom := time.Parse("15:04", text[:5])
		until, errUntil := time.Parse("15:04", text[6:])
		h := Hours{from.Hour()*60 + from.Minute(), until.Hour()*60 + until.Minute()}
		return h, errFrom == nil && errUntil == nil && h.From != h.Until
	})
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"reflect"

	"tillbridge/internal/secret"
)

// Changes names the keys whose values differ between two loaded configs: those that a running
// daemon takes over at once, and those that need a restart. Lanes go by their id, as in
// lanes[lane-1].display.name; one that came, went or moved needs a restart. The content of secret
// files counts as their key's.
func Changes(old, updated Config) (live, restart []string) {
	var c changes
	f := files{getenv: func(string) string { return "" }}
	c.compare("", old.settings(f), updated.settings(f))
	before, after := byID(old.Lanes), byID(updated.Lanes)
	for _, lane := range old.Lanes {
		if _, stays := after[lane.ID]; !stays {
			c.restart = append(c.restart, "lanes["+lane.ID+"]")
		}
	}
	for _, lane := range updated.Lanes {
		was, known := before[lane.ID]
		if !known {
			c.restart = append(c.restart, "lanes["+lane.ID+"]")
			continue
		}
		c.compare("lanes["+lane.ID+"].", was.settings(f), lane.settings(f))
	}
	return c.live, c.restart
}

type changes struct{ live, restart []string }

// compare goes through two tables that differ in nothing but what their fields hold.
func (c *changes) compare(scope string, old, updated []setting) {
	for i, s := range old {
		switch {
		case same(s.fields, updated[i].fields):
		case s.applies == atOnce:
			c.live = append(c.live, scope+s.key)
		default:
			c.restart = append(c.restart, scope+s.key)
		}
	}
}

func same(old, updated []any) bool {
	for i, field := range old {
		if text, ok := field.(*secret.Text); ok {
			other, ok := updated[i].(*secret.Text)
			if !ok || !text.Equal(other.Reveal()) {
				return false
			}
		} else if !reflect.DeepEqual(field, updated[i]) {
			return false
		}
	}
	return true
}

func byID(lanes []Lane) map[string]*Lane {
	index := make(map[string]*Lane, len(lanes))
	for i := range lanes {
		index[lanes[i].ID] = &lanes[i]
	}
	return index
}

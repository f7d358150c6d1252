// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"testing"

	"tillbridge/config"
)

// change makes every setting below v another one.
func change(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // settings are made of these
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				change(v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.New(v.Type().Elem()).Elem()))
	default:
	}
}

// Whatever is said to apply without a restart is taken over.
func TestWhatAppliesAtOnceIsTaken(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Lanes: []config.Lane{{ID: "lane-1"}, {ID: "lane-2"}}}
	updated := config.Config{Lanes: []config.Lane{{ID: "lane-1"}, {ID: "lane-2"}}}
	for i := range updated.Lanes {
		change(reflect.ValueOf(&updated.Lanes[i]).Elem())
		updated.Lanes[i].ID = cfg.Lanes[i].ID
	}
	lanes := updated.Lanes
	change(reflect.ValueOf(&updated).Elem())
	updated.Lanes = lanes
	before, restart := config.Changes(cfg, updated)
	if len(before) < 20 || len(restart) < 20 {
		t.Fatalf("%q apply at once and %q after a restart, want more than 20 of each", before, restart)
	}
	if left, _ := config.Changes(taken(cfg, updated), updated); len(left) > 0 {
		t.Errorf("%q are said to apply at once, and are not taken", left)
	}
	if _, after := config.Changes(taken(cfg, updated), updated); len(after) != len(restart) {
		t.Errorf("%d settings still want a restart, want %d", len(after), len(restart))
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"reflect"
	"testing"

	"tillbridge/payment"
)

// What Add left out would never be on disk. Every member is filled by reflection, so that a new one cannot be forgotten.
func TestACommitIsAddedWhole(t *testing.T) {
	t.Parallel()
	var more, sum payment.Commit
	members := reflect.ValueOf(&more).Elem()
	for _, field := range members.Fields() {
		field.Set(reflect.MakeSlice(field.Type(), 1, 1))
	}
	sum.Add(more)
	if !reflect.DeepEqual(sum, more) {
		t.Errorf("nothing and %+v is %+v", more, sum)
	}
	sum.Add(more)
	for i := range members.NumField() {
		if n := reflect.ValueOf(sum).Field(i).Len(); n != 2 {
			t.Errorf("added twice, %s has %d, want 2", members.Type().Field(i).Name, n)
		}
	}
}

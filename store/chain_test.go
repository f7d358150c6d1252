// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"tillbridge/payment"
	"tillbridge/store"
)

// A chain without a file holds, to the byte, what the journal holds.
func TestAChainIsAJournalWithoutAFile(t *testing.T) {
	s := newShop(t)
	epoch := s.Epoch()
	chain := store.NewChain(epoch)
	var values [][]byte
	for _, p := range []payment.ID{id("lane-1", 1), id("lane-2", 1)} {
		for _, events := range plainSale(p) {
			c := s.commit(p, events...)
			s.happen(p, events...)
			for _, r := range c.Records {
				k, err := chain.Append(r)
				must(t, err)
				e, after, err := k.Read()
				must(t, err)
				if !reflect.DeepEqual(after, r.After) || e.Kind != r.Event.Kind() {
					t.Errorf("read back %s of %+v, want %s of %+v", e.Kind, after, r.Event.Kind(), r.After)
				}
				values = append(values, k.Value)
			}
		}
	}
	head, err := s.Head()
	must(t, err)
	s.close()
	if !slices.EqualFunc(values, recordBytes(t, s.path), bytes.Equal) {
		t.Error("the chain's records are not the journal's")
	}
	if chain.Head() != head {
		t.Errorf("Head() = %v, the journal's is %v", chain.Head(), head)
	}
	must(t, store.CheckChain(epoch, values))
	for name, broken := range map[string][][]byte{
		"a record is missing":   slices.Delete(slices.Clone(values), 3, 4),
		"two are swapped":       {values[1], values[0]},
		"the first is missing":  values[1:],
		"one is cut":            {values[0], values[1][:90]},
		"of another journal":    {values[0][:len(values[0])-1]},
		"a record comes twice":  {values[0], values[0]},
		"one of another length": {append(bytes.Clone(values[0]), ' ')},
	} {
		if store.CheckChain(epoch, broken) == nil {
			t.Errorf("%s, and CheckChain sees nothing", name)
		}
	}
	if store.CheckChain("another", values) == nil {
		t.Error("a chain of another epoch is taken for this one")
	}
	if _, _, err := (store.Kept{Value: values[0], Snapshot: []byte("{}")}).Read(); err == nil {
		t.Error("another snapshot is taken for the record's own")
	}
}

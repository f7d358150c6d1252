// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tillbridge/payment"
	"tillbridge/store"
)

func customer(h payment.Handle) payment.CustomerToken {
	return payment.CustomerToken{
		Handle: h, Reference: "customer 7", Scopes: []payment.Scope{payment.ScopePresent, payment.ScopeNotPresent}, Sealed: []byte{0, 1, 0xff},
	}
}

func erasure(h payment.Handle) payment.Erasure {
	return payment.Erasure{Handle: h, At: morning(), By: "anna", Reason: "asked for by letter"}
}

// wantErased checks which erasures a journal tells, and that none of them holds a token.
func wantErased(t *testing.T, j *store.Journal, want ...payment.Handle) {
	t.Helper()
	all, err := j.Erasures()
	must(t, err)
	var got []payment.Handle
	for _, e := range all {
		got = append(got, e.Handle)
		if e.By != "anna" || e.Reason != "asked for by letter" || !e.At.Equal(morning()) || e.Before == 0 {
			t.Errorf("erased: %+v", e)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("erased %q, want %q", got, want)
	}
	var exported bytes.Buffer
	must(t, j.Export(&exported))
	if n := strings.Count(exported.String(), `"event":"customer_forgotten","customer_token":"ct_`); n != len(want) || strings.Contains(exported.String(), "sealed") {
		t.Errorf("the export tells %d erasures, want %d:\n%s", n, len(want), exported.String())
	}
}

// wantCustomer checks what the journal holds under a handle.
func wantCustomer(t *testing.T, j *store.Journal, h payment.Handle, want bool) {
	t.Helper()
	got, found, err := j.Customer(h)
	if err != nil || found != want {
		t.Fatalf("Customer(%s) is found %t, %v, want %t", h, found, err, want)
	}
	if want && (got.Handle != h || got.Reference != "customer 7" || len(got.Scopes) != 2 || !bytes.Equal(got.Sealed, []byte{0, 1, 0xff})) {
		t.Errorf("Customer(%s) = %+v", h, got)
	}
}

// A customer's token is durable with what brought it, outlives the sale and every copy of the journal, and goes
// when it is forgotten.
func TestStoredCustomers(t *testing.T) {
	s := newShop(t)
	wantCustomer(t, s.Journal, "ct_1", false)
	first := id("lane-1", 0)
	c := s.commit(first, asked(first))
	c.Customers = []payment.CustomerToken{customer("ct_1"), customer("ct_2")}
	must(t, s.Commit(c))
	s.accept(c)
	must(t, s.Commit(payment.Commit{Customers: []payment.CustomerToken{customer("ct_3")}}))
	s.close()
	s.open()
	for _, h := range []payment.Handle{"ct_1", "ct_2", "ct_3"} {
		wantCustomer(t, s.Journal, h, true)
	}
	must(t, s.Commit(payment.Commit{Forget: []payment.Erasure{erasure("ct_2"), erasure("ct_unknown")}}))
	wantCustomer(t, s.Journal, "ct_2", false)
	wantCustomer(t, s.Journal, "ct_1", true)
	must(t, s.Commit(payment.Commit{Forget: []payment.Erasure{erasure("ct_2")}})) // gone is gone
	wantErased(t, s.Journal, "ct_2")
	must(t, s.Verify(t.Context(), nil))

	copied := filepath.Join(t.TempDir(), "copy.db")
	must(t, s.Snapshot(copied))
	snapshot, err := store.OpenReadOnly(copied, store.Options{})
	must(t, err)
	wantCustomer(t, snapshot, "ct_1", true)
	wantErased(t, snapshot, "ct_2")
	must(t, snapshot.Close())
}

func TestStoredCustomersOutliveTheirSales(t *testing.T) {
	s := newShop(t)
	old := id("lane-1", 0)
	must(t, s.Commit(payment.Commit{Customers: []payment.CustomerToken{customer("ct_1"), customer("ct_2"), customer("ct_3")}}))
	must(t, s.Commit(payment.Commit{Forget: []payment.Erasure{erasure("ct_2")}}))
	s.short(morning(), old)
	for n := 1; n <= 3; n++ {
		s.short(morning().Add(2*year), id("lane-1", n))
	}
	must(t, s.Commit(payment.Commit{Forget: []payment.Erasure{erasure("ct_3")}}))
	if removed := compact(t, s, morning().Add(2*year)); removed != 2 {
		t.Fatalf("%d records removed, want 2", removed)
	}
	s.forget(1)
	wantCustomer(t, s.Journal, "ct_1", true)
	wantErased(t, s.Journal, "ct_3") // the other one is as old as what was removed
}

// What a sale keeps beside its bytes comes back with them.
func TestBytesKeepACustomerAndAReply(t *testing.T) {
	s := newShop(t)
	sale := id("lane-1", 0)
	sum := sha256.Sum256([]byte("body"))
	intent := payment.Intent{Write: payment.WriteAuthorize, Key: "key-1", Hash: hex.EncodeToString(sum[:]), Attempt: 1, At: morning()}
	c := s.commit(sale, asked(sale), payment.Intended{At: morning(), Intent: intent})
	blob := payment.Blob{ID: sale, Key: "key-1", Body: []byte("body"), Token: token, Customer: customer("ct_1")}
	c.Blobs = []payment.Blob{blob}
	must(t, s.Commit(c))
	s.accept(c)
	got, found, err := s.Blob("key-1")
	if err != nil || !found || got.Token != token || got.Customer.Handle != "ct_1" || !bytes.Equal(got.Customer.Sealed, []byte{0, 1, 0xff}) {
		t.Errorf("Blob = %+v, %t, %v", got, found, err)
	}
	blob.Token, blob.Customer, blob.Reply = "", payment.CustomerToken{}, "for the app"
	must(t, s.Commit(payment.Commit{Blobs: []payment.Blob{blob}}))
	got, found, err = s.Blob("key-1")
	if err != nil || !found || got.Token != "" || got.Customer.Handle != "" || got.Reply != "for the app" || string(got.Body) != "body" {
		t.Errorf("after its answer Blob = %+v, %t, %v", got, found, err)
	}
}

// A token that could not be found again must not be taken for kept.
func TestATokenWithoutAHandleStopsTheJournal(t *testing.T) {
	for name, broken := range map[string]payment.CustomerToken{
		"no handle": {Sealed: []byte("x")}, "nothing sealed": {Handle: "ct_1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			if err := s.Commit(payment.Commit{Customers: []payment.CustomerToken{broken}}); err == nil {
				t.Error("Commit took it")
			}
			if err := s.Commit(payment.Commit{Customers: []payment.CustomerToken{customer("ct_2")}}); err == nil {
				t.Error("the journal goes on after a commit of which nothing is known")
			}
		})
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"testing"

	"tillbridge/payment"
	"tillbridge/store"
)

func customer(h payment.Handle) payment.CustomerToken {
	return payment.CustomerToken{
		Handle: h, Reference: "customer 7", Scopes: []payment.Scope{payment.ScopePresent, payment.ScopeNotPresent}, Sealed: []byte{0, 1, 0xff},
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
	must(t, s.Commit(payment.Commit{Forget: []payment.Handle{"ct_2", "ct_unknown"}}))
	wantCustomer(t, s.Journal, "ct_2", false)
	wantCustomer(t, s.Journal, "ct_1", true)

	copied := filepath.Join(t.TempDir(), "copy.db")
	must(t, s.Snapshot(copied))
	snapshot, err := store.OpenReadOnly(copied, store.Options{})
	must(t, err)
	wantCustomer(t, snapshot, "ct_1", true)
	must(t, snapshot.Close())
}

func TestStoredCustomersOutliveTheirSales(t *testing.T) {
	s := newShop(t)
	old := id("lane-1", 0)
	s.short(morning(), old)
	must(t, s.Commit(payment.Commit{Customers: []payment.CustomerToken{customer("ct_1")}}))
	for n := 1; n <= 3; n++ {
		s.short(morning().Add(2*year), id("lane-1", n))
	}
	if removed := compact(t, s, morning().Add(2*year)); removed != 2 {
		t.Fatalf("%d records removed, want 2", removed)
	}
	s.forget(1)
	wantCustomer(t, s.Journal, "ct_1", true)
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

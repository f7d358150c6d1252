// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// format is the number of everything that this file says. The version entry of meta keeps its name
// and encoding for ever, so that an older program can tell that it is too old.
const format = 1

// The buckets; refunds and notes have one each that is made with the first of them. A payment's number is
// the sequence number of its first record, so that payments, like records, have keys that only grow: a
// bbolt file with random keys rewrites ever more of itself.
const (
	bucketMeta     = "meta"     // version, identity, head
	bucketRecords  = "records"  // sequence number -> record
	bucketPayments = "payments" // payment's number -> sequence number of its last record, snapshot as JSON
	bucketIDs      = "ids"      // lane 00 till's id -> payment's number
	bucketRequests = "requests" // digest of Klarna's request id -> payment's number
	bucketMoney    = "money"    // digest of Klarna's transaction id -> payment's number
	bucketOpen     = "open"     // number of an unfinished payment -> 1
	bucketLanes    = "lanes"    // lane -> number of its newest payment
	bucketBlobs    = "blobs"    // idempotency key -> sealed: payment's number, bytes and token as JSON
	bucketSeen     = "seen"     // day -> bucket of digests of webhook event ids
)

const (
	metaVersion  = "version"  // sealed: 4 bytes
	metaIdentity = "identity" // sealed: identity as JSON
	metaHead     = "head"     // Mark
)

// numberSize is the length of sequence and payment numbers, in bytes.
const numberSize = 8

func buckets() []string {
	return []string{
		bucketMeta, bucketRecords, bucketPayments, bucketIDs, bucketRequests, bucketMoney, bucketOpen,
		bucketLanes, bucketBlobs, bucketSeen,
	}
}

// Mark is one place in the chain: a record's number and the hash of its value.
type Mark struct {
	Seq  uint64 `json:"seq"`
	Hash Hash   `json:"hash"`
}

// identity is made with the file. Removed is the last record that retention took away; before that
// it is record 0, whose hash is derived from the epoch and so ties the chain to it.
type identity struct {
	Epoch   string `json:"epoch"`
	Removed Mark   `json:"removed"`
}

func newIdentity(epoch string) identity {
	return identity{Epoch: epoch, Removed: Mark{Hash: sha256.Sum256([]byte("tillbridge journal " + epoch))}}
}

func putIdentity(tx *bbolt.Tx, id identity) error {
	b, err := json.Marshal(id)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	return tx.Bucket([]byte(bucketMeta)).Put([]byte(metaIdentity), seal(b))
}

func getIdentity(tx *bbolt.Tx) (identity, error) {
	var id identity
	b, err := unseal(tx.Bucket([]byte(bucketMeta)).Get([]byte(metaIdentity)))
	if err != nil {
		return id, damaged(0, "identity: %v", err)
	}
	if err := json.Unmarshal(b, &id); err != nil {
		return id, damaged(0, "identity: %v", err)
	}
	return id, nil
}

func putVersion(tx *bbolt.Tx, version uint32) error {
	b := binary.BigEndian.AppendUint32(nil, version)
	return tx.Bucket([]byte(bucketMeta)).Put([]byte(metaVersion), seal(b))
}

// checkVersion comes before everything else that is read.
func checkVersion(tx *bbolt.Tx) error {
	meta := tx.Bucket([]byte(bucketMeta))
	if meta == nil {
		return damaged(0, "it is not a journal, or its first page is gone")
	}
	b, err := unseal(meta.Get([]byte(metaVersion)))
	if err != nil || len(b) != 4 {
		return damaged(0, "the format number is unreadable")
	}
	if found := binary.BigEndian.Uint32(b); found > format {
		return &VersionError{Found: found, Known: format}
	}
	return nil
}

func putHead(tx *bbolt.Tx, m Mark) error {
	b := append(number(m.Seq), m.Hash[:]...)
	return tx.Bucket([]byte(bucketMeta)).Put([]byte(metaHead), b)
}

func getHead(tx *bbolt.Tx) (Mark, error) {
	b := tx.Bucket([]byte(bucketMeta)).Get([]byte(metaHead))
	if len(b) != numberSize+sha256.Size {
		return Mark{}, damaged(0, "the head is unreadable")
	}
	return Mark{Seq: binary.BigEndian.Uint64(b), Hash: Hash(b[numberSize:])}, nil
}

func number(n uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, numberSize+sha256.Size), n)
}

// readNumber returns 0 for an entry that is not there.
func readNumber(b []byte) (uint64, error) {
	if b == nil {
		return 0, nil
	}
	if len(b) != numberSize {
		return 0, damaged(0, "an index entry has %d bytes", len(b))
	}
	n := binary.BigEndian.Uint64(b)
	if n == 0 {
		return 0, damaged(0, "an index entry leads to no payment")
	}
	return n, nil
}

func idKey(id payment.ID) []byte { return []byte(string(id.Lane) + "\x00" + string(id.Till)) }

// digest makes a short key of a name that others choose, whatever its length.
func digest[T ~string](name T) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:16]
}

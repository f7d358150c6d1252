// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"tillbridge/payment"
)

// A record's value is, with all numbers big-endian:
//
//	offset size
//	     0    4  CRC-32C of all that follows
//	     4    1  layout, 1
//	     5    8  sequence number, equal to the key
//	    13    8  sequence number of the same payment's record before, 0 in its first
//	    21   32  SHA-256 of the value of the record before; in the very first one a hash of the epoch
//	    53   32  SHA-256 of the payment's snapshot after the change
//	    85       content as JSON
//
// The JSON names of content, of the events and of payment.Payment belong to the format: renaming one
// needs a new format number.
const (
	recordLayout = 1
	recordHeader = 85
	// maxRecord bounds what is decoded, in bytes. The largest real record is an intake with a long
	// basket, some 100 KiB.
	maxRecord = 4 << 20
)

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// String is lower-case hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes lower-case hex.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) {
		return fmt.Errorf("hash of %d characters: expected %d", len(text), 2*len(h))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

type record struct {
	seq, before uint64
	prev, after Hash
	content     content
}

type content struct {
	At      time.Time       `json:"at"`
	Lane    payment.LaneID  `json:"lane"`
	Till    payment.TillID  `json:"id"`
	Event   string          `json:"event"`
	Fields  json.RawMessage `json:"fields"`
	State   payment.State   `json:"state"`
	Version int             `json:"version"`
}

func (c content) id() payment.ID { return payment.ID{Lane: c.Lane, Till: c.Till} }

func (r record) encode() ([]byte, error) {
	body, err := json.Marshal(r.content)
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	b := make([]byte, 4, recordHeader+len(body))
	b = append(b, recordLayout)
	b = binary.BigEndian.AppendUint64(b, r.seq)
	b = binary.BigEndian.AppendUint64(b, r.before)
	b = append(b, r.prev[:]...)
	b = append(b, r.after[:]...)
	b = append(b, body...)
	if len(b) > maxRecord {
		return nil, fmt.Errorf("%d bytes, at most %d fit", len(b), maxRecord)
	}
	binary.BigEndian.PutUint32(b, checksum(b[4:]))
	return b, nil
}

// decodeRecord keeps nothing of b, which may be mapped memory.
func decodeRecord(b []byte) (record, error) {
	if len(b) < recordHeader || len(b) > maxRecord {
		return record{}, fmt.Errorf("%d bytes: expected %d to %d", len(b), recordHeader, maxRecord)
	}
	if binary.BigEndian.Uint32(b) != checksum(b[4:]) {
		return record{}, errors.New("the checksum is wrong")
	}
	if b[4] != recordLayout {
		return record{}, fmt.Errorf("layout %d is not known", b[4])
	}
	r := record{
		seq:    binary.BigEndian.Uint64(b[5:]),
		before: binary.BigEndian.Uint64(b[13:]),
		prev:   Hash(b[21:53]),
		after:  Hash(b[53:85]),
	}
	if err := json.Unmarshal(b[recordHeader:], &r.content); err != nil {
		return record{}, fmt.Errorf("content: %w", err)
	}
	if r.seq == 0 || r.before >= r.seq || r.content.Version < 1 {
		return record{}, errors.New("the numbers cannot be true")
	}
	return r, nil
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// seal puts a checksum before b; unseal takes it off again.
func seal(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), checksum(b)), b...)
}

func unseal(b []byte) ([]byte, error) {
	if len(b) < 4 || binary.BigEndian.Uint32(b) != checksum(b[4:]) {
		return nil, errors.New("the checksum is wrong")
	}
	return b[4:], nil
}

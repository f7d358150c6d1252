// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// closeVersion is the one version of a close.
const closeVersion = 1

// closeContext stands before the bytes that are signed, so that the signature is good for nothing else.
const closeContext = "tillbridge close 1\n"

// maxClose bounds what is decoded, in bytes: 128 lanes take some 20 KiB.
const maxClose = 1 << 20

// Close is the end of a day: what every lane took, and which records of the journal it is about.
type Close struct {
	Version int       `json:"version"`
	Number  int       `json:"number"` // of the journal's closes, from 1, without gaps
	Epoch   string    `json:"epoch"`  // the journal's
	Day     string    `json:"day"`    // of the shop's clock, such as 2026-11-20
	At      time.Time `json:"at"`
	// First and Last are the numbers of its records; First is one more than Last where nothing happened.
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	// Head is the hash of record Last: it stands for that record and every one before it.
	Head string `json:"head"`
	// Previous is the hash of the close before, empty in the first one.
	Previous string       `json:"previous"`
	Lanes    []LaneTotals `json:"lanes"`
}

// Span is the part of the journal that the close is about.
func (c Close) Span() Span { return Span{After: c.First - 1, Through: c.Last} }

// Sealed is a close with its signature: the file that an auditor gets.
type Sealed struct {
	Close Close
	Key   PublicKey
	// Hash is what the next close repeats.
	Hash string
}

// envelope is the file. The signature is over closeContext and the compact form of close.
type envelope struct {
	Close     json.RawMessage `json:"close"`
	Key       string          `json:"key"`
	Signature string          `json:"signature"` // base64, Ed25519 (RFC 8032)
}

// Seal signs a close.
func Seal(c Close, k Key) ([]byte, error) {
	c.Version = closeVersion
	body, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("close %d: %w", c.Number, err)
	}
	signature := ed25519.Sign(k.private, signed(body))
	return json.Marshal(envelope{body, FormatPublic(k.Public()), base64.StdEncoding.EncodeToString(signature)})
}

func signed(body []byte) []byte { return append([]byte(closeContext), body...) }

// Open reads a sealed close and checks its signature by the key that it names. Whether that key is the
// right one is for the caller to compare. White space between members does not matter.
func Open(file []byte) (Sealed, error) {
	if len(file) > maxClose {
		return Sealed{}, fmt.Errorf("close of %d bytes: expected at most %d", len(file), maxClose)
	}
	var e envelope
	if err := strictly(file, &e); err != nil {
		return Sealed{}, fmt.Errorf("close: %w", err)
	}
	var body bytes.Buffer
	if err := json.Compact(&body, e.Close); err != nil {
		return Sealed{}, fmt.Errorf("close: %w", err)
	}
	key, err := ParsePublic(e.Key)
	if err != nil {
		return Sealed{}, fmt.Errorf("close: %w", err)
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(e.Signature)
	if err != nil || !ed25519.Verify(key, signed(body.Bytes()), signature) {
		return Sealed{}, errors.New("close: the signature is wrong")
	}
	sum := sha256.Sum256(body.Bytes())
	s := Sealed{Key: key, Hash: hex.EncodeToString(sum[:])}
	if err := strictly(body.Bytes(), &s.Close); err != nil {
		return Sealed{}, fmt.Errorf("close: %w", err)
	}
	return s, s.Close.check()
}

// strictly decodes one value, without members that are not known.
func strictly(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("expected one object")
	}
	return nil
}

func (c Close) check() error {
	switch {
	case c.Version != closeVersion:
		return fmt.Errorf("close of version %d is not known", c.Version)
	case c.Number < 1 || c.First < 1 || c.First > c.Last+1:
		return errors.New("close: the numbers cannot be true")
	}
	return nil
}

// Journal is what a close stands on.
type Journal struct {
	Epoch   string
	Removed uint64 // the last record that retention has removed
	Head    uint64 // the newest record
	Hash    string // of Head
}

// Span is what the close after before is about. An error means that the journal is older than that close.
func (j Journal) Span(before Sealed) (Span, error) {
	c := before.Close
	if c.Last > j.Head {
		return Span{}, fmt.Errorf("the journal ends with record %d, close %d with record %d: is this an older copy?", j.Head, c.Number, c.Last)
	}
	return Span{After: max(c.Last, j.Removed), Through: j.Head}, nil
}

// Next is the close after before, the zero Sealed if there is none. At is in the time zone of the shop.
func (j Journal) Next(before Sealed, at time.Time, lanes []LaneTotals) Close {
	return Close{
		Version: closeVersion, Number: before.Close.Number + 1, Epoch: j.Epoch, Day: at.Format(time.DateOnly), At: at.Truncate(time.Second),
		First: max(before.Close.Last, j.Removed) + 1, Last: j.Head, Head: j.Hash, Previous: before.Hash, Lanes: lanes,
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// BoxKeySize is the length of a Box's key in bytes: AES-256.
const BoxKeySize = 32

// ErrSealed means that sealed bytes are not what this key has sealed under this name.
var ErrSealed = errors.New("sealed with another key, under another name, or changed")

// Box seals texts for keeping on disk (AES-256-GCM with random nonces, NIST SP 800-38D: good for 2³²
// texts under one key). It may be used by any number of goroutines.
type Box struct{ aead cipher.AEAD }

// NewBox returns a Box with this key of BoxKeySize bytes.
func NewBox(key []byte) (Box, error) {
	if len(key) != BoxKeySize {
		return Box{}, fmt.Errorf("key of %d bytes: expected %d", len(key), BoxKeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Box{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Box{aead}, err
}

// Seal hides t under a name, which is not hidden and which Open must be given again: what was sealed for
// one thing cannot be put in the place of another.
func (b Box) Seal(t Text, name string) []byte {
	return b.aead.Seal(nil, nil, []byte(t.Reveal()), []byte(name)) //nolint:gosec // this AEAD makes its own random nonce
}

// Open gives back what Seal hid.
func (b Box) Open(sealed []byte, name string) (Text, error) {
	if b.aead == nil {
		return Text{}, ErrSealed
	}
	plain, err := b.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return Text{}, ErrSealed
	}
	return New(string(plain)), nil
}

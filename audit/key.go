// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// keyBlock is the type of the one PEM block of a key file (RFC 8410, PKCS #8).
const keyBlock = "PRIVATE KEY"

// maxKeyFile bounds a key file, in bytes.
const maxKeyFile = 4 << 10

// PublicKey is what closes are checked with.
type PublicKey = ed25519.PublicKey

// Key signs closes.
type Key struct{ private ed25519.PrivateKey }

// Public is the half that an auditor gets.
func (k Key) Public() PublicKey {
	public, _ := k.private.Public().(ed25519.PublicKey) // an Ed25519 key has no other
	return public
}

// MakeKey reads the key of a file, and makes both if there is no file. One process at a time may do so: whoever
// owns the journal.
func MakeKey(file string) (Key, error) {
	k, err := ReadKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	_, private, err := ed25519.GenerateKey(nil)
	if err == nil {
		err = writeKey(file, private)
	}
	if err != nil {
		return Key{}, fmt.Errorf("make the close key %s: %w", file, err)
	}
	return Key{private}, nil
}

// writeKey gives the file its name once it is whole and on disk.
func writeKey(file string, private ed25519.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".close-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	err = pem.Encode(f, &pem.Block{Type: keyBlock, Bytes: der})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// ReadKey reads a key that its owner alone can read.
func ReadKey(file string) (Key, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Key{}, fmt.Errorf("close key: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("close key %s: others can read it: expected mode 0600", file)
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return Key{}, fmt.Errorf("close key %s: expected a small file", file)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return Key{}, fmt.Errorf("close key: %w", err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != keyBlock || len(rest) > 0 {
		return Key{}, fmt.Errorf("close key %s: expected one private key in PEM form", file)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return Key{}, fmt.Errorf("close key %s: expected an Ed25519 key", file)
	}
	return Key{private}, nil
}

// FormatPublic is a public key as people compare it: base64 of its 32 bytes.
func FormatPublic(k PublicKey) string { return base64.StdEncoding.EncodeToString(k) }

// ParsePublic reads what FormatPublic wrote.
func ParsePublic(text string) (PublicKey, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errors.New("public key: expected 32 bytes in base64")
	}
	return b, nil
}

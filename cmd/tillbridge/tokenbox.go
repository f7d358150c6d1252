// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/payment"
)

// tokenKeyFile holds the key that stored customer tokens are sealed with. Without it they are lost.
const tokenKeyFile = "customer-tokens"

var errTokenKey = errors.New("expected a file of 64 hexadecimal digits that only its owner can read")

// openTokenBox reads the key from the keys folder, and makes it on first use.
func openTokenBox(dir string) (secret.Box, error) {
	root, err := os.OpenRoot(dir) // no link leads out of it
	if err != nil {
		return secret.Box{}, fmt.Errorf("key of the customer tokens: %w", err)
	}
	defer func() { _ = root.Close() }()
	key, err := readTokenKey(root)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeTokenKey(root); err == nil {
			key, err = readTokenKey(root)
		}
	}
	if err != nil {
		return secret.Box{}, fmt.Errorf("key of the customer tokens, %s: %w", filepath.Join(dir, tokenKeyFile), err)
	}
	return secret.NewBox(key)
}

func readTokenKey(root *os.Root) ([]byte, error) {
	info, err := root.Lstat(tokenKeyFile)
	if err != nil {
		return nil, err
	}
	private := runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 // Windows keeps no such bits
	if !info.Mode().IsRegular() || !private || info.Size() > 2*secret.BoxKeySize+2 {
		return nil, errTokenKey
	}
	text, err := root.ReadFile(tokenKeyFile)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSuffix(string(text), "\n"))
	if err != nil || len(key) != secret.BoxKeySize {
		return nil, errTokenKey
	}
	return key, nil
}

// makeTokenKey puts a whole file in place or none: half a key would lock every token away. The folder is
// flushed too, before a token can be sealed with the key.
func makeTokenKey(root *os.Root) error {
	const draft = tokenKeyFile + ".new"
	if err := root.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key := make([]byte, secret.BoxKeySize)
	_, _ = rand.Read(key) // never fails: crypto/rand
	f, err := root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = root.Rename(draft, tokenKeyFile); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be flushed there
	}
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// sealed keeps a token that Klarna has issued under a name of our own. The zero value means that there is
// none, or one that no call could carry.
func (k *provider) sealed(t klarna.CustomerToken) payment.CustomerToken {
	if t.Token.Empty() {
		return payment.CustomerToken{}
	}
	handle := payment.Handle("ct_" + strings.ToLower(rand.Text()))
	kept := payment.CustomerToken{Handle: handle, Reference: t.Reference, Sealed: k.box.Seal(t.Token, string(handle))}
	for _, s := range t.Scopes {
		kept.Scopes = append(kept.Scopes, payment.Scope(s))
	}
	return kept
}

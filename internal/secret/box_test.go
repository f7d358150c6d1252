// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"tillbridge/internal/secret"
)

func box(t *testing.T, first byte) secret.Box {
	t.Helper()
	key := make([]byte, secret.BoxKeySize)
	key[0] = first
	b, err := secret.NewBox(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBoxGivesBackWhatItSealed(t *testing.T) {
	b := box(t, 1)
	for _, text := range []string{canary, "", "krn:ä\x00"} {
		sealed := b.Seal(secret.New(text), "ct_1")
		if bytes.Contains(sealed, []byte(canary)) {
			t.Errorf("the sealed bytes of %q hold it", text)
		}
		if got, err := b.Open(sealed, "ct_1"); err != nil || got.Reveal() != text {
			t.Errorf("Open(Seal(%q)) = %q, %v", text, got.Reveal(), err)
		}
		if again := b.Seal(secret.New(text), "ct_1"); bytes.Equal(sealed, again) {
			t.Errorf("%q is sealed alike twice: its nonce was used again", text)
		}
	}
}

func TestBoxOpensNothingElse(t *testing.T) {
	b := box(t, 1)
	sealed := b.Seal(secret.New(canary), "ct_1")
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	tests := map[string]struct {
		box    secret.Box
		sealed []byte
		name   string
	}{
		"another key":  {box(t, 2), sealed, "ct_1"},
		"another name": {b, sealed, "ct_2"},
		"one bit":      {b, flipped, "ct_1"},
		"cut off":      {b, sealed[:len(sealed)-1], "ct_1"},
		"nothing":      {b, nil, "ct_1"},
		"no box":       {secret.Box{}, sealed, "ct_1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.box.Open(tt.sealed, tt.name)
			if !errors.Is(err, secret.ErrSealed) || !got.Empty() {
				t.Errorf("Open = %q, %v, want ErrSealed", got.Reveal(), err)
			}
		})
	}
}

func TestABoxDoesNotPrintItsKey(t *testing.T) {
	key := bytes.Repeat([]byte{0xab}, secret.BoxKeySize)
	b, err := secret.NewBox(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		if out := fmt.Sprintf(verb, b); bytes.Contains([]byte(out), []byte("abababab")) || bytes.Contains([]byte(out), []byte("171 171 171")) {
			t.Errorf("%s prints the key: %.200s", verb, out)
		}
	}
	if _, err := secret.NewBox(key[1:]); err == nil {
		t.Error("a short key is taken")
	}
}

func FuzzBoxOpen(f *testing.F) {
	f.Add([]byte("x"), "ct_1")
	f.Fuzz(func(t *testing.T, sealed []byte, name string) {
		if got, err := box(t, 1).Open(sealed, name); err == nil {
			t.Errorf("Open(%x) = %q: nobody sealed it", sealed, got.Reveal())
		}
	})
}

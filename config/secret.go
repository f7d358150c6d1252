// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"tillbridge/internal/secret"
)

const (
	maxSecretBytes = 64 << 10
	// maxSigningKeys is Klarna's limit for one account (Klarna, Webhooks: signing keys).
	maxSigningKeys = 50

	ownerOnly = "a file that only its owner can read (chmod 600)"
)

// ReadSecret reads the one line of the secret file at path, less one line end. It refuses a file
// that is no regular one, that belongs to somebody else than us or root, that others can read, or
// that stands where everybody can replace it, and one that is empty or has more than a line. On
// Windows owner and mode are not looked at. The error never holds what the file does.
func ReadSecret(path string) (secret.Text, error) {
	data, r := readPrivate(path)
	if r != nil {
		return secret.Text{}, fmt.Errorf("secret file %s: %s", path, r)
	}
	line, r := oneLine(data)
	if r != nil {
		return secret.Text{}, fmt.Errorf("secret file %s: %s", path, r)
	}
	return secret.New(line), nil
}

// SigningKey is what one of Klarna's webhooks is signed with.
type SigningKey struct {
	ID     string
	Secret secret.Text
}

// ReadSigningKeys reads "<signing_key_id> <secret>" lines from the file at path, under the rules of
// ReadSecret. Empty lines and lines that begin with # are skipped. The error of a file that does
// not exist is fs.ErrNotExist.
func ReadSigningKeys(path string) ([]SigningKey, error) {
	if _, err := os.Lstat(path); err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	data, r := readPrivate(path)
	if r != nil {
		return nil, fmt.Errorf("signing keys %s: %s", path, r)
	}
	found, r := parseSigningKeys(data)
	if r != nil {
		return nil, fmt.Errorf("signing keys %s: %s", path, r)
	}
	return found, nil
}

func parseSigningKeys(data []byte) ([]SigningKey, *refusal) {
	var found []SigningKey
	seen := make(map[string]bool)
	odd := func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxSecretBytes+1)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSuffix(lines.Text(), "\r")
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 || seen[fields[0]] || !utf8.ValidString(line) || strings.ContainsFunc(line, odd) {
			return nil, &refusal{
				what:     fmt.Sprintf("line %d of the file", number),
				expected: "a signing key id, which stands here once, and its secret",
			}
		}
		seen[fields[0]] = true
		found = append(found, SigningKey{ID: fields[0], Secret: secret.New(fields[1])})
	}
	if len(found) > maxSigningKeys {
		return nil, &refusal{what: "too many keys", expected: fmt.Sprintf("at most %d", maxSigningKeys)}
	}
	return found, nil
}

// oneLine is data less one line end, if that leaves one line.
func oneLine(data []byte) (string, *refusal) {
	text := strings.TrimSuffix(string(data), "\n")
	if len(text) < len(data) {
		text = strings.TrimSuffix(text, "\r")
	}
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case text == "":
		return "", &refusal{what: "the file is empty", expected: "one line"}
	case !utf8.ValidString(text) || strings.ContainsFunc(text, odd) || strings.TrimSpace(text) != text:
		return "", &refusal{what: "the file holds more than a secret", expected: "one line of UTF-8 without a byte order mark, control characters or blanks around it"}
	}
	return text, nil
}

// readPrivate reads a file that may be trusted to be the operator's own.
func readPrivate(path string) ([]byte, *refusal) {
	before, err := os.Lstat(path) //nolint:gosec // G703: the operator names the file
	switch {
	case err != nil:
		return nil, &refusal{what: "no such file", expected: "a file here, beside the config file or among the systemd credentials"}
	case before.Mode()&fs.ModeSymlink != 0:
		return nil, &refusal{what: "is a link", expected: "the file itself"}
	case !before.Mode().IsRegular():
		return nil, &refusal{what: "is no regular file", expected: ownerOnly}
	}
	f, err := openNoFollow(path)
	if err != nil {
		return nil, &refusal{what: "cannot be opened", expected: "a file that this user can read"}
	}
	defer func() { _ = f.Close() }() // nothing was written
	after, err := f.Stat()
	if err != nil || !os.SameFile(before, after) {
		return nil, &refusal{what: "was replaced while it was opened", expected: ownerOnly}
	}
	if r := ownOnly(path, after); r != nil {
		return nil, r
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil || len(data) > maxSecretBytes {
		return nil, &refusal{what: "cannot be read", expected: fmt.Sprintf("a file of at most %d bytes", maxSecretBytes)}
	}
	return data, nil
}

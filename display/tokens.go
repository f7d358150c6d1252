// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// minToken is the shortest token that is accepted: 128 bits in base32 (crypto/rand.Text).
const minToken = 26

// ErrTokenFile means that a token file is not what LoadTokens wrote, or that others can read it.
var ErrTokenFile = errors.New("expected a file of one line, at least 26 characters, that only its owner can read")

// LoadTokens reads the token of each lane from dir, and makes those that are missing. The folder must
// exist. Files have mode 0600 and are named display-<lane>.
func LoadTokens(dir string, lanes []payment.LaneID) (map[payment.LaneID]secret.Text, error) {
	return eachLane(dir, lanes, func(root *os.Root, name string) (secret.Text, error) {
		token, err := readToken(root, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return token, err
		}
		if err = writeToken(root, name); err != nil {
			return secret.Text{}, err
		}
		return readToken(root, name)
	})
}

// RotateTokens gives each lane a new token. The old ones open nothing once the hub has the new ones.
func RotateTokens(dir string, lanes []payment.LaneID) (map[payment.LaneID]secret.Text, error) {
	return eachLane(dir, lanes, func(root *os.Root, name string) (secret.Text, error) {
		if err := writeToken(root, name); err != nil {
			return secret.Text{}, err
		}
		return readToken(root, name)
	})
}

// PageURL is the address of a lane's page with its token, to be opened on the screen. Base is scheme
// and host. The token is in the fragment, which browsers do not send and servers do not log.
func PageURL(base string, lane payment.LaneID, token secret.Text) string {
	return strings.TrimSuffix(base, "/") + "/display/" + url.PathEscape(string(lane)) + "#" + token.Reveal()
}

func eachLane(
	dir string, lanes []payment.LaneID, do func(*os.Root, string) (secret.Text, error),
) (map[payment.LaneID]secret.Text, error) {
	root, err := os.OpenRoot(dir) // no name and no link leads out of it
	if err != nil {
		return nil, fmt.Errorf("open display tokens: %w", err)
	}
	defer func() { _ = root.Close() }()
	tokens := make(map[payment.LaneID]secret.Text, len(lanes))
	for _, lane := range lanes {
		name := "display-" + string(lane)
		if name != filepath.Base(name) {
			return nil, fmt.Errorf("display token of lane %q: not a file name", lane)
		}
		if tokens[lane], err = do(root, name); err != nil {
			return nil, fmt.Errorf("display token of lane %q: %w", lane, err)
		}
	}
	return tokens, nil
}

func readToken(root *os.Root, name string) (secret.Text, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return secret.Text{}, err
	}
	private := runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 // Windows keeps no such bits
	if !info.Mode().IsRegular() || !private || info.Size() > maxMessage {
		return secret.Text{}, ErrTokenFile
	}
	b, err := root.ReadFile(name)
	if err != nil {
		return secret.Text{}, err
	}
	token := strings.TrimSuffix(string(b), "\n")
	if len(token) < minToken || url.PathEscape(token) != token {
		return secret.Text{}, ErrTokenFile
	}
	return secret.New(token), nil
}

// writeToken puts a new token in place at once: a reader finds the old or the new one, whole.
func writeToken(root *os.Root, name string) error {
	draft := name + ".new"
	if err := root.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(rand.Text() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return root.Rename(draft, name)
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"os"
	"strconv"
	"sync"

	"go.etcd.io/bbolt"
)

// witness remembers the newest record outside of the journal. It is written after a commit and never
// flushed, so that it costs a payment nothing: after a power cut it may be behind the journal or
// unreadable, which proves nothing. Ahead of the journal it can only be if the journal went back.
type witness struct {
	mu   sync.Mutex
	file *os.File // guarded by mu
}

func witnessPath(path string) string { return path + ".head" }

// witnessLine is all that the file holds: epoch, number, hash and their checksum, of constant length.
const witnessLine = "%-8s %020d %s %08x\n"

func witnessText(epoch string, m Mark) string {
	hash := m.Hash.String()
	sum := checksum([]byte(epoch + " " + strconv.FormatUint(m.Seq, 10) + " " + hash))
	return fmt.Sprintf(witnessLine, epoch, m.Seq, hash, sum)
}

// keepWitness returns nil where the file cannot be opened. The journal works without.
func keepWitness(path string) *witness {
	f, err := os.OpenFile(witnessPath(path), os.O_WRONLY|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil
	}
	return &witness{file: f}
}

func (w *witness) write(epoch string, m Mark) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.file.WriteAt([]byte(witnessText(epoch, m)), 0) // what it misses is only a proof less
}

func (w *witness) close() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.file.Close()
}

// readWitness is false for a witness that proves nothing.
func readWitness(path, epoch string) (Mark, bool) {
	text, err := os.ReadFile(witnessPath(path))
	if err != nil || len(text) != len(witnessText(epoch, Mark{})) {
		return Mark{}, false
	}
	var m Mark
	var name, hash string
	var sum uint32
	if _, err = fmt.Sscanf(string(text), "%s %d %s %x", &name, &m.Seq, &hash, &sum); err != nil {
		return Mark{}, false
	}
	err = m.Hash.UnmarshalText([]byte(hash))
	return m, err == nil && name == epoch && witnessText(epoch, m) == string(text)
}

// heed compares the journal with its witness.
func (j *Journal) heed(tx *bbolt.Tx, head Mark) error {
	seen, ok := readWitness(j.path, j.id.Epoch)
	if !ok || seen.Seq < j.id.Removed.Seq {
		return nil
	}
	if seen.Seq > head.Seq {
		return damaged(head.Seq, "it is the last, but record %d was written once: the journal was replaced by an older copy; remove %s to accept it",
			seen.Seq, witnessPath(j.path))
	}
	there, err := markAt(tx, j.id, seen.Seq)
	if err != nil {
		return err
	}
	if there != seen {
		return damaged(seen.Seq, "it is not the one that was written once: the journal was replaced; remove %s to accept it",
			witnessPath(j.path))
	}
	return nil
}

// witnessed reports whether a journal with records stood here: the witness is long enough to be one.
func witnessed(path string) bool {
	info, err := os.Lstat(witnessPath(path))
	return err == nil && info.Size() > 0
}

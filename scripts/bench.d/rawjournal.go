// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// rawJournal is the limit of what a disk allows: a file that has its size already, overwritten from one end
// to the other, with one flush for everybody who waits. It cannot be read back.
type rawJournal struct {
	file *os.File
	size int64

	mu      sync.Mutex
	flushed *sync.Cond
	at      int64  // guarded by mu
	next    []byte // guarded by mu; what the next flush takes
	round   int    // guarded by mu; the flush that next belongs to
	done    int    // guarded by mu; the last flush that ended
	busy    bool   // guarded by mu
	err     error  // guarded by mu
}

const rawSize = 64 << 20

// openRaw makes the file with all of its blocks written once, so that no flush must wait for new ones.
func openRaw(path string) (*rawJournal, error) {
	f, err := os.Create(path) //nolint:gosec // in our own folder
	if err != nil {
		return nil, err
	}
	zeros := make([]byte, 1<<20)
	for range rawSize / len(zeros) {
		if _, err = f.Write(zeros); err != nil {
			return nil, err
		}
	}
	if err = f.Sync(); err != nil {
		return nil, err
	}
	j := &rawJournal{file: f, size: rawSize, round: 1}
	j.flushed = sync.NewCond(&j.mu)
	return j, nil
}

// append returns once the record is on disk. Whoever comes while a flush runs shares the next one.
func (j *rawJournal) append(record []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next = append(j.next, record...)
	mine := j.round
	for j.done < mine && j.err == nil {
		if j.busy {
			j.flushed.Wait()
			continue
		}
		j.flush()
	}
	return j.err
}

// flush writes what is waiting. Called with mu held, which it lets go of meanwhile.
func (j *rawJournal) flush() {
	b, at, round := j.next, j.at, j.round
	if at+int64(len(b)) > j.size {
		at = 0
	}
	j.next, j.at, j.round, j.busy = nil, at+int64(len(b)), round+1, true
	j.mu.Unlock()
	_, err := j.file.WriteAt(b, at)
	if err == nil {
		err = unix.Fdatasync(int(j.file.Fd()))
	}
	j.mu.Lock()
	j.done, j.busy = round, false
	if err != nil {
		j.err = fmt.Errorf("raw journal: %w", err)
	}
	j.flushed.Broadcast()
}

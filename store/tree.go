// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"time"

	"go.etcd.io/bbolt"
)

// bbolt follows the page numbers that it finds. Where they lead back to a page above, which a lost or
// flipped sector can do, it calls itself until the stack ends, and that ends the process: nothing can
// recover it, and the next start would end the same way. So the tree is walked once before bbolt does.
//
// A page begins with its number (8 bytes), type (2), count of elements (2) and count of further pages
// (4). Elements follow: in a branch their place (4), size of the key (4) and the page below (8); in a
// leaf flags (4), place from the element on (4), size of the key (4) and of the value (4). A bucket's
// value begins with the number of its root page, 0 if it is small and lies in the value (bbolt, page.go
// and bucket.go). Numbers are in the machine's own order.
const (
	pageHeader  = 16
	pageElement = 16
	pageBranch  = 1
	pageLeaf    = 2
	leafBucket  = 1

	// metaMagic begins a meta page; metaSize is how much of it the checksum in its last 8 bytes is of.
	metaMagic = 0xED0CDAED
	metaSize  = 64

	// openWalk bounds the walk of Open, and restWalk the one of VerifyRest: a large file is only walked in part,
	// from the top down. Branches come first, and a start needs no more leaves than the newest; a till waits for it.
	openWalk = 10 * time.Millisecond
	restWalk = time.Second
	// leastWalk is how many pages are looked at in any case: a small journal is walked whole on any machine.
	leastWalk = 2000
)

// errLoop names no page: which one is wrong cannot be told.
var errLoop = errors.New("the tree of pages is broken")

// walk is one walk over the pages of a file.
type walk struct {
	file     io.ReaderAt
	pageSize uint64
	pages    uint64 // how many there are, used or not
	seen     []bool // by page
	next     []step
	head     [pageHeader]byte // of the page that is looked at
}

// step is a page to look at. Inner says how many levels of buckets may lie in its leaves.
type step struct {
	page  uint64
	inner int
}

// checkTree refuses a file whose pages are not a tree.
func checkTree(file io.ReaderAt, size int64) error {
	w, root := newestMeta(file)
	if root == 0 || w.pageSize == 0 || w.pages > uint64(size)/w.pageSize+1 {
		return nil // bbolt finds its own words, or the check of the file's size does
	}
	w.file = file
	return w.from(root, openWalk)
}

// walkRest walks the tree of one transaction, whose pages stay as they are until it ends.
func (j *Journal) walkRest(tx *bbolt.Tx) error {
	w := walk{file: j.file, pageSize: uint64(j.db.Info().PageSize)}
	w.pages = uint64(tx.Size()) / w.pageSize
	return w.from(uint64(tx.Cursor().Bucket().Root()), restWalk)
}

// from walks downwards from a root until the time is up.
func (w *walk) from(root uint64, within time.Duration) error {
	w.seen = make([]bool, w.pages)
	w.next = []step{{root, 2}} // the buckets, and the days of webhook events
	end := time.Now().Add(within)
	for n := 0; len(w.next) > 0 && (n < leastWalk || time.Now().Before(end)); n++ {
		at := w.next[0]
		w.next = w.next[1:]
		if err := w.visit(at); err != nil {
			return damaged(0, "page %d: %v", at.page, err)
		}
	}
	return nil
}

// newestMeta reads what the newer of the two meta pages says, and root 0 if neither can be read.
func newestMeta(file io.ReaderAt) (w walk, root uint64) {
	var newest uint64
	first := make([]byte, pageHeader+metaSize)
	sizes := []int64{0}
	for size := int64(1 << 10); size <= 1<<16; size *= 2 { // wherever the second one is
		sizes = append(sizes, size)
	}
	for _, at := range sizes {
		if _, err := file.ReadAt(first, at); err != nil {
			continue
		}
		m := first[pageHeader:]
		sum := fnv.New64a()
		_, _ = sum.Write(m[:metaSize-8]) // never fails
		order := binary.NativeEndian
		size, txid := order.Uint32(m[8:]), order.Uint64(m[48:])
		if order.Uint32(m) != metaMagic || sum.Sum64() != order.Uint64(m[metaSize-8:]) || at != 0 && at != int64(size) {
			continue
		}
		if root == 0 || txid > newest {
			newest, root = txid, order.Uint64(m[16:])
			w.pageSize, w.pages = uint64(size), order.Uint64(m[40:])
		}
	}
	return w, root
}

// visit looks at one page and notes those below it.
func (w *walk) visit(at step) error {
	if at.page < 2 || at.page >= w.pages || w.seen[at.page] {
		return errLoop
	}
	w.seen[at.page] = true
	head := w.head[:]
	if _, err := w.file.ReadAt(head, int64(at.page*w.pageSize)); err != nil {
		return nil //nolint:nilerr // cut off: the check of the file's size says so
	}
	order := binary.NativeEndian
	kind, count, more := order.Uint16(head[8:]), uint64(order.Uint16(head[10:])), uint64(order.Uint32(head[12:]))
	if order.Uint64(head) != at.page || kind != pageBranch && kind != pageLeaf || more >= w.pages-at.page {
		return errLoop
	}
	size := (more + 1) * w.pageSize
	if pageHeader+count*pageElement > size {
		return errLoop
	}
	if kind == pageLeaf && at.inner == 0 {
		return nil
	}
	page := make([]byte, size)
	if n, err := w.file.ReadAt(page, int64(at.page*w.pageSize)); err != nil {
		page = page[:n]
	}
	for i := range count {
		element := pageHeader + i*pageElement
		if element+pageElement > uint64(len(page)) {
			return nil // cut off, as above
		}
		if kind == pageBranch {
			w.next = append(w.next, step{order.Uint64(page[element+8:]), at.inner})
		} else if name, root := bucketAt(page, element); root != 0 {
			w.next = append(w.next, step{root, inner(name, at.inner)})
		}
	}
	return nil
}

// inner is how many levels of buckets lie in a bucket.
func inner(name []byte, outer int) int {
	if outer > 1 && string(name) == bucketSeen {
		return 1
	}
	return 0
}

// bucketAt is the name and the root page of the bucket that an element of a leaf holds, 0 if it holds
// none.
func bucketAt(page []byte, element uint64) (name []byte, root uint64) {
	order, e := binary.NativeEndian, page[element:]
	key := element + uint64(order.Uint32(e[4:]))
	value := key + uint64(order.Uint32(e[8:]))
	if order.Uint32(e)&leafBucket == 0 || order.Uint32(e[12:]) < pageHeader || value+pageHeader > uint64(len(page)) {
		return nil, 0
	}
	return page[key:value], order.Uint64(page[value:])
}

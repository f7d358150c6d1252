// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import "bytes"

// Event is what a Receiver made of the bytes of a serial line. The set is closed.
//
//sumtype:decl
type Event interface{ isEvent() }

// Block is a block whose form, length and sum are right. Answer it with ACK at once, before acting
// on it, whatever else is going on.
type Block struct {
	APDU []byte // the caller's own

	// Repeat says that the peer sent the same block before and has not seen our answer to it: repeat
	// the last answer and execute nothing. See Receiver.
	Repeat bool
}

// Broken is a block whose sum, form or length is wrong, or that stopped in the middle. Answer it
// with NAK.
type Broken struct {
	Why string // "checksum does not match"; constant texts
}

// Ack is the peer's word that our last block arrived.
type Ack struct {
	Stray bool // none of our blocks was waiting for it: late, doubled, or noise
}

// Nak is the peer's word that our last block arrived broken: send it again, three times in all.
type Nak struct {
	Stray bool // none of our blocks was waiting for it
}

// Noise is bytes that belong to nothing. They need no answer.
type Noise struct {
	Bytes int
}

func (Block) isEvent()  {}
func (Broken) isEvent() {}
func (Ack) isEvent()    {}
func (Nak) isEvent()    {}
func (Noise) isEvent()  {}

// Receiver reads one direction of a serial line. The zero value is ready. It takes any cut of the
// bytes, finds back after any noise, and holds at most two APDUs of 64 KiB.
//
// It has no clock: while Open, the caller calls Timeout after 200 ms without a byte (T1).
//
// Repeated blocks: the protocol has no block numbers, so a peer that missed our ACK sends a second
// 06 01 that looks like a second sale. A block is a Repeat if its bytes are those of the block before
// and no block that we sent after that one has been acknowledged: until then the peer cannot have
// moved on. So the caller calls Sent for each block of its own, once, when its first byte leaves
// (not for a repetition), and the Receiver sees the ACKs itself. An ACK for a block that we had sent
// before the peer's block came proves nothing and keeps the guard up.
type Receiver struct {
	state state
	buf   []byte // the open block, DLEs single
	crc   [2]byte
	noise int // bytes not yet reported

	last    []byte // the block before, nil once it cannot be repeated
	waiting bool   // a block of ours has no ACK yet
	after   bool   // and it left after last came
}

type state uint8

const (
	idle     state = iota // between blocks
	idleDLE               // a DLE between blocks
	inside                // in a block
	insideDL              // after a DLE in a block
	crcLow                // after DLE ETX
	crcHigh               // after the first byte of the sum
	skip                  // in a block already known to be broken
	skipDLE               // after a DLE in it
)

// maxKept is the largest buffer, in bytes, that is kept for the next block.
const maxKept = 1 << 10

// Sent tells the Receiver that a block of ours has begun to leave. Call it once per block.
func (r *Receiver) Sent() {
	r.waiting, r.after = true, true
}

// Open reports whether the Receiver is inside a block, so that Timeout is due after T1.
func (r *Receiver) Open() bool { return r.state != idle }

// Timeout ends a block that stopped in the middle; nil if there was none.
func (r *Receiver) Timeout() Event {
	was := r.state
	r.close()
	switch was {
	case idle:
		return nil
	case idleDLE:
		r.noise++
		return r.flush()
	case inside, insideDL, crcLow, crcHigh, skip, skipDLE:
	}
	return Broken{Why: "block stopped in the middle"}
}

// Push takes the next bytes of the line, at least none, and says what they mean, in order. It keeps
// nothing of b.
func (r *Receiver) Push(b []byte) []Event {
	if len(b) == 0 {
		return nil
	}
	all := make([]Event, 0, atMost(b))
	for _, c := range b {
		e := r.push(c)
		if e == nil {
			continue
		}
		if n := r.flush(); n != nil {
			all = append(all, n)
		}
		all = append(all, e)
	}
	if n := r.flush(); n != nil {
		all = append(all, n)
	}
	return all
}

// atMost bounds the events in b, so that a line full of ACKs costs one allocation of 16 bytes each.
func atMost(b []byte) int {
	n := 2
	for _, c := range b {
		if c == ACK || c == NAK || c == ETX || c == DLE {
			n += 2
		}
	}
	return min(n, len(b)+1)
}

// flush reports the noise so far.
func (r *Receiver) flush() Event {
	if r.noise == 0 {
		return nil
	}
	n := Noise{Bytes: r.noise}
	r.noise = 0
	return n
}

func (r *Receiver) push(c byte) Event {
	switch r.state {
	case idle, idleDLE:
		return r.between(c)
	case inside:
		if c == DLE {
			r.state = insideDL
			return nil
		}
		r.keep(c)
	case insideDL:
		r.escaped(c)
	case crcLow:
		r.crc[0], r.state = c, crcHigh
	case crcHigh:
		r.crc[1] = c
		return r.finish()
	case skip:
		if c == DLE {
			r.state = skipDLE
		}
	case skipDLE:
		r.skipped(c)
	}
	return nil
}

// between reads bytes outside of blocks. A DLE that starts nothing is noise, and the byte after it
// counts for itself: some terminals answer DLE ACK.
func (r *Receiver) between(c byte) Event {
	if r.state == idleDLE {
		if c == STX {
			r.state = inside
			return nil
		}
		r.noise++
		r.state = idle
	}
	switch c {
	case DLE:
		r.state = idleDLE
	case ACK:
		return r.acknowledged()
	case NAK:
		return Nak{Stray: !r.waiting}
	default:
		r.noise++
	}
	return nil
}

func (r *Receiver) acknowledged() Event {
	stray := !r.waiting
	if r.waiting && r.after {
		r.last = nil
	}
	r.waiting, r.after = false, false
	return Ack{Stray: stray}
}

// escaped reads the byte after a DLE in a block.
func (r *Receiver) escaped(c byte) {
	switch c {
	case DLE:
		r.state = inside
		r.keep(DLE)
	case ETX:
		r.state = crcLow
	case STX: // the peer gave up and began again; the new block gets the answer
		r.noise += len(r.buf)
		r.buf = r.buf[:0]
		r.state = inside
	default:
		r.spoil()
	}
}

// keep adds one byte of an APDU. What grows beyond the longest APDU is broken.
func (r *Receiver) keep(c byte) {
	if len(r.buf) == MaxAPDU {
		r.spoil()
		return
	}
	r.buf = append(r.buf, c)
}

// spoil reads on to the end of a broken block: its bytes must not be taken for ACKs, and a NAK in
// the middle of it would be missed by a till that is still sending.
func (r *Receiver) spoil() {
	r.free()
	r.state = skip
}

func (r *Receiver) skipped(c byte) {
	switch c {
	case STX:
		r.state = inside
	case ETX:
		r.state = crcLow // an empty buffer cannot pass finish
	default:
		r.state = skip
	}
}

// finish checks a whole block.
func (r *Receiver) finish() Event {
	b := r.buf
	defer r.close()
	if crc := Checksum(b); byte(crc) != r.crc[0] || byte(crc>>8) != r.crc[1] {
		return Broken{Why: "checksum does not match"}
	}
	if _, err := ParseAPDU(b); err != nil {
		return Broken{Why: "length does not match"}
	}
	repeat := r.last != nil && bytes.Equal(b, r.last)
	if !repeat {
		r.last = append(r.last[:0], b...)
		r.after = false
	}
	return Block{APDU: bytes.Clone(b), Repeat: repeat}
}

func (r *Receiver) close() {
	r.free()
	r.state = idle
}

// free empties the buffer and gives a large one back.
func (r *Receiver) free() {
	if cap(r.buf) > maxKept {
		r.buf = nil
	}
	r.buf = r.buf[:0]
}

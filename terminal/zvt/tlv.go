// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Tag names an object of a TLV container: 0x26, 0x1f07, 0x1f8010. Its bytes are those of the wire;
// how many there are follows from the rules of BER (ZVT PA00P015, "TLV-container").
type Tag uint32

// Object is one tagged value. A tag with the bit 20 in its first byte holds objects.
type Object struct {
	Tag   Tag
	Value []byte
}

const (
	// maxObject is the longest value: 82 and two bytes of length.
	maxObject = 0xffff
	// maxTagBytes is the longest tag that is read.
	maxTagBytes = 4
)

// Constructed reports whether the value of an object with this tag is objects.
func (t Tag) Constructed() bool {
	for t > 0xff {
		t >>= 8
	}
	return t&0x20 != 0
}

// ParseTLV reads objects that fill b. It does not look into them: an object inside of one that
// nobody asks for cannot break a message. The values share b's memory, and the objects need at most
// sixteen times the size of b.
func ParseTLV(b []byte) ([]Object, error) {
	n, at := 0, 0
	for rest := b; len(rest) > 0; n++ {
		_, next, why := cutObject(rest)
		if why != "" {
			return nil, &SyntaxError{Offset: at, Why: why}
		}
		at, rest = len(b)-len(next), next
	}
	all := make([]Object, 0, n)
	for len(b) > 0 {
		o, next, _ := cutObject(b)
		all, b = append(all, o), next
	}
	return all, nil
}

// cutObject takes the first object off b. why is what is wrong with it, if anything.
func cutObject(b []byte) (o Object, rest []byte, why string) {
	tag, n := cutTag(b)
	if n == 0 {
		return Object{}, b, "expected a tag of at most 4 bytes"
	}
	size, m := cutSize(b[n:])
	if m == 0 {
		return Object{}, b, "expected a length of the forms 00 to 7F, 81 xx, 82 xx xx"
	}
	start := n + m
	if len(b)-start < size {
		return Object{}, b, "length is larger than what follows"
	}
	end := start + size
	return Object{Tag: tag, Value: b[start:end:end]}, b[end:], ""
}

// cutTag reads a tag from b, which is not empty; 0 bytes if there is none.
func cutTag(b []byte) (Tag, int) {
	tag := Tag(b[0])
	if tag&0x1f != 0x1f {
		return tag, 1
	}
	for i := 1; i < min(len(b), maxTagBytes); i++ {
		tag = tag<<8 | Tag(b[i])
		if b[i]&0x80 == 0 {
			return tag, i + 1
		}
	}
	return 0, 0
}

// cutSize reads a length; 0 bytes if there is none. The longest value of two bytes is no danger: it
// is compared with what is there before anything is made.
func cutSize(b []byte) (size, n int) {
	switch {
	case len(b) > 0 && b[0] < 0x80:
		return int(b[0]), 1
	case len(b) > 1 && b[0] == 0x81:
		return int(b[1]), 2
	case len(b) > 2 && b[0] == 0x82:
		return int(b[1])<<8 | int(b[2]), 3
	}
	return 0, 0
}

// AppendObject appends one object; a ValueError if its value is longer than 65535 bytes or the tag is
// none.
func AppendObject(dst []byte, o Object) ([]byte, error) {
	tag := appendTag(nil, o.Tag)
	if got, n := cutTag(tag); n != len(tag) || got != o.Tag {
		return dst, &ValueError{Path: "tag", Why: "expected a tag by the rules of BER"}
	}
	if len(o.Value) > maxObject {
		return dst, &ValueError{Path: "tag", Why: "expected at most 65535 bytes"}
	}
	return append(appendSize(append(dst, tag...), len(o.Value)), o.Value...), nil
}

func appendTag(dst []byte, t Tag) []byte {
	for shift := 24; shift > 0; shift -= 8 {
		if t>>shift != 0 {
			dst = append(dst, byte(t>>shift))
		}
	}
	return append(dst, byte(t))
}

// appendSize appends the shortest form of a length of at most maxObject.
func appendSize(dst []byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(dst, byte(n))
	case n <= 0xff:
		return append(dst, 0x81, byte(n))
	}
	return append(dst, 0x82, byte(n>>8), byte(n))
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// container writes the inside of BMP 06.
func (e *encoder) container(c *Container) []byte {
	b := c.appendNumbers(nil, e)
	b = e.nested(b, c)
	b = e.words(b, TagErrorText, c.ErrorText)
	b = e.words(b, TagTillID, c.TillID)
	b = e.words(b, TagQRReference, c.QRReference)
	for _, o := range c.Extra {
		var err error
		if b, err = AppendObject(b, o); err != nil {
			e.refuse("BMP 06", "expected tags by the rules of BER")
		}
	}
	return b
}

// object appends one object. Its length is bounded by that of the APDU, which Append checks.
func object(dst []byte, tag Tag, value ...byte) []byte {
	return append(appendSize(appendTag(dst, tag), len(value)), value...)
}

func (e *encoder) words(dst []byte, tag Tag, s string) []byte {
	if s == "" {
		return dst
	}
	return object(dst, tag, e.cs.Append(nil, s)...)
}

func (c *Container) appendNumbers(b []byte, e *encoder) []byte {
	b = e.bcd(b, TagReceipt, uint64(c.Receipt.Value), c.Receipt.Set, 2)
	b = e.bcd(b, TagColumns, uint64(c.Columns.Value), c.Columns.Set, 1)
	b = single(b, TagCharacterSet, c.CharacterSet)
	b = double(b, TagMaxAPDU, c.MaxAPDU)
	b = single(b, TagDiagnosis, c.Diagnosis)
	b = double(b, TagCardType, c.CardType)
	if len(c.ReceiptParameter) > 4 {
		e.refuse("BMP 06, tag 1F04", "expected at most 4 bytes")
	}
	if c.ReceiptParameter != nil {
		b = object(b, TagReceiptParameter, c.ReceiptParameter...)
	}
	b = single(b, TagReceiptType, c.ReceiptType)
	if c.Sync.Set && c.Sync.Value.NewTill {
		b = object(b, TagSync)
	} else {
		b = e.bcd(b, TagSync, uint64(c.Sync.Value.Receipt), c.Sync.Set, 2)
	}
	return e.bcd(b, TagSequence, uint64(c.Sequence.Value), c.Sequence.Set, 3)
}

func (e *encoder) bcd(dst []byte, tag Tag, n uint64, set bool, size int) []byte {
	if !set {
		return dst
	}
	v, ok := appendBCD(nil, n, size)
	if !ok {
		e.refuse("BMP 06", "has too many digits")
	}
	return object(dst, tag, v...)
}

func single(dst []byte, tag Tag, v Opt[byte]) []byte {
	if !v.Set {
		return dst
	}
	return object(dst, tag, v.Value)
}

func double(dst []byte, tag Tag, v Opt[uint16]) []byte {
	if !v.Set {
		return dst
	}
	return object(dst, tag, byte(v.Value>>8), byte(v.Value))
}

// nested appends the objects of objects.
func (e *encoder) nested(b []byte, c *Container) []byte {
	var in []byte
	for _, s := range c.Display {
		in = object(in, TagText, e.cs.Append(nil, s)...)
	}
	b = outer(b, TagDisplayTexts, in, c.Display != nil)
	b = outer(b, TagPrintTexts, e.lines(c), c.print != nil || c.end)
	in = nil
	for _, k := range c.Commands {
		in = object(in, TagCommand, byte(k>>8), byte(k))
	}
	b = outer(b, TagCommands, in, c.Commands != nil)
	in = nil
	for _, set := range c.CharacterSets {
		in = object(in, TagCharacterSet, set)
	}
	b = outer(b, TagCharacterSets, in, c.CharacterSets != nil)
	if c.Method.Set {
		in = object(nil, TagAuthentication, c.Method.Value.Authentication)
		in = object(in, TagOnline, c.Method.Value.Online)
		b = object(b, TagPaymentMethod, object(in, TagTechnology, c.Method.Value.Technology)...)
	}
	return b
}

func outer(dst []byte, tag Tag, in []byte, set bool) []byte {
	if !set {
		return dst
	}
	return object(dst, tag, in...)
}

// lines appends an attribute where it changes, and one at the end of the receipt.
func (e *encoder) lines(c *Container) []byte {
	var b []byte
	var attribute byte
	for _, line := range c.print {
		if line.Attribute != attribute {
			attribute = line.Attribute
			b = object(b, TagAttribute, attribute)
		}
		b = object(b, TagText, e.cs.Append(nil, line.Text)...)
	}
	if c.end {
		b = object(b, TagAttribute, AttributeLast)
	}
	return b
}

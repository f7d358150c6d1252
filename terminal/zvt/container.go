// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"bytes"
	"slices"
)

// Tags that Container knows, each a Tag. ZVT PA00P015, "TLV-container"; QRReference since revision 13.13.
const (
	TagText             = 0x07
	TagReceipt          = 0x08
	TagAttribute        = 0x09
	TagCommand          = 0x0a
	TagColumns          = 0x12
	TagCharacterSet     = 0x14
	TagMaxAPDU          = 0x1a
	TagDiagnosis        = 0x1b
	TagDisplayTexts     = 0x24
	TagPrintTexts       = 0x25
	TagCommands         = 0x26
	TagCharacterSets    = 0x27
	TagPaymentMethod    = 0x2f
	TagCardType         = 0x41
	TagReceiptParameter = 0x1f04
	TagReceiptType      = 0x1f07
	TagAuthentication   = 0x1f10
	TagOnline           = 0x1f11
	TagTechnology       = 0x1f12
	TagErrorText        = 0x1f17
	TagSync             = 0x1f1f
	TagTillID           = 0x1f35
	TagSequence         = 0x1f73
	TagQRReference      = 0x1f8010
)

// Container is BMP 06. A nil *Container is none at all; an empty one is the till's word that it
// understands them. A terminal may send one only after the till sent one, in 06 00 or in the command
// at hand.
//
// What is read and not listed here is counted in Dropped and thrown away, so that no card data can
// stay.
type Container struct {
	Commands         []Command    // that the sender takes
	Columns          Opt[uint8]   // of the printer, 0 to 99
	CharacterSet     Opt[byte]    // tag 14 itself; see CharsetOf
	CharacterSets    []byte       // tags 14 in a tag 27
	MaxAPDU          Opt[uint16]  // bytes
	Diagnosis        Opt[byte]    // its kind
	Display          []string     // lines for the till's screen
	Receipt          Opt[Receipt] // receipt number
	ReceiptType      Opt[byte]    // ReceiptCustomer
	ReceiptParameter []byte       // bits, at most 4 bytes
	CardType         Opt[uint16]  // above 254
	Method           Opt[Method]  // how it was paid
	ErrorText        string       // of 06 1E
	Sync             Opt[Sync]    // which result the till got last
	TillID           string       //
	Sequence         Opt[Trace]   // message number; 0 in 06 00 offers them
	QRReference      string       // of the payment to refund
	Extra            []Object     // written behind the others; never read
	Dropped          int          // objects that were not kept
	CardData         bool         // some of them were about a card

	print []Line // of 06 D3
	end   bool   // the receipt ends with them
}

// Sync is tag 1F1F: the receipt number of the last status information that the till got. Equal to
// ours it acknowledges ours, one less says that ours never arrived.
type Sync struct {
	Receipt Receipt
	NewTill bool // the tag was empty
}

// Method is tag 2F.
type Method struct {
	Authentication, Online, Technology byte
}

// Takes reports whether the sender listed the command, and so whether 06 D3 may be sent.
func (c *Container) Takes(command Command) bool {
	return c != nil && slices.Contains(c.Commands, command)
}

// Charset is the one character set that the container asks for, by tag 14 or by a tag 27 with exactly
// one; false if it asks for none, for several, or for one that is not spoken here. Whoever agrees
// echoes it in CharacterSets.
func (c *Container) Charset() (Charset, bool) {
	switch {
	case c == nil:
		return CP437, false
	case c.CharacterSet.Set:
		return CharsetOf(c.CharacterSet.Value)
	case len(c.CharacterSets) == 1:
		return CharsetOf(c.CharacterSets[0])
	}
	return CP437, false
}

// container reads the inside of BMP 06, which begins at byte at of the data.
func (d *decoder) container(v []byte, at int) *Container {
	all, err := d.objects(v, at)
	if err {
		return nil
	}
	c := new(Container)
	for _, o := range all {
		kept := c.number(o) || c.string(d, o)
		if !kept && d.err == nil {
			kept = c.nested(d, o)
		}
		if !kept {
			c.Dropped++
			c.CardData = c.CardData || aboutCard(o, 0)
		}
	}
	return c
}

// objects reads one level of objects; true if it is broken.
func (d *decoder) objects(v []byte, at int) ([]Object, bool) {
	all, err := ParseTLV(v)
	if bad, ok := err.(*SyntaxError); ok { //nolint:errorlint // ParseTLV wraps nothing
		d.refuse(at+bad.Offset, "BMP 06", bad.Why)
	}
	return all, err != nil
}

// number keeps an object of digits or bits. One of the wrong size is dropped like an unknown one.
func (c *Container) number(o Object) bool {
	n, digits := parseBCD(o.Value)
	one, two := len(o.Value) == 1, len(o.Value) == 2
	switch {
	case o.Tag == TagColumns && one && digits:
		c.Columns = Some(uint8(n))
	case o.Tag == TagCharacterSet && one:
		c.CharacterSet = Some(o.Value[0])
	case o.Tag == TagDiagnosis && one:
		c.Diagnosis = Some(o.Value[0])
	case o.Tag == TagReceiptType && one:
		c.ReceiptType = Some(o.Value[0])
	case o.Tag == TagMaxAPDU && two:
		c.MaxAPDU = Some(uint16(o.Value[0])<<8 | uint16(o.Value[1]))
	case o.Tag == TagCardType && two:
		c.CardType = Some(uint16(o.Value[0])<<8 | uint16(o.Value[1]))
	case o.Tag == TagReceipt && two && digits:
		c.Receipt = Some(Receipt(n))
	case o.Tag == TagSync && two && digits:
		c.Sync = Some(Sync{Receipt: Receipt(n)})
	case o.Tag == TagSync && len(o.Value) == 0:
		c.Sync = Some(Sync{NewTill: true})
	case o.Tag == TagSequence && len(o.Value) == 3 && digits:
		c.Sequence = Some(Trace(n))
	default:
		return false
	}
	return true
}

// string keeps an object of text or bytes.
func (c *Container) string(d *decoder, o Object) bool {
	switch {
	case o.Tag == TagErrorText:
		c.ErrorText = d.text(o.Value)
	case o.Tag == TagTillID:
		c.TillID = d.text(o.Value)
	case o.Tag == TagQRReference:
		c.QRReference = d.text(o.Value)
	case o.Tag == TagReceiptParameter && len(o.Value) <= 4:
		c.ReceiptParameter = bytes.Clone(o.Value)
	default:
		return false
	}
	return true
}

// nested keeps an object of objects. One that is broken inside is dropped.
func (c *Container) nested(d *decoder, o Object) bool {
	var take func([]Object)
	switch o.Tag {
	case TagCommands:
		take = c.commands
	case TagCharacterSets:
		take = c.sets
	case TagDisplayTexts:
		take = func(all []Object) { c.display(d, all) }
	case TagPrintTexts:
		take = func(all []Object) { c.lines(d, all) }
	case TagPaymentMethod:
		take = c.method
	default:
		return false
	}
	all, err := ParseTLV(o.Value)
	if err != nil {
		return false
	}
	take(all)
	return true
}

func (c *Container) commands(all []Object) {
	for _, o := range all {
		if o.Tag == TagCommand && len(o.Value) == 2 {
			c.Commands = append(c.Commands, command(o.Value))
		}
	}
}

func (c *Container) sets(all []Object) {
	for _, o := range all {
		if o.Tag == TagCharacterSet && len(o.Value) == 1 {
			c.CharacterSets = append(c.CharacterSets, o.Value[0])
		}
	}
}

func (c *Container) method(all []Object) {
	var m Method
	for _, o := range all {
		if len(o.Value) != 1 {
			continue
		}
		switch o.Tag {
		case TagAuthentication:
			m.Authentication = o.Value[0]
		case TagOnline:
			m.Online = o.Value[0]
		case TagTechnology:
			m.Technology = o.Value[0]
		}
	}
	c.Method = Some(m)
}

func (c *Container) display(d *decoder, all []Object) {
	c.Display = make([]string, 0, len(all))
	for _, o := range all {
		if o.Tag == TagText {
			c.Display = append(c.Display, d.text(o.Value))
		}
	}
}

// lines reads what 06 D3 prints: an attribute holds until the next one.
func (c *Container) lines(d *decoder, all []Object) {
	var attribute byte
	c.print, c.end = make([]Line, 0, len(all)), false
	for _, o := range all {
		c.end = false // it must be the last word
		switch {
		case o.Tag == TagText:
			c.print = append(c.print, Line{Attribute: attribute, Text: d.text(o.Value)})
		case o.Tag != TagAttribute || len(o.Value) != 1:
		case o.Value[0] == AttributeFeed:
			c.print = append(c.print, Line{})
		default:
			attribute = o.Value[0]
			c.end = last(attribute)
		}
	}
}

// maxDepth is how deep card data are looked for; EMV needs three.
const maxDepth = 4

// aboutCard looks for tags of a card in an object that is not kept.
func aboutCard(o Object, depth int) bool {
	if cardTag(o.Tag) {
		return true
	}
	if !o.Tag.Constructed() || depth == maxDepth {
		return false
	}
	all, _ := ParseTLV(o.Value)
	for _, inner := range all {
		if aboutCard(inner, depth+1) {
			return true
		}
	}
	return false
}

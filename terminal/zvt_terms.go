// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"encoding/json"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// The width of a receipt for a till that named none, which is also the least, and the greatest.
const (
	defaultColumns = 24
	mostColumns    = 80
)

// zvtTerms are what a till registered. They hold for the terminal, not for a link, until the till logs
// off. They are kept as JSON.
type zvtTerms struct {
	Config   zvt.Config `json:"config"`
	TLV      bool       `json:"tlv,omitempty"`      // containers may be sent
	Currency bool       `json:"currency,omitempty"` // the till named one
	Blocks   bool       `json:"blocks,omitempty"`   // 06 D3 may be sent
	Columns  int        `json:"columns,omitempty"`
	Charset  byte       `json:"charset"` // tag 14
	Agreed   bool       `json:"agreed,omitempty"`
	Copies   *byte      `json:"copies,omitempty"` // tag 1F04
}

// unregistered is how the terminal treats a till that never registered or has logged off.
func unregistered() zvtTerms {
	return zvtTerms{Config: zvt.ConfigUnregistered, Columns: defaultColumns, Charset: zvt.CP437.Tag14()}
}

func termsOf(m zvt.Registration) zvtTerms {
	t := unregistered()
	t.Config, t.TLV, t.Currency = m.Config, m.TLV != nil, m.Currency.Set
	if m.TLV == nil {
		return t
	}
	t.Blocks = m.TLV.Takes(zvt.CmdPrintBlock)
	t.Columns = min(max(int(m.TLV.Columns.Or(0)), defaultColumns), mostColumns)
	if cs, ok := m.TLV.Charset(); ok {
		t.Charset, t.Agreed = cs.Tag14(), true
	}
	if p := m.TLV.ReceiptParameter; len(p) > 0 {
		t.Copies = &p[0]
	}
	return t
}

// charset is how texts are written and read.
func (t zvtTerms) charset() zvt.Charset {
	cs, _ := zvt.CharsetOf(t.Charset)
	return cs
}

// wants04FF reports whether the till wants intermediate status.
func (t zvtTerms) wants04FF() bool { return t.Config.Has(zvt.ConfigIntermediate) }

// prints reports whether receipts of payments go to the till as print commands; admin, those of totals.
func (t zvtTerms) prints(admin bool) bool {
	bit := zvt.ConfigPrintsPayments
	if admin {
		bit = zvt.ConfigPrintsAdmin
	}
	return t.Config.Has(zvt.ConfigPrintCommands | bit)
}

// The bits of tag 1F04, first byte. ZVT PA00P015, "receipt parameter".
const (
	copyCustomerPaid  = 0x80
	copyMerchantPaid  = 0x20
	copyCustomerFirst = 0x08
	copyOnTill        = 0x01 // the till prints for this command, whatever it registered
)

// onTill reports whether one command asks for its receipts as print commands.
func onTill(parameter []byte) bool { return len(parameter) > 0 && parameter[0]&copyOnTill != 0 }

// copies are the receipts to print of a paid sale, in order; true is the merchant's.
func (t zvtTerms) copies(asked []byte) []bool {
	bits := byte(copyCustomerPaid)
	switch {
	case len(asked) > 0:
		bits = asked[0]
	case t.Copies != nil:
		bits = *t.Copies
	}
	var all []bool
	if bits&copyMerchantPaid != 0 {
		all = append(all, true)
	}
	if bits&copyCustomerPaid != 0 {
		all = append(all, false)
	}
	if bits&copyCustomerFirst != 0 && len(all) == 2 {
		all[0], all[1] = all[1], all[0]
	}
	return all
}

// registered is what the lane's till registered, on whatever link and in whatever process.
func (z *ZVT) registered(lane payment.LaneID) zvtTerms {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.known {
		return z.terms
	}
	z.terms = unregistered()
	kept, found, err := z.o.Memory.Note(zvtNote(lane, "registration"))
	if err == nil && found {
		var t zvtTerms
		if json.Unmarshal(kept, &t) == nil {
			z.terms = t
		}
	}
	z.known = err == nil
	return z.terms
}

// register makes terms durable, then lets them hold.
func (z *ZVT) register(lane payment.LaneID, t zvtTerms) error {
	value, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if err := z.o.Memory.SetNote(zvtNote(lane, "registration"), value); err != nil {
		return err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.terms, z.known = t, true
	return nil
}

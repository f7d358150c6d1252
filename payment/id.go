// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1 (RFC 9562 §5.5); it names, it does not protect
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

type (
	// LaneID names a lane in the configuration.
	LaneID string
	// TillID is the till's own name of a payment, kept byte for byte.
	TillID string
	// RequestID is Klarna's name of a payment request. It is opaque.
	RequestID string
	// TransactionID is Klarna's name of a transaction. It is opaque.
	TransactionID string
	// Key is a Klarna-Idempotency-Key.
	Key string
)

// maxTillID is the longest till id, in bytes.
const maxTillID = 64

// ID names a payment: what one till called it, on one lane.
type ID struct {
	Lane LaneID `json:"lane"`
	Till TillID `json:"id"`
}

// String is for logs. Both parts are printable by their checks.
func (id ID) String() string { return string(id.Lane) + "/" + string(id.Till) }

// Check reports whether t is 1 to 64 printable ASCII characters. Nothing is normalized: "7" and "007"
// are two payments.
func (t TillID) Check() error {
	if len(t) == 0 || len(t) > maxTillID {
		return fmt.Errorf("id of %d characters: expected 1 to %d", len(t), maxTillID)
	}
	for i := range len(t) {
		if t[i] < 0x20 || t[i] > 0x7e {
			return fmt.Errorf("id: character %d is not printable ASCII", i+1)
		}
	}
	return nil
}

// Names is what makes keys and references differ between shops, terminals and journals.
type Names struct {
	Account  string
	Store    string
	Terminal string
	Epoch    string // random characters made with the journal file
}

// Key is the idempotency key of one intent: the same payment, write and attempt always give the same.
func (n Names) Key(id ID, w Write, attempt int) Key {
	return Key(uuid5(n.Account, n.Store, n.Terminal, string(id.Lane), n.Epoch, string(id.Till), string(w), strconv.Itoa(attempt)))
}

// RefundKey is Key for the write of one refund of a payment.
func (n Names) RefundKey(id ID, refund TillID, attempt int) Key {
	return n.refundName(id, refund, "refund-"+strconv.Itoa(attempt))
}

// RefundReference is the name under which Klarna, settlement and the journal know one refund.
func (n Names) RefundReference(id ID, refund TillID) string {
	return string(n.refundName(id, refund, "refund"))
}

// refundName has one part more than the name of a sale's own write, so that none can be the other.
func (n Names) refundName(id ID, refund TillID, what string) Key {
	return Key(uuid5(n.Account, n.Store, n.Terminal, string(id.Lane), n.Epoch,
		string(id.Till), string(refund), what, "1"))
}

// Reference is the name under which Klarna, settlement and the journal know the payment.
func (n Names) Reference(id ID) string { return string(n.Key(id, "sale", 1)) }

// ShortCode is what people read out: eight characters without look-alikes, made from a reference.
func ShortCode(reference string) string {
	sum := sha1.Sum([]byte(reference)) //nolint:gosec // a short name, not a protection
	return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").EncodeToString(sum[:5])
}

// uuid5 is RFC 9562 §5.5 in a name space of our own; the parts cannot run into each other because
// none may hold the separator.
func uuid5(parts ...string) string {
	const space = "\x74\x69\x6c\x6c\x62\x72\x45\x64\x87\x65\x20\x26\x6b\x65\x79\x73"
	sum := sha1.Sum([]byte(space + strings.Join(parts, "\x1f"))) //nolint:gosec // see the import
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"io"
	"log/slog"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// Bridge is what a lane's links need of the engine.
type Bridge interface {
	// Connect announces an open link. hear is called in order and never blocks; it may be called until
	// Disconnect has taken effect, and even during Connect and Ask.
	Connect(l payment.Link, hear func(payment.Word)) payment.LinkID
	// Ask passes on what a till said. The answers are words to the link.
	Ask(id payment.LinkID, a payment.Ask)
	// Disconnect says that the link is gone.
	Disconnect(id payment.LinkID)
}

// Protocol is one till language.
type Protocol interface {
	// Name is for logs and the configuration.
	Name() string
	// Serve owns rwc and returns when ctx ends, the till leaves or the link breaks. An end that the till
	// or ctx wanted is no error.
	Serve(ctx context.Context, rwc io.ReadWriteCloser, lane *Lane) error
}

// Lane is what a protocol gets to serve one link.
type Lane struct {
	ID     payment.LaneID
	Bridge Bridge
	Log    *slog.Logger // never nil

	// AckOnWrite: an approval counts as acknowledged once it is written, for tills that cannot confirm.
	AckOnWrite bool
	// Token is what a till must show first; empty means none.
	Token secret.Text
	// Lasting: the carrier is a serial line, which is open whether or not a till speaks. A link is
	// announced at once, and noise is no reason to close it.
	Lasting bool

	pace *paces
	last *terms // of a lasting carrier, for its next opening; one link at a time uses it
}

// paces bound how fast one lane is asked, over all of its links.
type paces struct {
	reads  pace // answered from memory
	writes pace // may end in the journal: pay, confirm, refund, and cancel, whose tombstones take room for ever
	heres  pace // answers of the till, apart so that no flood of questions delays them
}

// newPaces: 50 questions a second is far above any till and far below what disturbs other lanes.
func newPaces() *paces {
	return &paces{reads: perSecond(50, 50), writes: perSecond(10, 20), heres: perSecond(50, 50)}
}

// terms are what a till asked for in hello.
type terms struct {
	probe     bool
	keepalive int64 // seconds; 0 means none
	checked   bool  // the till sends checksums
	known     bool  // the till has shown the lane's token
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// Memory keeps small things across restarts, in the journal.
type Memory interface {
	// Note is what SetNote kept under a name, and false if it kept nothing.
	Note(name string) (value []byte, found bool, err error)
	// SetNote keeps at most 4 KiB under a name. It returns once they are durable.
	SetNote(name string, value []byte) error
}

// Book is what a ZVT terminal reads of the journal.
type Book interface {
	// Newest is the greatest id of a lane's payments that begins with prefix.
	Newest(lane payment.LaneID, prefix string) (id payment.TillID, found bool, err error)
	Find(id payment.ID) (p payment.Payment, found bool, err error)
	// Unfinished returns the payments of all lanes that have something left to do.
	Unfinished() ([]payment.Payment, error)
	// Totals adds up a lane from the record after a number on.
	Totals(lane payment.LaneID, after uint64) (DayTotals, error)
}

// DayTotals is what a lane took since its last close: acknowledged sales, minus what was given back.
// Sums are minor units; Backs may be from an earlier day.
type DayTotals struct {
	Sales, Backs     int
	SaleSum, BackSum int64
	First, Last      payment.TillID // of the sales; empty if there were none
	Through          uint64         // the record up to which was counted
}

// Repeat is what a 06 01 does while an earlier payment of the lane has not been settled.
type Repeat string

// The ways. Ask refuses it until the till has repeated the receipt. Attach goes on with the earlier
// payment if the amount is the same and its link broke less than a minute ago. New starts another one.
const (
	RepeatAsk    Repeat = "ask"
	RepeatAttach Repeat = "attach"
	RepeatNew    Repeat = "new"
)

// attachWithin is how long after a broken link RepeatAttach holds.
const attachWithin = time.Minute

// Slip is one receipt to print.
type Slip struct {
	Kind     SlipKind
	Merchant bool // else the customer's copy
	Columns  int
	Language string
	Terminal string // its number at the till
	At       time.Time
	Trace    int
	Receipt  int
	Amount   payment.Amount
	// Reference is the eight characters that people read out.
	Reference string
	Totals    DayTotals
	First     int // receipt numbers of the totals' sales; 0 if there were none
	Last      int
	Software  string
}

// SlipKind says what a Slip is about.
type SlipKind string

// The kinds of slips.
const (
	SlipSale     SlipKind = "sale"
	SlipReversal SlipKind = "reversal"
	SlipTotals   SlipKind = "totals"
	SlipSetup    SlipKind = "setup"
)

// ZVTOptions set up the ZVT terminal of one lane. Memory, Book, Epoch and Currency must be set.
type ZVTOptions struct {
	Memory Memory
	Book   Book
	// Epoch is the journal's: the first part of the names of this terminal's payments.
	Epoch      string
	Currency   payment.Currency
	MaxMinor   int64       // the largest amount taken, minor units; 0 means no limit of its own
	TerminalID string      // eight digits; empty means 00000001
	Password   secret.Text // six digits; empty takes every password
	CardType   byte        // BMP 8A; 0 means zvt.CardTypeKlarna
	// Wishes are asked for whenever they are needed; nil means their zero values.
	Wishes   func() ZVTWishes
	Repeat   Repeat // empty means RepeatAsk
	Software string // name and version, for 05 01
	// Probe asks Klarna something that changes nothing, for 06 70. Nil asks nothing.
	Probe func(context.Context) error
	// Print gives the lines of a receipt. Nil means that nothing is printed.
	Print func(Slip) []string
}

// ZVTWishes are what may change while the terminal runs.
type ZVTWishes struct {
	Language string // of receipts and texts: "de"; else English
	// DeadlineWithoutStatus limits a payment of a till that wants no 04 FF; 0 means 150 s.
	DeadlineWithoutStatus time.Duration
	// Listed: an approval unacknowledged for longer no longer keeps the till from a new payment. 0 means
	// 10 minutes.
	Listed time.Duration
}

func (z *ZVT) wishes() ZVTWishes {
	var w ZVTWishes
	if z.o.Wishes != nil {
		w = z.o.Wishes()
	}
	if w.DeadlineWithoutStatus <= 0 {
		w.DeadlineWithoutStatus = 150 * time.Second
	}
	if w.Listed <= 0 {
		w.Listed = 10 * time.Minute
	}
	return w
}

// ZVT is the terminal of one lane towards a till that speaks ZVT (PA00P015): the till is master, and
// every command of it is a dialogue of strict alternation. Any number of links of the lane may be served
// at once; what the till registered holds for all of them and across restarts.
type ZVT struct {
	o       ZVTOptions
	born    time.Time
	numeric zvt.Currency
	plain   string        // the password
	desk    chan struct{} // holds one while somebody writes papers

	mu      sync.Mutex
	known   bool           // guarded by mu; terms were read from memory
	terms   zvtTerms       // guarded by mu
	owner   *zvtSession    // guarded by mu; the link that has a payment running
	running payment.TillID // guarded by mu; that payment
	told    bool           // guarded by mu; its 04 0F has left
	last    zvtNumber      // guarded by mu; the highest number given out in this process
	broken  zvtBroken      // guarded by mu
	asked   zvtBroken      // guarded by mu; the running payment that a till asked about last, and when
}

// zvtBroken is a payment whose link broke before the till had any answer about it.
type zvtBroken struct {
	id     payment.TillID
	amount payment.Amount
	at     time.Time
}

// NewZVT returns the terminal of one lane.
func NewZVT(o ZVTOptions) *ZVT {
	if o.TerminalID == "" {
		o.TerminalID = "00000001"
	}
	if o.CardType == 0 {
		o.CardType = zvt.CardTypeKlarna
	}
	if o.Repeat == "" {
		o.Repeat = RepeatAsk
	}
	numeric, _ := zvt.CurrencyOf(string(o.Currency)) // the configuration has checked it
	return &ZVT{o: o, born: time.Now(), numeric: numeric, plain: o.Password.Reveal(), desk: make(chan struct{}, 1)}
}

var _ Protocol = (*ZVT)(nil)

// Name implements Protocol.
func (*ZVT) Name() string { return "zvt" }

// begin makes s the one link that has a payment running; false if another has.
func (z *ZVT) begin(s *zvtSession) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.owner != nil && z.owner != s {
		return false
	}
	z.owner, z.running, z.told = s, "", false
	return true
}

// runs names the payment of the link that begin let in.
func (z *ZVT) runs(s *zvtSession, id payment.TillID) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.owner == s {
		z.running = id
	}
}

// telling marks that the result begins to leave: from here on an abort is too late.
func (z *ZVT) telling(s *zvtSession) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.owner == s {
		z.told = true
	}
}

// end lets the next link in.
func (z *ZVT) end(s *zvtSession) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.owner == s {
		z.owner, z.running, z.told = nil, "", false
	}
}

// elsewhere is the payment that another link has running, and whether its result has left.
func (z *ZVT) elsewhere(s *zvtSession) (id payment.TillID, told bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.owner == nil || z.owner == s {
		return "", false
	}
	return z.running, z.told
}

// owned reports whether a link of this process has the payment.
func (z *ZVT) owned(id payment.TillID) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.owner != nil && z.running == id
}

func (z *ZVT) broke(b zvtBroken) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.broken = b
}

// attachable is the payment that RepeatAttach goes on with. One that the till has taken meanwhile, or that
// has ended, is over: the same amount then is the next customer's.
func (z *ZVT) attachable(lane payment.LaneID, a payment.Amount, now time.Time) (payment.TillID, bool) {
	z.mu.Lock()
	b := z.broken
	z.mu.Unlock()
	if z.o.Repeat != RepeatAttach || b.id == "" || b.amount != a || now.Sub(b.at) > attachWithin {
		return "", false
	}
	p, found, err := z.o.Book.Find(payment.ID{Lane: lane, Till: b.id})
	return b.id, err == nil && found && (p.Busy() || p.State == payment.StateApproved)
}

func zvtNote(lane payment.LaneID, what string) string { return "zvt/" + string(lane) + "/" + what }

// remembered logs a failure of the memory. The link goes on with what it knows; the journal itself stops
// the process when it cannot be written.
func remembered(log *slog.Logger, what string, err error) {
	if err != nil {
		log.Error("terminal's memory", "note", what, "error", err)
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"strconv"
	"strings"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

const (
	// maxTrace is the last trace number; 1 follows it in a new cycle.
	maxTrace = 999999
	// maxReceipt is the last receipt number.
	maxReceipt = 9999
	// maxCycle bounds the search for the newest cycle beyond the kept one: a million payments each.
	maxCycle = 10
)

// zvtNumber counts a terminal's payments. Its cycle, from 1, changes when the trace numbers begin anew, so
// that no payment ever gets the name of an earlier one.
type zvtNumber struct{ cycle, trace int }

func (n zvtNumber) next() zvtNumber {
	switch {
	case n.cycle == 0:
		return zvtNumber{1, 1}
	case n.trace >= maxTrace:
		return zvtNumber{n.cycle + 1, 1}
	}
	return zvtNumber{n.cycle, n.trace + 1}
}

func (n zvtNumber) after(o zvtNumber) bool {
	return n.cycle > o.cycle || n.cycle == o.cycle && n.trace > o.trace
}

// receipt is what a cashier types to take a payment back. It repeats only after 9,999 payments.
func (n zvtNumber) receipt() zvt.Receipt {
	if n.trace == 0 {
		return 0
	}
	return zvt.Receipt((n.trace-1)%maxReceipt + 1)
}

func zvtPrefix(epoch string, cycle int) string {
	if cycle <= 1 {
		return epoch + "-"
	}
	return epoch + "." + strconv.Itoa(cycle) + "-"
}

// id is the payment's name: <epoch>-000017, and from the second cycle on <epoch>.2-000017.
func (n zvtNumber) id(epoch string) payment.TillID {
	return payment.TillID(fmt.Sprintf("%s%06d", zvtPrefix(epoch, n.cycle), n.trace))
}

// numberOf reads what id wrote.
func numberOf(epoch string, id payment.TillID) (zvtNumber, bool) {
	rest, ours := strings.CutPrefix(string(id), epoch)
	if !ours {
		return zvtNumber{}, false
	}
	head, digits, dash := strings.Cut(rest, "-")
	trace, err := strconv.Atoi(digits)
	n := zvtNumber{1, trace}
	if head != "" {
		cycle, bad := strconv.Atoi(strings.TrimPrefix(head, "."))
		if bad != nil {
			return zvtNumber{}, false
		}
		n.cycle = cycle
	}
	return n, dash && err == nil && trace > 0 && trace <= maxTrace && n.cycle > 0 && n.id(epoch) == id
}

// newest is the last payment of this terminal in the journal; the zero number if there was none.
func (z *ZVT) newest(lane payment.LaneID) (zvtNumber, error) {
	kept, err := z.keptNumber(lane)
	if err != nil {
		return zvtNumber{}, err
	}
	for cycle := max(kept.cycle, 1); ; cycle++ {
		n, err := z.newestOf(lane, cycle)
		switch {
		case err != nil:
			return zvtNumber{}, err
		case n.cycle == 0 && cycle > 1: // the cycle has just begun
			return z.newestOf(lane, cycle-1)
		case n.trace < maxTrace || cycle > kept.cycle+maxCycle:
			return n, nil
		}
	}
}

func (z *ZVT) newestOf(lane payment.LaneID, cycle int) (zvtNumber, error) {
	id, found, err := z.o.Book.Newest(lane, zvtPrefix(z.o.Epoch, cycle))
	if err != nil {
		return zvtNumber{}, fmt.Errorf("last number of %s: %w", lane, err)
	}
	if n, ours := numberOf(z.o.Epoch, id); found && ours {
		return n, nil
	}
	return zvtNumber{}, nil
}

// keptNumber is the highest number that memory knows: of what left no payment, and of the cycle's first.
func (z *ZVT) keptNumber(lane payment.LaneID) (zvtNumber, error) {
	kept, _, err := z.o.Memory.Note(zvtNote(lane, "number"))
	if err != nil {
		return zvtNumber{}, fmt.Errorf("last number of %s: %w", lane, err)
	}
	n, _ := numberOf(z.o.Epoch, payment.TillID(kept))
	return n, nil
}

// maxDraws bounds how many numbers are tried that somebody else's payments carry.
const maxDraws = 100

// draw gives out the next number that no payment has. One is never given out twice in a process; after a
// restart the journal and, for what leaves no payment there, the memory say which are used.
func (z *ZVT) draw(lane payment.LaneID, durable bool) (zvtNumber, error) {
	for range maxDraws {
		n, err := z.drawOne(lane, durable)
		if err != nil {
			return zvtNumber{}, err
		}
		_, taken, err := z.o.Book.Find(payment.ID{Lane: lane, Till: n.id(z.o.Epoch)})
		if err != nil || !taken {
			return n, err
		}
	}
	return zvtNumber{}, fmt.Errorf("number of the next payment of %s: all that were tried are taken", lane)
}

func (z *ZVT) drawOne(lane payment.LaneID, durable bool) (zvtNumber, error) {
	newest, err := z.newest(lane)
	if err != nil {
		return zvtNumber{}, err
	}
	kept, err := z.keptNumber(lane)
	if err != nil {
		return zvtNumber{}, err
	}
	z.mu.Lock()
	for _, n := range []zvtNumber{kept, z.last} {
		if n.after(newest) {
			newest = n
		}
	}
	z.last = newest.next()
	drawn := z.last
	z.mu.Unlock()
	if !durable && (drawn.cycle == 1 || drawn.trace > 1) {
		return drawn, nil
	}
	if err := z.o.Memory.SetNote(zvtNote(lane, "number"), []byte(drawn.id(z.o.Epoch))); err != nil {
		return zvtNumber{}, fmt.Errorf("keep the number: %w", err)
	}
	return drawn, nil
}

// byReceipt finds the newest payment with a receipt number. A number may have been drawn for something
// that left no payment, such as a reversal; then it is one of the rounds before.
func (z *ZVT) byReceipt(lane payment.LaneID, r zvt.Receipt) (payment.Payment, zvtNumber, bool, error) {
	newest, err := z.newest(lane)
	if err != nil || newest.cycle == 0 || r == 0 || r > maxReceipt {
		return payment.Payment{}, zvtNumber{}, false, err
	}
	n := newest
	for range 5 {
		back := (int(n.receipt()) - int(r) + maxReceipt) % maxReceipt
		if n = n.minus(back); n.trace < 1 {
			break
		}
		if n.receipt() != r {
			continue // the end of the cycle before
		}
		p, found, err := z.o.Book.Find(payment.ID{Lane: lane, Till: n.id(z.o.Epoch)})
		if err != nil {
			return payment.Payment{}, zvtNumber{}, false, fmt.Errorf("receipt %04d of %s: %w", r, lane, err)
		}
		if found && !p.Tombstone {
			return p, n, true, nil
		}
		n = n.minus(1)
	}
	return payment.Payment{}, zvtNumber{}, false, nil
}

// minus goes back within one cycle, or into the one before; the trace is below 1 where there is none.
func (n zvtNumber) minus(back int) zvtNumber {
	n.trace -= back
	if n.trace < 1 && n.cycle > 1 {
		// The cycle before ends with another remainder of 9,999, so its receipt is looked up anew.
		n.cycle, n.trace = n.cycle-1, maxTrace
	}
	return n
}

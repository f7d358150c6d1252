// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

const (
	// maxPapers is how many reversals and ends of day are kept to be printed again.
	maxPapers = 12
	// maxPaperNote is the room of a note, in bytes.
	maxPaperNote = 4 << 10
	// zvtReplay is how long an end of day whose end the till did not confirm can be asked for again.
	zvtReplay = 15 * time.Minute
)

// zvtPaper is a numbered receipt that is no sale's: of a reversal, or of a day that was closed. It is kept
// as JSON, beside the payments.
type zvtPaper struct {
	Cycle int       `json:"cycle"`
	Trace int       `json:"trace"`
	At    time.Time `json:"at"`
	// Sale is the sale that was to be reversed.
	Sale payment.TillID `json:"sale,omitempty"`
	// Totals are those of a closed day.
	Totals *DayTotals `json:"totals,omitempty"`
	// Done: the till has confirmed the end of the dialogue.
	Done bool `json:"done,omitempty"`
}

func (p zvtPaper) number() zvtNumber { return zvtNumber{p.Cycle, p.Trace} }

func (p zvtPaper) is(n zvtNumber) bool { return p.number() == n }

// papers are the lane's, oldest first.
func (z *ZVT) papers(lane payment.LaneID) ([]zvtPaper, error) {
	kept, found, err := z.o.Memory.Note(zvtNote(lane, "papers"))
	if err != nil || !found {
		return nil, err
	}
	var all []zvtPaper
	if err := json.Unmarshal(kept, &all); err != nil {
		return nil, fmt.Errorf("receipts of %s: %w", lane, err)
	}
	return all, nil
}

// keep makes a paper durable, in the place of the one with its number if there is one. The oldest make
// room. Only who sits at the desk may call it.
func (z *ZVT) keep(lane payment.LaneID, p zvtPaper) error {
	all, err := z.papers(lane)
	if err != nil {
		return err
	}
	if last := len(all) - 1; last >= 0 && all[last].is(p.number()) {
		all = all[:last]
	}
	all = append(all, p)
	all = all[max(0, len(all)-maxPapers):]
	for {
		value, err := json.Marshal(all)
		if err != nil {
			return err
		}
		if len(value) <= maxPaperNote || len(all) == 1 {
			return z.o.Memory.SetNote(zvtNote(lane, "papers"), value)
		}
		all = all[1:]
	}
}

// newestPaper is the newest that fits.
func (z *ZVT) newestPaper(lane payment.LaneID, fits func(zvtPaper) bool) (zvtPaper, bool, error) {
	all, err := z.papers(lane)
	for _, p := range slices.Backward(all) {
		if fits(p) {
			return p, true, err
		}
	}
	return zvtPaper{}, false, err
}

// sit waits until nobody else writes papers. False means that it takes longer than a till waits.
func (z *ZVT) sit(ctx context.Context) bool {
	timer := time.NewTimer(zvtRecorded)
	defer timer.Stop()
	select {
	case z.desk <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func (z *ZVT) rise() { <-z.desk }

// closing is the end of day that 06 50 is about: a new one, or the last one again if the till may not have
// got to its end and nothing was sold since. Its figures are then not lost to the till.
func (z *ZVT) closing(lane payment.LaneID, now time.Time) (p zvtPaper, again bool, err error) {
	sum, err := z.day(lane)
	if err != nil {
		return zvtPaper{}, false, err
	}
	last, found, err := z.newestPaper(lane, func(p zvtPaper) bool { return p.Totals != nil })
	if err != nil {
		return zvtPaper{}, false, err
	}
	idle := sum.Sales == 0 && sum.Backs == 0
	if age := now.Sub(last.At); found && !last.Done && idle && age >= 0 && age < zvtReplay {
		return last, true, nil
	}
	n, err := z.draw(lane, true)
	return zvtPaper{Cycle: n.cycle, Trace: n.trace, At: now.Truncate(time.Second), Totals: &sum}, false, err
}

// slip is what a paper says when it is printed.
func (z *ZVT) slip(p zvtPaper, sale payment.Payment) Slip {
	s := Slip{At: p.At, Trace: p.Trace, Receipt: int(p.number().receipt())}
	if p.Totals != nil {
		s.Kind, s.Totals, s.Receipt = SlipTotals, *p.Totals, 0
		s.First, s.Last = z.receiptOf(p.Totals.First), z.receiptOf(p.Totals.Last)
		return s
	}
	s.Kind, s.Amount, s.Reference = SlipReversal, sale.Charged(), payment.ShortCode(sale.Reference)
	return s
}

// receiptOf is the receipt number of a sale; 0 if there is none.
func (z *ZVT) receiptOf(id payment.TillID) int {
	n, ok := numberOf(z.o.Epoch, id)
	if !ok {
		return 0
	}
	return int(n.receipt())
}

// endDay tells a till that an end of day is over. Only its answer shows that it got so far.
func (s *zvtSession) endDay(ctx context.Context, p zvtPaper) error {
	answer, err := s.exchange(ctx, zvt.Completion{}, zvtAnswer)
	if answer == nil {
		s.straggler = time.Now().Add(zvtStraggler)
	}
	if err != nil || !positive(answer) {
		return err
	}
	p.Done = true
	remembered(s.lane.Log, "papers", s.z.keep(s.lane.ID, p))
	return nil
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"
)

// runSlow makes each flush of the program take as long as on an SD card, by strace's injection, and looks at the
// till's first answer: it must not come before its two flushes, and not much later.
func runSlow(ctx context.Context, b *bench, r *result) error {
	k, err := b.openKlarna(ctx, "klarna")
	if err != nil {
		return err
	}
	defer k.stop()
	if err = k.behave(ctx, `{"customer":"approve"}`); err != nil {
		return err
	}
	for _, flush := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond} {
		name := fmt.Sprintf("slow-%d", flush.Milliseconds())
		line, _, err := b.traced(ctx, name, "-e", fmt.Sprintf("inject=fdatasync,fsync:delay_exit=%d", flush.Microseconds()))
		if err != nil {
			r.note("Not measured: %v.", err)
			return nil
		}
		if err = b.slowSales(ctx, r, premises{name: name, lanes: 1, klarna: k.base, program: line}, flush); err != nil {
			return err
		}
	}
	r.note("A commit is two flushes of the journal. The first answer (accepted) waits for one commit, the code for two; " +
		"\"early\" counts answers that came before their flushes could have ended.")
	return nil
}

func (b *bench) slowSales(ctx context.Context, r *result, own premises, flush time.Duration) error {
	s, err := b.openShop(ctx, own)
	defer s.close()
	if err != nil {
		return err
	}
	if err = s.staff(ctx, 1); err != nil {
		return err
	}
	var accepted, code, sale []float64
	early := 0
	for n := range b.pick(20, 2) {
		id := fmt.Sprintf("S%d", n)
		began := time.Now()
		if err = s.tills[0].pay(id); err != nil {
			return err
		}
		if _, err = s.tills[0].hear(ofType("accepted", id)); err != nil {
			return err
		}
		accepted = append(accepted, float64(time.Since(began)))
		shown, err := s.screens[0].code()
		if err != nil {
			return err
		}
		code = append(code, float64(shown.Sub(began)))
		end, err := s.tills[0].hear(ofType("result", id))
		if err != nil {
			return err
		}
		sale = append(sale, float64(time.Since(began)))
		if accepted[n] < float64(2*flush) || code[n] < float64(4*flush) {
			early++
		}
		if err = s.tills[0].confirm(end); err != nil {
			return err
		}
		if err = wait(ctx, 20*flush); err != nil { // the capture and its commit
			return err
		}
	}
	r.add(fmt.Sprintf("Each flush takes %v", flush), "", plain("first answer to the till", "ns", accepted...),
		plain("code on the screen", "ns", code...), plain("result at the till, the customer says yes at once", "ns", sale...),
		plain("early", "", float64(early)))
	return nil
}

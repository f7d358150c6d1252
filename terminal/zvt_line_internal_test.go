// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/terminal/zvt"
)

// TestZVTALineThatNeverEndsItsBlock: a till or an adapter that babbles is told NAK, and does not keep our
// own block from leaving for ever.
func TestZVTALineThatNeverEndsItsBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		line := newZVTLine(far, true)
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			_ = line.run(ctx, make(chan zvtHeard, zvtQueue)) // ends with ctx
		}()
		said := make(chan byte, 100)
		go func() {
			defer close(said)
			b := make([]byte, 1)
			for {
				if _, err := near.Read(b); err != nil {
					return
				}
				said <- b[0]
			}
		}()
		_, _ = near.Write([]byte{0x10, 0x02})
		synctest.Wait()
		if err := line.send(ctx, []byte{0x80, 0x00, 0x00}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for len(said) == 0 && time.Since(began) < time.Minute {
			time.Sleep(100 * time.Millisecond)
			_, _ = near.Write([]byte{0x42})
		}
		if first, d := <-said, time.Since(began); first != zvt.NAK || d > 2*zvtBlockTime {
			t.Errorf("after %s the line says %02X, want NAK after 10 s", d, first)
		}
		if next := <-said; next != 0x10 {
			t.Errorf("then it says %02X, want our block", next)
		}
		stop()
		_ = near.Close()
		<-over
	})
}

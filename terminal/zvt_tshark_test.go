// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// capture records a connection as a capture file: every write is one TCP segment (libpcap format, link type
// 101, raw IP).
type capture struct {
	mu  sync.Mutex
	out []byte    // guarded by mu
	seq [2]uint32 // guarded by mu
}

func newCapture() *capture {
	c := &capture{seq: [2]uint32{1, 1}}
	for _, v := range []uint32{0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101} {
		c.out = binary.LittleEndian.AppendUint32(c.out, v)
	}
	return c
}

// segment adds what one side wrote; 0 is the till.
func (c *capture) segment(from int, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ports := [2]uint16{50000, 20007}
	var tcp []byte
	tcp = binary.BigEndian.AppendUint16(tcp, ports[from])
	tcp = binary.BigEndian.AppendUint16(tcp, ports[1-from])
	tcp = binary.BigEndian.AppendUint32(tcp, c.seq[from])
	tcp = binary.BigEndian.AppendUint32(tcp, c.seq[1-from])
	tcp = append(tcp, 0x50, 0x18, 0x20, 0, 0, 0, 0, 0) // no checksum: the reader does not look
	tcp = append(tcp, payload...)
	c.seq[from] += uint32(len(payload))
	ip := []byte{0x45, 0}
	ip = binary.BigEndian.AppendUint16(ip, uint16(20+len(tcp)))
	ip = append(ip, 0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, byte(1+from), 127, 0, 0, byte(2-from))
	packet := append(ip, tcp...) //nolint:gocritic // ip is not used again
	n := uint32(len(packet))
	for _, v := range []uint32{0, 0, n, n} {
		c.out = binary.LittleEndian.AppendUint32(c.out, v)
	}
	c.out = append(c.out, packet...)
}

// recorded is one end of a connection whose writes are captured.
type recorded struct {
	net.Conn

	c    *capture
	from int
}

func (r recorded) Write(p []byte) (int, error) {
	r.c.segment(r.from, p)
	return r.Conn.Write(p)
}

// TestZVTIsDecodedByWireshark hands a whole day to somebody else's decoder.
func TestZVTIsDecodedByWireshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark is not installed")
	}
	c := newCapture()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newKlarna(approves), nil)
		defer w.close()
		till := w.till()
		till.TLV = &zvt.Container{Commands: []zvt.Command{zvt.CmdPrintBlock}}
		till.Dial = func(context.Context) (io.ReadWriteCloser, error) {
			near, far := net.Pipe()
			server := terminal.NewServer("lane-1", w.zvt, w.engine, terminal.Options{})
			w.ended.Go(func() { _ = server.Serve(w.ctx, recorded{far, c, 1}) }) // its end is the till's
			return recorded{near, c, 0}, nil
		}
		w.pays(till, payment.Approved, zvt.CodeOK)
		w.klarna.has(rejects)
		w.pays(till, payment.Declined, zvt.CodeDeclined)
		w.must(till.Reverse(w.ctx, 1, 1610))
		w.must(till.EndOfDay(w.ctx))
		w.must(till.Status(w.ctx))
		w.must(till.LogOff(w.ctx))
	})
	file := filepath.Join(t.TempDir(), "day.pcap")
	if err := os.WriteFile(file, c.out, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), tshark, append([]string{"-r", file, "-d", "tcp.port==20007,zvt"}, args...)...).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return string(out)
	}
	if bad := run("-Y", "_ws.malformed"); bad != "" {
		t.Errorf("malformed:\n%s", bad)
	}
	seen := run("-Y", "zvt", "-T", "fields", "-e", "zvt.control_field")
	for _, command := range []string{"0600", "0601", "040f", "04ff", "060f", "061e", "06d3", "0630", "0650"} {
		if !strings.Contains(strings.ReplaceAll(strings.ToLower(seen), "0x", ""), command) {
			t.Errorf("%s was not decoded", command)
		}
	}
}

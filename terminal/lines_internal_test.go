// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"tillbridge/terminal/native"
)

// cut reads r to its end as lines. What is too long stands as a mark.
func cut(t *testing.T, r io.Reader) []string {
	t.Helper()
	in := lines{r: r}
	var all []string
	for {
		line, err := in.next()
		bad, long := errors.AsType[*native.SyntaxError](err)
		switch {
		case long:
			all = append(all, string(bad.Code))
		case err != nil:
			return all
		default:
			all = append(all, string(line))
		}
		if len(in.part) > native.MaxLine+chunk {
			t.Fatalf("%d bytes are held, want at most a line and a chunk", len(in.part))
		}
	}
}

func FuzzLinesDoNotDependOnHowTheyArrive(f *testing.F) {
	f.Add([]byte("a\r\nb\n\nc"), byte(0))
	f.Add([]byte("x"), byte(70))
	f.Fuzz(func(t *testing.T, b []byte, long byte) {
		b = append(bytes.Repeat([]byte("y"), int(long)<<10), b...)
		whole := cut(t, bytes.NewReader(b))
		for name, r := range map[string]io.Reader{
			"half by half": iotest.HalfReader(bytes.NewReader(b)),
			"byte by byte": iotest.OneByteReader(bytes.NewReader(b)),
			"with its end": iotest.DataErrReader(bytes.NewReader(b)),
		} {
			if got := cut(t, r); !slices.Equal(got, whole) {
				t.Fatalf("%s: %d lines, want %d as of the whole", name, len(got), len(whole))
			}
		}
	})
}

// endless is a till that never ends its line: some of it at once, the rest never.
type endless struct {
	left int
	over chan struct{}
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left == 0 {
		<-e.over
		return 0, io.EOF
	}
	n := min(e.left, len(b))
	for i := range n {
		b[i] = 'x'
	}
	e.left -= n
	return n, nil
}

// A socket is cut ten seconds after its line began, however much of it came; a line that came whole is not timed.
func TestALineThatDoesNotEndIsCut(t *testing.T) {
	t.Parallel()
	for name, length := range map[string]int{"a part of a line": 10, "more than a line may have": native.MaxLine + chunk} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &endless{left: length, over: make(chan struct{})}
				began := time.Now()
				in := lines{r: r, late: func() { close(r.over) }}
				var err error
				for err == nil || errors.As(err, new(*native.SyntaxError)) {
					_, err = in.next()
				}
				if took := time.Since(began); took != lineWait {
					t.Errorf("cut after %v, want %v", took, lineWait)
				}
			})
		})
	}
}

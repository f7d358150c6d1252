// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// events streams every word about one payment as server-sent events (WHATWG HTML, Server-sent events),
// the last word first. A stream that broke is simply opened again. The query's qr says in which forms
// the code is wanted, with commas between.
func (l *web) events(w http.ResponseWriter, r *http.Request) {
	id, ok := l.id(w, r)
	if !ok {
		return
	}
	c, ctx := l.open(r.Context())
	defer c.close()
	c.ask(payment.Status{ID: id})
	first := c.first(ctx, id, func(payment.Word) bool { return true })
	if first == nil || is[payment.Refusal](first) {
		c.reply(ctx, w, first)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	s := stream{call: c, w: w, out: http.NewResponseController(w), forms: formsOf(r)}
	s.run(ctx, id, first)
}

func formsOf(r *http.Request) []string {
	known := []string{native.FormSVG, native.FormPNG, native.FormESCPOS}
	asked := strings.Split(r.URL.Query().Get("qr"), ",")
	return slices.DeleteFunc(known, func(f string) bool { return !slices.Contains(asked, f) })
}

// stream is one open event stream.
type stream struct {
	call  *call
	w     http.ResponseWriter
	out   *http.ResponseController
	forms []string
}

func (s *stream) run(ctx context.Context, id payment.TillID, first payment.Word) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	alive := s.word(first)
	for alive {
		select {
		case word := <-s.call.words:
			if about(word) == id {
				alive = s.word(word)
			}
		case <-beat.C:
			alive = s.write([]byte(": alive\n\n"))
		case <-ctx.Done():
			return
		}
	}
}

// word sends one word. The wish to hear from the till is not for a stream: being open answers it.
func (s *stream) word(word payment.Word) bool {
	if is[payment.AskHere](word) {
		return true
	}
	e := s.call.lane.Native.event(word)
	if code, ok := word.(payment.Display); ok {
		e = s.call.lane.Native.display(code, s.forms)
	}
	text := append([]byte("event: "), e.Type()...)
	text = append(text, "\ndata: "...)
	text = native.Append(text, e)
	if !s.write(append(text, "\n\n"...)) {
		return false
	}
	s.call.acknowledge(e)
	return true
}

// write sends and flushes in time. A writer without deadlines, as in tests, is given all it wants.
func (s *stream) write(text []byte) bool {
	_ = s.out.SetWriteDeadline(time.Now().Add(writeWait))
	if _, err := s.w.Write(text); err != nil {
		return false
	}
	return s.out.Flush() == nil
}

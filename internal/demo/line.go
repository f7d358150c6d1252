// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	maxTillLine = 8 << 10 // bytes of one message either way
	// tillRoom is how many messages wait for a browser that does not read; it is then cut off and comes back.
	tillRoom = 256
	// lineTurn is the pause before a line is looked at again on which nobody is, or that is pulled out.
	lineTurn  = 50 * time.Millisecond
	lineWrite = time.Second
)

// line is the till's serial line. The daemon has the device's end, by a name that stays the same when the
// line is pulled out and put back; the page's till has the other one, over HTTP.
type line struct {
	cable *Cable
	name  string // a link to the device

	mu   sync.Mutex
	till *os.File                 // guarded by mu; nil while it is pulled out
	ears map[chan []byte]struct{} // guarded by mu; each is closed by whoever takes it out
}

// hasLines reports whether this system makes serial lines for a program.
func hasLines() bool {
	till, _, err := openLine()
	if err == nil {
		_ = till.Close() // it was a question
	}
	return err == nil
}

// run keeps the line plugged in while its cable is, until ctx ends.
func (l *line) run(ctx context.Context) error {
	for ctx.Err() == nil {
		pulled, in := l.cable.In()
		if !in {
			rest(ctx)
			continue
		}
		if err := l.plug(ctx, pulled); err != nil {
			return err
		}
	}
	return nil
}

// rest pauses for a turn.
func rest(ctx context.Context) {
	select {
	case <-time.After(lineTurn):
	case <-ctx.Done():
	}
}

// plug makes the line and carries what the daemon says, until it is pulled out.
func (l *line) plug(ctx context.Context, pulled <-chan struct{}) error {
	till, device, err := openLine()
	if err != nil {
		return err
	}
	fresh := l.name + ".new"
	_ = os.Remove(fresh) // of a demo that was killed
	if err = os.Symlink(device, fresh); err == nil {
		err = os.Rename(fresh, l.name)
	}
	if err != nil {
		_ = till.Close()
		return fmt.Errorf("name the serial line: %w", err)
	}
	l.use(till)
	ctx, stop := context.WithCancel(ctx)
	done := watch(ctx, pulled, stop)
	closing := context.AfterFunc(ctx, func() { l.use(nil) })
	l.listen(ctx, till)
	stop()
	<-done
	closing()
	l.use(nil)
	_ = os.Remove(l.name) // a daemon that comes by finds no device
	return nil
}

// use changes the till's end. The old one is closed: the daemon's end breaks as a port whose adapter is
// pulled out.
func (l *line) use(till *os.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.till != nil {
		_ = l.till.Close()
	}
	l.till = till
}

// listen hands on whole lines until the till's end is closed.
func (l *line) listen(ctx context.Context, till io.Reader) {
	var held []byte
	part := make([]byte, 4<<10)
	for ctx.Err() == nil {
		n, err := till.Read(part)
		held = append(held, part[:n]...)
		for {
			message, after, whole := bytes.Cut(held, []byte("\n"))
			if !whole {
				break
			}
			l.tell(bytes.Trim(message, "\r"))
			held = after
		}
		if len(held) > maxTillLine {
			held = nil // noise
		}
		switch {
		case err == nil:
		case unheard(err):
			held = nil
			rest(ctx)
		default:
			return
		}
	}
}

// tell gives a message to every page.
func (l *line) tell(message []byte) {
	message = bytes.Clone(message)
	l.mu.Lock()
	defer l.mu.Unlock()
	for ear := range l.ears {
		select {
		case ear <- message:
		default:
			close(ear)
			delete(l.ears, ear)
		}
	}
}

// ServeHTTP lets the page's till use the line: GET streams what comes in as events, POST sends one
// message. Only the demo's own page may send.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet:
		l.stream(w, r)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	case http.NewCrossOriginProtection().Check(r) != nil:
		http.Error(w, "only for the demo's own page", http.StatusForbidden)
	default:
		l.send(w, r)
	}
}

// send writes one message. What is written to a line that is pulled out is lost, and nobody says so.
func (l *line) send(w http.ResponseWriter, r *http.Request) {
	message, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTillLine))
	if err != nil || bytes.ContainsAny(message, "\r\n") {
		http.Error(w, "one message on one line, at most 8 KiB", http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	if l.till != nil {
		_ = l.till.SetWriteDeadline(time.Now().Add(lineWrite))
		_, _ = l.till.Write(append(message, '\n'))
	}
	l.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (l *line) stream(w http.ResponseWriter, r *http.Request) {
	ear := l.hear()
	defer l.deaf(ear)
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	_, err := io.WriteString(w, ": the till's end of the line\n\n")
	for err == nil && flush.Flush() == nil {
		select {
		case message, ok := <-ear:
			if !ok {
				return
			}
			_, err = fmt.Fprintf(w, "data: %s\n\n", message)
		case <-r.Context().Done():
			return
		}
	}
}

func (l *line) hear() chan []byte {
	ear := make(chan []byte, tillRoom)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ears == nil {
		l.ears = map[chan []byte]struct{}{}
	}
	l.ears[ear] = struct{}{}
	return ear
}

func (l *line) deaf(ear chan []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ears, ear)
}

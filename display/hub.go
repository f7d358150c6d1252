// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"runtime"
	"sync"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/qr"
)

// Options are what a Hub needs to know. Hosts and Origins are required, the rest is optional. The
// functions may be called from any goroutine and must not block.
type Options struct {
	// Tokens opens each lane's socket. A lane without a token does not exist here.
	Tokens map[payment.LaneID]secret.Text
	// Hosts are the accepted values of the Host header, port included where it is not the scheme's own.
	Hosts func() []string
	// Origins are the pages that may open a socket: scheme://host[:port].
	Origins func() []string
	// FrameAncestors is who may show the page in a frame; empty means nobody.
	FrameAncestors string
	// Look says how a lane looks now; it is asked for every view, so that a change needs no restart.
	Look func(payment.LaneID) Look
	// Logo is a lane's picture: its media type and bytes, or "" if there is none.
	Logo func(payment.LaneID) (string, []byte)
	// Version is shown in a corner, and a page of another version reloads itself at rest.
	Version string

	// Presence hears when a lane gets its first screen and when it loses its last one.
	Presence func(lane payment.LaneID, connected bool)
	// MoreTime and Cancel hear what a customer wishes. They are called at most once a second per lane.
	MoreTime func(payment.ID)
	Cancel   func(payment.ID)
	// Shown hears how long a screen took from a frame to the code's picture.
	Shown func(payment.LaneID, time.Duration)

	Log *slog.Logger // nil discards
}

// How often a view is sent again although nothing changed, so that a page knows that we are there.
const (
	beatBusy = 5 * time.Second
	beatRest = 20 * time.Second
)

// Hub keeps what each lane shows and sends it to the lane's screens.
type Hub struct {
	options Options // immutable
	book    Book    // immutable
	log     *slog.Logger
	wake    chan struct{} // room for one: something changed
	draws   chan struct{} // room for as many codes as are encoded at a time; one processor is left to the engine

	mu      sync.Mutex
	lanes   map[payment.LaneID]*lane // the map and what it points to are guarded by mu
	counted map[string]int           // sockets by address, guarded by mu
	total   int                      // connections, handshakes included; guarded by mu
	sockets map[*socket]struct{}     // guarded by mu
	closed  bool                     // guarded by mu
	running sync.WaitGroup           // Add only under mu and while not closed
}

// lane is one lane's newest scene and its screens. All of it is guarded by Hub.mu.
type lane struct {
	token   secret.Text
	scene   Scene
	at      time.Time // when scene was true
	changed bool      // the screens do not show it yet
	due     time.Time // when they must be sent something in any case
	sockets map[*socket]struct{}
	present bool      // what Presence was told last
	wished  time.Time // the last wish that was passed on
	scans   scans
	ahead   *ahead // the code that Expect was told of, until it is shown
}

// NewHub returns a hub that sends nothing until Run.
func NewHub(o Options) *Hub {
	book, err := ReadBook()
	if err != nil {
		panic("display: " + err.Error()) // the files are part of the program
	}
	h := &Hub{
		options: o, book: book, log: o.Log,
		wake: make(chan struct{}, 1), draws: make(chan struct{}, max(runtime.GOMAXPROCS(0)-1, 1)), lanes: map[payment.LaneID]*lane{},
		counted: map[string]int{}, sockets: map[*socket]struct{}{},
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.options.Look == nil {
		h.options.Look = func(payment.LaneID) Look { return Look{} }
	}
	h.SetTokens(o.Tokens)
	return h
}

// SetTokens replaces all tokens. A socket whose token is not its lane's any more is closed.
func (h *Hub) SetTokens(tokens map[payment.LaneID]secret.Text) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, l := range h.lanes {
		if t, ok := tokens[id]; ok && !t.Empty() && t.Equal(l.token.Reveal()) {
			continue
		}
		l.token = secret.Text{}
		for s := range l.sockets {
			s.bye(wrongToken)
		}
	}
	for id, t := range tokens {
		if h.lanes[id] == nil {
			h.lanes[id] = &lane{sockets: map[*socket]struct{}{}, changed: true}
		}
		h.lanes[id].token = t
	}
}

// Show gives a lane its newest scene. It never blocks; a scene that was not drawn yet is forgotten.
func (h *Hub) Show(id payment.LaneID, s Scene) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lanes[id]
	if l == nil {
		return
	}
	now := time.Now()
	if before := l.scene.after(now.Sub(l.at)); before.sale() == s.sale() && before.ofState() == s.ofState() {
		s.Since = max(s.Since, before.Since) // the same screen goes on
	}
	l.scene, l.at, l.changed = s, now, true
	if took, ok := l.scans.moved(s, now); ok {
		h.log.Info("code scanned", "lane", id, "payment", s.Payment.ID, "took", took)
	}
	h.nudge()
}

// Connected is how many screens a lane has.
func (h *Hub) Connected(id payment.LaneID) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.lanes[id]; l != nil {
		return len(l.sockets)
	}
	return 0
}

func (h *Hub) known(id payment.LaneID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lanes[id]
	return l != nil && !l.token.Empty()
}

func (h *Hub) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run sends views until ctx ends, then closes every socket and waits for it.
func (h *Hub) Run(ctx context.Context) error {
	defer h.close()
	codes := map[payment.LaneID]drawn{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		case <-timer.C:
		}
		wait := time.Duration(math.MaxInt64)
		for _, id := range h.ids() {
			wait = min(wait, h.paint(id, codes))
		}
		timer.Reset(wait)
	}
}

func (h *Hub) ids() []payment.LaneID {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]payment.LaneID, 0, len(h.lanes))
	for id := range h.lanes {
		ids = append(ids, id)
	}
	return ids
}

// paint sends one lane's view if it is time, and returns when to look again. Encoding a code takes
// milliseconds, so it happens outside the lock: Show must not wait for it.
func (h *Hub) paint(id payment.LaneID, codes map[payment.LaneID]drawn) time.Duration {
	h.tellPresence(id)
	distance := h.options.Look(id).DistanceMM
	now := time.Now()
	h.mu.Lock()
	l := h.lanes[id]
	wait, idle := l.due.Sub(now), len(l.sockets) == 0
	if (!l.changed && wait > 0) || idle {
		h.mu.Unlock()
		if idle {
			return math.MaxInt64
		}
		return wait
	}
	s := l.scene.after(now.Sub(l.at))
	if l.ahead.keeps(s) {
		h.mu.Unlock()
		return math.MaxInt64
	}
	l.changed = false
	l.due = now.Add(s.pause())
	rooms := l.rooms(distance)
	h.mu.Unlock()

	h.send(id, s, h.draw(id, s, rooms, codes))
	return s.pause()
}

// pause is how long the screens may be left alone.
func (s Scene) pause() time.Duration {
	beat := s.beat()
	if at, changes := s.next(); changes {
		return min(at, beat)
	}
	return beat
}

func (s Scene) beat() time.Duration {
	if s.none() || s.screen() == ScreenIdle {
		return beatRest
	}
	return beatBusy
}

// draw encodes the address that the scene shows, once: a code does not change under the camera when a
// screen comes or goes.
func (h *Hub) draw(id payment.LaneID, s Scene, rooms []qr.Room, codes map[payment.LaneID]drawn) qr.Code {
	if s.screen() != ScreenScan {
		delete(codes, id)
		return qr.Code{}
	}
	target := s.Payment.Request.URL
	if codes[id].address == target {
		return codes[id].code
	}
	code, err := h.encode(id, target, rooms)
	if err != nil {
		h.log.Warn("code not shown", "lane", id, "payment", s.Payment.ID, "error", err)
	}
	codes[id] = drawn{target, code}
	return code
}

// send renders once per language in use and leaves the frame with each socket.
func (h *Hub) send(id payment.LaneID, s Scene, code qr.Code) {
	look := h.options.Look(id)
	look.MayCancel = look.MayCancel && h.options.Cancel != nil
	frames := map[string][]byte{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for socket := range h.lanes[id].sockets {
		frame, ok := frames[socket.lang]
		if !ok {
			frame = h.frame(id, ViewOf(s, look, h.book, code, socket.lang), s)
			frames[socket.lang] = frame
		}
		socket.offer(frame)
	}
}

func (h *Hub) frame(id payment.LaneID, v View, s Scene) []byte {
	v.Lane, v.Version, v.BeatSeconds = id, h.options.Version, int(s.beat().Seconds())
	v.MoreTime = v.MoreTime && h.options.MoreTime != nil
	b, err := json.Marshal(v)
	if err != nil {
		panic("display: view: " + err.Error()) // a View is strings and numbers
	}
	return b
}

// tellPresence passes on whether a lane has screens. Only Run calls it, so the order is right.
func (h *Hub) tellPresence(id payment.LaneID) {
	h.mu.Lock()
	l := h.lanes[id]
	now := len(l.sockets) > 0
	changed := now != l.present
	l.present = now
	h.mu.Unlock()
	if changed && h.options.Presence != nil {
		h.options.Presence(id, now)
	}
}

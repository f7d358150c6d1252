// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tillbridge/qr"
)

//go:embed web
var web embed.FS // the phone page

// imageScale is the pixels per module of the picture at image_url.
const imageScale = 8

func (s *Server) phoneRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /phone/{id}", s.phonePage)
	for _, step := range []Step{StepOpen, StepApprove, StepReject, StepAbort} {
		mux.Handle("POST /phone/{id}/"+string(step), s.sameOrigin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.phoneStep(w, r, step)
		})))
	}
	mux.HandleFunc("GET /qr/{id}", s.qrImage)
	for _, file := range []string{"phone.css", "phone.js"} {
		mux.HandleFunc("GET /phone-files/"+file, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, web, "web/"+file)
		})
	}
}

// phoneView is what the page shows, and what it asks for again as JSON.
type phoneView struct {
	ID       string `json:"payment_request_id"`
	State    State  `json:"state"`
	Amount   string `json:"amount"` // for people: "16.10"
	Currency string `json:"currency"`
	Store    string `json:"store_reference"`
	Terminal string `json:"terminal_reference"`
	Headline string `json:"headline"`
	Advice   string `json:"advice"`
	Paid     bool   `json:"finalized"`
}

// view is the state of a payment request at the present time.
func (s *Server) view(id string) (phoneView, bool) {
	var v phoneView
	var ok bool
	s.with(func(w *World, now time.Time) {
		w.Advance(now)
		var r *request
		if r, ok = w.requests[id]; ok {
			v = r.view()
		}
	})
	return v, ok
}

func (r *request) view() phoneView {
	l := r.ledger()
	v := phoneView{
		ID: r.ID, State: r.State, Amount: decimal(r.Amount), Currency: r.Currency,
		Store: l.StoreReference + l.StoreID, Terminal: l.TerminalReference, Paid: r.charged,
	}
	v.Headline, v.Advice = words(r.State, r.charged)
	return v
}

// words are what the customer reads in a state.
func words(s State, paid bool) (headline, advice string) {
	switch s {
	case StateSubmitted:
		return "Ready to pay", "Continue to see the purchase."
	case StateInProgress:
		return "Check and pay", "Approve only what you see on the till."
	case StateCompleted:
		if paid {
			return "Paid", "The store has confirmed the purchase."
		}
		return "Approved by you", "The store still has to confirm. Nothing was charged yet."
	case StateExpired:
		return "Expired", "Nothing was charged. Ask the store for a new code."
	case StateCanceled:
		return "Cancelled by the store", "Nothing was charged."
	case StateDeclined:
		return "Not approved", "Nothing was charged. Choose another way to pay."
	}
	panic("sandbox: state of no known kind")
}

// decimal writes an amount of minor units. All currencies of the sandbox have two decimals.
func decimal(minor int64) string {
	s := strconv.FormatInt(minor, 10)
	for len(s) < 3 {
		s = "0" + s
	}
	return s[:len(s)-2] + "." + s[len(s)-2:]
}

func wantsHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

func (s *Server) phonePage(w http.ResponseWriter, r *http.Request) {
	v, ok := s.view(r.PathValue("id"))
	w.Header().Set("Vary", "Accept")
	if !wantsHTML(r) {
		if !ok {
			replyError(w, http.StatusNotFound, "no such payment request")
			return
		}
		reply(w, http.StatusOK, v)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'self' "+strings.Join(s.options.FrameOrigins, " "))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		v.Headline, v.Advice = "Unknown code", "This code is not, or no longer, known. Ask the store for a new one."
	}
	if _, err := io.WriteString(w, v.html()); err != nil {
		s.log.Warn("phone page not sent", "err", err)
	}
}

func (s *Server) phoneStep(w http.ResponseWriter, r *http.Request, step Step) {
	id := r.PathValue("id")
	var err error
	s.with(func(world *World, now time.Time) { err = world.Phone(now, id, step) })
	v, _ := s.view(id)
	switch {
	case errors.Is(err, ErrUnknown):
		replyError(w, http.StatusNotFound, err.Error())
	case wantsHTML(r): // the page shows how things stand, whatever became of the step
		w.Header().Set("Location", "/phone/"+v.ID)
		w.WriteHeader(http.StatusSeeOther)
	case err != nil:
		replyError(w, http.StatusConflict, err.Error())
	default:
		reply(w, http.StatusOK, v)
	}
}

// qrImage is what image_url shows.
func (s *Server) qrImage(w http.ResponseWriter, r *http.Request) {
	var target string
	s.with(func(world *World, now time.Time) {
		world.Advance(now)
		p, _ := world.PaymentRequest(r.PathValue("id"))
		target = p.TargetURL
	})
	if target == "" {
		replyError(w, http.StatusNotFound, "no such payment request")
		return
	}
	image, err := picture(target)
	if err != nil {
		replyError(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(image) // the caller left
}

func picture(text string) ([]byte, error) {
	code, err := qr.New(text)
	if err != nil {
		return nil, fmt.Errorf("picture of a target address: %w", err)
	}
	image, err := code.PNG(imageScale)
	if err != nil {
		return nil, fmt.Errorf("picture of a target address: %w", err)
	}
	return image, nil
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"tillbridge/config"
	"tillbridge/display"
	"tillbridge/payment"
)

// The messages of the control socket. It is a file that only the daemon's own user can open.
type (
	attentionRow struct {
		Lane        string    `json:"lane"`
		ID          string    `json:"id"`
		State       string    `json:"state"`
		Reason      string    `json:"reason"`
		Amount      int64     `json:"amount"`
		Currency    string    `json:"currency"`
		Reference   string    `json:"reference"`
		Since       time.Time `json:"since"`
		Transaction string    `json:"transaction,omitempty"`
		Of          string    `json:"of,omitempty"` // the sale, if this is a refund
	}
	resolveOrder struct {
		Lane   string `json:"lane"`
		ID     string `json:"id"`
		As     string `json:"as"`
		Reason string `json:"reason"`
		By     string `json:"by,omitempty"`
	}
	laneRow struct {
		Lane    string      `json:"lane"`
		State   string      `json:"state"`
		Screens int         `json:"screens"`
		Links   int         `json:"links"`
		Open    *runningRow `json:"open,omitempty"`
		screensRow
	}
	runningRow struct {
		ID       string `json:"id"`
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
		Age      int64  `json:"age_s"`
	}
	snapshotOrder struct {
		File string `json:"file"`
	}
	controlError struct {
		Error string `json:"error"`
	}
)

// control serves the staff commands.
func (d *daemon) control(cfg config.Config) carrier {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /attention", d.listAttention)
	mux.HandleFunc("POST /resolve", d.resolve)
	mux.HandleFunc("GET /lanes", d.listLanes)
	mux.HandleFunc("POST /snapshot", d.snapshot)
	mux.HandleFunc("POST /close", d.closeDay)
	mux.HandleFunc("POST /tokens", d.newTokens)
	mux.HandleFunc("POST /forget", d.forgetCustomer)
	path := dataFile(cfg, controlFile)
	return carrier{"control socket", func(ctx context.Context) error {
		ln, err := listenControl(ctx, path)
		if err != nil {
			return err
		}
		return serveHTTP(ctx, ln, mux, d.log)
	}}
}

// listenControl replaces a socket that an earlier process left behind. The journal's lock says that no
// other daemon lives here.
func listenControl(ctx context.Context, path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ln, nil
}

func (d *daemon) listAttention(w http.ResponseWriter, r *http.Request) {
	list, err := d.engine.Attention(r.Context())
	if err != nil {
		reply(w, http.StatusServiceUnavailable, controlError{err.Error()})
		return
	}
	rows := make([]attentionRow, 0, len(list))
	for _, p := range list {
		rows = append(rows, attentionRows(p)...)
	}
	reply(w, http.StatusOK, rows)
}

// attentionRows are what a person must look at of p: the sale, or refunds of a sale that is in order.
func attentionRows(p payment.Payment) []attentionRow {
	why := whyListed(p)
	row := attentionRow{
		Lane: string(p.ID.Lane), ID: string(p.ID.Till), State: p.State.String(), Reason: string(why),
		Amount: p.Order.Amount.Minor, Currency: string(p.Order.Amount.Currency),
		Reference: payment.ShortCode(p.Reference), Since: p.Created, Transaction: string(p.Transaction.ID),
	}
	switch why { //nolint:exhaustive // the others are about the whole sale
	case payment.ReasonCaptureRefused:
		row.Amount = p.Charged().Minor
	case payment.ReasonRestRefused:
		row.Amount = p.Rest().Minor
	}
	if p.State != payment.StateCaptured {
		return []attentionRow{row}
	}
	var rows []attentionRow
	for _, r := range p.Refunds {
		if r.Status != payment.RefundAttention {
			continue
		}
		row.ID, row.Of, row.State, row.Reason = string(r.ID), string(p.ID.Till), string(r.Status), string(r.Reason)
		row.Amount, row.Reference, row.Since = r.Amount.Minor, payment.ShortCode(r.Reference), r.At
		rows = append(rows, row)
	}
	return rows
}

// whyListed is what p needs a person for. The reason of a payment that is on its way says where it goes, not what holds
// it up.
func whyListed(p payment.Payment) payment.Reason {
	switch p.State { //nolint:exhaustive // the others say it themselves
	case payment.StateApproved:
		return payment.ReasonUndelivered
	case payment.StateCapturing:
		if p.Transaction.Captured {
			return payment.ReasonRestRefused
		}
		return payment.ReasonCaptureRefused
	case payment.StateReversing:
		return payment.ReasonGiveBackRefused
	}
	return p.Reason
}

func (d *daemon) resolve(w http.ResponseWriter, r *http.Request) {
	var o resolveOrder
	if !read(w, r, &o) {
		return
	}
	id := payment.ID{Lane: payment.LaneID(o.Lane), Till: payment.TillID(o.ID)}
	if err := d.engine.Resolve(r.Context(), id, payment.Decision(o.As), o.Reason, o.By); err != nil {
		reply(w, http.StatusConflict, controlError{err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (d *daemon) listLanes(w http.ResponseWriter, r *http.Request) {
	list, err := d.engine.Lanes(r.Context())
	if err != nil {
		reply(w, http.StatusServiceUnavailable, controlError{err.Error()})
		return
	}
	rows := make([]laneRow, 0, len(list))
	for _, l := range list {
		row := laneRow{Lane: string(l.Lane), State: l.State, Links: l.Links}
		row.Screens, row.screensRow = d.screens(l.Lane)
		if o := l.Open; o != nil {
			row.Open = &runningRow{string(o.ID), o.Amount.Minor, string(o.Amount.Currency), int64(o.Age.Seconds())}
		}
		rows = append(rows, row)
	}
	reply(w, http.StatusOK, rows)
}

func (d *daemon) snapshot(w http.ResponseWriter, r *http.Request) {
	var o snapshotOrder
	if !read(w, r, &o) {
		return
	}
	if err := d.journal.Snapshot(o.File); err != nil {
		reply(w, http.StatusConflict, controlError{err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// newTokens reads the display tokens again after they were rotated.
func (d *daemon) newTokens(w http.ResponseWriter, _ *http.Request) {
	cfg := d.config.now()
	tokens, err := display.LoadTokens(filepath.Join(cfg.DataDir, keysFolder), laneIDs(cfg))
	if err != nil {
		reply(w, http.StatusConflict, controlError{err.Error()})
		return
	}
	d.hub.SetTokens(tokens)
	w.WriteHeader(http.StatusNoContent)
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		reply(w, http.StatusBadRequest, controlError{err.Error()})
		return false
	}
	return true
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone hears nothing
}

// controlClient asks the daemon that runs on this data folder.
func controlClient(dataDir string) *http.Client {
	path := filepath.Join(dataDir, controlFile)
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
			if err != nil {
				return nil, fmt.Errorf("no daemon answers at %s; is it running, and are you its user?: %w", path, err)
			}
			return conn, nil
		}},
	}
}

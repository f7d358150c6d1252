// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"net/http"
)

// Trouble is what a visitor may do to the shop. Each of it is done for real: a process dies, a connection
// breaks.
type Trouble struct {
	Power   *Plug  // the daemon's
	Line    *Cable // from the till to the daemon
	Network *Cable // from the daemon to Klarna, both ways
}

// newTrouble is a shop in which everything is plugged in.
func newTrouble() Trouble { return Trouble{Power: &Plug{}, Line: &Cable{}, Network: &Cable{}} }

// condition is what the page is told.
type condition struct {
	Process int  `json:"process"` // of the daemon; 0 while it has no power
	Cuts    int  `json:"cuts"`    // how often it has lost its power
	Line    bool `json:"line"`    // the till is connected
	Network bool `json:"network"` // Klarna is
}

func (t Trouble) condition() condition {
	_, line := t.Line.In()
	_, network := t.Network.In()
	process, cuts := t.Power.state()
	return condition{Process: process, Cuts: cuts, Line: line, Network: network}
}

// make does what the path names, and reports whether there is such a thing.
func (t Trouble) make(what string) bool {
	switch what {
	case "power/cut":
		t.Power.Pull()
	case "line/out", "line/in":
		t.Line.Plug(what == "line/in")
	case "network/out", "network/in":
		t.Network.Plug(what == "network/in")
	default:
		return false
	}
	return true
}

// serve answers GET with the condition, and POST after having made some trouble. Only the demo's own
// page may do that: a page of another origin that sends a form to this machine must not cut its power.
func (t Trouble) serve(w http.ResponseWriter, r *http.Request, what string) {
	switch {
	case r.Method == http.MethodGet && what == "":
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case http.NewCrossOriginProtection().Check(r) != nil:
		http.Error(w, "only for the demo's own page", http.StatusForbidden)
		return
	case !t.make(what):
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(t.condition()) // whoever asked is gone if this fails
}

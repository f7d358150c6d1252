// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"strings"
	"testing"
)

// A partner writes the references of store and terminal; the page shows them to a browser.
func TestThePhonePageEscapesWhatAPartnerWrote(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert('x')</script>{{steps}}&`
	for _, state := range []State{StateSubmitted, StateInProgress, StateCompleted} {
		v := phoneView{
			ID: hostile, State: state, Amount: "16.10", Currency: hostile, Store: hostile, Terminal: hostile, Headline: hostile, Advice: hostile,
		}
		page := v.html()
		if strings.Contains(page, "<script>") || strings.Contains(page, `"">`) {
			t.Errorf("%s: the page carries markup of a partner:\n%s", state, page)
		}
		for _, name := range []string{"{{headline}}", "{{amount}}", "{{purchase}}"} {
			if strings.Contains(page, name) {
				t.Errorf("%s: %s was not filled in", state, name)
			}
		}
		if got, want := strings.Count(page, "<form"), map[State]int{StateSubmitted: 1, StateInProgress: 3}[state]; got != want {
			t.Errorf("%s: %d buttons, want %d", state, got, want)
		}
	}
	if page := (phoneView{Headline: "Unknown code"}).html(); strings.Contains(page, "<dl>") || !strings.Contains(page, "<h1>Unknown code</h1>") {
		t.Errorf("a page about nothing shows a purchase:\n%s", page)
	}
}

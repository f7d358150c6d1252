// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"html"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
)

// html is the page of a view. html/template would do it as well, but it calls methods by their names, and so
// keeps every method of the whole program in the binary. Here each value stands in text or in a quoted attribute,
// and fill escapes it.
func (v phoneView) html() string {
	purchase := ""
	if v.ID != "" {
		purchase = fill("web/purchase.html", map[string]string{
			"amount": v.Amount, "currency": v.Currency, "state": string(v.State),
			"store": cmp.Or(v.Store, "not sent"), "terminal": cmp.Or(v.Terminal, "not sent"),
		}, "steps", v.steps())
	}
	return fill("web/phone.html", map[string]string{
		"headline": v.Headline, "advice": v.Advice, "state": string(v.State), "paid": strconv.FormatBool(v.Paid),
	}, "purchase", purchase)
}

// steps are the buttons of a state.
func (v phoneView) steps() string {
	button := func(step Step, class, words string) string {
		return `<form method="post" action="/phone/` + html.EscapeString(url.PathEscape(v.ID)) + "/" + string(step) + `"><button class="` + class + `">` +
			html.EscapeString(words) + "</button></form>\n"
	}
	switch v.State {
	case StateSubmitted:
		return button(StepOpen, "yes", "Continue")
	case StateInProgress:
		return button(StepApprove, "yes", "Approve "+v.Amount+" "+v.Currency) + button(StepReject, "no", "Reject") +
			button(StepAbort, "back", "Leave, decide later")
	case StateCompleted, StateExpired, StateCanceled, StateDeclined:
	}
	return ""
}

// fill puts values into a file's {{names}}, and one that is HTML already.
func fill(file string, values map[string]string, inner, markup string) string {
	text, err := fs.ReadFile(web, file)
	if err != nil {
		panic("sandbox: " + err.Error()) // the files are part of the program
	}
	pairs := []string{"{{" + inner + "}}", markup}
	for name, value := range values {
		pairs = append(pairs, "{{"+name+"}}", html.EscapeString(value))
	}
	return strings.NewReplacer(pairs...).Replace(string(text))
}

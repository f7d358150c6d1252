// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"tillbridge/payment"
)

//go:embed web
var web embed.FS

// fallback is the language of a lane that names none we know.
const fallback = "en"

// Words is one language file.
type Words struct {
	Code      string `json:"-"`
	Name      string `json:"name"`      // in the language itself
	Direction string `json:"direction"` // ltr or rtl
	// Screens has a text for every Screen, and some more for turns that a screen can take.
	Screens map[string]Text `json:"screens"`
	Steps   []string        `json:"steps"` // what to do with the code, in order
	Labels  Labels          `json:"labels"`
}

// Text is what a screen says: a headline, and below it a sentence or none.
type Text struct {
	Title string `json:"title"`
	Text  string `json:"text,omitempty"`
}

// Labels are the words that stay beside the sentences, and those of the page itself.
type Labels struct {
	Amount       string `json:"amount"`
	Code         string `json:"code"` // spoken instead of the drawing
	TimeLeft     string `json:"time_left"`
	SecondsLeft  string `json:"seconds_left"` // spoken; %d is the number
	MoreTime     string `json:"more_time"`
	Cancel       string `json:"cancel"`
	CancelSure   string `json:"cancel_sure"`
	CancelYes    string `json:"cancel_yes"`
	CancelNo     string `json:"cancel_no"`
	Language     string `json:"language"`
	More         string `json:"more_languages"`
	Close        string `json:"close"`
	Reference    string `json:"reference"`
	Staff        string `json:"staff"`
	Lapsed       string `json:"lapsed"`       // our time is over and nobody has said more
	Reconnecting string `json:"reconnecting"` // the page hears nothing
	AskStaff     string `json:"ask_staff"`
	// For whoever sets the screen up: a bank card tells the page how large a millimetre is.
	FitTitle   string `json:"fit_title"`
	FitText    string `json:"fit_text"`
	FitSmaller string `json:"fit_smaller"`
	FitLarger  string `json:"fit_larger"`
	FitSave    string `json:"fit_save"`
}

// The turns: texts beside those of the screens themselves, for what is the same screen and another word.
const (
	turnAmountSlow     = "amount_slow"
	turnNoCode         = "amount_no_code"
	turnConfirmingSlow = "confirming_slow"
	turnCancellingTime = "cancelling_time"
	turnCancellingSlow = "cancelling_slow"
	turnGivenBack      = "cancelled_given_back"
	turnPaidDoubtful   = "attention_paid"
)

// key is the text that a screen says in this scene.
func (w Words) key(screen Screen, s Scene) string {
	slow := s.Since >= askStaffAfter
	switch {
	case screen == ScreenAmount && s.Payment.State == payment.StateWaiting && s.Fresh && !s.Offline:
		return turnNoCode // Klarna waits for a scan that cannot happen
	case screen == ScreenAmount && slow:
		return turnAmountSlow
	case screen == ScreenConfirming && (slow || s.Payment.Result == payment.Unknown):
		return turnConfirmingSlow
	case screen == ScreenCancelling && (slow || s.Payment.Result == payment.Unknown):
		return turnCancellingSlow
	case screen == ScreenCancelling && (s.Payment.Why == payment.WhyDeadline || s.Payment.Why == ""):
		return turnCancellingTime
	case screen == ScreenCancelled && s.Payment.State == payment.StateReversed:
		return turnGivenBack
	case screen == ScreenAttention && s.Payment.Transaction.ID != "":
		return turnPaidDoubtful // Klarna has charged: the customer must not be left to think otherwise
	}
	return string(screen)
}

// Book is every language, by its code.
type Book map[string]Words

// ReadBook reads the language files that are part of the program.
func ReadBook() (Book, error) {
	entries, err := fs.ReadDir(web, "web/lang")
	if err != nil {
		return nil, fmt.Errorf("list languages: %w", err)
	}
	book := make(Book, len(entries))
	for _, e := range entries {
		w := Words{Code: strings.TrimSuffix(e.Name(), ".json")}
		b, err := web.ReadFile(path.Join("web/lang", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("language %s: %w", w.Code, err)
		}
		if err = json.Unmarshal(b, &w); err != nil {
			return nil, fmt.Errorf("language %s: %w", w.Code, err)
		}
		book[w.Code] = w
	}
	return book, nil
}

// offered are the look's languages that the book has, never none and never too many.
func (b Book) offered(look Look) []Words {
	var out []Words
	for _, code := range look.Languages {
		if w, ok := b[code]; ok && len(out) < maxLanguages {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return []Words{b[fallback]}
	}
	return out
}

// language is the customer's choice, else what the till said of the customer, else the shop's. At rest
// the last customer's is forgotten.
func (s Scene) language(offered []Words, wish string) Words {
	till := s.Payment.Order.Lang
	if screen := s.screen(); screen == ScreenIdle || screen == ScreenOffline {
		till = ""
	}
	for _, code := range []string{wish, till} {
		for _, w := range offered {
			if w.Code == code {
				return w
			}
		}
	}
	return offered[0]
}

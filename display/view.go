// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"math"
	"net/url"
	"time"

	"tillbridge/payment"
	"tillbridge/qr"
)

// Limits of what a screen shows.
const (
	maxLanguages = 16   // the page shows a few and the others behind a button
	maxReceipt   = 24   // runes of the till's receipt number
	maxAddress   = 2048 // bytes of an address worth a code
	moreTime     = 60 * time.Second

	// codeOffline is what a customer reads out to staff, and staff to support: the daemon does not reach
	// Klarna. The page has one of its own, D1: it does not reach the daemon.
	codeOffline = "K1"
)

// Look is how a lane's screens look, whatever they show.
type Look struct {
	Name      string   // the shop's; may be empty
	Languages []string // two letters each, the first is the default; unknown ones are left out, and those after the 16th
	Colours   Colours
	Logo      bool // the shop has a picture of its own
	MayCancel bool // the customer is offered a way to cancel
	// DistanceMM is from the customer's phone to the screen, in millimetres; 0 is not known.
	DistanceMM int
	Volume     int   // of the sounds, 1 to 100; 0 is silence
	Dark       Hours // when a screen at rest is dark
}

// Hours is a part of every day by the screen's clock. Both ends are minutes since midnight; From is
// later than Until where it goes past midnight. The zero Hours is never.
type Hours struct {
	From  int `json:"from"`
	Until int `json:"until"`
}

// Colours are #rrggbb; empty is the page's own. The code is black on white whatever they are.
type Colours struct {
	Background string `json:"background,omitempty"`
	Text       string `json:"text,omitempty"`
	Accent     string `json:"accent,omitempty"`
}

// View is one complete screen, as it goes to the page in JSON.
type View struct {
	State  Screen `json:"state"`
	Sale   string `json:"sale,omitempty"` // short code; comes back with the customer's wishes
	Title  string `json:"title"`
	Text   string `json:"text,omitempty"`
	Urgent bool   `json:"urgent,omitempty"` // read out at once

	Amount    *Amount  `json:"amount,omitempty"`
	Reference string   `json:"reference,omitempty"` // for people to name the sale
	Code      *Code    `json:"code,omitempty"`
	Steps     []string `json:"steps,omitempty"`
	// SecondsLeft until the deadline; absent where nothing counts down.
	SecondsLeft float64 `json:"seconds_left,omitempty"`
	MoreTime    bool    `json:"more_time,omitempty"`
	Cancel      bool    `json:"cancel,omitempty"`

	Lang      string     `json:"lang"`
	Direction string     `json:"direction"`
	Languages []Language `json:"languages,omitempty"`
	Labels    Labels     `json:"labels"`

	Lane    payment.LaneID `json:"lane"`
	Name    string         `json:"name,omitempty"`
	Logo    bool           `json:"logo,omitempty"`
	Colours Colours        `json:"colours,omitzero"`
	// DistanceMM is for the page to say whether its code is large enough.
	DistanceMM int    `json:"distance_mm,omitempty"`
	Volume     int    `json:"volume,omitempty"`
	Dark       Hours  `json:"dark,omitzero"`
	Version    string `json:"version"`
	// BeatSeconds is how long the page may hear nothing before it asks itself whether anyone is there.
	BeatSeconds int `json:"beat_seconds"`
}

// Amount is money in minor units, and how many of its digits are decimals.
type Amount struct {
	Minor    int64            `json:"minor"`
	Digits   int              `json:"digits"`
	Currency payment.Currency `json:"currency"`
}

// Code is the modules of a QR code without quiet zone: rows from the top, each filled up to whole
// bytes, first module in the highest bit, in base64.
type Code struct {
	Size int    `json:"size"`
	Bits string `json:"bits"`
}

// Language is one button.
type Language struct {
	Code string `json:"code"`
	Name string `json:"name"` // in the language itself
}

// ViewOf is the screen of a scene. Code is the drawing of the scene's address, or the zero Code if
// there is none; wish is the language that the customer chose, or empty. Lane, version and beat are
// the hub's to add.
func ViewOf(s Scene, look Look, book Book, code qr.Code, wish string) View {
	languages := book.offered(look)
	w := s.language(languages, wish)
	v := View{
		State: s.screen(), Sale: s.sale(),
		Lang: w.Code, Direction: w.Direction, Labels: w.Labels,
		Name: look.Name, Logo: look.Logo, Colours: look.Colours,
		DistanceMM: look.DistanceMM, Volume: look.Volume, Dark: look.Dark,
	}
	for _, l := range languages {
		v.Languages = append(v.Languages, Language{l.Code, l.Name})
	}
	if v.State == ScreenScan && code.Size() == 0 {
		v.State = ScreenAmount // an address that fits into no code: never a scan screen without one
	}
	v.speak(s, w)
	v.fill(s, look, code, w)
	return v
}

// speak chooses the words.
func (v *View) speak(s Scene, w Words) {
	text := w.Screens[w.key(v.State, s)]
	v.Title, v.Text = text.Title, text.Text
	switch v.State {
	case ScreenDeclined, ScreenExpired, ScreenFailed, ScreenAttention, ScreenOffline:
		v.Urgent = true
	case ScreenIdle, ScreenAmount, ScreenScan, ScreenInProgress, ScreenConfirming, ScreenApproved,
		ScreenCancelling, ScreenCancelled:
	}
}

// fill adds what belongs to the sale. At rest nothing of it is left.
func (v *View) fill(s Scene, look Look, code qr.Code, w Words) {
	if v.State == ScreenIdle || v.State == ScreenOffline {
		v.Sale = ""
		if v.State == ScreenOffline {
			v.Reference = codeOffline
		}
		return
	}
	p := s.Payment
	digits, _ := p.Order.Amount.Currency.Exponent()
	v.Amount = &Amount{p.Order.Amount.Minor, digits, p.Order.Amount.Currency}
	v.Reference = v.reference(s)
	if v.State != ScreenScan && v.State != ScreenInProgress {
		return
	}
	v.SecondsLeft = max(0.1, math.Floor(s.Left.Seconds()*10)/10)
	v.MoreTime = s.mayGrow()
	v.Cancel = look.MayCancel
	if v.State == ScreenScan {
		v.Code = &Code{code.Size(), code.Packed()}
		v.Steps = w.Steps
	}
}

// reference is what a customer reads out to staff, where there is something to talk about, and the
// receipt's number where all went well.
func (v *View) reference(s Scene) string {
	slow := s.Since >= askStaffAfter || s.Payment.Result == payment.Unknown
	switch v.State {
	case ScreenApproved:
		if ref := payment.CleanText(s.Payment.Order.Ref, maxReceipt); ref != "" {
			return ref
		}
		return v.Sale
	case ScreenFailed, ScreenAttention:
		return v.Sale
	case ScreenAmount, ScreenConfirming, ScreenCancelling:
		if slow {
			return v.Sale
		}
	case ScreenIdle, ScreenScan, ScreenInProgress, ScreenDeclined, ScreenExpired, ScreenCancelled, ScreenOffline:
	}
	return ""
}

// mayGrow reports whether Klarna's own expiry leaves room for one more extension.
func (s Scene) mayGrow() bool {
	expires := s.Payment.Request.ExpiresAt
	return expires.IsZero() || s.Payment.Deadline.Add(moreTime).Before(expires)
}

// showable is the last look at an address before it becomes a code; its host was checked by those
// who know Klarna's.
func showable(address string) bool {
	if address == "" || len(address) > maxAddress {
		return false
	}
	for i := range len(address) {
		if address[i] <= 0x20 || address[i] > 0x7e {
			return false
		}
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

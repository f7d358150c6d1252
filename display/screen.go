// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import "tillbridge/payment"

// Screen names what a customer sees. The page has one more of its own, for when it hears nothing.
type Screen string

// The screens, in the order of a sale.
const (
	ScreenIdle       Screen = "idle"
	ScreenAmount     Screen = "amount"
	ScreenScan       Screen = "scan"
	ScreenInProgress Screen = "in_progress"
	ScreenConfirming Screen = "confirming"
	ScreenApproved   Screen = "approved"
	ScreenDeclined   Screen = "declined"
	ScreenExpired    Screen = "expired"
	ScreenCancelling Screen = "cancelling"
	ScreenCancelled  Screen = "cancelled"
	ScreenFailed     Screen = "failed"
	ScreenAttention  Screen = "attention"
	ScreenOffline    Screen = "offline"
)

// Screens lists them all.
func Screens() []Screen {
	return []Screen{
		ScreenIdle, ScreenAmount, ScreenScan, ScreenInProgress, ScreenConfirming, ScreenApproved, ScreenDeclined,
		ScreenExpired, ScreenCancelling, ScreenCancelled, ScreenFailed, ScreenAttention, ScreenOffline,
	}
}

// screen is what the scene shows now. A result that has been seen long enough makes room.
func (s Scene) screen() Screen {
	if s.none() {
		return s.rest()
	}
	now := s.ofState()
	if f := fade(now); f > 0 && s.Since >= f {
		return s.rest()
	}
	return now
}

func (s Scene) rest() Screen {
	if s.Offline {
		return ScreenOffline
	}
	return ScreenIdle
}

// ofState maps the sale's state. The rule behind it: a customer is told nothing that is not so. A
// tick needs the till's acknowledgement, a "nothing was charged" needs the word that was told.
func (s Scene) ofState() Screen {
	switch p := s.Payment; p.State {
	case payment.StateNone:
		return s.rest()
	case payment.StateReceived, payment.StateAuthorizing:
		return ScreenAmount
	case payment.StateWaiting:
		return s.waiting()
	case payment.StateScanned:
		if s.Left <= 0 {
			return ScreenCancelling
		}
		return ScreenInProgress
	case payment.StateAccepted, payment.StateFinalizing:
		return ScreenConfirming
	case payment.StateApproved, payment.StateCapturing, payment.StateCaptured:
		if p.Acknowledged == payment.Approved {
			return ScreenApproved
		}
		return ScreenConfirming
	case payment.StateCancelling:
		return ofWord(p.Word())
	case payment.StateReversing:
		return ScreenCancelling
	case payment.StateDeclined:
		return ScreenDeclined
	case payment.StateExpired:
		return ScreenExpired
	case payment.StateCancelled, payment.StateReversed:
		return ScreenCancelled
	case payment.StateFailed:
		return ScreenFailed
	case payment.StateAttention:
		return ScreenAttention
	}
	return ScreenAttention
}

// waiting: the code is dead from our deadline on, although the cancel may need a moment more.
func (s Scene) waiting() Screen {
	switch {
	case s.Left <= 0:
		return ScreenCancelling
	case s.Fresh && !s.Offline && showable(s.Payment.Request.URL):
		return ScreenScan
	case !s.Payment.Order.ShowsCode():
		return ScreenInProgress // on a page that the till has handed the customer over to
	}
	return ScreenAmount
}

// ofWord: an early no is true as soon as it is told, however long Klarna's side of it takes.
func ofWord(told payment.Outcome) Screen {
	switch told {
	case payment.Cancelled:
		return ScreenCancelled
	case payment.Expired:
		return ScreenExpired
	case payment.Declined:
		return ScreenDeclined
	case payment.Failed:
		return ScreenFailed
	case payment.Approved, payment.Unknown, payment.Reversed:
	}
	return ScreenCancelling
}

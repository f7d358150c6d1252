// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"time"

	"tillbridge/payment"
)

// Scene is what the daemon knows about a lane at one moment. The zero Scene is a lane at rest.
type Scene struct {
	// Payment is the sale that the lane shows; without a reference there is none.
	Payment payment.Payment
	// Fresh means: Klarna's request was read since the daemon started and since Klarna was last out of
	// reach, and it waits for a scan. Only then is a code shown.
	Fresh bool
	// Left is the time until our deadline.
	Left time.Duration
	// Since is how long the lane has been on this screen, as far as the caller knows. The hub counts
	// on by itself, so zero is right for something that just happened.
	Since time.Duration
	// Offline means: Klarna cannot be reached.
	Offline bool
}

// How long a screen stays as it is.
const (
	approvedFor  = 5 * time.Second
	declinedFor  = 8 * time.Second
	cancelledFor = 4 * time.Second
	expiredFor   = 8 * time.Second
	failedFor    = 8 * time.Second

	// askStaffAfter is when a customer who still sees no result is sent to a person.
	askStaffAfter = 30 * time.Second
)

// after is the same scene d later.
func (s Scene) after(d time.Duration) Scene {
	s.Left -= d
	s.Since += d
	return s
}

// none reports whether the lane has no sale to show. A tombstone was never one for the customer.
func (s Scene) none() bool {
	return s.Payment.State == payment.StateNone || s.Payment.Reference == "" || s.Payment.Tombstone
}

// sale is the short code by which people, and the screens' wishes, name the sale; empty at rest.
func (s Scene) sale() string {
	if s.none() {
		return ""
	}
	return payment.ShortCode(s.Payment.Reference)
}

// next is when the scene's view changes by itself; false means never.
func (s Scene) next() (time.Duration, bool) {
	at := time.Duration(0)
	switch screen := s.screen(); screen {
	case ScreenScan, ScreenInProgress:
		return s.Left, true
	case ScreenAmount, ScreenConfirming, ScreenCancelling:
		at = askStaffAfter
	case ScreenApproved, ScreenDeclined, ScreenCancelled, ScreenExpired, ScreenFailed:
		at = fade(screen)
	case ScreenIdle, ScreenAttention, ScreenOffline:
	}
	return at - s.Since, at > s.Since
}

// fade is how long a result is shown; zero means that the screen does not fade.
func fade(s Screen) time.Duration {
	switch s {
	case ScreenApproved:
		return approvedFor
	case ScreenDeclined:
		return declinedFor
	case ScreenCancelled:
		return cancelledFor
	case ScreenExpired:
		return expiredFor
	case ScreenFailed:
		return failedFor
	case ScreenIdle, ScreenAmount, ScreenScan, ScreenInProgress, ScreenConfirming, ScreenCancelling,
		ScreenAttention, ScreenOffline:
	}
	return 0
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"errors"
	"fmt"
)

// onboardAmount is small and real: Klarna has no published call that only makes a store known.
const onboardAmount = 100 // minor units

// Onboarding prepares the authorize that makes a store known to Klarna: sending the whole store
// object is what onboards it. It is a commissioning step, never part of a sale: a typo makes a store.
func (a Account) Onboarding(key, currency, terminal string, s Store) (Write, error) {
	if a.Placement == PlacementOff {
		return Write{}, errors.New("onboard store: the location placement is off, so no store would be sent")
	}
	return a.Authorize(key, Sale{
		Amount: onboardAmount, Currency: currency,
		TransactionReference: key, RequestReference: key,
		Expiry:   minExpiry,
		Location: Location{Store: &s, Terminal: terminal},
	})
}

// OnboardStore sends what Onboarding prepared and takes its effect on money back: the request that
// Klarna opens is canceled, and should Klarna approve outright, the transaction is voided. A nil error
// means that Klarna took the store and nothing stays open.
func (c *Client) OnboardStore(ctx context.Context, w Write) error {
	switch o := c.Send(ctx, w).(type) {
	case StepUp:
		if _, err := c.CancelRequest(ctx, o.RequestID); err != nil {
			return fmt.Errorf("onboard store: taken, but the request stays open until %v: %w", o.ExpiresAt, err)
		}
		return nil
	case Approved:
		return c.undoOnboarding(ctx, w, o)
	case Declined:
		return fmt.Errorf("onboard store: declined, klarna correlation id %s", o.CorrelationID)
	case Refused:
		return fmt.Errorf("onboard store: %s", describe(o.Answer, o.Problem))
	case Busy:
		return fmt.Errorf("onboard store: nothing done, try again later: %s", describe(o.Answer, o.Problem))
	case Unclear:
		return fmt.Errorf("onboard store: not known whether it was done: %w", o.Err)
	case NotSent:
		return fmt.Errorf("onboard store: %w", o.Err)
	case Done:
	}
	return errors.New("onboard store: not an authorize call")
}

func (c *Client) undoOnboarding(ctx context.Context, w Write, o Approved) error {
	void, err := c.account.Void(w.Key+"-void", o.TransactionID)
	if err != nil {
		return fmt.Errorf("onboard store: approved as %s, void it by hand: %w", o.TransactionID, err)
	}
	if _, ok := c.Send(ctx, void).(Done); ok {
		return nil
	}
	return fmt.Errorf("onboard store: approved as %s and not voided, void it by hand (klarna correlation id %s)", o.TransactionID, o.CorrelationID)
}

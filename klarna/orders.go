// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Region is where a partner's orders are kept: each has an Order Management of its own (Klarna, API URLs).
type Region string

// The regions.
const (
	RegionEurope       Region = "eu"
	RegionNorthAmerica Region = "na"
	RegionOceania      Region = "oc"
)

// MaxOrderAmount is the most that Order Management captures or refunds in one call, in minor units (Klarna, Refund an order).
const MaxOrderAmount = 200_000_000

// ErrNoOrder marks a call that Order Management cannot be asked for. Nothing was sent.
var ErrNoOrder = errors.New("not a call for order management")

// Orders prepares the calls that Order Management v1 takes in place of those of Account: the UUID inside a transaction's
// identifier is the order's. Klarna calls its identifiers opaque, so a shop must have asked for this. Its methods are pure.
type Orders struct{ Region Region }

// host is the region's part of a host's name, or empty for a region that is none.
func (r Region) host() string {
	switch r {
	case RegionEurope:
		return "api"
	case RegionNorthAmerica:
		return "api-na"
	case RegionOceania:
		return "api-oc"
	}
	return ""
}

// origin is where a call goes. Klarna's own hosts have regional ones beside them; any other host stands for all of them.
func (c *Client) origin(r Region) *url.URL {
	if r == "" {
		return c.base
	}
	switch strings.ToLower(c.base.Hostname()) {
	case hostOf(LiveURL):
		return &url.URL{Scheme: c.base.Scheme, Host: r.host() + ".klarna.com"}
	case hostOf(TestURL):
		return &url.URL{Scheme: c.base.Scheme, Host: r.host() + ".playground.klarna.com"}
	}
	return c.base
}

type orderCaptureBody struct {
	Amount    int64  `json:"captured_amount"`
	Reference string `json:"reference"`
}

type orderRefundBody struct {
	Amount      int64  `json:"refunded_amount"`
	Reference   string `json:"reference"`
	Description string `json:"description,omitempty"`
}

// Capture prepares the capture of amount, in minor units.
func (o Orders) Capture(key, transaction string, amount int64, reference string) (Write, error) {
	body, err := orderBody(amount, reference, orderCaptureBody{amount, reference})
	if err != nil {
		return Write{}, fmt.Errorf("prepare capture of %.64q: %w", transaction, err)
	}
	return o.at(Write{Op: OpCapture, Key: key, Body: body}, pathOrderCaptures, transaction)
}

// Refund prepares giving back amount, in minor units, of what was captured. The customer sees the description.
func (o Orders) Refund(key, transaction string, amount int64, reference, description string) (Write, error) {
	body, err := orderBody(amount, reference, orderRefundBody{amount, reference, clean(description, maxReference)})
	if err != nil {
		return Write{}, fmt.Errorf("prepare refund of %.64q: %w", transaction, err)
	}
	return o.at(Write{Op: OpRefund, Key: key, Body: body}, pathOrderRefunds, transaction)
}

// Cancel prepares giving up an order of which nothing was captured.
func (o Orders) Cancel(key, transaction string) (Write, error) {
	return o.at(Write{Op: OpVoid, Key: key}, pathOrderCancel, transaction)
}

// Release prepares giving up the rest of an order of which a part was captured.
func (o Orders) Release(key, transaction string) (Write, error) {
	return o.at(Write{Op: OpVoid, Key: key}, pathOrderRelease, transaction)
}

func orderBody(amount int64, reference string, body any) ([]byte, error) {
	if amount > MaxOrderAmount {
		return nil, fmt.Errorf("%w: amount %d is above %d minor units", ErrNoOrder, amount, MaxOrderAmount)
	}
	return operationBody(amount, reference, body)
}

// at completes w with its place and checks the whole.
func (o Orders) at(w Write, form, transaction string) (Write, error) {
	order, err := orderOf(transaction)
	if err != nil {
		return Write{}, fmt.Errorf("prepare %s: %w", w.Op, err)
	}
	w.Region, w.Path = o.Region, fmt.Sprintf(form, order)
	if err := w.check(); err != nil {
		return Write{}, fmt.Errorf("prepare %s: %w", w.Op, err)
	}
	return w, nil
}

// orderOf is the UUID inside a transaction's identifier, such as krn:payment:eu1:transaction:UUID. Two of them would name
// two orders, so they name none.
func orderOf(transaction string) (string, error) {
	uuid := regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	order := ""
	for part := range strings.SplitSeq(transaction, ":") {
		switch {
		case !uuid.MatchString(part):
		case order != "":
			return "", fmt.Errorf("%w: transaction %.64q has more than one UUID in it", ErrNoOrder, transaction)
		default:
			order = part
		}
	}
	if order == "" {
		return "", fmt.Errorf("%w: transaction %.64q has no UUID in it", ErrNoOrder, transaction)
	}
	return order, nil
}

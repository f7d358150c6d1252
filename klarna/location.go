// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import "fmt"

// Placement says where in the body the store and the terminal stand. Klarna's in-store pages are
// drafts that allow two readings, so this is a setting until a test call has settled it.
type Placement string

// The placements.
const (
	PlacementStepUp   Placement = "step_up_config" // also the zero value
	PlacementTopLevel Placement = "top_level"
	PlacementOff      Placement = "off"
)

// Location is where the customer stands. Exactly one of the three ways to name the store is set.
type Location struct {
	StoreID        string // Klarna's identifier of an onboarded store
	StoreReference string // our reference of an onboarded store
	Store          *Store // the description of a store; sending it onboards the store
	Terminal       string // terminal_reference
}

// Store describes a shop to Klarna (Klarna, Partner stores and brands).
type Store struct {
	Reference string
	Address   Address
}

// Address of a store. Region is needed in the United States and Australia.
type Address struct {
	Street     string `json:"street_address,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	City       string `json:"city,omitempty"`
	Region     string `json:"region,omitempty"`
	Country    string `json:"country,omitempty"` // ISO 3166-1, two letters
}

func (l Location) check(p Placement) error {
	switch p {
	case PlacementOff:
		return nil
	case "", PlacementStepUp, PlacementTopLevel:
	default:
		return fmt.Errorf("%w: location placement %.32q", errSale, string(p))
	}
	named := 0
	for _, is := range []bool{l.StoreID != "", l.StoreReference != "", l.Store != nil} {
		if is {
			named++
		}
	}
	if named != 1 {
		return fmt.Errorf("%w: the store is named in %d ways, want exactly one", errSale, named)
	}
	if !isReference(l.Terminal) || !isReference(l.StoreID+l.StoreReference+l.Store.reference()) {
		return fmt.Errorf("%w: unusable store or terminal reference", errSale)
	}
	return nil
}

func (s *Store) reference() string {
	if s == nil {
		return ""
	}
	return s.Reference
}

type checkoutBody struct {
	StoreID        string     `json:"store_id,omitempty"`
	StoreReference string     `json:"store_reference,omitempty"`
	Store          *storeBody `json:"store,omitempty"`
}

type storeBody struct {
	Type      string  `json:"type"`
	Reference string  `json:"store_reference"`
	Address   Address `json:"address"`
}

type terminalBody struct {
	Type      string `json:"type"`
	Reference string `json:"terminal_reference"`
}

// place is the one function that knows where the location stands in the body. A store that is not a
// PHYSICAL_STORE and a point that is not a TERMINAL are not seen as in-store.
func place(b *authorizeBody, l Location, p Placement) {
	if p == PlacementOff || p != PlacementTopLevel && b.StepUp == nil {
		return
	}
	checkout := &checkoutBody{StoreID: l.StoreID, StoreReference: l.StoreReference}
	if l.Store != nil {
		checkout.Store = &storeBody{Type: "PHYSICAL_STORE", Reference: l.Store.Reference, Address: l.Store.Address}
	}
	terminal := &terminalBody{Type: "TERMINAL", Reference: l.Terminal}
	if p == PlacementTopLevel {
		b.Checkout, b.Terminal = checkout, terminal
		return
	}
	b.StepUp.Checkout, b.StepUp.Terminal = checkout, terminal
}

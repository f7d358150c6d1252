// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

// brought notes what came with Klarna's answer besides its word. A token belongs to a charge that
// stands, or that a person must look at; one of a charge that is given back at once is not kept.
func (p Payment) brought(e Event) Payment {
	if a, ok := e.(ApprovedByKlarna); ok {
		if p.State == StateApproved || p.State == StateAttention {
			p.CustomerToken = a.CustomerToken
		}
		if a.Reply {
			p.Reply = a.Key
		}
	}
	if d, ok := e.(DeclinedByKlarna); ok && d.Reply {
		p.Reply = d.Key
	}
	return p
}

// Owed is the intent whose reply the till must still be able to hear, or "". Confirming unknown is not
// confirming the word that came with the reply.
func (p Payment) Owed() Key {
	confirmed := p.Acknowledged != "" && p.Acknowledged != Unknown
	undone := p.State == StateReversed && !p.Offered || p.State == StateCancelled || p.State == StateExpired || p.State == StateFailed
	if confirmed || undone {
		return ""
	}
	return p.Reply
}

// HandsOver is what the till passes on to its customer; empty where a code on a screen does it.
func (p Payment) HandsOver() HandOver {
	if p.Order.Interaction != InteractionHandOver {
		return HandOver{}
	}
	return HandOver{Request: p.Request.ID, URL: p.Request.URL, Data: p.Request.Data}
}

// ShowsCode reports whether customers may see the request of such an order as a code.
func (o Order) ShowsCode() bool {
	return !o.Absent && (o.Interaction == InteractionCode || o.ShowCode)
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"tillbridge/payment"
)

// link is one open link to a till.
type link struct {
	id payment.LinkID
	payment.Link
}

func (c *Core) link(id payment.LinkID) *link {
	for _, k := range c.links {
		if k.id == id {
			return k
		}
	}
	return nil
}

// linkOpened brings the approvals that this lane's till has not acknowledged: a till that comes back
// hears them without asking.
func (c *Core) linkOpened(in LinkOpened) {
	c.links = append(c.links, &link{id: in.Link, Link: in.Of})
	if in.Of.Brief {
		return
	}
	for _, j := range slices.Clone(c.order) {
		if j.p.ID.Lane != in.Of.Lane || j.p.State != payment.StateApproved {
			continue
		}
		c.attach(j, in.Link)
		j.offerAt = c.now.Up
		c.pursue(j)
	}
}

func (c *Core) linkClosed(id payment.LinkID) {
	c.links = slices.DeleteFunc(c.links, func(k *link) bool { return k.id == id })
	for _, j := range c.order {
		if i := slices.Index(j.links, id); i >= 0 {
			j.links = slices.Delete(j.links, i, i+1)
			j.contact = c.now.Up
			j.wakeAt(c.now.Up + briefPresence)
		}
	}
}

// attach makes the link hear about j from now on.
func (c *Core) attach(j *job, id payment.LinkID) {
	j.contact = c.now.Up
	k := c.link(id)
	if k == nil {
		return
	}
	j.brief = j.brief || k.Brief
	if !slices.Contains(j.links, id) {
		j.links = append(j.links, id)
	}
}

// heardBy reports whether somebody hears about j. Where the links that spoke about it are gone, every other one that is
// open on its lane does: the till may have one of them left.
func (c *Core) heardBy(j *job) bool {
	if len(j.links) > 0 {
		return true
	}
	for _, k := range c.links {
		if k.Lane == j.p.ID.Lane && !k.Brief {
			j.links = append(j.links, k.id)
		}
	}
	return len(j.links) > 0
}

// there reports whether j's till is present: a link that cannot be probed is open, a probed one has
// just answered, or a till of single requests was heard moments ago.
func (c *Core) there(j *job) bool {
	for _, id := range j.links {
		if k := c.link(id); k != nil && !k.Probe {
			return true
		}
	}
	if j.hereAt >= 0 && j.askedAt >= 0 && j.hereAt >= j.askedAt && c.now.Up-j.hereAt <= freshness {
		return true
	}
	return j.brief && j.contact >= 0 && c.now.Up-j.contact <= briefPresence
}

// askHere probes the links that can answer, at most once per freshness.
func (c *Core) askHere(j *job) {
	if j.askedAt >= 0 && c.now.Up-j.askedAt < freshness {
		return
	}
	for _, id := range j.links {
		if k := c.link(id); k != nil && k.Probe {
			j.askedAt = c.now.Up
			c.act(Tell{id, payment.AskHere{ID: j.p.ID.Till}})
		}
	}
}

// tellAll says a word to everyone who listens to j.
func (c *Core) tellAll(j *job, w payment.Word) {
	for _, id := range j.links {
		c.act(Tell{id, w})
	}
}

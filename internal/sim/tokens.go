// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// tokens is what a world with stored customers has besides: the handles that its tills have heard of, and what its
// oracle knows about them. It draws from luck of its own, so that worlds without it live as they did. All its methods
// may be called on nil, which is such a world.
type tokens struct {
	w   *world
	rng *rand.Rand

	made  int
	heard []payment.Handle

	// What the oracle knows.
	raw       map[payment.Handle][]byte // Klarna's token behind each handle that was ever durable
	told      map[payment.Handle]bool
	forgotten map[payment.Handle]bool
	charges   int // on stored tokens, with the customer there and not
	absent    int
}

func newTokens(w *world) *tokens {
	return &tokens{
		w: w, rng: rand.New(rand.NewPCG(w.seed, 0x746f_6b65_6e)), //nolint:gosec // it must be repeatable
		raw: map[payment.Handle][]byte{}, told: map[payment.Handle]bool{}, forgotten: map[payment.Handle]bool{},
	}
}

// shape makes a sale one that asks for a token or charges one, and sometimes forgets one first.
func (t *tokens) shape(till *till, o *payment.Order) {
	if t == nil {
		return
	}
	if len(t.heard) > 0 && t.rng.IntN(12) == 0 {
		till.ask(payment.Forget{Handle: t.any()})
	}
	switch n := t.rng.IntN(5); {
	case n < 2:
		scopes := [][]payment.Scope{
			{payment.ScopePresent}, {payment.ScopeNotPresent}, {payment.ScopePresent, payment.ScopeNotPresent}, {payment.ScopeLogin},
		}
		o.TokenRequest = &payment.TokenRequest{Scopes: scopes[t.rng.IntN(len(scopes))], Reference: "c" + strconv.Itoa(t.made)}
	case n < 4 && len(t.heard) > 0:
		o.CustomerToken, o.Absent = t.any(), t.rng.IntN(2) == 0
	}
}

func (t *tokens) any() payment.Handle { return t.heard[t.rng.IntN(len(t.heard))] }

// extra is the part of a body that says so, empty for a sale like any other.
func (t *tokens) extra(o payment.Order) string {
	switch {
	case o.Absent:
		return "|absent"
	case o.TokenRequest != nil:
		words := make([]string, 0, len(o.TokenRequest.Scopes))
		for _, s := range o.TokenRequest.Scopes {
			words = append(words, string(s))
		}
		return "|" + strings.Join(words, ",")
	}
	return ""
}

// extend adds it to what the sandbox is asked for.
func (s sale) extend(p sandbox.Purchase) sandbox.Purchase {
	switch s.extra {
	case "":
	case "absent":
		p.StepUp = nil
	default:
		p.Token = &sandbox.TokenAsk{Scopes: strings.Split(s.extra, ","), Reference: "c"}
	}
	return p
}

// luck is what a charge of a stored token meets.
func (t *tokens) luck() sandbox.TokenCharge {
	if t == nil || t.w.calm {
		return sandbox.TokenApproved
	}
	switch t.rng.IntN(6) {
	case 0:
		return sandbox.TokenDeclined
	case 1:
		return sandbox.TokenStepUp
	}
	return sandbox.TokenApproved
}

// sealed keeps a token as the client does: under a new handle every time it is read.
func (t *tokens) sealed(issued *sandbox.CustomerToken) payment.CustomerToken {
	if t == nil || issued == nil {
		return payment.CustomerToken{}
	}
	t.made++
	kept := payment.CustomerToken{Handle: payment.Handle("ct_" + strconv.Itoa(t.made)), Sealed: []byte(issued.Token)}
	for _, s := range issued.Scopes {
		kept.Scopes = append(kept.Scopes, payment.Scope(s))
	}
	return kept
}

// answered is the token of an approval. Now and then the answer leaves out what the completed request has said.
func (t *tokens) answered(f *flight, issued *sandbox.CustomerToken) payment.CustomerToken {
	if t == nil || f.call.Intent.Write == payment.WriteFinalize && t.rng.IntN(3) == 0 {
		return payment.CustomerToken{}
	}
	return t.sealed(issued)
}

// hear is a till that learns a handle.
func (t *tokens) hear(h payment.Handle) {
	if t != nil && h != "" && !slices.Contains(t.heard, h) {
		t.heard = append(t.heard, h)
	}
}

// committed notes what became durable.
func (t *tokens) committed(c payment.Commit) {
	if t == nil {
		return
	}
	for _, k := range c.Customers {
		t.raw[k.Handle] = k.Sealed
	}
	for _, h := range c.Forget {
		t.forgotten[h.Handle] = true
	}
}

// leaves checks the token that an authorize carries.
func (t *tokens) leaves(b *book, c engine.Call, blob payment.Blob) {
	h := b.disk.Order.CustomerToken
	if t == nil || h == "" || c.Intent.Write != payment.WriteAuthorize {
		return
	}
	t.charges++
	if b.disk.Order.Absent {
		t.absent++
	}
	if c.Customer.Handle != h || !bytes.Equal(c.Customer.Sealed, t.raw[h]) || !bytes.Equal(blob.Customer.Sealed, c.Customer.Sealed) {
		t.w.fail("token", "%s is to charge %s and carries %q", b.id, h, c.Customer.Handle)
	}
}

// says checks a handle at the moment when a till is told of it.
func (t *tokens) says(b *book, h payment.Handle, o payment.Outcome) {
	if t == nil || h == "" {
		return
	}
	t.told[h] = true
	_, durable := t.raw[h]
	switch {
	case o != payment.Approved:
		t.w.fail("token", "%s is told %s with a token", b.id, o)
	case !durable || b.disk.CustomerToken != h:
		t.w.fail("token", "%s is told of %s, which is not durable as its own", b.id, h)
	}
}

// shows checks that nobody sees the sale of a customer who is not there.
func (t *tokens) shows(p payment.Payment) {
	if t != nil && p.Order.Absent {
		t.w.fail("token", "%s is shown to somebody, and its customer is not there", p.ID)
	}
}

// atEnd: no token is lost whose sale the till believes paid, and none is kept that nobody can ever name.
func (t *tokens) atEnd(books []*book) {
	if t == nil {
		return
	}
	for _, b := range books {
		p := b.disk
		r, ok := t.w.net.klarna.PaymentRequest(string(p.Request.ID))
		if !b.yes || p.Order.TokenRequest == nil || !ok || r.Customer == nil {
			continue
		}
		if kept := t.raw[p.CustomerToken]; string(kept) != r.Customer.Token {
			t.w.fail("token", "%s is paid, klarna issued a token, and %q holds another one", b.id, p.CustomerToken)
		}
	}
	for h := range t.w.disk.customers {
		if !t.told[h] && !t.attended(h, books) {
			t.w.fail("token", "%s is kept, and nobody was ever told of it", h)
		}
	}
}

func (t *tokens) attended(h payment.Handle, books []*book) bool {
	return slices.ContainsFunc(books, func(b *book) bool {
		return b.disk.CustomerToken == h && b.disk.State == payment.StateAttention
	})
}

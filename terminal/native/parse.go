// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import "encoding/json"

// ParseRequest reads one object that a till sent. Its error is always a *SyntaxError; one about a
// request whose id could be read carries the id.
func ParseRequest(object []byte) (Request, error) {
	m, bad := parseObject(object)
	if bad != nil {
		return nil, bad
	}
	r := reader{m: m}
	r.must("type")
	return r.finish(r.request(r.text("type", maxID)))
}

// ParseBody reads one object whose type and id stand elsewhere already, as in a URL. Either may be said
// again, but not differently. The id of a close stands in its object, because the address is the lane's.
func ParseBody(kind, id string, object []byte) (Request, error) {
	m, bad := parseObject(object)
	if bad != nil {
		return nil, bad
	}
	r := reader{m: m}
	r.same("type", kind)
	if kind != "totals" {
		r.same("id", id)
	}
	return r.finish(r.request(kind))
}

// same fills in a member, or refuses one that says something else.
func (r *reader) same(name, want string) {
	if v := r.raw(name); v != nil && (v[0] != '"' || unquote(v) != want) {
		r.refuse(name, "expected what the address says")
	}
	said, err := json.Marshal(want)
	if err != nil {
		r.refuse(name, "expected text")
	}
	r.m[name] = said
}

// finish gives an error the id of its request.
func (r *reader) finish(q Request) (Request, error) {
	if r.err == nil {
		return q, nil
	}
	if id := unquote(r.m["id"]); validID(id) {
		r.err.ID = id
	}
	return nil, r.err
}

func (r *reader) request(kind string) Request {
	switch kind {
	case "hello":
		return r.hello()
	case "ping":
		return Ping{N: r.integer("n", 0, maxCount, "a whole number")}
	case "pay":
		return r.pay()
	case "cancel":
		return Cancel{ID: r.id("id")}
	case "status":
		return r.status()
	case "confirm":
		return r.confirm()
	case "here":
		return Here{ID: r.id("id")}
	case "refund":
		return r.refund()
	case "forget":
		return Forget{CustomerToken: r.handle("customer_token", true)}
	case "totals":
		return r.totals()
	}
	r.refuse("type", "is not one of the known words")
	return nil
}

// hello: only a version that is said and is another one is refused.
func (r *reader) hello() Hello {
	h := Hello{
		V:         Version,
		Till:      r.text("till", maxID),
		Name:      r.text("name", maxID),
		Probe:     r.flag("probe"),
		Keepalive: r.integer("keepalive_s", minKeepalive, maxKeepalive, seconds),
		Token:     r.text("token", maxText),
	}
	if v := r.raw("v"); v != nil && string(v) != "1" && r.err == nil {
		r.err = &SyntaxError{Code: CodeUnsupportedVersion, Path: "v", Why: "expected 1"}
	}
	return h
}

func (r *reader) pay() Pay {
	p := Pay{ID: r.id("id")}
	r.must("amount")
	p.Amount = r.money("amount")
	r.must("currency")
	p.Currency = r.currency("currency")
	p.Ref = r.text("ref", maxID)
	p.Timeout = r.integer("timeout_s", minTimeout, maxTimeout, seconds)
	if p.Lang = r.text("lang", 2); p.Lang != "" && !letters(p.Lang, 2, 'a', 'z') {
		r.refuse("lang", "expected a language of two small letters such as de")
	}
	p.Lines = r.lines("lines")
	p.QR = r.forms("qr")
	r.session(&p)
	return p
}

// forms are the ways in which a till can use a code.
func (r *reader) forms(name string) []string {
	all := r.texts(name, 4)
	for _, f := range all {
		switch f {
		case FormText, FormSVG, FormPNG, FormESCPOS:
		default:
			r.refuse(name, "expected text, svg, png or escpos")
			return nil
		}
	}
	return all
}

// status: exactly one of id and last.
func (r *reader) status() Status {
	s := Status{Last: r.flag("last")}
	switch named := r.raw("id") != nil; {
	case named && s.Last:
		r.refuse("last", "expected either an id or last")
	case !s.Last:
		s.ID = r.id("id")
	}
	return s
}

func (r *reader) confirm() Confirm {
	r.must("outcome")
	r.notNull("ok", "true or false, or no such member for true")
	c := Confirm{ID: r.id("id"), Outcome: r.outcome(), OK: true}
	if r.raw("ok") != nil {
		c.OK = r.flag("ok")
	}
	return c
}

func (r *reader) refund() Refund {
	r.notNull("amount", minorUnits+", or no such member for all that is left")
	f := Refund{
		ID: r.id("id"), Of: r.id("of"),
		Amount: r.money("amount"), Currency: r.currency("currency"),
		Reason: r.text("reason", maxText),
	}
	if f.Amount != 0 && f.Currency == "" {
		r.refuse("currency", "is missing")
	}
	return f
}

// totals: only a close has an id.
func (r *reader) totals() Totals {
	r.notNull("id", "1 to 64 printable ASCII characters, or no such member")
	t := Totals{Since: r.text("since", maxTime), Close: r.flag("close")}
	if r.raw("id") == nil {
		return t
	}
	if t.ID = r.id("id"); !t.Close {
		r.refuse("id", "names a close, expected close to be true")
	}
	return t
}

// outcome reads one of the words that a result or an update may say.
func (r *reader) outcome() string {
	return r.one("outcome", "approved", "declined", "cancelled", "expired", "failed", "unknown", "reversed")
}

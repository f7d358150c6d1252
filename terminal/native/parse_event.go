// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

// ParseEvent reads one object that we sent to a till. Its error is always a *SyntaxError. A type that
// this version does not know is a bad_request, which a till may ignore.
func ParseEvent(object []byte) (Event, error) {
	m, bad := parseObject(object)
	if bad != nil {
		return nil, bad
	}
	r := reader{m: m}
	r.must("type")
	kind := r.text("type", maxID)
	e := r.event(kind)
	if r.err != nil {
		return nil, r.err
	}
	return e, nil
}

func (r *reader) event(kind string) Event {
	switch kind {
	case "hello":
		return r.welcome()
	case "pong":
		return Pong{N: r.integer("n", 0, maxCount, "a whole number"), Time: r.time("time"), State: r.text("state", maxID)}
	case "accepted":
		return Accepted{ID: r.id("id"), ExpiresAt: r.time("expires_at")}
	case "display":
		return r.display()
	case "progress":
		return Progress{ID: r.id("id"), Phase: r.text("phase", maxID), ExpiresAt: r.time("expires_at"), Text: r.text("text", maxText)}
	case "ask":
		return Ask{ID: r.id("id")}
	case "cancelling":
		return Cancelling{ID: r.id("id")}
	case "result":
		return r.result()
	case "update":
		return r.update()
	case "state":
		return r.state()
	case "confirmed":
		return r.confirmed()
	case "error":
		return r.error()
	case "notice":
		return Notice{State: r.text("state", maxID), Text: r.text("text", maxText)}
	case "alive":
		return Alive{}
	case "forgotten":
		return Forgotten{CustomerToken: r.handle("customer_token", true)}
	case "refund":
		return r.refunded()
	case "totals":
		return r.sums()
	}
	r.refuse("type", "is not one of the known words")
	return nil
}

func (r *reader) welcome() Welcome {
	r.must("v")
	w := Welcome{
		V:          r.integer("v", 1, maxMinor, "a version"),
		Terminal:   r.text("terminal", maxText),
		Software:   r.text("software", maxText),
		Currencies: r.texts("currencies", maxMembers),
		Limits:     r.limits("limits"),
		Mode:       r.text("mode", maxID),
		State:      r.text("state", maxID),
	}
	if r.raw("open") != nil {
		id := r.id("open")
		w.Open = &id
	}
	return w
}

func (r *reader) limits(name string) Limits {
	v := r.raw(name)
	if v == nil {
		return Limits{}
	}
	in := reader{m: make(members, 8), path: name}
	if w := (walker{b: v}); v[0] == '{' {
		in.err = w.object(1, in.m)
	} else {
		r.refuse(name, "expected an object")
	}
	count := func(key string) int64 { return in.integer(key, 0, maxCount, "a whole number") }
	l := Limits{count("min_amount"), count("max_amount"), count("min_timeout_s"), count("max_timeout_s"), count("max_line")}
	if r.err == nil {
		r.err = in.err
	}
	return l
}

func (r *reader) display() Display {
	return Display{
		ID: r.id("id"), QR: r.text("qr", maxLong),
		SVG: r.text("svg", maxLong), PNG: r.text("png", maxLong), ESCPOS: r.text("escpos", maxLong),
		ShortCode: r.text("short_code", maxID), ExpiresAt: r.time("expires_at"), NoDisplay: r.flag("no_display"),
		HandOver: r.handOver(),
	}
}

// result: the outcome must be one that is known, because a till acts on it.
func (r *reader) result() Result {
	r.must("outcome")
	return Result{
		ID: r.id("id"), Outcome: r.outcome(),
		Code: r.text("code", maxID), Text: r.text("text", maxText),
		Amount: r.money("amount"), Currency: r.currency("currency"),
		Reference: r.text("reference", maxID), Receipt: r.texts("receipt", maxBasket), Merchant: r.texts("merchant_receipt", maxBasket),
		At: r.time("at"), By: r.text("by", maxID),
		GivenBack: r.flag("given_back"), Replay: r.flag("replay"), Brought: r.brought(),
	}
}

func (r *reader) update() Update {
	r.must("outcome")
	return Update{
		ID: r.id("id"), Outcome: r.outcome(),
		Code: r.text("code", maxID), Text: r.text("text", maxText), At: r.time("at"), GivenBack: r.flag("given_back"), Replay: r.flag("replay"),
		Receipt: r.texts("receipt", maxBasket), Merchant: r.texts("merchant_receipt", maxBasket), Brought: r.brought(),
	}
}

func (r *reader) state() State {
	return State{
		ID: r.id("id"), Phase: r.text("phase", maxID), ExpiresAt: r.time("expires_at"),
		Outcome: r.outcome(), Code: r.text("code", maxID), Text: r.text("text", maxText),
		Amount: r.money("amount"), Currency: r.currency("currency"),
		Reference: r.text("reference", maxID), Receipt: r.texts("receipt", maxBasket), Merchant: r.texts("merchant_receipt", maxBasket),
		At: r.time("at"), By: r.text("by", maxID),
		GivenBack: r.flag("given_back"), Replay: r.flag("replay"), Brought: r.brought(), HandOver: r.handOver(),
	}
}

func (r *reader) confirmed() Confirmed {
	r.must("outcome")
	r.must("ok")
	return Confirmed{ID: r.id("id"), Outcome: r.outcome(), OK: r.flag("ok")}
}

func (r *reader) error() Error {
	r.must("code")
	e := Error{
		Code: Code(r.text("code", maxID)), Text: r.text("text", maxText), BusyID: r.text("busy_id", maxID),
		BusyAmount: r.money("busy_amount"), BusyCurrency: r.currency("busy_currency"),
		BusyAge: r.integer("busy_age_s", 0, maxCount, "whole seconds"),
	}
	if r.raw("id") != nil {
		e.ID = r.id("id")
	}
	return e
}

// refunded: the outcome must be one that is known, because a till acts on it.
func (r *reader) refunded() Refunded {
	r.must("outcome")
	return Refunded{
		ID: r.id("id"), Of: r.id("of"), Outcome: r.one("outcome", "running", "done", "refused", "unknown"),
		Code: r.text("code", maxID), Text: r.text("text", maxText),
		Amount: r.money("amount"), Currency: r.currency("currency"),
		Reference: r.text("reference", maxID), Receipt: r.texts("receipt", maxBasket), Merchant: r.texts("merchant_receipt", maxBasket),
		At: r.time("at"), Replay: r.flag("replay"),
	}
}

func (r *reader) sums() Sums {
	r.must("at")
	r.must("currency")
	s := Sums{
		Period: r.integer("period", 0, maxCount, "a whole number"), From: r.time("from"), At: r.time("at"),
		Closed: r.flag("closed"), Currency: r.currency("currency"),
		Sales: r.sum("sales"), Refunds: r.sum("refunds"), Reversals: r.sum("reversals"),
		Net: r.integer("net", -maxCount, maxCount, minorUnits), Merchant: r.texts("merchant_receipt", maxBasket), Replay: r.flag("replay"),
	}
	if r.raw("id") != nil {
		s.ID = r.id("id")
	}
	return s
}

func (r *reader) sum(name string) Sum {
	r.must(name)
	v := r.raw(name)
	if v == nil {
		return Sum{}
	}
	in := reader{m: make(members, 2), path: name}
	if w := (walker{b: v}); v[0] == '{' {
		in.err = w.object(1, in.m)
	} else {
		r.refuse(name, "expected an object")
	}
	s := Sum{in.integer("count", 0, maxCount, "a whole number"), in.integer("amount", 0, maxCount, minorUnits)}
	if r.err == nil {
		r.err = in.err
	}
	return s
}

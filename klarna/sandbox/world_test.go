// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tillbridge/klarna/sandbox"
)

const account = "krn:partner:global:account:test:MKPMV6MS"

// desk is a world with a clock that the test moves and a counter of idempotency keys.
type desk struct {
	*sandbox.World

	t    *testing.T
	now  time.Time
	keys int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{
		World: sandbox.NewWorld(1, sandbox.Settings{}), t: t,
		now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
	}
}

// send makes one call under a key, of its own if key is empty.
func (d *desk) send(key string, c sandbox.Call) sandbox.Answer {
	if key == "" {
		d.keys++
		key = fmt.Sprintf("key-%d", d.keys)
	}
	return d.Do(d.now, sandbox.Request{Account: account, Key: key, Hash: hash(c), Call: c})
}

// hash stands for the bytes of a body; fmt would print addresses.
func hash(c sandbox.Call) [32]byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return sha256.Sum256(b)
}

func (d *desk) wait(by time.Duration) {
	d.now = d.now.Add(by)
	d.Advance(d.now)
}

func first() sandbox.Authorize {
	return sandbox.Authorize{Purchase: sandbox.Purchase{
		Currency: "EUR", Amount: 11800, Reference: "S0042-T03-000117", PurchaseReference: "000117",
		Lines: []sandbox.Line{
			{Name: "Running shoes", Quantity: 1, TotalAmount: 12800},
			{Name: "Loyalty discount", Quantity: 1, TotalAmount: -1000},
		},
		StepUp: &sandbox.StepUp{
			Reference: "S0042-T03-000117", Method: sandbox.MethodQR, Expiry: sandbox.Expiry{After: 30 * time.Minute},
			Location: sandbox.Location{Placement: "step_up_config", StoreReference: "S0042", Terminal: "T03"},
		},
	}}
}

// second is the finalizing call for a token, built as the bridge does: the first body without step_up_config.
func second(token string) sandbox.Authorize {
	c := first()
	c.StepUp = nil
	c.NetworkToken = token
	return c
}

// stepUp makes a payment request.
func (d *desk) stepUp() sandbox.PaymentRequest {
	d.t.Helper()
	a := d.send("", first())
	if a.Authorization == nil || a.Authorization.Result != sandbox.ResultStepUp {
		d.t.Fatalf("first authorize = %+v, want STEP_UP_REQUIRED", a)
	}
	return *a.Authorization.Request
}

// completed makes a payment request that the customer accepted.
func (d *desk) completed() sandbox.PaymentRequest {
	d.t.Helper()
	r := d.stepUp()
	d.phone(r.ID, sandbox.StepApprove)
	return d.get(r.ID)
}

// paid makes a transaction that is not captured.
func (d *desk) paid() sandbox.Transaction {
	d.t.Helper()
	a := d.send("", second(d.completed().Token))
	if result(a) != sandbox.ResultApproved {
		d.t.Fatalf("finalize = %+v, want APPROVED", a)
	}
	return *a.Authorization.Transaction
}

func (d *desk) phone(id string, s sandbox.Step) {
	d.t.Helper()
	if err := d.Phone(d.now, id, s); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) get(id string) sandbox.PaymentRequest {
	d.t.Helper()
	a := d.send("", sandbox.Read{ID: id})
	if a.Request == nil {
		d.t.Fatalf("read %s = %+v", id, a)
	}
	return *a.Request
}

func result(a sandbox.Answer) sandbox.Result {
	if a.Authorization == nil {
		return ""
	}
	return a.Authorization.Result
}

func (d *desk) wantCharges(n int) {
	d.t.Helper()
	if got := len(d.Ledger().Transactions); got != n {
		d.t.Errorf("transactions = %d, want %d", got, n)
	}
}

// reach makes a payment request in the state.
func (d *desk) reach(s sandbox.State) string {
	d.t.Helper()
	id := d.stepUp().ID
	switch s {
	case sandbox.StateSubmitted:
	case sandbox.StateInProgress:
		d.phone(id, sandbox.StepOpen)
	case sandbox.StateCompleted:
		d.phone(id, sandbox.StepApprove)
	case sandbox.StateDeclined:
		d.phone(id, sandbox.StepReject)
	case sandbox.StateCanceled:
		d.send("", sandbox.Cancel{ID: id})
	case sandbox.StateExpired:
		d.wait(30 * time.Minute)
	}
	if got := d.get(id).State; got != s {
		d.t.Fatalf("reached %s, want %s", got, s)
	}
	return id
}

func states() []sandbox.State {
	return []sandbox.State{
		sandbox.StateSubmitted, sandbox.StateInProgress, sandbox.StateCompleted,
		sandbox.StateExpired, sandbox.StateCanceled, sandbox.StateDeclined,
	}
}

// TestStepsInEveryState walks each state against each thing that can happen to it. An empty cell is a refusal
// that changes nothing.
func TestStepsInEveryState(t *testing.T) {
	const (
		sub, prog, comp = sandbox.StateSubmitted, sandbox.StateInProgress, sandbox.StateCompleted
		exp, canc, decl = sandbox.StateExpired, sandbox.StateCanceled, sandbox.StateDeclined
	)
	table := map[sandbox.State]map[string]sandbox.State{
		sub:  {"open": prog, "approve": comp, "reject": decl, "cancel": canc, "update": sub, "time": exp},
		prog: {"open": prog, "approve": comp, "reject": decl, "abort": sub, "cancel": canc, "time": exp},
		comp: {"cancel": canc, "time": comp},
		exp:  {"time": exp},
		canc: {"cancel": canc, "time": canc},
		decl: {"time": decl},
	}
	for _, from := range states() {
		for _, what := range []string{"open", "approve", "reject", "abort", "cancel", "update", "time"} {
			t.Run(string(from)+" "+what, func(t *testing.T) {
				d := newDesk(t)
				id := d.reach(from)
				ok := d.happen(id, what)
				want, allowed := table[from][what]
				if !allowed {
					want = from
				}
				if got := d.get(id).State; got != want || ok != allowed {
					t.Errorf("%s in %s = %s, allowed %v; want %s, %v", what, from, got, ok, want, allowed)
				}
			})
		}
	}
}

func (d *desk) happen(id, what string) bool {
	switch what {
	case "cancel":
		return d.send("", sandbox.Cancel{ID: id}).Status == 200
	case "update":
		return d.send("", sandbox.Update{ID: id, Expiry: sandbox.Expiry{After: time.Hour}}).Status == 200
	case "time":
		d.wait(31 * time.Minute)
		return true
	}
	return d.Phone(d.now, id, sandbox.Step(what)) == nil
}

func TestAbortedRequestCanBeOpenedAgain(t *testing.T) {
	d := newDesk(t)
	id := d.stepUp().ID
	for range 3 {
		d.phone(id, sandbox.StepOpen)
		d.phone(id, sandbox.StepAbort)
	}
	if r := d.get(id); r.State != sandbox.StateSubmitted || r.Reason != sandbox.ReasonAborted || r.Previous != sandbox.StateInProgress {
		t.Errorf("after three aborts = %s (%s, before %s)", r.State, r.Reason, r.Previous)
	}
	d.phone(id, sandbox.StepApprove)
	if d.get(id).Token == "" {
		t.Error("approved after aborts, but no token")
	}
}

func TestExpiredRequestIsRemoved(t *testing.T) {
	d := newDesk(t)
	id := d.stepUp().ID
	d.wait(30*time.Minute - time.Nanosecond)
	if s := d.get(id).State; s != sandbox.StateSubmitted {
		t.Errorf("just before its time = %s", s)
	}
	d.wait(time.Nanosecond)
	if s := d.get(id).State; s != sandbox.StateExpired {
		t.Errorf("at its time = %s", s)
	}
	d.wait(time.Hour)
	if a := d.send("", sandbox.Read{ID: id}); a.Status != 404 || a.Problem.Code != sandbox.CodeNotFound {
		t.Errorf("row 51: read after removal = %+v, want 404", a)
	}
	if l := d.Ledger(); len(l.PaymentRequests) != 1 || l.PaymentRequests[0].State != sandbox.StateExpired {
		t.Errorf("ledger after removal = %+v", l.PaymentRequests)
	}
	if err := d.Phone(d.now, id, sandbox.StepOpen); !errors.Is(err, sandbox.ErrUnknown) {
		t.Errorf("phone after removal = %v, want ErrUnknown", err)
	}
}

func TestUpdateMovesTheExpiry(t *testing.T) {
	d := newDesk(t)
	id := d.stepUp().ID
	if a := d.send("", sandbox.Update{ID: id, Expiry: sandbox.Expiry{After: 2 * time.Hour}}); !a.Request.ExpiresAt.Equal(d.now.Add(2 * time.Hour)) {
		t.Errorf("update = %+v", a.Request)
	}
	d.wait(time.Hour)
	if s := d.get(id).State; s != sandbox.StateSubmitted {
		t.Errorf("at the old expiry = %s", s)
	}
	d.wait(time.Hour)
	if s := d.get(id).State; s != sandbox.StateExpired {
		t.Errorf("at the new expiry = %s", s)
	}
}

func TestFirstAuthorize(t *testing.T) {
	bare := first()
	bare.StepUp = nil
	required := first()
	required.StepUp.Required = true
	tests := map[string]struct {
		behaviour sandbox.Behaviour
		call      sandbox.Authorize
		want      sandbox.Result
	}{
		"steps up by default":                     {sandbox.Behaviour{}, first(), sandbox.ResultStepUp},
		"approves when told":                      {sandbox.Behaviour{First: sandbox.FirstApproved}, first(), sandbox.ResultApproved},
		"declines when told":                      {sandbox.Behaviour{First: sandbox.FirstDeclined}, first(), sandbox.ResultDeclined},
		"declines if nobody may be asked":         {sandbox.Behaviour{}, bare, sandbox.ResultDeclined},
		"approves without a way to ask":           {sandbox.Behaviour{First: sandbox.FirstApproved}, bare, sandbox.ResultApproved},
		"never approves alone with mode REQUIRED": {sandbox.Behaviour{First: sandbox.FirstApproved}, required, sandbox.ResultStepUp},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.SetBehaviour(tc.behaviour)
			if got := result(d.send("", tc.call)); got != tc.want {
				t.Errorf("authorize = %s, want %s", got, tc.want)
			}
			if l := d.Ledger(); (len(l.Transactions) == 1) != (tc.want == sandbox.ResultApproved) {
				t.Errorf("transactions = %+v", l.Transactions)
			}
		})
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	tests := map[string]struct {
		parameter string
		change    func(*sandbox.Authorize)
	}{
		"an unknown currency":       {"currency", func(c *sandbox.Authorize) { c.Currency = "EURO" }},
		"a lower-case currency":     {"currency", func(c *sandbox.Authorize) { c.Currency = "eur" }},
		"an unsupported currency":   {"currency", func(c *sandbox.Authorize) { c.Currency = "JPY" }},
		"half of two currencies":    {"currency", func(c *sandbox.Authorize) { c.Currency = "D E" }},
		"no amount":                 {"request_payment_transaction.amount", func(c *sandbox.Authorize) { c.Amount = 0 }},
		"a negative amount":         {"request_payment_transaction.amount", func(c *sandbox.Authorize) { c.Amount = -1 }},
		"an amount above the limit": {"request_payment_transaction.amount", func(c *sandbox.Authorize) { c.Amount = 1 << 31 }},
		"lines that do not add up":  {"supplementary_purchase_data.line_items", func(c *sandbox.Authorize) { c.Lines[1].TotalAmount++ }},
		"an unknown method": {
			"step_up_config.customer_interaction_config.method",
			func(c *sandbox.Authorize) { c.StepUp.Method = "QR_code" },
		},
		"a hand-over without return_url": {
			"step_up_config.customer_interaction_config.return_url",
			func(c *sandbox.Authorize) { c.StepUp.Method = sandbox.MethodHandover },
		},
		"an expiry under 15 minutes": {
			"step_up_config.customer_interaction_config.interaction_expiry",
			func(c *sandbox.Authorize) { c.StepUp.Expiry.After = 15*time.Minute - 1 },
		},
		"an expiry over 48 hours": {
			"step_up_config.customer_interaction_config.interaction_expiry",
			func(c *sandbox.Authorize) { c.StepUp.Expiry.After = 48*time.Hour + 1 },
		},
		"two expiries": {
			"step_up_config.customer_interaction_config.interaction_expiry",
			func(c *sandbox.Authorize) { c.StepUp.Expiry.At = time.Date(2026, 1, 1, 13, 0, 0, 0, time.UTC) },
		},
		"no store":    {"point_of_checkout", func(c *sandbox.Authorize) { c.StepUp.Location.StoreReference = "" }},
		"two stores":  {"point_of_checkout", func(c *sandbox.Authorize) { c.StepUp.Location.StoreID = "krn:store" }},
		"no terminal": {"point_of_transaction.terminal_reference", func(c *sandbox.Authorize) { c.StepUp.Location.Terminal = "" }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			c := first()
			tc.change(&c)
			a := d.send("", c)
			if a.Status != 400 || a.Problem == nil || len(a.Problem.Violations) != 1 || a.Problem.Violations[0].Parameter != tc.parameter {
				t.Errorf("authorize = %d %+v, want 400 about %s", a.Status, a.Problem, tc.parameter)
			}
			if l := d.Ledger(); len(l.PaymentRequests)+len(l.Transactions) != 0 {
				t.Errorf("something happened: %+v", l)
			}
		})
	}
}

func TestStoresMustBeOnboardedWhereSomeAreKnown(t *testing.T) {
	d := newDesk(t)
	d.World = sandbox.NewWorld(1, sandbox.Settings{Stores: []string{"S0001"}})
	if a := d.send("", first()); a.Status != 400 {
		t.Fatalf("unknown store = %+v, want 400", a)
	}
	onboard := first()
	onboard.StepUp.Location.StoreReference, onboard.StepUp.Location.NewStore = "", "S0042"
	if a := d.send("", onboard); result(a) != sandbox.ResultStepUp {
		t.Fatalf("onboarding = %+v", a)
	}
	if a := d.send("", first()); result(a) != sandbox.ResultStepUp {
		t.Errorf("store after onboarding = %+v", a)
	}
}

func TestFinalizeMakesOneTransaction(t *testing.T) {
	d := newDesk(t)
	r := d.completed()
	d.wantCharges(0)
	a := d.send("finalize", second(r.Token))
	tx := a.Authorization.Transaction
	if result(a) != sandbox.ResultApproved || tx.Amount != 11800 || tx.Currency != "EUR" || tx.Reference != r.TransactionRef ||
		tx.State != sandbox.TransactionAuthorized || len(tx.Captures) != 0 {
		t.Fatalf("finalize = %+v", tx)
	}
	for _, key := range []string{"finalize", "another key"} {
		if again := d.send(key, second(r.Token)); !reflect.DeepEqual(again, a) {
			t.Errorf("repeat under %q = %+v, want the first answer", key, again)
		}
	}
	d.wantCharges(1)
}

func TestFinalizeDeclines(t *testing.T) {
	tests := map[string]func(d *desk, r sandbox.PaymentRequest, c *sandbox.Authorize){
		"another amount": func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) {
			c.Amount++
			c.Lines = nil
		},
		"another currency":     func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) { c.Currency = "SEK" },
		"another reference":    func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) { c.Reference = "other" },
		"another receipt":      func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) { c.PurchaseReference = "x" },
		"another basket":       func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) { c.Lines[0].Name = "Boots" },
		"other network data":   func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) { c.NetworkData = "x" },
		"a token one hour old": func(d *desk, _ sandbox.PaymentRequest, _ *sandbox.Authorize) { d.wait(time.Hour) },
		"a cancelled request":  func(d *desk, r sandbox.PaymentRequest, _ *sandbox.Authorize) { d.send("", sandbox.Cancel{ID: r.ID}) },
		"the wrong header": func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) {
			c.NetworkToken, c.InteropToken = "", c.NetworkToken
		},
		"a token never issued": func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) { c.NetworkToken += "x" },
		"an old token's header": func(_ *desk, _ sandbox.PaymentRequest, c *sandbox.Authorize) {
			c.NetworkToken, c.PaymentToken = "", "x"
		},
		"a behaviour to decline": func(d *desk, r sandbox.PaymentRequest, _ *sandbox.Authorize) {
			_ = d.Decide(r.ID, sandbox.FinalizeDeclined)
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			r := d.completed()
			c := second(r.Token)
			change(d, r, &c)
			if a := d.send("", c); result(a) != sandbox.ResultDeclined {
				t.Errorf("finalize = %+v, want DECLINED", a)
			}
			d.wantCharges(0)
		})
	}
}

func TestTokenBelongsToItsAccount(t *testing.T) {
	d := newDesk(t)
	r := d.completed()
	c := second(r.Token)
	a := d.Do(d.now, sandbox.Request{Account: "krn:partner:global:account:test:SOMEBODY", Key: "k", Call: c})
	if result(a) != sandbox.ResultDeclined {
		t.Errorf("finalize from another account = %+v", a)
	}
	if a := d.Do(d.now, sandbox.Request{Call: sandbox.Read{ID: r.ID}}); a.Status != 404 {
		t.Errorf("read without the account = %+v, want 404", a)
	}
	d.wantCharges(0)
}

func TestTokenLivesOneHour(t *testing.T) {
	d := newDesk(t)
	r := d.completed()
	d.wait(time.Hour - time.Nanosecond)
	if a := d.send("", second(r.Token)); result(a) != sandbox.ResultApproved {
		t.Errorf("just within the hour = %+v", a)
	}
	d.wait(time.Nanosecond)
	if a := d.send("", second(r.Token)); result(a) != sandbox.ResultDeclined {
		t.Errorf("under a new key after the hour = %+v, want DECLINED in spite of the transaction", a)
	}
	d.wantCharges(1)
}

func TestMinimalAndOlderFinalize(t *testing.T) {
	tests := map[string]func(token string) sandbox.Authorize{
		"only currency and transaction": func(token string) sandbox.Authorize {
			return sandbox.Authorize{
				Purchase:     sandbox.Purchase{Currency: "EUR", Amount: 11800, Reference: "S0042-T03-000117"},
				NetworkToken: token,
			}
		},
		"with the older header": func(token string) sandbox.Authorize {
			c := second("")
			c.PaymentToken = token
			return c
		},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if a := d.send("", call(d.completed().Token)); result(a) != sandbox.ResultApproved {
				t.Errorf("finalize = %+v", a)
			}
		})
	}
}

func TestSingleUseToken(t *testing.T) {
	d := newDesk(t)
	d.SetPolicy(sandbox.Policy{SingleUseToken: true})
	r := d.completed()
	a := d.send("k", second(r.Token))
	if again := d.send("k", second(r.Token)); !reflect.DeepEqual(again, a) {
		t.Errorf("same key = %+v, want the first answer", again)
	}
	if other := d.send("", second(r.Token)); result(other) != sandbox.ResultDeclined {
		t.Errorf("another key = %+v, want DECLINED", other)
	}
	d.wantCharges(1)
}

func TestFinalizeCanStepUpAgain(t *testing.T) {
	d := newDesk(t)
	d.SetBehaviour(sandbox.Behaviour{Finalize: sandbox.FinalizeStepUp})
	r := d.completed()
	d.SetBehaviour(sandbox.Behaviour{})
	a := d.send("", second(r.Token))
	if result(a) != sandbox.ResultStepUp || a.Authorization.Request.ID == r.ID {
		t.Fatalf("finalize = %+v, want a new payment request", a)
	}
	d.wantCharges(0)
	next := a.Authorization.Request
	if next.Reference != r.Reference || next.Amount != r.Amount || next.Location != r.Location {
		t.Errorf("next round = %+v, want it for the same purchase", next)
	}
	d.phone(next.ID, sandbox.StepApprove)
	if a := d.send("", second(d.get(next.ID).Token)); result(a) != sandbox.ResultApproved {
		t.Errorf("second round = %+v", a)
	}
	d.wantCharges(1)
}

func TestRow12CancelRacingApproval(t *testing.T) {
	t.Run("cancel first: the token is dead", func(t *testing.T) {
		d := newDesk(t)
		r := d.completed()
		if a := d.send("", sandbox.Cancel{ID: r.ID}); a.Status != 200 || a.Request.CanceledAt.IsZero() || a.Request.Token != "" {
			t.Errorf("cancel of a COMPLETED request = %+v", a)
		}
		if a := d.send("", second(r.Token)); result(a) != sandbox.ResultDeclined {
			t.Errorf("finalize after cancel = %+v", a)
		}
		d.wantCharges(0)
	})
	t.Run("finalize first: the cancel is refused", func(t *testing.T) {
		d := newDesk(t)
		r := d.completed()
		d.send("", second(r.Token))
		if a := d.send("", sandbox.Cancel{ID: r.ID}); a.Status != 409 || a.Problem.Code != sandbox.CodeConflict {
			t.Errorf("cancel after finalize = %+v, want 409", a)
		}
		d.wantCharges(1)
	})
	t.Run("cancel in progress: approval is too late", func(t *testing.T) {
		d := newDesk(t)
		id := d.reach(sandbox.StateInProgress)
		d.send("", sandbox.Cancel{ID: id})
		if err := d.Phone(d.now, id, sandbox.StepApprove); !errors.Is(err, sandbox.ErrStep) {
			t.Errorf("approve after cancel = %v, want ErrStep", err)
		}
	})
	t.Run("the stricter page refuses a completed one, and it still finalizes", func(t *testing.T) {
		d := newDesk(t)
		d.SetPolicy(sandbox.Policy{RefuseCancelCompleted: true, CancelForbidden: true})
		r := d.completed()
		if a := d.send("", sandbox.Cancel{ID: r.ID}); a.Status != 403 || a.Problem.Code != sandbox.CodeForbidden {
			t.Errorf("cancel = %+v, want 403", a)
		}
		if a := d.send("", second(r.Token)); result(a) != sandbox.ResultApproved {
			t.Errorf("finalize = %+v", a)
		}
	})
}

func TestIdempotency(t *testing.T) {
	t.Run("same key and body repeat the answer", func(t *testing.T) {
		d := newDesk(t)
		a := d.send("k", first())
		d.phone(a.Authorization.Request.ID, sandbox.StepReject)
		if again := d.send("k", first()); !reflect.DeepEqual(again, a) {
			t.Errorf("repeat = %+v, want %+v", again, a)
		}
		if n := len(d.Ledger().PaymentRequests); n != 1 {
			t.Errorf("payment requests = %d", n)
		}
	})
	t.Run("same key and another body conflict", func(t *testing.T) {
		d := newDesk(t)
		d.send("k", first())
		other := first()
		other.Reference = "other"
		if a := d.send("k", other); a.Status != 409 || a.Problem.Code != sandbox.CodeConflict {
			t.Errorf("other body = %+v, want 409", a)
		}
	})
	t.Run("same key on another route or with another token conflicts", func(t *testing.T) {
		d := newDesk(t)
		r := d.completed()
		d.send("k", second(r.Token))
		body := hash(second(r.Token))
		other := second(r.Token + "x")
		if a := d.Do(d.now, sandbox.Request{Account: account, Key: "k", Hash: body, Call: other}); a.Status != 409 {
			t.Errorf("other token = %+v, want 409", a)
		}
	})
	t.Run("a key of another account is another key", func(t *testing.T) {
		d := newDesk(t)
		d.send("k", first())
		if a := d.Do(d.now, sandbox.Request{Key: "k", Call: first()}); result(a) != sandbox.ResultStepUp {
			t.Errorf("other account = %+v", a)
		}
	})
	t.Run("after 24 hours the key executes again", func(t *testing.T) {
		d := newDesk(t)
		d.SetBehaviour(sandbox.Behaviour{First: sandbox.FirstApproved})
		d.send("k", first())
		d.wait(24*time.Hour - time.Nanosecond)
		d.send("k", first())
		d.wantCharges(1)
		d.wait(time.Nanosecond)
		d.send("k", first())
		d.wantCharges(2)
	})
	t.Run("a 400 is not remembered", func(t *testing.T) {
		d := newDesk(t)
		bad := first()
		bad.Currency = "XXX"
		d.send("k", bad)
		if a := d.send("k", first()); result(a) != sandbox.ResultStepUp {
			t.Errorf("after a 400 = %+v", a)
		}
	})
}

func TestForgottenNegativesExecuteAgain(t *testing.T) {
	for name, forget := range map[string]bool{"remembered": false, "forgotten": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.SetPolicy(sandbox.Policy{ForgetNegatives: forget})
			d.SetBehaviour(sandbox.Behaviour{First: sandbox.FirstDeclined})
			d.send("k", first())
			d.SetBehaviour(sandbox.Behaviour{First: sandbox.FirstApproved})
			a := d.send("k", first())
			if approved := result(a) == sandbox.ResultApproved; approved != forget {
				t.Errorf("repeat of a decline = %+v", a)
			}
		})
	}
}

func TestSameKeyWhileBusy(t *testing.T) {
	for name, conflict := range map[string]bool{"waits": false, "conflicts": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.SetPolicy(sandbox.Policy{Latency: 10 * time.Second, ConflictWhileBusy: conflict})
			a := d.send("k", first())
			if a.Delay != 10*time.Second {
				t.Fatalf("first = %+v, want a delay of 10 s", a)
			}
			d.wait(time.Second)
			b := d.send("k", first())
			if conflict && b.Status != 409 {
				t.Errorf("row 45: second while busy = %+v, want 409", b)
			}
			if !conflict && (b.Delay < 9*time.Second || b.Authorization.Request.ID != a.Authorization.Request.ID) {
				t.Errorf("second while busy = %+v, want the first answer, no earlier than it", b)
			}
			d.wait(time.Minute)
			if c := d.send("k", first()); result(c) != sandbox.ResultStepUp {
				t.Errorf("afterwards = %+v", c)
			}
			if n := len(d.Ledger().PaymentRequests); n != 1 {
				t.Errorf("payment requests = %d", n)
			}
		})
	}
}

func TestCustomersActByThemselves(t *testing.T) {
	tests := map[sandbox.Customer][2]sandbox.State{
		sandbox.CustomerManual:  {sandbox.StateSubmitted, sandbox.StateSubmitted},
		sandbox.CustomerApprove: {sandbox.StateInProgress, sandbox.StateCompleted},
		sandbox.CustomerReject:  {sandbox.StateInProgress, sandbox.StateDeclined},
		sandbox.CustomerAbort:   {sandbox.StateInProgress, sandbox.StateSubmitted},
		sandbox.CustomerLeave:   {sandbox.StateSubmitted, sandbox.StateInProgress},
	}
	for customer, want := range tests {
		t.Run(string(customer), func(t *testing.T) {
			d := newDesk(t)
			d.SetBehaviour(sandbox.Behaviour{Customer: customer, After: 4 * time.Second})
			id := d.stepUp().ID
			d.SetBehaviour(sandbox.Behaviour{Customer: sandbox.CustomerReject}) // for later requests only
			d.wait(3 * time.Second)
			half := d.get(id).State
			d.wait(time.Second)
			r := d.get(id)
			if half != want[0] || r.State != want[1] {
				t.Errorf("after 3 s and 4 s = %s, %s; want %v", half, r.State, want)
			}
			if at := d.now; r.State == sandbox.StateCompleted && !r.UpdatedAt.Equal(at) {
				t.Errorf("updated at %v, want %v", r.UpdatedAt, at)
			}
		})
	}
}

func TestLateAdvanceDatesThingsAtTheirOwnTime(t *testing.T) {
	d := newDesk(t)
	d.SetBehaviour(sandbox.Behaviour{Customer: sandbox.CustomerApprove, After: 4 * time.Second})
	r := d.stepUp()
	if at, ok := d.Next(); !ok || !at.Equal(r.CreatedAt.Add(2*time.Second)) {
		t.Errorf("Next() = %v, %v", at, ok)
	}
	d.wait(59 * time.Minute)
	if got := d.get(r.ID); !got.UpdatedAt.Equal(r.CreatedAt.Add(4 * time.Second)) {
		t.Errorf("accepted at %v, want 4 s after the request", got.UpdatedAt)
	}
	d.wait(time.Minute + 4*time.Second)
	if a := d.send("", second(d.get(r.ID).Token)); result(a) != sandbox.ResultDeclined {
		t.Errorf("the token's hour must run from the acceptance: %+v", a)
	}
}

func TestReadsCanLag(t *testing.T) {
	d := newDesk(t)
	d.SetPolicy(sandbox.Policy{ReadLag: 5 * time.Second})
	id := d.stepUp().ID
	d.wait(10 * time.Second)
	d.phone(id, sandbox.StepApprove)
	d.wait(4 * time.Second)
	if r := d.get(id); r.State != sandbox.StateSubmitted || r.Token != "" {
		t.Errorf("after 4 s = %s, want the old state", r.State)
	}
	d.wait(time.Second)
	if r := d.get(id); r.State != sandbox.StateCompleted || r.Token == "" {
		t.Errorf("after 5 s = %s", r.State)
	}
}

func TestRateLimit(t *testing.T) {
	d := newDesk(t)
	d.SetPolicy(sandbox.Policy{RatePerSecond: 2})
	id := d.stepUp().ID
	var got []int
	for range 3 {
		got = append(got, d.send("", sandbox.Read{ID: id}).Status)
	}
	d.wait(time.Second)
	got = append(got, d.send("", sandbox.Read{ID: id}).Status)
	if want := []int{200, 429, 429, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses = %v, want %v", got, want)
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		fault    sandbox.Fault
		fate     sandbox.Fate
		status   int
		delay    time.Duration
		executed bool
	}{
		"reset before":           {sandbox.Fault{Kind: sandbox.FaultResetBefore}, sandbox.FateReset, 0, 0, false},
		"reset after":            {sandbox.Fault{Kind: sandbox.FaultResetAfter}, sandbox.FateReset, 200, 0, true},
		"timeout":                {sandbox.Fault{Kind: sandbox.FaultTimeout}, sandbox.FateSilence, 200, time.Minute, true},
		"timeout of 3 s":         {sandbox.Fault{Kind: sandbox.FaultTimeout, Delay: 3 * time.Second}, sandbox.FateSilence, 200, 3 * time.Second, true},
		"status":                 {sandbox.Fault{Kind: sandbox.FaultStatus}, "", 500, 0, false},
		"status 503 after 1 s":   {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, Delay: time.Second}, "", 503, time.Second, false},
		"row 43: 500 but done":   {sandbox.Fault{Kind: sandbox.FaultStatus, Executed: true}, "", 500, 0, true},
		"half an answer":         {sandbox.Fault{Kind: sandbox.FaultTruncated}, sandbox.FateTruncated, 200, 0, true},
		"row 42: captive portal": {sandbox.Fault{Kind: sandbox.FaultHTML}, sandbox.FateHTML, 200, 0, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			r := d.completed()
			tc.fault.Route = sandbox.RouteFinalize
			d.SetFaults([]sandbox.Fault{tc.fault})
			a := d.send("k", second(r.Token))
			if a.Fate != tc.fate || a.Status != tc.status || a.Delay != tc.delay {
				t.Errorf("broken call = fate %q status %d delay %v", a.Fate, a.Status, a.Delay)
			}
			d.wantCharges(map[bool]int{true: 1}[tc.executed])
			if again := d.send("k", second(r.Token)); result(again) != sandbox.ResultApproved || again.Fate != "" {
				t.Errorf("repeat = %+v, want APPROVED", again)
			}
			d.wantCharges(1)
			if n := d.Ledger().Calls["finalize"]; n != 2 {
				t.Errorf("calls counted = %d, want 2", n)
			}
		})
	}
}

func TestFaultsCountPerEntryAndRoute(t *testing.T) {
	d := newDesk(t)
	id := d.stepUp().ID
	d.SetFaults([]sandbox.Fault{
		{Route: sandbox.RouteRead, Nth: 2, Times: 2, Kind: sandbox.FaultStatus, Status: 503},
		{Route: sandbox.RouteRead, Nth: 3, Times: 2, Kind: sandbox.FaultStatus, Status: 429},
		{Route: sandbox.RouteCancel, Nth: 1, Kind: sandbox.FaultStatus, Status: 409},
	})
	var got []int
	for range 5 {
		got = append(got, d.send("", sandbox.Read{ID: id}).Status)
	}
	got = append(got, d.send("", sandbox.Cancel{ID: id}).Status, d.send("", sandbox.Cancel{ID: id}).Status)
	if want := []int{200, 503, 503, 429, 200, 409, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses = %v, want %v", got, want)
	}
}

func TestCustomerTokens(t *testing.T) {
	ask := func(scopes ...string) sandbox.Authorize {
		c := first()
		c.Token = &sandbox.TokenAsk{Scopes: scopes, Reference: "customer-1"}
		return c
	}
	make := func(d *desk, scopes ...string) string {
		d.SetBehaviour(sandbox.Behaviour{First: sandbox.FirstApproved})
		a := d.send("", ask(scopes...))
		if result(a) != sandbox.ResultStepUp {
			d.t.Fatalf("asking for a token = %+v, want STEP_UP_REQUIRED whatever the behaviour", a)
		}
		d.phone(a.Authorization.Request.ID, sandbox.StepApprove)
		r := d.get(a.Authorization.Request.ID)
		c := ask(scopes...)
		c.StepUp, c.NetworkToken = nil, r.Token
		a = d.send("", c)
		if result(a) != sandbox.ResultApproved || a.Authorization.Token == nil || a.Authorization.Token.Token != r.Customer.Token {
			d.t.Fatalf("finalize = %+v, want a customer token", a.Authorization)
		}
		return r.Customer.Token
	}
	charge := func(token string) sandbox.Authorize {
		c := second("")
		c.Reference, c.CustomerToken = "later", token
		return c
	}
	there := func(c sandbox.Authorize) sandbox.Authorize {
		c.StepUp = first().StepUp
		return c
	}
	alone := func(c sandbox.Authorize) sandbox.Authorize { return c }
	stepsUp := sandbox.Behaviour{Token: sandbox.TokenStepUp}
	tests := map[string]struct {
		scope string
		form  func(sandbox.Authorize) sandbox.Authorize
		do    func(d *desk, token string)
		want  sandbox.Result
	}{
		"present":                       {sandbox.ScopePresent, there, func(*desk, string) {}, sandbox.ResultApproved},
		"present, and asked again":      {sandbox.ScopePresent, there, func(d *desk, _ string) { d.SetBehaviour(stepsUp) }, sandbox.ResultStepUp},
		"present, charged as absent":    {sandbox.ScopePresent, alone, func(*desk, string) {}, sandbox.ResultDeclined},
		"not present":                   {sandbox.ScopeNotPresent, alone, func(*desk, string) {}, sandbox.ResultApproved},
		"not present is never asked":    {sandbox.ScopeNotPresent, alone, func(d *desk, _ string) { d.SetBehaviour(stepsUp) }, sandbox.ResultApproved},
		"not present, charged as there": {sandbox.ScopeNotPresent, there, func(*desk, string) {}, sandbox.ResultDeclined},
		"login only":                    {sandbox.ScopeLogin, there, func(*desk, string) {}, sandbox.ResultDeclined},
		"revoked":                       {sandbox.ScopePresent, there, func(d *desk, token string) { _ = d.Revoke(token) }, sandbox.ResultDeclined},
		"revoked by the customer's name": {sandbox.ScopePresent, there, func(d *desk, _ string) {
			if n := d.RevokeReference("customer-1"); n != 1 {
				d.t.Errorf("RevokeReference = %d, want 1", n)
			}
		}, sandbox.ResultDeclined},
		"told to fail": {sandbox.ScopePresent, there, func(d *desk, _ string) {
			d.SetBehaviour(sandbox.Behaviour{First: sandbox.FirstDeclined})
		}, sandbox.ResultDeclined},
		"its charge told to fail": {sandbox.ScopePresent, there, func(d *desk, _ string) {
			d.SetBehaviour(sandbox.Behaviour{Token: sandbox.TokenDeclined})
		}, sandbox.ResultDeclined},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			token := make(d, tc.scope)
			tc.do(d, token)
			if a := d.send("", tc.form(charge(token))); result(a) != tc.want {
				t.Errorf("charge = %+v, want %s", a, tc.want)
			}
		})
	}
	t.Run("a token alone moves no money", func(t *testing.T) {
		d := newDesk(t)
		c := ask(sandbox.ScopePresent)
		c.Amount, c.Lines = 0, nil
		id := d.send("", c).Authorization.Request.ID
		d.phone(id, sandbox.StepApprove)
		c.StepUp, c.NetworkToken = nil, d.get(id).Token
		if a := d.send("", c); result(a) != sandbox.ResultApproved || a.Authorization.Token == nil || a.Authorization.Transaction != nil {
			t.Errorf("finalize = %+v", a.Authorization)
		}
		d.wantCharges(0)
	})
}

// TestSameSeedSameAnswers runs one long, mixed history twice.
func TestSameSeedSameAnswers(t *testing.T) {
	run := func(seed uint64) []any {
		d := newDesk(t)
		d.World = sandbox.NewWorld(seed, sandbox.Settings{})
		key, _, err := d.CreateSigningKey(d.now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.CreateWebhook(d.now, sandbox.Webhook{URL: "https://shop.example/hook", EventTypes: []string{"*"}, SigningKeyID: key.ID}); err != nil {
			t.Fatal(err)
		}
		var seen []any
		for i := range 40 {
			d.SetBehaviour(sandbox.Behaviour{
				Customer: []sandbox.Customer{sandbox.CustomerApprove, sandbox.CustomerReject, sandbox.CustomerAbort}[i%3],
				After:    time.Duration(i) * time.Second,
			})
			id := d.stepUp().ID
			d.wait(time.Duration(i%5) * time.Minute)
			r := d.get(id)
			seen = append(seen, r, d.send("", second(r.Token)), d.Take())
		}
		return append(seen, d.Ledger())
	}
	if a, b := run(7), run(7); !reflect.DeepEqual(a, b) {
		t.Error("two runs with one seed differ")
	}
	if reflect.DeepEqual(run(7), run(8)) {
		t.Error("two seeds give one history")
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	d := newDesk(t)
	r := d.completed()
	d.wait(59 * time.Minute)
	late := d.now
	d.now = d.now.Add(-10 * 365 * 24 * time.Hour)
	d.send("", sandbox.Read{ID: r.ID})
	d.now = late.Add(time.Minute)
	if a := d.send("", second(r.Token)); result(a) != sandbox.ResultDeclined {
		t.Errorf("row 65: a clock set back must not lengthen a token's life: %+v", a)
	}
}

func BenchmarkSale(b *testing.B) {
	w := sandbox.NewWorld(1, sandbox.Settings{})
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for i := 0; b.Loop(); i++ {
		now = now.Add(time.Second)
		key := fmt.Sprint(i)
		a := w.Do(now, sandbox.Request{Key: key, Call: first()})
		id := a.Authorization.Request.ID
		if err := w.Phone(now, id, sandbox.StepApprove); err != nil {
			b.Fatal(err)
		}
		r := w.Do(now, sandbox.Request{Call: sandbox.Read{ID: id}})
		w.Do(now, sandbox.Request{Key: key + "f", Call: second(r.Request.Token)})
	}
}

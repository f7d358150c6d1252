// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"testing"
	"time"

	"tillbridge/klarna/sandbox"
)

// amounts are captured, refunded and voided, as the ledger has them.
type amounts struct {
	state                      sandbox.TransactionState
	captured, refunded, voided int64
}

func (d *desk) amounts() amounts {
	d.t.Helper()
	l := d.Ledger().Transactions
	if len(l) != 1 {
		d.t.Fatalf("transactions = %+v, want one", l)
	}
	return amounts{l[0].State, l[0].Captured, l[0].Refunded, l[0].Voided}
}

// TestCaptureVoidRefund plays operations on one authorized transaction of 118.00.
func TestCaptureVoidRefund(t *testing.T) {
	const (
		authorized, completed = sandbox.TransactionAuthorized, sandbox.TransactionCompleted
		closed                = sandbox.TransactionClosed
	)
	take := func(n int64) func(string) sandbox.Call {
		return func(id string) sandbox.Call { return sandbox.Take{ID: id, Amount: n, Reference: "c"} }
	}
	back := func(n int64) func(string) sandbox.Call {
		return func(id string) sandbox.Call { return sandbox.GiveBack{ID: id, Amount: n, Reference: "r"} }
	}
	backOf := func(capture string, n int64) func(string) sandbox.Call {
		return func(id string) sandbox.Call {
			return sandbox.GiveBack{ID: id, Capture: id + ":capture:" + capture, Amount: n}
		}
	}
	void := func(id string) sandbox.Call { return sandbox.Void{ID: id} }
	type step struct {
		call   func(string) sandbox.Call
		status int
	}
	tests := map[string]struct {
		steps []step
		want  amounts
	}{
		"nothing":                        {nil, amounts{authorized, 0, 0, 0}},
		"capture of all":                 {[]step{{take(11800), 201}}, amounts{completed, 11800, 0, 0}},
		"capture of more":                {[]step{{take(11801), 403}}, amounts{authorized, 0, 0, 0}},
		"capture of nothing":             {[]step{{take(0), 400}, {take(-1), 400}}, amounts{authorized, 0, 0, 0}},
		"capture in parts":               {[]step{{take(1800), 201}, {take(10000), 201}, {take(1), 403}}, amounts{completed, 11800, 0, 0}},
		"parts that are too much":        {[]step{{take(1800), 201}, {take(10001), 403}}, amounts{authorized, 1800, 0, 0}},
		"void of all":                    {[]step{{void, 200}}, amounts{closed, 0, 0, 11800}},
		"void after part":                {[]step{{take(1800), 201}, {void, 200}, {take(1), 403}}, amounts{completed, 1800, 0, 10000}},
		"void twice":                     {[]step{{void, 200}, {void, 403}}, amounts{closed, 0, 0, 11800}},
		"void after capture":             {[]step{{take(11800), 201}, {void, 403}}, amounts{completed, 11800, 0, 0}},
		"capture after void":             {[]step{{void, 200}, {take(1), 403}}, amounts{closed, 0, 0, 11800}},
		"refund of nothing taken":        {[]step{{back(1), 403}}, amounts{authorized, 0, 0, 0}},
		"refund after void":              {[]step{{void, 200}, {back(1), 403}}, amounts{closed, 0, 0, 11800}},
		"refund of all":                  {[]step{{take(11800), 201}, {back(11800), 201}}, amounts{completed, 11800, 11800, 0}},
		"row 75: refund above the sum":   {[]step{{take(11800), 201}, {back(11801), 403}}, amounts{completed, 11800, 0, 0}},
		"row 75: refunds above the sum":  {[]step{{take(11800), 201}, {back(11000), 201}, {back(801), 403}}, amounts{completed, 11800, 11000, 0}},
		"refund of the taken part":       {[]step{{take(1800), 201}, {back(1801), 403}, {back(1800), 201}}, amounts{authorized, 1800, 1800, 0}},
		"refund of one capture":          {[]step{{take(1800), 201}, {take(200), 201}, {backOf("2", 201), 403}, {backOf("2", 200), 201}}, amounts{authorized, 2000, 200, 0}},
		"refund across captures":         {[]step{{take(1800), 201}, {take(200), 201}, {back(1900), 201}, {backOf("1", 1), 403}, {backOf("2", 101), 403}, {backOf("2", 100), 201}}, amounts{authorized, 2000, 2000, 0}},
		"refund of an unknown capture":   {[]step{{take(11800), 201}, {backOf("9", 1), 404}}, amounts{completed, 11800, 0, 0}},
		"capture after refund and again": {[]step{{take(1800), 201}, {back(1800), 201}, {take(10000), 201}, {back(10000), 201}}, amounts{completed, 11800, 11800, 0}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			id := d.paid().ID
			for i, s := range tc.steps {
				if a := d.send("", s.call(id)); a.Status != s.status {
					t.Errorf("step %d = %d %+v, want %d", i+1, a.Status, a.Problem, s.status)
				}
			}
			if got := d.amounts(); got != tc.want {
				t.Errorf("amounts = %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestCaptureNow(t *testing.T) {
	d := newDesk(t)
	c := second(d.completed().Token)
	c.CaptureNow = true
	a := d.send("", c)
	tx := a.Authorization.Transaction
	if tx.State != sandbox.TransactionCompleted || len(tx.Captures) != 1 || tx.Captures[0].ID != tx.ID+":capture:1" || tx.Captures[0].Amount != 11800 {
		t.Fatalf("transaction = %+v, want one capture of all", tx)
	}
	if v := d.send("", sandbox.Void{ID: tx.ID}); v.Status != 403 {
		t.Errorf("void = %+v, want 403", v)
	}
	if r := d.send("", sandbox.GiveBack{ID: tx.ID, Capture: tx.Captures[0].ID, Amount: 11800}); r.Status != 201 || r.Refund.Amount != 11800 {
		t.Errorf("refund = %+v", r)
	}
	if got, want := d.amounts(), (amounts{sandbox.TransactionCompleted, 11800, 11800, 0}); got != want {
		t.Errorf("amounts = %+v, want %+v", got, want)
	}
}

func TestAuthorizationsLapse(t *testing.T) {
	const day = 24 * time.Hour
	t.Run("untouched: EXPIRED after 28 days, CLOSED 7 days later", func(t *testing.T) {
		d := newDesk(t)
		id := d.paid().ID
		d.wait(28*day - time.Nanosecond)
		if s := d.amounts().state; s != sandbox.TransactionAuthorized {
			t.Errorf("just before = %s", s)
		}
		d.wait(time.Nanosecond)
		if s := d.amounts().state; s != sandbox.TransactionExpired {
			t.Errorf("after 28 days = %s", s)
		}
		for _, c := range []sandbox.Call{sandbox.Take{ID: id, Amount: 1}, sandbox.Void{ID: id}} {
			if a := d.send("", c); a.Status != 403 {
				t.Errorf("%T in EXPIRED = %d, want 403", c, a.Status)
			}
		}
		d.wait(7 * day)
		if s := d.amounts().state; s != sandbox.TransactionClosed {
			t.Errorf("7 days later = %s", s)
		}
	})
	t.Run("partly captured: COMPLETED, and refunds go on", func(t *testing.T) {
		d := newDesk(t)
		id := d.paid().ID
		d.send("", sandbox.Take{ID: id, Amount: 100})
		d.wait(36 * day)
		if a := d.send("", sandbox.GiveBack{ID: id, Amount: 100}); a.Status != 201 {
			t.Errorf("refund = %+v", a)
		}
		if got, want := d.amounts(), (amounts{sandbox.TransactionCompleted, 100, 100, 0}); got != want {
			t.Errorf("amounts = %+v, want %+v", got, want)
		}
	})
}

func TestOperationsAreCounted(t *testing.T) {
	d := newDesk(t)
	id := d.paid().ID
	for i := range 200 {
		if a := d.send("", sandbox.Take{ID: id, Amount: 1}); a.Status != 201 {
			t.Fatalf("capture %d = %d", i+1, a.Status)
		}
	}
	if a := d.send("", sandbox.Take{ID: id, Amount: 1}); a.Status != 403 {
		t.Errorf("capture 201 = %d, want 403", a.Status)
	}
	for i := range 200 {
		if a := d.send("", sandbox.GiveBack{ID: id, Amount: 1}); a.Status != 201 {
			t.Fatalf("refund %d = %d", i+1, a.Status)
		}
	}
	if a := d.send("", sandbox.GiveBack{ID: id, Amount: 1}); a.Status != 403 {
		t.Errorf("refund 201 = %d, want 403", a.Status)
	}
	for i := range 100 {
		if a := d.send("", sandbox.UpdateTransaction{ID: id, Reference: "new"}); a.Status != 200 {
			t.Fatalf("update %d = %d", i+1, a.Status)
		}
	}
	if a := d.send("", sandbox.Void{ID: id}); a.Status != 403 {
		t.Errorf("operation 501 = %d, want 403", a.Status)
	}
}

func TestTransactionAnswersAreSnapshots(t *testing.T) {
	d := newDesk(t)
	id := d.paid().ID
	before := d.send("", sandbox.Take{ID: id, Amount: 1000})
	read := d.send("", sandbox.ReadTransaction{ID: id})
	d.send("", sandbox.GiveBack{ID: id, Amount: 400})
	if before.Capture.Refunded != 0 || read.Transaction.Captures[0].Refunded != 0 || read.Transaction.Refunded != 0 {
		t.Error("an answer changed after it was given")
	}
	if now := d.send("", sandbox.ReadTransaction{ID: id}).Transaction; now.Captures[0].Refunded != 400 || now.Refunded != 400 {
		t.Errorf("read = %+v", now)
	}
	if a := d.send("", sandbox.ReadTransaction{ID: "other"}); a.Status != 404 {
		t.Errorf("unknown = %+v, want 404", a)
	}
}

func TestRepeatedOperationsMoveMoneyOnce(t *testing.T) {
	d := newDesk(t)
	id := d.paid().ID
	for range 3 {
		d.send("capture", sandbox.Take{ID: id, Amount: 5000})
		d.send("refund", sandbox.GiveBack{ID: id, Amount: 2000})
		d.send("void", sandbox.Void{ID: id})
	}
	if got, want := d.amounts(), (amounts{sandbox.TransactionCompleted, 5000, 2000, 6800}); got != want {
		t.Errorf("amounts = %+v, want %+v", got, want)
	}
}

// TestAnOldTransactionIsClosed: Klarna closes a transaction that is complete in the end, and gives nothing back of it.
func TestAnOldTransactionIsClosed(t *testing.T) {
	const completed, closed = sandbox.TransactionCompleted, sandbox.TransactionClosed
	all := func(id string) sandbox.Call { return sandbox.Take{ID: id, Amount: 11800} }
	part := func(id string) sandbox.Call { return sandbox.Take{ID: id, Amount: 1800} }
	back := func(id string) sandbox.Call { return sandbox.GiveBack{ID: id, Amount: 800} }
	void := func(id string) sandbox.Call { return sandbox.Void{ID: id} }
	tests := map[string]struct {
		first  []func(string) sandbox.Call
		wait   time.Duration
		then   func(string) sandbox.Call
		status int
		want   amounts
	}{
		"a refund in time":                {[]func(string) sandbox.Call{all}, time.Hour - time.Second, back, 201, amounts{completed, 11800, 800, 0}},
		"a refund that comes too late":    {[]func(string) sandbox.Call{all, back}, time.Hour, back, 403, amounts{closed, 11800, 800, 0}},
		"of what was captured and voided": {[]func(string) sandbox.Call{part, void}, time.Hour, back, 403, amounts{closed, 1800, 0, 10000}},
		"a void that comes too late":      {[]func(string) sandbox.Call{all}, time.Hour, void, 403, amounts{closed, 11800, 0, 0}},
		"what is held stays open":         {[]func(string) sandbox.Call{part}, 2 * time.Hour, back, 201, amounts{sandbox.TransactionAuthorized, 1800, 800, 0}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.SetPolicy(sandbox.Policy{ClosedAfter: time.Hour})
			id := d.paid().ID
			for _, call := range tc.first {
				if a := d.send("", call(id)); a.Problem != nil {
					t.Fatalf("%+v", a.Problem)
				}
			}
			d.wait(tc.wait)
			if a := d.send("", tc.then(id)); a.Status != tc.status {
				t.Errorf("status %d, want %d", a.Status, tc.status)
			}
			if got := d.amounts(); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

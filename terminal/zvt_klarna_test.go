// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	core "tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// customer is what the person in front of the screen does.
type customer sandbox.Customer

const (
	approves = customer(sandbox.CustomerApprove)
	rejects  = customer(sandbox.CustomerReject)
	leaves   = customer(sandbox.CustomerManual)
)

// klarna is the simulator of Klarna as the engine's provider, without anything between the two.
type klarna struct {
	// stuck keeps finalize unanswered for so long.
	stuck time.Duration

	mu    sync.Mutex
	world *sandbox.World // guarded by mu
}

func newKlarna(c customer) *klarna {
	k := &klarna{world: sandbox.NewWorld(1, sandbox.Settings{})}
	k.has(cmp.Or(c, approves))
	return k
}

// has chooses the customers of later sales. They take four seconds.
func (k *klarna) has(c customer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.world.SetBehaviour(sandbox.Behaviour{Customer: sandbox.Customer(c), After: 4 * time.Second})
}

func (k *klarna) breaks(f ...sandbox.Fault) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.world.SetFaults(f)
}

func (k *klarna) do(r sandbox.Request) sandbox.Answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.world.Do(time.Now(), r)
}

// Body is the amount that a write is about.
func (*klarna) RefundBody(payment.Payment, payment.Refund) ([]byte, error) {
	return nil, errors.New("no till of this test asks for a refund in parts")
}

func (*klarna) Body(p payment.Payment, w payment.Write, _ []byte) ([]byte, error) {
	amount := p.Order.Amount
	switch w {
	case payment.WriteCapture:
		amount = p.Charged()
	case payment.WriteRefund:
		amount = p.Taken()
	case payment.WriteRelease:
		amount = p.Rest()
	case payment.WriteAuthorize, payment.WriteFinalize, payment.WriteVoid:
	}
	return []byte(string(w) + " " + strconv.FormatInt(amount.Minor, 10)), nil
}

func (k *klarna) Send(ctx context.Context, c core.Call) core.Answer {
	if c.Intent.Write == payment.WriteFinalize && k.stuck > 0 {
		select {
		case <-time.After(k.stuck):
		case <-ctx.Done():
			return core.Unclear{}
		}
	}
	a := k.do(sandbox.Request{Key: string(c.Intent.Key), Hash: sha256.Sum256(c.Body), Call: callOf(c)})
	return answerOf(a, c.Payment.CaptureNow)
}

func callOf(c core.Call) sandbox.Call {
	p, tx := c.Payment, string(c.Payment.Transaction.ID)
	_, digits, _ := strings.Cut(string(c.Body), " ")
	amount, _ := strconv.ParseInt(digits, 10, 64) // Body wrote it
	switch c.Intent.Write {
	case payment.WriteCapture:
		return sandbox.Take{ID: tx, Amount: amount, Reference: p.Reference}
	case payment.WriteRefund:
		return sandbox.GiveBack{ID: tx, Capture: p.CaptureID, Amount: amount}
	case payment.WriteRelease:
		if p.CaptureNow {
			return sandbox.GiveBack{ID: tx, Capture: p.CaptureID, Amount: amount}
		}
		return sandbox.Void{ID: tx}
	case payment.WriteVoid:
		return sandbox.Void{ID: tx}
	case payment.WriteAuthorize, payment.WriteFinalize:
	}
	return sandbox.Authorize{NetworkToken: c.Token.Reveal(), Purchase: sandbox.Purchase{
		Currency: string(p.Order.Amount.Currency), Amount: amount, Reference: p.Reference, CaptureNow: p.CaptureNow,
		StepUp: &sandbox.StepUp{
			Reference: p.Reference, Method: sandbox.MethodQR, Expiry: sandbox.Expiry{After: 30 * time.Minute},
			Location: sandbox.Location{StoreReference: "S", Terminal: "T"},
		},
	}}
}

func answerOf(a sandbox.Answer, captured bool) core.Answer {
	switch {
	case a.Fate != sandbox.FateDelivered, a.Status == http.StatusConflict, a.Status >= http.StatusInternalServerError:
		return core.Unclear{}
	case a.Problem != nil:
		return core.Refused{Code: a.Problem.Code}
	case a.Capture != nil:
		return core.Done{CaptureID: a.Capture.ID}
	case a.Authorization == nil:
		return core.Done{}
	}
	switch a.Authorization.Result {
	case sandbox.ResultApproved:
		t := a.Authorization.Transaction
		capture := ""
		if len(t.Captures) == 1 {
			capture = t.Captures[0].ID
		}
		return core.Approved{CaptureID: capture, Transaction: payment.Transaction{
			ID: payment.TransactionID(t.ID), Reference: t.Reference, Captured: captured,
			Amount: payment.Amount{Minor: t.Amount, Currency: payment.Currency(t.Currency)},
		}}
	case sandbox.ResultStepUp:
		r := a.Authorization.Request
		return core.StepUp{
			Request: payment.Request{ID: payment.RequestID(r.ID), URL: r.TargetURL, ExpiresAt: r.ExpiresAt},
			Amount:  payment.Amount{Minor: r.Amount, Currency: payment.Currency(r.Currency)},
		}
	case sandbox.ResultDeclined:
		return core.Declined{}
	}
	return core.Unclear{}
}

func (k *klarna) ReadRequest(_ context.Context, id payment.RequestID) core.Reading {
	a := k.do(sandbox.Request{Call: sandbox.Read{ID: string(id)}})
	switch {
	case a.Status == http.StatusNotFound:
		return core.Reading{Status: payment.RequestGone}
	case a.Request == nil:
		return core.Reading{}
	}
	// Klarna's words are in capitals, and are otherwise the same.
	return core.Reading{Status: payment.RequestStatus(strings.ToLower(string(a.Request.State))), Token: secret.New(a.Request.Token)}
}

func (k *klarna) CancelRequest(_ context.Context, id payment.RequestID) core.Closing {
	if a := k.do(sandbox.Request{Call: sandbox.Cancel{ID: string(id)}}); a.Status != http.StatusOK {
		return core.Closing{Refused: true}
	}
	return core.Closing{Status: payment.RequestCanceled}
}

func (k *klarna) ReadTransaction(_ context.Context, id payment.TransactionID) core.Holding {
	a := k.do(sandbox.Request{Call: sandbox.ReadTransaction{ID: string(id)}})
	if a.Transaction == nil {
		return core.Holding{}
	}
	switch a.Transaction.State {
	case sandbox.TransactionAuthorized:
		return core.Holding{Status: payment.TransactionAuthorized}
	case sandbox.TransactionCompleted:
		if a.Transaction.Refunded < a.Transaction.Captured {
			return core.Holding{Status: payment.TransactionCaptured}
		}
	case sandbox.TransactionClosed, sandbox.TransactionExpired:
	}
	return core.Holding{Status: payment.TransactionClosed}
}

// books adds up the simulator's own ledger: what it keeps of all charges, and what it holds.
func (k *klarna) books() (count int, kept, held int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.world.Ledger()
	for _, t := range l.Transactions {
		kept += t.Captured - t.Refunded
		held += t.Amount - t.Captured - t.Voided
	}
	return len(l.Transactions), kept, held
}

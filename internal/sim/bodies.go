// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// bodies makes the bytes of a write. They say everything that Klarna is asked, in a form that is quick to read
// again: words with a bar between them.
type bodies struct{ w *world }

var errNoFirst = errors.New("a finalize repeats the first authorize, whose bytes are gone")

// Body implements engine.Bodies.
func (b bodies) Body(p payment.Payment, w payment.Write, first []byte) ([]byte, error) {
	amount := strconv.FormatInt(p.Order.Amount.Minor, 10)
	switch w {
	case payment.WriteAuthorize:
		capture := "LATER"
		if p.CaptureNow {
			capture = "NOW"
		}
		return []byte(strings.Join([]string{
			"authorize", p.Reference, amount, string(p.Order.Amount.Currency), capture, "S1",
			b.w.lane(p.ID.Lane).engine.Names.Terminal,
		}, "|") + b.w.tokens.extra(p.Order)), nil
	case payment.WriteFinalize:
		if len(first) == 0 {
			return nil, errNoFirst
		}
		return []byte("finalize|" + strings.TrimPrefix(string(first), "authorize|")), nil
	case payment.WriteCapture:
		return []byte("capture|" + p.Reference + "|" + strconv.FormatInt(p.Charged().Minor, 10)), nil
	case payment.WriteRefund: // of what was charged, which may not be what was asked for
		return []byte("refund|" + p.Reference + "|" + strconv.FormatInt(p.Taken().Minor, 10)), nil
	case payment.WriteRelease:
		return []byte("release|" + p.Reference + "|" + strconv.FormatInt(p.Rest().Minor, 10)), nil
	case payment.WriteVoid:
		return []byte("void|" + p.Reference), nil
	}
	return nil, fmt.Errorf("write %q is not known", w)
}

// RefundBody implements engine.Bodies. It begins like the refund of a whole sale, and names itself.
func (b bodies) RefundBody(p payment.Payment, r payment.Refund) ([]byte, error) {
	return []byte("refund|" + p.Reference + "|" + strconv.FormatInt(r.Amount.Minor, 10) + "|" + r.Reference), nil
}

// sale is an authorize body, read.
type sale struct {
	reference  string
	amount     int64
	currency   string
	captureNow bool
	terminal   string
	extra      string // what a stored customer adds
}

func readSale(body []byte) (sale, bool) {
	f := strings.Split(string(body), "|")
	if len(f) == 7 {
		f = append(f, "")
	}
	if len(f) != 8 {
		return sale{}, false
	}
	amount, err := strconv.ParseInt(f[2], 10, 64)
	return sale{f[1], amount, f[3], f[4] == "NOW", f[6], f[7]}, err == nil
}

// requestLife is the interaction_expiry that is asked for.
const requestLife = 30 * time.Minute

// purchase is what the sandbox is asked for.
func (s sale) purchase(life time.Duration) sandbox.Purchase {
	return s.extend(sandbox.Purchase{
		Currency: s.currency, Amount: s.amount, Reference: s.reference, CaptureNow: s.captureNow,
		StepUp: &sandbox.StepUp{
			Reference: s.reference, Method: sandbox.MethodQR, Expiry: sandbox.Expiry{After: life},
			Location: sandbox.Location{StoreReference: "S1", Terminal: s.terminal},
		},
	})
}

// readAmount is the amount of a capture or refund body.
func readAmount(body []byte) int64 {
	_, amount, _ := strings.Cut(string(body), "|")
	_, amount, _ = strings.Cut(amount, "|")
	amount, _, _ = strings.Cut(amount, "|")
	n, err := strconv.ParseInt(amount, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func hashOf(body []byte) [32]byte { return sha256.Sum256(body) }

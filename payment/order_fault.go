// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import "fmt"

// Fault says what contradicts itself in an order, for integrators; "" means nothing. Amount and
// currency are the lane's to judge.
func (o Order) Fault() string {
	switch handed := o.Handed; {
	case o.Interaction != InteractionCode && o.Interaction != InteractionHandOver:
		return "interaction: expected QR_CODE or HANDOVER"
	case o.Interaction == InteractionHandOver && handed.ReturnURL == "":
		return "return_url: a hand-over needs one"
	case o.Interaction == InteractionCode && (handed.ReturnURL != "" || handed.AppReturnURL != ""):
		return "return_url: only a hand-over has one"
	case o.CustomerToken != "" && !handed.SessionToken.Empty():
		return "customer_token: expected it or a session token, not both"
	case o.CustomerToken != "" && o.TokenRequest != nil:
		return "request_customer_token: the customer has given one already"
	case o.Absent && o.CustomerToken == "":
		return "present: only a stored customer can be absent"
	case o.Absent && o.Interaction == InteractionHandOver:
		return "interaction: nobody is there to hand over to"
	}
	return o.basketFault()
}

// basketFault holds the basket against the amount: Klarna wants the two equal, and a line that is
// missing is the till's to name. Tax is part of its line.
func (o Order) basketFault() string {
	if len(o.Lines) == 0 {
		return ""
	}
	sum := int64(0)
	for i, l := range o.Lines {
		if l.Quantity < 1 || l.Quantity > MaxMinor || l.Total > MaxMinor || l.Total < -MaxMinor {
			return fmt.Sprintf("lines[%d]: quantity or total is out of range", i)
		}
		if (l.Tax != 0 && (l.Tax < 0) != (l.Total < 0)) || abs(l.Tax) > abs(l.Total) {
			return fmt.Sprintf("lines[%d].tax: is not a part of the line's total", i)
		}
		sum += l.Total
	}
	switch difference := sum - o.Amount.Minor; {
	case difference > 0:
		return o.basketWords(sum, difference, "more")
	case difference < 0:
		return o.basketWords(sum, -difference, "less")
	}
	return ""
}

func (o Order) basketWords(sum, difference int64, way string) string {
	money := func(minor int64) Amount { return Amount{Minor: minor, Currency: o.Amount.Currency} }
	return fmt.Sprintf("lines: they add up to %s, which is %s %s than the amount of %s",
		money(sum), money(difference), way, o.Amount)
}

func abs(n int64) int64 { return max(n, -n) }

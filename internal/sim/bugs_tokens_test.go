// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

import "strings"

const (
	tokensGo = "engine/customer.go"
	answerGo = "payment/answer.go"
)

// ofTokens begins the name of a bug that only shows in a world with stored customers.
const ofTokens = "customer-"

func (b bug) tokens() bool { return strings.HasPrefix(b.name, ofTokens) }

func customerBugs() []bug {
	return []bug{
		one(ofTokens+"token-not-durable", "a token is told and not made durable with its approval", tokensGo,
			"		c.turn.commit.Customers = append(c.turn.commit.Customers, token)\n", "		_ = token\n"),
		one(ofTokens+"token-only-from-the-answer", "the token that the completed request gave is not used", tokensGo,
			"		token = j.blobs[key].Customer\n", "		token = payment.CustomerToken{}\n"),
		one(ofTokens+"token-dies-with-the-process", "the token that the completed request gave does not survive a restart", intakeGo,
			"		blob.Customer = j.given\n", ""),
		one(ofTokens+"charged-without-token", "a charge of a stored customer leaves without the token", intakeGo,
			"			blob.Customer = c.customer\n", "			_ = c.customer\n"),
		one(ofTokens+"token-of-a-cancelled-sale", "the token of a sale that was given back unheard is kept", tokensGo,
			"		c.eraseToken(before.CustomerToken, ", "		_ = append([]string{string(before.CustomerToken)}, "),
		one(ofTokens+"token-of-a-late-approval", "a sale that is given back at once keeps its token", answerGo,
			"		if p.State == StateApproved || p.State == StateAttention {\n", "		if p.State != StateDeclined {\n"),
		one(ofTokens+"absent-on-screen", "the sale of a customer who is not there is shown to another one", intakeGo,
			"	if !order.Absent { // whoever", "	if l != nil { // whoever"),
		one(ofTokens+"absent-on-screen-again", "the same after a restart", startGo,
			"l.focus != nil && l.focus.p.Order.Absent {", "l.focus != nil && l.focus.p.Tombstone {"),
		one(ofTokens+"told-with-any-word", "a token is told with a sale that is not paid", tokensGo,
			"	if o != payment.Approved {\n		return \"\"\n", "	if o == \"\" {\n		return \"\"\n"),
	}
}

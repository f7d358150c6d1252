// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"fmt"

	"tillbridge/terminal/zvt"
)

// A terminal reads a payment from a TCP connection and answers.
func Example() {
	received := []byte{0x06, 0x01, 0x0a, 0x04, 0, 0, 0, 0, 0x16, 0x10, 0x49, 0x09, 0x78}
	apdu, _, err := zvt.Cut(received)
	if err != nil {
		return // read more
	}
	m, err := zvt.Parse(apdu, zvt.CP437)
	if err != nil {
		m = zvt.Other{} // broken or unknown: the answer is the same
	}
	var answer zvt.Message = zvt.Refused{Code: zvt.CodeNotPossible}
	if p, ok := m.(zvt.Payment); ok && !p.CardData {
		fmt.Println(p.Amount.Value, p.Currency.Or(zvt.EUR))
		answer = zvt.Accepted{}
	}
	b, err := zvt.Append(nil, answer, zvt.CP437)
	fmt.Printf("% X %v\n", b, err)
	// Output:
	// 1610 978
	// 80 00 00 <nil>
}

// A serial line delivers bytes as it likes. Each block is acknowledged, and executed once.
func ExampleReceiver() {
	var r zvt.Receiver
	enquiry := zvt.AppendBlock(nil, []byte{0x05, 0x01, 0x00})
	for _, read := range [][]byte{enquiry[:3], enquiry[3:], enquiry, {zvt.ACK}} {
		for _, e := range r.Push(read) {
			switch e := e.(type) {
			case zvt.Block:
				fmt.Printf("% X: write ACK; execute it: %t\n", e.APDU, !e.Repeat)
				if !e.Repeat {
					r.Sent() // the answer leaves; the second time it is a repetition
				}
			case zvt.Broken:
				fmt.Println("write NAK")
			case zvt.Ack:
				fmt.Println("the answer arrived:", !e.Stray)
			case zvt.Nak:
				fmt.Println("send the answer again")
			case zvt.Noise:
			}
		}
	}
	// Output:
	// 05 01 00: write ACK; execute it: true
	// 05 01 00: write ACK; execute it: false
	// the answer arrived: true
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"testing"

	"tillbridge/terminal/zvt"
)

func BenchmarkMessages(b *testing.B) {
	for name, m := range map[string]zvt.Message{
		"06 01, what a till asks for": zvt.Payment{Amount: zvt.Some(zvt.Amount(1610)), Currency: zvt.Some(zvt.Currency(978))},
		"04 0F, the result": zvt.StatusInfo{
			Amount: zvt.Some(zvt.Amount(1610)), Trace: zvt.Some(zvt.Trace(17)), TerminalID: "12345678", Receipt: zvt.Some(zvt.Receipt(17)),
			CardType: zvt.Some(byte(120)), CardName: "Klarna",
		},
	} {
		wire, err := zvt.Append(nil, m, zvt.CP437)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("write "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if wire, err = zvt.Append(wire[:0], m, zvt.CP437); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("read "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := zvt.Parse(wire, zvt.CP437); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

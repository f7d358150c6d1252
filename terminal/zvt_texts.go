// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// outcome is a word as result code and as the text that a cashier reads (BMP 3C). 05 is the ordinary
// decline in card complete's table; 9B says that nobody knows yet.
func (z *ZVT) outcome(t zvtTelling) (zvt.Code, string) {
	switch t.outcome {
	case payment.Approved:
		return zvt.CodeOK, "Klarna Ref " + t.reference
	case payment.Declined:
		return zvt.CodeDeclined, z.either("KLARNA ABGELEHNT", "KLARNA DECLINED")
	case payment.Cancelled:
		return zvt.CodeAborted, z.cancelled(t.reason)
	case payment.Expired:
		return zvt.CodeAborted, z.either("ZEIT ABGELAUFEN", "TIME IS OVER")
	case payment.Failed:
		if t.reason == payment.ReasonUnavailable {
			return zvt.CodeNoConnection, z.codeText(zvt.CodeNoConnection)
		}
		return zvt.CodeSystem, z.either("VON KLARNA ABGEWIESEN", "REFUSED BY KLARNA")
	case payment.Reversed:
		return zvt.CodeAborted, z.either("STORNIERT", "REVERSED")
	case payment.Unknown:
	}
	return zvt.CodeDialUp, z.either("ERGEBNIS UNKLAR - BELEG PRUEFEN", "RESULT NOT KNOWN - CHECK RECEIPT")
}

// reversal is what became of a 06 30.
func (z *ZVT) reversal(t zvtTelling) (zvt.Code, string) {
	if t.outcome == payment.Reversed {
		return zvt.CodeOK, z.either("Storno", "Reversal") + " Klarna Ref " + t.reference
	}
	return z.outcome(t)
}

func (z *ZVT) cancelled(r payment.Reason) string {
	switch r { //nolint:exhaustive // all others are an abort
	case payment.ReasonCancelledByGuest:
		return z.either("VOM KUNDEN ABGEBROCHEN", "CANCELLED BY CUSTOMER")
	case payment.ReasonCancelledByKlarna:
		return z.either("VON KLARNA BEENDET", "ENDED BY KLARNA")
	}
	return z.either("ABBRUCH", "ABORTED")
}

// refusal is a request that was not taken.
func (z *ZVT) refusal(r payment.Reason) (zvt.Code, string) {
	switch r { //nolint:exhaustive // all others are mistakes of ours
	case payment.ReasonNoDisplay:
		return codeReceiver, z.either("KUNDENBILDSCHIRM FEHLT", "NO CUSTOMER SCREEN")
	case payment.ReasonUnavailable:
		return zvt.CodeNoConnection, z.either("NICHT VERFUEGBAR", "NOT AVAILABLE")
	case payment.ReasonNotFound:
		return zvt.CodeNoReversal, z.codeText(zvt.CodeNoReversal)
	}
	return zvt.CodeSystem, z.either("STOERUNG", "OUT OF ORDER")
}

// codeText is what a cashier reads with a code of ours; empty where the code says enough.
func (z *ZVT) codeText(c zvt.Code) string {
	switch c { //nolint:exhaustive // documented
	case zvt.CodeCurrency:
		return z.either("WAEHRUNG", "CURRENCY")
	case zvt.CodeAmountTooLarge:
		return z.either("BETRAG ZU GROSS", "AMOUNT TOO LARGE")
	case zvt.CodeAmountTooSmall:
		return z.either("BETRAG ZU KLEIN", "AMOUNT TOO SMALL")
	case zvt.CodeNoConnection:
		return z.either("KEINE VERBINDUNG", "NO CONNECTION")
	case zvt.CodeReversed:
		return z.either("BEREITS STORNIERT", "REVERSED ALREADY")
	case zvt.CodeNoReversal:
		return z.either("STORNO NICHT MOEGLICH", "CANNOT BE REVERSED")
	case zvt.CodeWrongAmount:
		return z.either("BETRAG FALSCH", "WRONG AMOUNT")
	}
	return ""
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

// Words is what a person reads about a reason: what happened, whether money has moved, what to do.
type Words struct{ What, Money, Do string }

// WordsFor gives the words of a reason in a language ("de"), or in English. It is false only for a
// reason outside the closed set.
func WordsFor(r Reason, lang string) (Words, bool) {
	if lang == "de" {
		if w, ok := germanWords()[r]; ok {
			return w, true
		}
	}
	w, ok := englishWords()[r]
	return w, ok
}

// String joins the three lines for a till that has only one.
func (w Words) String() string { return w.What + " " + w.Money + " " + w.Do }

const (
	noMoney   = "No money has moved."
	keinGeld  = "Es ist kein Geld geflossen."
	payAnew   = "Start a new payment, or take another one."
	neuZahlen = "Neu starten oder anders bezahlen."

	nothingNew  = "Nothing new has moved."
	nichtsNeues = "Es ist nichts Neues geflossen."

	noRefund  = "Nothing was given back."
	keinRueck = "Es wurde nichts erstattet."
)

func englishWords() map[Reason]Words {
	return map[Reason]Words{
		ReasonApproved:          {"Paid with Klarna.", "The money is ours.", "Hand over the goods."},
		ReasonDeclined:          {"Klarna did not approve.", noMoney, "Ask for another way to pay."},
		ReasonCancelledByTill:   {"Cancelled at the till.", noMoney, payAnew},
		ReasonCancelledByGuest:  {"Cancelled by the customer.", noMoney, payAnew},
		ReasonCancelledByKlarna: {"Klarna ended the request.", noMoney, payAnew},
		ReasonExpired:           {"The time to pay is over.", noMoney, payAnew},
		ReasonTillGone:          {"The till was gone when the customer agreed.", noMoney, payAnew},
		ReasonRefused:           {"Klarna refused the request.", noMoney, "Take another payment and call support."},
		ReasonTombstone:         {"Cancelled before it began.", noMoney, "Use a new number for a new payment."},
		ReasonGivenBack:         {"The payment was given back.", "The customer owes nothing.", "For goods that stay, start a new payment."},
		ReasonNoAnswer:          {"No answer from Klarna.", "Not known yet. Do not charge again.", "Wait. The till is told as soon as it is clear."},

		ReasonKeyTooOld:       {"No answer from Klarna for a day.", "Not known.", "Look in Klarna's portal, then record what is true."},
		ReasonMismatch:        {"Klarna approved something else.", "A charge exists, but not the right one.", "Give it back, then call support."},
		ReasonNoProof:         {"Klarna gave two answers.", "Not known.", "Look in Klarna's portal, then record what is true."},
		ReasonGiveBackRefused: {"Klarna refused to give the money back.", "The customer is still charged.", "Give it back in Klarna's portal, then record it."},
		ReasonCaptureRefused:  {"Klarna refused to pay out.", "Held, not yet paid to us.", "Capture it in Klarna's portal, then record it."},
		ReasonUndelivered:     {"Approved, and the till has not confirmed it.", "Held, not yet paid to us.", "Are the goods gone? Record delivered or give-back."},
		ReasonRestRefused:     {"Klarna kept what was not handed over.", "Our part is ours, the rest is not free.", "Release it in Klarna's portal, then record it."},

		ReasonRefunded:          {"Refunded with Klarna.", "The customer gets it back.", "Nothing more to do."},
		ReasonRefundRunning:     {"The refund is on its way.", "Not known yet. Do not refund again.", "Wait, or ask again under the same number."},
		ReasonRefundTooMuch:     {"More than is left of the sale.", noRefund, "Refund at most what is left."},
		ReasonRefundTooLate:     {"Klarna has closed the sale.", noRefund, "Give the money back another way."},
		ReasonRefundNotCaptured: {"Klarna has not paid out the sale.", noRefund, "Try again later under a new number."},
		ReasonRefundRefused:     {"Klarna refused the refund.", noRefund, "Look in Klarna's portal, or give the money back another way."},
		ReasonRefundNotSent:     {"Klarna was not reached for a day.", noRefund, "Refund again under a new number."},
		ReasonRefundMoot:        {"The whole sale was given back.", "The customer owes nothing.", "Nothing more to do."},
		ReasonRefundUnknown:     {"No clear answer from Klarna about a refund.", "Not known. Do not refund again.", "Look in Klarna's portal, then record what it shows."},
		ReasonUnknownSale:       {"The sale is not known here.", noRefund, "Check the number of the sale."},
		ReasonNotRefundable:     {"The sale is not paid, or was given back.", noRefund, "Ask for the sale's status."},

		ReasonBusy:        {"Another payment is running here.", noMoney, "Finish or cancel it first."},
		ReasonConflict:    {"This does not fit what is known of this number.", nothingNew, "Ask for its status; use a new number for a new sale."},
		ReasonNotFound:    {"This payment is not known here.", noMoney, "Nothing was and will be charged under it."},
		ReasonBadRequest:  {"The request was not understood.", nothingNew, "Correct the request."},
		ReasonNoDisplay:   {"No customer screen is connected.", noMoney, "Switch the screen on."},
		ReasonUnavailable: {"Klarna payments are not available.", nothingNew, "Take another payment and call support."},
		ReasonGivingBack:  {"The payment is being given back.", "Not settled yet.", "Keep the goods. Ask for its status until it is clear."},
	}
}

func germanWords() map[Reason]Words {
	return map[Reason]Words{
		ReasonApproved:          {"Mit Klarna bezahlt.", "Das Geld gehört uns.", "Ware aushändigen."},
		ReasonDeclined:          {"Klarna hat nicht zugestimmt.", keinGeld, "Um eine andere Zahlungsart bitten."},
		ReasonCancelledByTill:   {"An der Kasse abgebrochen.", keinGeld, neuZahlen},
		ReasonCancelledByGuest:  {"Vom Kunden abgebrochen.", keinGeld, neuZahlen},
		ReasonCancelledByKlarna: {"Klarna hat die Anfrage beendet.", keinGeld, neuZahlen},
		ReasonExpired:           {"Die Zeit zum Bezahlen ist um.", keinGeld, neuZahlen},
		ReasonTillGone:          {"Die Kasse war weg, als der Kunde zustimmte.", keinGeld, neuZahlen},
		ReasonRefused:           {"Klarna hat die Anfrage abgelehnt.", keinGeld, "Anders kassieren und den Support rufen."},
		ReasonTombstone:         {"Abgebrochen, bevor es begann.", keinGeld, "Für eine neue Zahlung eine neue Nummer nehmen."},
		ReasonGivenBack:         {"Die Zahlung wurde zurückgegeben.", "Der Kunde schuldet nichts.", "Für Ware, die bleibt, neu kassieren."},
		ReasonNoAnswer:          {"Keine Antwort von Klarna.", "Noch nicht bekannt. Nicht noch einmal kassieren.", "Warten. Die Kasse erfährt es, sobald es klar ist."},

		ReasonKeyTooOld:       {"Seit einem Tag keine Antwort von Klarna.", "Nicht bekannt.", "Im Klarna-Portal nachsehen und festhalten, was stimmt."},
		ReasonMismatch:        {"Klarna hat etwas anderes bestätigt.", "Es gibt eine Zahlung, aber nicht die richtige.", "Zurückgeben, dann den Support rufen."},
		ReasonNoProof:         {"Klarna hat zweierlei geantwortet.", "Nicht bekannt.", "Im Klarna-Portal nachsehen und festhalten, was stimmt."},
		ReasonGiveBackRefused: {"Klarna gibt das Geld nicht zurück.", "Der Kunde ist noch belastet.", "Im Klarna-Portal zurückgeben und festhalten."},
		ReasonCaptureRefused:  {"Klarna zahlt nicht aus.", "Reserviert, noch nicht ausgezahlt.", "Im Klarna-Portal einziehen und festhalten."},
		ReasonUndelivered:     {"Bestätigt, aber nicht von der Kasse quittiert.", "Reserviert, noch nicht ausgezahlt.", "Ware weg? Als geliefert oder zurück festhalten."},
		ReasonRestRefused:     {"Klarna behält, was nicht ausgegeben wurde.", "Unser Teil ist unser, der Rest nicht frei.", "Im Klarna-Portal freigeben und festhalten."},

		ReasonRefunded:          {"Mit Klarna erstattet.", "Der Kunde bekommt es zurück.", "Nichts weiter zu tun."},
		ReasonRefundRunning:     {"Die Erstattung läuft.", "Noch nicht bekannt. Nicht noch einmal erstatten.", "Warten oder mit derselben Nummer fragen."},
		ReasonRefundTooMuch:     {"Mehr als vom Verkauf übrig ist.", keinRueck, "Höchstens den Rest erstatten."},
		ReasonRefundTooLate:     {"Klarna hat den Verkauf geschlossen.", keinRueck, "Das Geld anders zurückgeben."},
		ReasonRefundNotCaptured: {"Klarna hat den Verkauf nicht ausgezahlt.", keinRueck, "Später mit neuer Nummer versuchen."},
		ReasonRefundRefused:     {"Klarna hat die Erstattung abgelehnt.", keinRueck, "Im Klarna-Portal nachsehen oder das Geld anders zurückgeben."},
		ReasonRefundNotSent:     {"Klarna war einen Tag nicht erreichbar.", keinRueck, "Mit neuer Nummer noch einmal erstatten."},
		ReasonRefundMoot:        {"Der ganze Verkauf wurde zurückgegeben.", "Der Kunde schuldet nichts.", "Nichts weiter zu tun."},
		ReasonRefundUnknown:     {"Keine klare Antwort von Klarna zu einer Erstattung.", "Nicht bekannt. Nicht noch einmal erstatten.", "Im Klarna-Portal nachsehen und festhalten, was stimmt."},
		ReasonUnknownSale:       {"Der Verkauf ist hier nicht bekannt.", keinRueck, "Die Nummer des Verkaufs prüfen."},
		ReasonNotRefundable:     {"Der Verkauf ist nicht bezahlt oder schon zurückgegeben.", keinRueck, "Den Stand des Verkaufs abfragen."},

		ReasonBusy:        {"Hier läuft eine andere Zahlung.", keinGeld, "Erst beenden oder abbrechen."},
		ReasonConflict:    {"Das passt nicht zu dem, was unter dieser Nummer bekannt ist.", nichtsNeues, "Stand abfragen; für Neues eine neue Nummer nehmen."},
		ReasonNotFound:    {"Diese Zahlung ist hier nicht bekannt.", keinGeld, "Unter ihr wurde und wird nichts belastet."},
		ReasonBadRequest:  {"Die Anfrage war nicht verständlich.", nichtsNeues, "Die Anfrage berichtigen."},
		ReasonNoDisplay:   {"Kein Kundenbildschirm ist verbunden.", keinGeld, "Den Bildschirm einschalten."},
		ReasonUnavailable: {"Klarna ist gerade nicht verfügbar.", nichtsNeues, "Anders kassieren und den Support rufen."},
		ReasonGivingBack:  {"Die Zahlung wird zurückgegeben.", "Noch nicht abgeschlossen.", "Ware behalten. Stand abfragen, bis es klar ist."},
	}
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the simulated Klarna really did with the customers' money, whatever the till was told.

// @ts-check

/**
 * @typedef {{payment_request_id: string, payment_transaction_reference: string, amount: number, state: string,
 *   created_at: string}} Request
 * @typedef {{payment_transaction_reference: string, amount: number, captured: number, refunded: number, voided: number}} Transaction
 * @typedef {{payment_requests: Request[], transactions: Transaction[], calls: Record<string, number>}} Books
 * @typedef {{reference: string, at: string, amount: number, ended: string, charged: number, held: boolean}} Row
 */

/** The state of a request, for people. */
const ENDED = {
	SUBMITTED: 'waiting for the customer',
	IN_PROGRESS: 'on the phone',
	COMPLETED: 'agreed, not charged',
	DECLINED: 'declined',
	CANCELED: 'cancelled',
	EXPIRED: 'expired',
};

/** @returns {Promise<Books|null>} null while the simulator is not there */
export async function readLedger() {
	try {
		const answer = await fetch('/sandbox/ledger', {cache: 'no-store', signal: AbortSignal.timeout(5000)});
		return answer.ok ? await answer.json() : null;
	} catch {
		return null;
	}
}

/**
 * One row for each sale that reached Klarna, newest first.
 * @param {Books} books
 * @returns {Row[]}
 */
export function rowsOf(books) {
	/** @type {Map<string, Row>} */
	const rows = new Map();
	for (const r of books.payment_requests) {
		rows.set(r.payment_transaction_reference, {
			reference: r.payment_transaction_reference, at: r.created_at, amount: r.amount,
			ended: ENDED[/** @type {keyof ENDED} */ (r.state)] || r.state.toLowerCase(), charged: 0, held: false,
		});
	}
	for (const t of books.transactions) {
		const row = rows.get(t.payment_transaction_reference) ||
			{reference: t.payment_transaction_reference, at: '', amount: t.amount, ended: '', charged: 0, held: false};
		const left = t.amount - t.voided - t.refunded;
		row.charged += left;
		row.held = row.held || left > 0 && t.captured < left;
		row.ended = left > 0 ? (row.held ? 'paid, held for the shop' : 'paid to the shop') : 'given back';
		rows.set(t.payment_transaction_reference, row);
	}
	return [...rows.values()].reverse();
}

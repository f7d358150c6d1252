// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// A till that speaks the native protocol over HTTP, as any till could: it asks for a payment, hears how
// it goes, and confirms the result. It knows nothing of the page.
//
// Its one rule: what is not known is asked again, by the same id, until it is known. A lost line is
// never taken for a no.

// @ts-check

/**
 * One message of the protocol. Amounts are integers in minor units.
 * @typedef {{type: string, id?: string, v?: number, till?: string, name?: string, probe?: boolean, ok?: boolean, phase?: string, outcome?: string, code?: string, text?: string, qr?: string,
 *   expires_at?: string, given_back?: boolean, amount?: number, currency?: string, reference?: string,
 *   busy_id?: string, lines?: Line[]}} Message
 * @typedef {{name: string, quantity: number, total: number}} Line of the basket; negative for what is taken off
 */

/**
 * @typedef {Object} Sale
 * @property {string} id
 * @property {number} amount minor units
 * @property {Line[]} [lines] the basket, while pay may have to be said again
 * @property {boolean} taken the bridge has it on disk
 * @property {boolean} lost nothing is heard right now
 * @property {string} phase
 * @property {string} [expires] an instant
 * @property {string} [qr] what the code says
 * @property {string} [outcome] the result; "refused" if the bridge did not take the sale
 * @property {string} [text] the result's words for people
 * @property {boolean} [givenBack]
 * @property {boolean} [confirmed] the bridge knows that we know
 */

/** How long to wait before asking again, in ms, and how long one answer may take. */
const AGAIN = [400, 800, 1500, 2500];
const ANSWER = 35000;
/** A long poll, in seconds, for where event streams do not get through. It ends early only for a result. */
const POLL = 3;

/** @param {number} ms */
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Till {
	/** @type {Sale|null} */
	sale = null;
	/** @type {EventSource|null} */
	#stream = null;
	#mute = 0; // event streams in a row that said nothing
	#confirming = false;

	/**
	 * @param {string} lane its address, such as /v1/lanes/lane-1
	 * @param {string} currency
	 * @param {{changed: (sale: Sale) => void, said: (out: boolean, name: string, body: Object|null, trouble?: boolean) => void}} ear
	 */
	constructor(lane, currency, ear) {
		this.lane = lane;
		this.currency = currency;
		this.ear = ear;
	}

	/**
	 * Asks for a payment. It is repeated until the bridge has answered: the id makes that safe.
	 * @param {string} id
	 * @param {number} amount minor units
	 * @param {Line[]} lines none for an amount alone
	 */
	async pay(id, amount, lines) {
		const sale = this.#begin({id, amount, taken: false, lost: false, phase: 'creating'});
		const body = {amount, currency: this.currency, ...basketOf(lines)};
		for (let tries = 0; ; tries++) {
			const answer = await this.#call('PUT', `/payments/${id}`, body);
			if (this.sale !== sale) return;
			if (answer && answer.message.type !== 'error') {
				this.#hear(sale, answer.message);
				this.#listen(sale);
				return;
			}
			if (answer && answer.status !== 429 && answer.status !== 504) { // a clear no: nothing happened
				sale.lost = false;
				this.#end(sale, 'refused', answer.message);
				return;
			}
			this.#lose(sale);
			await pause(AGAIN[Math.min(tries, AGAIN.length - 1)]);
		}
	}

	/**
	 * Goes on with a sale that was begun before the page was loaded.
	 * @param {string} id
	 * @param {number} amount minor units
	 */
	resume(id, amount) {
		this.#ask(this.#begin({id, amount, taken: true, lost: false, phase: 'checking'}));
	}

	/** Wishes to cancel. The result decides. */
	async cancel() {
		const sale = this.sale;
		if (!sale || sale.outcome) return;
		for (let tries = 0; this.sale === sale && !sale.outcome; tries++) {
			const answer = await this.#call('DELETE', `/payments/${sale.id}`, null);
			if (answer && this.sale === sale) {
				this.#hear(sale, answer.message);
				return;
			}
			this.#lose(sale);
			await pause(AGAIN[Math.min(tries, AGAIN.length - 1)]);
		}
	}

	/** Ends the conversation about the last sale, however far it is. */
	forget() {
		this.#close();
		this.sale = null;
	}

	/** @param {Sale} sale */
	#begin(sale) {
		this.#close();
		this.#mute = 0;
		this.#confirming = false;
		this.sale = sale;
		this.ear.changed(sale);
		return sale;
	}

	/** @param {Sale} sale */
	#lose(sale) {
		if (sale.lost || sale.outcome) return;
		sale.lost = true;
		this.ear.changed(sale);
	}

	/**
	 * Opens the stream of everything that is said about the sale.
	 * @param {Sale} sale
	 */
	#listen(sale) {
		if (this.sale !== sale || this.#done(sale)) return;
		if (this.#mute > 1) {
			this.#poll(sale);
			return;
		}
		this.#close();
		this.ear.said(true, `GET /payments/${sale.id}/events`, null);
		const stream = new EventSource(`${this.lane}/payments/${sale.id}/events`);
		this.#stream = stream;
		let spoke = false;
		for (const type of ['accepted', 'display', 'progress', 'cancelling', 'result', 'update']) {
			stream.addEventListener(type, (e) => {
				spoke = true;
				this.#mute = 0;
				/** @type {Message} */
				const message = JSON.parse(/** @type {MessageEvent} */ (e).data);
				this.ear.said(false, message.type, message);
				this.#hear(sale, message);
			});
		}
		stream.onerror = () => {
			if (this.#stream !== stream) return;
			this.#close();
			if (!spoke) this.#mute++;
			this.#lose(sale);
			this.#ask(sale);
		};
	}

	/**
	 * Asks how the sale stands until there is an answer, then listens again.
	 * @param {Sale} sale
	 */
	async #ask(sale) {
		for (let tries = 0; this.sale === sale && !this.#done(sale); tries++) {
			const answer = await this.#call('GET', `/payments/${sale.id}`, null);
			if (this.sale !== sale) return;
			if (answer && answer.message.type !== 'error') {
				this.#hear(sale, answer.message);
				this.#listen(sale);
				return;
			}
			if (answer && answer.status === 404) { // the bridge promises that there was none
				this.#end(sale, 'refused', answer.message);
				return;
			}
			this.#lose(sale);
			await pause(AGAIN[Math.min(tries, AGAIN.length - 1)]);
		}
	}

	/**
	 * Asks with long polls instead of an event stream.
	 * @param {Sale} sale
	 */
	async #poll(sale) {
		for (let tries = 0; this.sale === sale && !this.#done(sale); ) {
			const answer = await this.#call('GET', `/payments/${sale.id}?wait=${POLL}`, null);
			if (this.sale !== sale) return;
			if (answer && answer.message.type !== 'error') {
				tries = 0;
				this.#hear(sale, answer.message);
			} else {
				this.#lose(sale);
				await pause(AGAIN[Math.min(tries++, AGAIN.length - 1)]);
			}
		}
	}

	/**
	 * @param {Sale} sale
	 * @param {Message} m
	 */
	#hear(sale, m) {
		if (this.sale !== sale || m.type === 'error') return;
		sale.taken = true;
		sale.lost = false;
		if (m.outcome) {
			this.#end(sale, m.outcome, m);
			return;
		}
		if (m.type === 'cancelling') sale.phase = 'cancelling';
		if (m.phase) sale.phase = m.phase;
		if (m.expires_at) sale.expires = m.expires_at;
		if (m.qr) sale.qr = m.qr;
		this.ear.changed(sale);
	}

	/**
	 * @param {Sale} sale
	 * @param {string} outcome
	 * @param {Message} m
	 */
	#end(sale, outcome, m) {
		const known = sale.outcome === outcome && sale.givenBack === Boolean(m.given_back);
		if (!known) {
			sale.outcome = outcome;
			sale.text = m.text;
			sale.givenBack = Boolean(m.given_back);
			sale.lost = false;
			sale.confirmed = false;
		}
		this.ear.changed(sale);
		if (outcome === 'refused') {
			this.#close();
		} else if (!known || !sale.confirmed) {
			this.#confirm(sale, outcome);
		}
	}

	/**
	 * Tells the bridge that the result was heard, until it says that it has noted it. A refusal means
	 * that there is a newer word.
	 * @param {Sale} sale
	 * @param {string} outcome
	 */
	async #confirm(sale, outcome) {
		if (this.#confirming) return;
		this.#confirming = true;
		for (let tries = 0; this.sale === sale && sale.outcome === outcome && !sale.confirmed; tries++) {
			const answer = await this.#call('POST', `/payments/${sale.id}/confirm`, {outcome, ok: true});
			if (this.sale !== sale) return;
			if (answer && answer.message.type === 'confirmed') {
				sale.confirmed = sale.outcome === outcome;
				break;
			}
			await pause(AGAIN[Math.min(tries, AGAIN.length - 1)]);
			const now = answer ? await this.#call('GET', `/payments/${sale.id}`, null) : null;
			if (now && this.sale === sale) this.#hear(sale, now.message);
		}
		if (this.sale !== sale) return;
		this.#confirming = false;
		if (!sale.confirmed) {
			this.#confirm(sale, String(sale.outcome)); // a newer word came meanwhile
			return;
		}
		if (this.#done(sale)) this.#close(); // an unknown has one more word to come
		this.ear.changed(sale);
	}

	/** @param {Sale} sale */
	#done(sale) {
		return Boolean(sale.outcome) && sale.outcome !== 'unknown';
	}

	#close() {
		if (this.#stream) this.#stream.close();
		this.#stream = null;
	}

	/**
	 * One request. Null means that nothing is known of its fate.
	 * @param {string} method
	 * @param {string} path
	 * @param {Object|null} body
	 * @returns {Promise<{status: number, message: Message}|null>}
	 */
	async #call(method, path, body) {
		this.ear.said(true, `${method} ${path}`, body);
		try {
			const answer = await fetch(this.lane + path, {
				method,
				headers: body ? {'Content-Type': 'application/json'} : {},
				body: body ? JSON.stringify(body) : undefined,
				cache: 'no-store',
				signal: AbortSignal.timeout(ANSWER),
			});
			/** @type {Message} */
			const message = await answer.json(); // what is no message is nobody's answer
			this.ear.said(false, `${answer.status} ${message.type}`, message, message.type === 'error');
			return {status: answer.status, message};
		} catch {
			this.ear.said(false, 'no answer', null, true);
			return null;
		}
	}
}

/**
 * The basket as a member of pay. A till that has none leaves it out.
 * @param {Line[]} lines
 */
export const basketOf = (lines) => lines.length > 0 ? {lines} : {};

/**
 * A sale's number as tills make them: never used twice, also not after a reload.
 * @returns {string}
 */
export function newId() {
	const now = new Date();
	const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
	const letters = crypto.getRandomValues(new Uint8Array(3));
	const tail = Array.from(letters, (n) => 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'[n % 32]).join('');
	return `T1-${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}-${tail}`;
}

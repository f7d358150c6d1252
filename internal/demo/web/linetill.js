// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// A till that speaks the native protocol over a serial line: one JSON object per line, both ways. What it
// writes may be lost and what it hears may be late, and nobody tells it when the cable is pulled: it
// knows the line by what it hears.
//
// Its rule is that of every till: what is not known is asked again, by the same id, until it is known.

// @ts-check

import {basketOf} from './till.js';

/**
 * @typedef {import('./till.js').Sale} Sale
 * @typedef {import('./till.js').Message} Message
 */

/** In ms: how often the line is looked at, after what silence a question goes out, and when it counts as lost. */
const LOOK = 250;
const ASK = 700;
const LOST = 1800;
/** After how long a message is said again that was not answered. */
const AGAIN = 2000;

export class LineTill {
	/** @type {Sale|null} */
	sale = null;
	#heard = Date.now();
	#asked = 0; // when the line was last asked into the silence
	/** @type {Record<string, string>} the last line heard of each type: the same again is no news */
	#repeated = {};
	#cancelling = false; // wished for and not answered
	/** @type {(() => void)[]} waits for the answer to a cancel */
	#answered = [];
	#said = 0; // the last time that something was said which wants an answer

	/**
	 * @param {string} address of the till's end of the line
	 * @param {string} currency
	 * @param {{changed: (sale: Sale) => void, said: (out: boolean, name: string, body: Object|null, trouble?: boolean) => void}} ear
	 */
	constructor(address, currency, ear) {
		this.address = address;
		this.currency = currency;
		this.ear = ear;
		const line = new EventSource(address);
		line.onmessage = (e) => this.#line(e.data);
		setInterval(() => this.#look(), LOOK);
		this.#hello();
	}

	/**
	 * Asks for a payment. It is said again until the bridge has answered: the id makes that safe.
	 * @param {string} id
	 * @param {number} amount minor units
	 * @param {import('./till.js').Line[]} lines none for an amount alone
	 */
	async pay(id, amount, lines) {
		this.#begin({id, amount, lines, taken: false, lost: false, phase: 'creating'});
		this.#hello();
		this.#urge();
	}

	/**
	 * Goes on with a sale that was begun before the page was loaded.
	 * @param {string} id
	 * @param {number} amount minor units
	 */
	resume(id, amount) {
		this.#begin({id, amount, taken: true, lost: false, phase: 'checking'});
		this.#ask();
	}

	/** Wishes to cancel, and returns once the bridge has answered. The result decides. */
	async cancel() {
		if (!this.sale || this.sale.outcome) return;
		this.#cancelling = true;
		const answer = new Promise((done) => this.#answered.push(() => done(undefined)));
		this.#urge();
		await answer;
	}

	/** Ends the conversation about the last sale, however far it is. */
	forget() {
		this.sale = null;
		this.#settle();
	}

	/** @param {Sale} sale */
	#begin(sale) {
		this.#settle();
		this.sale = sale;
		this.#heard = Date.now();
		this.ear.changed(sale);
	}

	#settle() {
		this.#cancelling = false;
		for (const done of this.#answered.splice(0)) done();
	}

	/** Says what the sale needs now. */
	#urge() {
		const sale = this.sale;
		if (!sale) return;
		this.#said = Date.now();
		if (sale.outcome) {
			if (sale.outcome !== 'refused' && !sale.confirmed) this.#say({type: 'confirm', id: sale.id, outcome: sale.outcome, ok: true});
		} else if (!sale.taken) {
			this.#say({type: 'pay', id: sale.id, amount: sale.amount, currency: this.currency, ...basketOf(sale.lines || [])});
		} else if (this.#cancelling) {
			this.#say({type: 'cancel', id: sale.id});
		}
	}

	/** A till that says "probe" is asked whether it is there before anything is charged. */
	#hello() {
		this.#say({type: 'hello', v: 1, till: 'T1', name: 'demo', probe: true});
	}

	#ask() {
		if (this.sale) this.#say({type: 'status', id: this.sale.id});
	}

	#look() {
		const sale = this.sale;
		const now = Date.now();
		if (!sale || sale.outcome && sale.confirmed && sale.outcome !== 'unknown' || sale.outcome === 'refused') return;
		const silence = now - this.#heard;
		if (sale.taken && silence >= ASK && now - this.#asked >= ASK) {
			// Not a ping: a bridge that has started again charges nothing before it hears of this very sale.
			this.#asked = now;
			this.#send({type: 'status', id: sale.id});
		}
		if (silence >= LOST && !sale.lost && !sale.outcome) {
			sale.lost = true;
			this.ear.said(false, 'no answer', null, true);
			this.ear.changed(sale);
		}
		const waits = sale.outcome ? !sale.confirmed : !sale.taken || this.#cancelling;
		if (waits && now - this.#said >= AGAIN) this.#urge();
	}

	/** @param {string} text */
	#line(text) {
		/** @type {Message} */
		let m;
		try {
			m = JSON.parse(text);
		} catch {
			return; // noise
		}
		if (m.type === 'pay' || m.type === 'status' || m.type === 'confirm' || m.type === 'here' || m.type === 'cancel') return; // an echo of ours
		this.#heard = Date.now();
		const sale = this.sale;
		if (text !== this.#repeated[m.type]) this.ear.said(false, m.type, m, m.type === 'error');
		this.#repeated[m.type] = text;
		if (sale && sale.lost) {
			sale.lost = false; // the bridge may have started again, and not know us
			this.#hello();
			if (sale.taken) this.#ask();
			else this.#urge(); // a question would be answered with "not found", and that is no no to a pay on its way
			this.ear.changed(sale);
		}
		if (sale && m.id === sale.id) this.#hear(sale, m);
	}

	/**
	 * @param {Sale} sale
	 * @param {Message} m
	 */
	#hear(sale, m) {
		switch (m.type) {
		case 'error':
			if (!sale.taken) this.#end(sale, 'refused', m); // a clear no: nothing happened
			else if (sale.phase === 'checking' && m.code === 'not_found') this.#end(sale, 'refused', m);
			return;
		case 'ask':
			if (!this.#cancelling && !sale.outcome) this.#say({type: 'here', id: sale.id});
			return;
		case 'confirmed':
			if (m.outcome === sale.outcome) sale.confirmed = true;
			this.ear.changed(sale);
			return;
		}
		sale.taken = true;
		if (m.outcome) {
			this.#end(sale, m.outcome, m);
			return;
		}
		if (m.type === 'cancelling') {
			sale.phase = 'cancelling';
			this.#settle();
		}
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
		if (sale.outcome !== outcome || sale.givenBack !== Boolean(m.given_back)) {
			sale.outcome = outcome;
			sale.text = m.text;
			sale.givenBack = Boolean(m.given_back);
			sale.confirmed = false;
		}
		sale.lost = false;
		this.#settle();
		this.ear.changed(sale);
		this.#urge();
	}

	/** @param {Message} message */
	#say(message) {
		this.ear.said(true, message.type, message);
		this.#send(message);
	}

	/** @param {Object} message */
	#send(message) {
		fetch(this.address, {method: 'POST', body: JSON.stringify(message)}).catch(() => {}); // lost on the line
	}
}

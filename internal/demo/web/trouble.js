// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a visitor can do to the shop. Behind each button is the real thing: a process is killed, a
// connection is broken, a customer presses the buttons of the phone. The words say what was done and what
// that means for the money; what became of it is in the ledger.

// @ts-check

/**
 * @typedef {{process: number, cuts: number, line: boolean, network: boolean}} Condition
 * @typedef {Object} Desk what the page lends us
 * @property {() => string} code the phone page of the code on the screen, or ''
 * @property {() => boolean} running a sale is on its way
 * @property {() => Promise<void>} cancel the till's cancel, until the bridge has answered
 * @property {(page: string) => void} showPhone
 * @property {(what: string, body: Object) => Promise<void>} sandbox
 * @property {(name: string, text: string) => void} note a line for the log
 */

/** Longer than Klarna keeps a request open for us (PT30M). */
const BEYOND = '31m';

/** @param {string} id */
const button = (id) => /** @type {HTMLButtonElement} */ (document.getElementById(id));

export class Trouble {
	/** @type {Condition|null} */
	#now = null;
	#webhooks = ''; // how they go wrong
	#killed = 0; // the process that we cut the power of, until the page has said that it is back

	/**
	 * @param {Desk} desk
	 * @param {boolean} serial the till has a serial line
	 */
	constructor(desk, serial) {
		this.desk = desk;
		this.serial = serial;
		const does = {
			'do-after': () => this.approveAfterCancel(), 'do-twice': () => this.approveTwice(),
			'do-answer': () => this.loseAnswer(), 'do-power': () => this.cutPower(),
			'do-line': () => this.#toggle('line'), 'do-network': () => this.#toggle('network'),
			'do-late': () => this.#twist('late'), 'do-double': () => this.#twist('duplicate'),
			expire: () => this.expire(),
		};
		for (const [id, run] of Object.entries(does)) button(id).addEventListener('click', () => run());
	}

	/** @param {string} text */
	say(text) {
		const e = /** @type {HTMLElement} */ (document.getElementById('say'));
		if (e.textContent !== text) e.textContent = text;
		e.classList.add('fresh');
	}

	/** Asks what is plugged in, and draws the buttons by it. */
	async look() {
		const now = await this.#ask('GET', '');
		if (now) this.#now = now;
		if (now && this.#killed && now.process && now.process !== this.#killed) {
			const text = `The bridge is back as process ${now.process}. It has read its journal and goes on where it was.`;
			this.#killed = 0;
			this.say(text);
			this.desk.note('power is back', text);
		}
		this.draw();
	}

	/** Draws the buttons: what needs a code on the screen waits for one. */
	draw() {
		const code = Boolean(this.desk.code()) && this.desk.running();
		for (const id of ['do-after', 'do-twice', 'expire']) button(id).disabled = !code;
		const now = this.#now;
		if (!now) return;
		button('do-power').disabled = !now.process;
		this.#press('do-line', !now.line, 'Unplug the till', 'Plug the till in');
		this.#press('do-network', !now.network, 'Network down', 'Network up again');
		this.#press('do-late', this.#webhooks === 'late');
		this.#press('do-double', this.#webhooks === 'duplicate');
	}

	/** The customer approves although the till has cancelled: Klarna hears the yes before the cancel. */
	async approveAfterCancel() {
		const page = this.desk.code();
		if (!page) return;
		this.desk.showPhone(page);
		await this.#step(page, 'open');
		await this.desk.sandbox('faults', [{route: 'cancel', fault: 'reset_before', times: 2}]);
		await this.desk.cancel();
		const yes = await this.#step(page, 'approve');
		this.say(yes === 200 ?
			'The till cancelled; the cancel was lost on its way, and Klarna took the customer’s yes. ' +
			'It is a yes without money: the bridge had decided, and never makes the call that charges.' :
			`The till’s cancel was faster: Klarna refused the customer’s yes (${yes}). Nothing is charged.`);
	}

	/** Two phones with the same code, both pressing at once. */
	async approveTwice() {
		const page = this.desk.code();
		if (!page) return;
		this.desk.showPhone(page);
		await this.#step(page, 'open');
		const answers = await Promise.all([this.#step(page, 'approve'), this.#step(page, 'approve')]);
		this.say(`Two phones approved the same code at once; Klarna answered ${answers.sort().join(' and ')}. ` +
			'One yes counts, and one sale is charged once.');
	}

	/** Klarna does what it is asked next, and nobody hears it. */
	async loseAnswer() {
		const next = this.desk.running() && this.desk.code() ? ['finalize', 'cancel'] : ['authorize'];
		await this.desk.sandbox('faults', next.map((route) => ({route, fault: 'reset_after', times: 1})));
		this.say('Klarna will do the next thing it is asked, and its answer will be lost. ' +
			'The bridge does not guess: it asks again with the same key.');
	}

	/** Kills the daemon as a power cut does. */
	async cutPower() {
		this.#killed = this.#now ? this.#now.process : 0;
		await this.#ask('POST', '/power/cut');
		const text = `The bridge (process ${this.#killed}) was killed, without a last word (SIGKILL). ` +
			'It starts again in three seconds; what it had decided is on disk.';
		this.say(text);
		this.desk.note('power cut', text);
		await this.look();
	}

	async expire() {
		button('expire').disabled = true;
		this.say('Klarna’s clock was moved forward by half an hour. The code is dead, and nothing was charged.');
		await this.desk.sandbox('clock', {advance: BEYOND});
	}

	/** Tells the simulator again what it forgets when it starts again. */
	remind() {
		return this.desk.sandbox('policy', this.#webhooks ? {webhooks: this.#webhooks} : {});
	}

	/** @param {'line'|'network'} what */
	async #toggle(what) {
		const out = Boolean(this.#now && this.#now[what]);
		const text = {
			line: !out ?
				'The till is plugged in again. It asks by the sale’s number how it went.' :
				this.serial ? 'The till’s serial line is pulled out: the bridge’s port is gone, as with an adapter (a pseudo-terminal here). ' +
				'Before it charges, the bridge asks the till whether it is there; a yes waits 20 seconds for it.' :
				'The till’s connections (HTTP here) are broken. Once the bridge has missed the till for five seconds it charges nothing; ' +
				'what it charged just before is given back after twenty, if the till stays away.',
			network: out ?
				'The bridge and Klarna cannot reach each other: every connection between them breaks. ' +
				'The customer’s phone has a network of its own.' :
				'The network is back. What was not known is asked again.',
		}[what];
		const now = await this.#ask('POST', `/${what}/${out ? 'out' : 'in'}`);
		if (now) this.#now = now;
		this.say(text);
		this.desk.note(`${what === 'line' ? 'till' : 'network'} ${out ? 'unplugged' : 'plugged in'}`, text);
		this.draw();
	}

	/** @param {'late'|'duplicate'} how */
	async #twist(how) {
		this.#webhooks = this.#webhooks === how ? '' : how;
		await this.remind();
		this.say({
			'': 'Klarna’s webhooks come once, and at once.',
			late: 'Each of Klarna’s webhooks now comes five seconds late. The bridge does not wait for them: it also asks.',
			duplicate: 'Each of Klarna’s webhooks now comes twice. A webhook is a hint to ask Klarna, never a result.',
		}[this.#webhooks] || '');
		this.draw();
	}

	/**
	 * @param {string} id
	 * @param {boolean} pressed
	 * @param {string} [off]
	 * @param {string} [on]
	 */
	#press(id, pressed, off, on) {
		const b = button(id);
		if (off && on) {
			b.textContent = pressed ? on : off;
			b.classList.toggle('broken', pressed);
		} else {
			b.setAttribute('aria-pressed', String(pressed));
		}
	}

	/**
	 * @param {string} page
	 * @param {'open'|'approve'|'reject'} step
	 * @returns {Promise<number>} Klarna's answer, 0 if there was none
	 */
	async #step(page, step) {
		try {
			const answer = await fetch(`${page}/${step}`, {method: 'POST', headers: {Accept: 'application/json'}});
			return answer.status;
		} catch {
			return 0;
		}
	}

	/**
	 * @param {string} method
	 * @param {string} what
	 * @returns {Promise<Condition|null>}
	 */
	async #ask(method, what) {
		try {
			const answer = await fetch(`/demo/trouble${what}`, {method, cache: 'no-store'});
			return answer.ok ? await answer.json() : null;
		} catch {
			return null;
		}
	}
}

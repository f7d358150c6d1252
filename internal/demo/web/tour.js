// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// The tour: it plays the main cases with the same buttons that a visitor has. Each caption stays as long as
// it takes to read it; Next goes on at once.

// @ts-check

/**
 * @typedef {Object} Stage what the page lets the tour do
 * @property {(minor: number) => void} sell
 * @property {() => Promise<void>} cancel
 * @property {(step: 'open'|'approve'|'reject') => Promise<void>} phone
 * @property {() => void} expire
 * @property {() => Promise<void>} approveAfterCancel
 * @property {() => Promise<void>} cutPower
 * @property {() => string} outcome of the sale, once the bridge knows that the till knows; '' before
 * @property {() => string} screen what the customer sees
 * @property {() => boolean} lost the till hears nothing
 * @property {() => void} hush ends what the page says of the case before
 */

/** How long a caption stays, in ms: to find it, and for each of its characters. */
const FIND = 1500;
const READ = 55;
const TICK = 100;

class Ended extends Error {}

/** @type {{title: string, play: (t: Tour) => Promise<void>}[]} */
const CHAPTERS = [
	{title: 'A sale', play: async (t) => {
		await t.tell('The till asks for €24.90. The bridge asks Klarna, and shows the code to the customer.');
		await t.sell(2490);
		await t.tell('The customer scans it and sees the purchase. The code is gone from the screen: nobody else can take it.');
		await t.phone('open', 'in_progress');
		await t.tell('A yes on the phone moves no money. The bridge writes its decision to disk, makes sure that the till is still there, and only then charges.');
		await t.phone('approve');
		await t.ended('approved');
		await t.tell('Paid. The screen said so only after the till had confirmed that it knows. The ledger has one charge.');
	}},
	{title: 'The till cancels', play: async (t) => {
		await t.tell('Another sale, and the customer changes their mind.');
		await t.sell(500);
		await t.stage.cancel();
		await t.ended('cancelled');
		await t.tell('Cancelled. There was nothing to give back: nothing had been charged.');
	}},
	{title: 'Klarna says no', play: async (t) => {
		await t.tell('This customer declines on the phone.');
		await t.sell(1999);
		await t.phone('open', 'in_progress');
		await t.phone('reject');
		await t.ended('declined');
		await t.tell('Declined. The screen says that nothing was charged, and never why: that is between Klarna and the customer.');
	}},
	{title: 'Nobody scans', play: async (t) => {
		await t.tell('The customer walks away. We move Klarna’s clock forward by half an hour.');
		await t.sell(700);
		t.stage.expire();
		await t.ended('expired');
		await t.tell('Expired. The code is dead everywhere, and nothing was charged.');
	}},
	{title: 'Approved after the cancel', play: async (t) => {
		await t.tell('The race that costs other systems money: the till cancels, and the customer approves before Klarna hears of it.');
		await t.sell(3450);
		await t.stage.approveAfterCancel();
		await t.ended('cancelled');
		await t.tell('The till heard “cancelled”, and so it is: the customer’s yes was worth nothing without our second call. Nothing was charged.');
	}},
	{title: 'Power cut in mid-sale', play: async (t) => {
		await t.tell('The customer has the purchase on the phone, and the bridge loses its power: the process is really killed.');
		await t.sell(1200);
		await t.phone('open', 'in_progress');
		await t.stage.cutPower();
		await t.until(() => t.stage.lost());
		await t.tell('The till hears nothing. It does not take that for a no: it keeps asking by the sale’s number. The bridge starts again.');
		await t.until(() => !t.stage.lost());
		await t.phone('approve');
		await t.ended('approved');
		await t.tell('Paid, and charged once. What had been decided was on disk before it was done.');
	}},
];

export class Tour {
	#chapter = 0;
	#running = false;
	#next = false;
	#paused = false;

	/**
	 * @param {Stage} stage
	 * @param {(id: string) => HTMLElement} at
	 */
	constructor(stage, at) {
		this.stage = stage;
		this.at = at;
		at('tour-start').addEventListener('click', () => this.run());
		at('tour-next').addEventListener('click', () => { this.#next = true; });
		at('tour-end').addEventListener('click', () => { this.#running = false; });
		at('tour-pause').addEventListener('click', () => {
			this.#paused = !this.#paused;
			at('tour-pause').textContent = this.#paused ? 'Go on' : 'Pause';
		});
	}

	/** Plays all chapters, or as far as the visitor wants to see them. */
	async run() {
		if (this.#running) return;
		this.#running = true;
		this.#show('playing');
		this.at('tour-next').focus({preventScroll: true});
		try {
			for (this.#chapter = 0; this.#chapter < CHAPTERS.length; this.#chapter++) {
				const {title, play} = CHAPTERS[this.#chapter];
				this.at('tour-title').textContent = title;
				this.at('tour-count').textContent = `${this.#chapter + 1} of ${CHAPTERS.length}`;
				this.stage.hush();
				await play(this);
			}
			this.#show('done');
		} catch (e) {
			if (!(e instanceof Ended)) throw e;
			this.#show('left');
		} finally {
			this.#running = false;
		}
	}

	/** @param {'playing'|'done'|'left'} state */
	#show(state) {
		document.body.dataset.tour = state;
		this.at('tour').hidden = state !== 'playing';
		this.at('trouble').hidden = state === 'playing';
	}

	/**
	 * Shows a caption until it has been read.
	 * @param {string} text
	 */
	async tell(text) {
		this.at('tour-text').textContent = text;
		this.#next = false;
		const next = /** @type {HTMLButtonElement} */ (this.at('tour-next'));
		next.disabled = false;
		if (document.activeElement === document.body) next.focus({preventScroll: true}); // it was taken away with the button
		let left = FIND + READ * text.length;
		await this.until(() => {
			if (!this.#paused) left -= TICK;
			return this.#next || left <= 0;
		});
		next.disabled = true;
	}

	/** @param {number} minor */
	async sell(minor) {
		this.stage.sell(minor);
		await this.until(() => this.stage.screen() === 'scan');
	}

	/**
	 * @param {'open'|'approve'|'reject'} step
	 * @param {string} [screen] what the customer's screen comes to by it
	 */
	async phone(step, screen) {
		await this.stage.phone(step);
		if (screen) await this.until(() => this.stage.screen() === screen);
	}

	/** @param {string} outcome */
	ended(outcome) {
		return this.until(() => this.stage.outcome() === outcome);
	}

	/** @param {() => boolean} holds */
	async until(holds) {
		do {
			await new Promise((done) => setTimeout(done, TICK));
			if (!this.#running) throw new Ended();
		} while (!holds());
	}
}

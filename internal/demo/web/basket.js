// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is rung up at the till, by article or by amount, and what it comes to. It knows nothing of the page.
//
// Amounts are integers in minor units. What is being keyed in becomes a line with Add, with the next
// article and when the basket is paid; an amount alone is paid without lines, as simple tills do.

// @ts-check

/**
 * @typedef {{name: string, unit: number}} Article
 * @typedef {{article: Article, quantity: number}} Line
 * @typedef {{name: string, quantity: number, total: number}} Said a line in the form of the protocol's pay
 */

/** @type {Article[]} */
export const ARTICLES = [
	{name: 'Coffee', unit: 320},
	{name: 'Bread', unit: 450},
	{name: 'Socks', unit: 990},
	{name: 'Shoes', unit: 5900},
];
/** A tenth of the goods, however many they come to be, and of what is being keyed in. */
export const DISCOUNT = {name: 'Discount 10 %', unit: 0};
/** What has been paid already, from a card of the shop's own. */
export const GIFT = {name: 'Gift card', unit: -2000};

const FIRST_AMOUNT = 1610;
const MAX_AMOUNT = 999999;
const MAX_QUANTITY = 99;
const MAX_LINES = 40; // the demo's serial line carries some hundred in one message

export class Basket {
	/** @type {Line[]} */
	lines = [];
	entered = FIRST_AMOUNT;
	#fresh = true; // nobody has keyed this amount in: the next digit begins another

	/** @param {() => void} changed */
	constructor(changed) {
		this.changed = changed;
	}

	/** Begins a new sale. */
	reset() {
		this.ring(FIRST_AMOUNT);
		this.#fresh = true;
	}

	/** @param {number} minor all there is to pay */
	ring(minor) {
		this.lines = [];
		this.enter(minor);
	}

	/** @param {number} minor */
	enter(minor) {
		this.entered = minor;
		this.#fresh = false;
		this.changed();
	}

	/** @param {string} key a digit, two, or back */
	press(key) {
		if (key === 'back') {
			this.enter(Math.floor(this.entered / 10));
			return;
		}
		const next = Number(String(this.#fresh ? 0 : this.entered) + key);
		if (this.lines.length < MAX_LINES && this.sum() + next <= MAX_AMOUNT) this.enter(next);
	}

	/** Makes a line of what is keyed in. */
	add() {
		if (this.entered > 0) this.lines.push({article: {name: 'Sundries', unit: this.entered}, quantity: 1});
		this.enter(0);
	}

	/** @param {Article} article one more of it */
	pick(article) {
		if (this.#fresh) this.entered = 0;
		this.add();
		const line = this.has(article);
		if (line) {
			this.more(line, 1);
		} else if (this.lines.length < MAX_LINES && this.sum() + article.unit <= MAX_AMOUNT) {
			this.lines.push({article, quantity: 1});
			this.changed();
		}
	}

	/** @param {Article} article that is in a basket once or not at all */
	toggle(article) {
		const line = this.has(article);
		if (line) {
			this.remove(line);
		} else {
			this.add(); // also what nobody has keyed in: something must be there to take it off
			this.pick(article);
		}
	}

	/**
	 * @param {Line} line
	 * @param {number} by
	 */
	more(line, by) {
		const quantity = line.quantity + by;
		if (quantity < 1 || quantity > MAX_QUANTITY || this.total() + by * line.article.unit > MAX_AMOUNT) return;
		line.quantity = quantity;
		this.changed();
	}

	/** @param {Line} line */
	remove(line) {
		this.lines = this.lines.filter((l) => l !== line);
		this.changed();
	}

	/** @param {Article} article */
	has(article) {
		return this.lines.find((l) => l.article === article);
	}

	/** @param {Line} line */
	worth(line) {
		return line.article === DISCOUNT ? 0 - Math.round(this.goods() / 10) : line.quantity * line.article.unit;
	}

	total() {
		return this.sum() + this.entered;
	}

	sum() {
		return this.lines.reduce((sum, l) => sum + this.worth(l), 0);
	}

	goods() {
		return this.lines.reduce((sum, l) => sum + Math.max(0, l.quantity * l.article.unit), this.entered);
	}

	payable() {
		return this.total() > 0 && this.total() <= MAX_AMOUNT;
	}

	/** @returns {{amount: number, lines: Said[]}} what pay asks for; the lines add up to the amount, or there are none */
	order() {
		if (this.lines.length > 0) this.add();
		const lines = this.lines.map((l) => ({name: l.article.name, quantity: l.quantity, total: this.worth(l)}));
		return {amount: this.total(), lines};
	}
}

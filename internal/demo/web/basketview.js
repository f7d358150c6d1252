// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// The basket as the till shows it: its lines, its keys and its total. Lines stay the elements that they
// are, so that the button under a finger, or in a keyboard's focus, does not go away by being used.

// @ts-check

import {ARTICLES, DISCOUNT, GIFT, Basket} from './basket.js';

/**
 * @typedef {import('./basket.js').Line} Line
 * @typedef {{row: HTMLElement, less: HTMLButtonElement, count: HTMLElement, more: HTMLButtonElement, sum: HTMLElement, remove: HTMLButtonElement}} Row
 */

export class BasketView {
	/** @type {Map<Line, Row>} */
	#rows = new Map();

	/**
	 * @param {(id: string) => HTMLElement} at
	 * @param {(minor: number) => string} format
	 */
	constructor(at, format) {
		this.at = at;
		this.format = (/** @type {number} */ minor) => format(minor).replace('-', '−');
		this.basket = new Basket(() => this.draw());
		this.keyed = make('li', 'keyed', '');
		this.listen();
		this.draw();
	}

	listen() {
		const basket = this.basket;
		for (const article of ARTICLES) {
			const key = button('', '', () => basket.pick(article));
			key.append(make('span', '', article.name), make('small', '', this.format(article.unit)));
			this.at('picks').append(key);
		}
		this.at('gift-worth').textContent = this.format(GIFT.unit);
		this.at('keys').addEventListener('click', (e) => {
			const key = /** @type {Element} */ (e.target).closest('button');
			if (key) basket.press(key.dataset.key || '');
		});
		this.at('discount').addEventListener('click', () => basket.toggle(DISCOUNT));
		this.at('gift').addEventListener('click', () => basket.toggle(GIFT));
		this.at('clear').addEventListener('click', () => basket.ring(0));
		this.at('add').addEventListener('click', () => basket.add());
	}

	/** @param {KeyboardEvent} e */
	type(e) {
		if (/^[0-9]$/.test(e.key)) this.basket.press(e.key);
		if (e.key === 'Backspace') this.basket.press('back');
		if (e.key === '+') this.basket.add();
	}

	draw() {
		const {basket} = this;
		this.at('amount').textContent = this.format(basket.total());
		/** @type {HTMLButtonElement} */ (this.at('charge')).disabled = !basket.payable();
		this.at('discount').setAttribute('aria-pressed', String(Boolean(basket.has(DISCOUNT))));
		this.at('gift').setAttribute('aria-pressed', String(Boolean(basket.has(GIFT))));
		for (const line of [...this.#rows.keys()]) if (!basket.lines.includes(line)) this.drop(line);
		basket.lines.forEach((line, i) => this.drawLine(line, i));
		this.drawKeyed();
	}

	/**
	 * @param {Line} line
	 * @param {number} i
	 */
	drawLine(line, i) {
		const list = this.at('basket');
		const r = this.#rows.get(line) || this.rowOf(line);
		const changed = r.count.textContent !== String(line.quantity);
		r.count.textContent = String(line.quantity);
		r.sum.textContent = this.format(this.basket.worth(line));
		if (line.quantity === 1 && document.activeElement === r.less) r.more.focus({preventScroll: true});
		r.less.disabled = line.quantity === 1;
		if (list.children[i] !== r.row) list.insertBefore(r.row, list.children[i] || null);
		if (changed) reveal(list, r.row);
	}

	/** @param {Line} line */
	rowOf(line) {
		const {basket} = this;
		const {article} = line;
		const r = {
			row: make('li', '', ''),
			less: button('−', `One ${article.name} less`, () => basket.more(line, -1)),
			count: make('span', 'count', ''),
			more: button('+', `One ${article.name} more`, () => basket.more(line, 1)),
			sum: make('span', 'sum', ''),
			remove: button('×', `Remove ${article.name}`, () => basket.remove(line)),
		};
		const once = article === DISCOUNT || article === GIFT;
		r.row.append(make('span', 'name', article.name), ...(once ? [] : [r.less, r.count, r.more]), r.sum, r.remove);
		this.#rows.set(line, r);
		return r;
	}

	/**
	 * Takes a line off the list. The focus goes to its neighbour.
	 * @param {Line} line
	 */
	drop(line) {
		const gone = /** @type {Row} */ (this.#rows.get(line));
		const lines = [...this.#rows.keys()];
		const i = lines.indexOf(line);
		const next = lines[i + 1] || lines[i - 1];
		const focused = gone.row.contains(document.activeElement);
		this.#rows.delete(line);
		gone.row.remove();
		if (!focused) return;
		const near = next ? /** @type {Row} */ (this.#rows.get(next)).remove : this.at('clear');
		near.focus({preventScroll: true});
	}

	/** Shows what is keyed in, or that there is nothing, below the lines. */
	drawKeyed() {
		const {basket} = this;
		const list = this.at('basket');
		const empty = basket.lines.length === 0 && basket.entered === 0;
		this.keyed.textContent = '';
		this.keyed.append(make('span', 'name', empty ? 'Nothing rung up yet' : 'Amount'));
		if (!empty) this.keyed.append(make('span', 'sum', this.format(basket.entered)));
		if (!empty && basket.entered === 0) {
			this.keyed.remove();
		} else {
			list.append(this.keyed);
			reveal(list, this.keyed);
		}
	}
}

/**
 * Scrolls the list, never the page.
 * @param {HTMLElement} list
 * @param {HTMLElement} row
 */
function reveal(list, row) {
	const below = row.offsetTop + row.offsetHeight - list.clientHeight;
	list.scrollTop = Math.min(row.offsetTop, Math.max(list.scrollTop, below));
}

/**
 * @param {string} name
 * @param {string} className
 * @param {string} text
 */
function make(name, className, text) {
	const e = document.createElement(name);
	if (className) e.className = className;
	e.textContent = text;
	return e;
}

/**
 * @param {string} text
 * @param {string} label for those who do not see it; '' where the text says it
 * @param {() => void} press
 */
function button(text, label, press) {
	const b = /** @type {HTMLButtonElement} */ (make('button', '', text));
	b.type = 'button';
	if (label) b.setAttribute('aria-label', label);
	b.addEventListener('click', press);
	return b;
}

// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// The demo's page: it draws what the till knows, frames the customer's screen and phone, and reads the
// simulator's ledger. It decides nothing about a payment.

// @ts-check

import {BasketView} from './basketview.js';
import {Till, newId} from './till.js';
import {LineTill} from './linetill.js';
import {readLedger, rowsOf} from './ledger.js';
import {Tour} from './tour.js';
import {Trouble} from './trouble.js';

/**
 * @typedef {import('./till.js').Sale} Sale
 * @typedef {{shop: string, lane: string, currency: string, display: string, till: string, serial: boolean, tour: boolean}} Settings
 */

/** The sale that a reload of the page goes on with. */
const KEPT = 'tillbridge-demo-sale';
const MAX_LOG = 200;
const LOOK_EVERY = 1500; // at the ledger, in ms

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Settings} */
let settings;
/** @type {Till|LineTill} */
let till;
/** @type {BasketView} */
let counter;
/** @type {Trouble} */
let trouble;
/** @type {Intl.NumberFormat} */
let money;
let phoneShows = '';
let webhooks = 0; // deliveries that the log has told of
let openRequest = ''; // the phone page of the newest request that its customer has not answered

/** @param {number} minor */
const format = (minor) => money.format(minor / 100);

/**
 * @param {string} id
 * @param {string} text
 */
function write(id, text) {
	const e = at(id);
	if (e.textContent !== text) e.textContent = text;
}

// ---------------------------------------------------------------- the till

function charge() {
	if (!counter.basket.payable() || at('till').dataset.view !== 'amount') return;
	closePhone();
	behave(); // a simulator that started again has forgotten it
	trouble.remind();
	const {amount, lines} = counter.basket.order();
	till.pay(newId(), amount, lines);
}

function nextSale() {
	till.forget();
	sessionStorage.removeItem(KEPT);
	counter.basket.reset();
	write('id', 'none yet');
	write('line', 'ready');
	at('line').dataset.line = 'ready';
	show('amount');
	at('charge').focus({preventScroll: true});
}

/** @param {'amount'|'running'|'done'} view */
function show(view) {
	at('till').dataset.view = view;
	if (view !== 'done') at('till').dataset.outcome = '';
	for (const v of ['amount', 'running', 'done']) at(`view-${v}`).hidden = v !== view;
}

/** @param {Sale} sale */
function drawSale(sale) {
	keep(sale);
	write('id', sale.id);
	if (at('till').dataset.phase !== sale.phase) look(); // Klarna was asked something
	at('till').dataset.phase = sale.phase;
	const confirmed = String(Boolean(sale.confirmed));
	if (at('till').dataset.confirmed !== confirmed) look(); // and it captures
	at('till').dataset.confirmed = confirmed;
	write('line', sale.lost ? 'line lost' : sale.outcome ? 'ready' : 'busy');
	at('line').dataset.line = sale.lost ? 'lost' : sale.outcome ? 'ready' : 'busy';
	at('lost').hidden = !sale.lost;
	if (sale.outcome) {
		drawResult(sale);
	} else {
		drawRunning(sale);
	}
	if (sale.outcome) openRequest = '';
	drawPhone();
	trouble.draw();
}

/** @param {Sale} sale */
function drawRunning(sale) {
	write('running-amount', format(sale.amount));
	const items = [...at('steps').children];
	const is = items.findIndex((li) => /** @type {HTMLElement} */ (li).dataset.phase === sale.phase);
	if (is >= 0) {
		items.forEach((li, i) => { li.className = i < is ? 'was' : i === is ? 'is' : ''; });
	}
	/** @type {HTMLButtonElement} */ (at('cancel')).disabled = sale.phase === 'cancelling';
	drawNow(sale);
	show('running');
}

/** @param {Sale} sale */
function drawNow(sale) {
	const left = sale.expires ? Math.max(0, Math.ceil((Date.parse(sale.expires) - Date.now()) / 1000)) : 0;
	const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
	const words = {
		creating: 'Asking Klarna …',
		waiting: `The customer has ${clock} to scan it`,
		scanned: `${clock} left to agree`,
		confirming: 'One moment …',
		cancelling: 'Cancelling …',
		checking: 'Asking how it went …',
	};
	write('now', sale.lost ? '' : words[/** @type {keyof words} */ (sale.phase)] || '');
}

const WORDS = {
	approved: 'Paid', declined: 'Declined', cancelled: 'Cancelled', expired: 'Expired', failed: 'Not possible',
	unknown: 'Not known yet', reversed: 'Given back', refused: 'Not taken',
};
const MARKS = {
	approved: 'M15 25l6.5 6.5L34 18', declined: 'M17 17l14 14M31 17L17 31', cancelled: 'M15 24h18',
	expired: 'M24 14v11l7 4', failed: 'M17 17l14 14M31 17L17 31', unknown: 'M24 14v13M24 33.5v.1', reversed: 'M31 31V22a5 5 0 0 0-5-5H15M20 12l-5 5 5 5',
	refused: 'M24 14v13M24 33.5v.1',
};

/** @param {Sale} sale */
function drawResult(sale) {
	const outcome = /** @type {keyof WORDS} */ (sale.givenBack ? 'reversed' : sale.outcome);
	const done = at('till').dataset;
	if (done.view === 'done' && done.outcome === outcome) return;
	done.outcome = outcome;
	write('word', WORDS[outcome] || String(outcome));
	write('done-amount', format(sale.amount));
	drawMark(MARKS[outcome] || MARKS.unknown);
	const lines = (sale.text || '').replace(/ \[.*\]$/, '').match(/[^.]+\.(?=\s|$)/g) || [];
	at('lines').replaceChildren(...lines.map((text) => element('li', '', text.trim())));
	show('done');
	look();
}

/** @param {string} d a path in a square of 48 */
function drawMark(d) {
	const svg = 'http://www.w3.org/2000/svg';
	const circle = document.createElementNS(svg, 'circle');
	for (const [name, value] of [['cx', '24'], ['cy', '24'], ['r', '23']]) circle.setAttribute(name, value);
	const path = document.createElementNS(svg, 'path');
	path.setAttribute('d', d);
	at('mark').replaceChildren(circle, path);
}

/** @param {Sale} sale */
function keep(sale) {
	if (sale.outcome === 'refused' || sale.confirmed && sale.outcome !== 'unknown') {
		sessionStorage.removeItem(KEPT);
	} else {
		sessionStorage.setItem(KEPT, JSON.stringify({id: sale.id, amount: sale.amount}));
	}
}

function resumeKept() {
	try {
		const kept = JSON.parse(sessionStorage.getItem(KEPT) || 'null');
		if (kept) till.resume(String(kept.id), Number(kept.amount));
	} catch {
		sessionStorage.removeItem(KEPT); // not ours
	}
}

// ---------------------------------------------------------------- the phone

/**
 * What a phone does with a code: it opens the address in it. Only the simulator's own pages are opened.
 * @param {string|undefined} code
 * @returns {string} the page's path, or ''
 */
function phonePage(code) {
	if (!code || !URL.canParse(code)) return '';
	const u = new URL(code);
	return u.pathname.startsWith('/phone/') && u.origin === location.origin ? u.pathname : '';
}

const customer = () => /** @type {HTMLInputElement} */ (document.querySelector('input[name="customer"]:checked')).value;

/**
 * The page that the code on the screen opens. A till that only asks now and then is not told the code,
 * and another till's sale is not ours at all; the simulator knows.
 */
function pageOnScreen() {
	const sale = till.sale;
	if (!sale || sale.outcome) return openRequest;
	return ['waiting', 'scanned'].includes(sale.phase) ? phonePage(sale.qr) || openRequest : '';
}

function drawPhone() {
	const page = pageOnScreen();
	if (page && phoneShows && phoneShows !== page) closePhone();
	at('camera').classList.toggle('sees', Boolean(page));
	/** @type {HTMLButtonElement} */ (at('scan')).disabled = !page;
	write('camera-text', page ? 'There is a code on the screen' : 'No code to scan yet');
	if (page && customer() !== 'manual') openPhone(page);
}

/** @param {string} page */
function openPhone(page) {
	if (!page || phoneShows === page) return;
	phoneShows = page;
	turnPhone(page);
	at('phone').hidden = false;
	at('camera').hidden = true;
}

function closePhone() {
	phoneShows = '';
	turnPhone('about:blank');
	at('phone').hidden = true;
	at('camera').hidden = false;
}

/**
 * Shows another page on the phone, and leaves the browser's Back to this page.
 * @param {string} page
 */
function turnPhone(page) {
	/** @type {HTMLIFrameElement} */ (at('phone')).contentWindow?.location.replace(page);
}

// ---------------------------------------------------------------- the simulator

/**
 * @param {string} what
 * @param {Object} body
 */
async function tellSandbox(what, body) {
	try {
		await fetch(`/sandbox/${what}`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
	} catch {
		// It is starting again, and begins as if nothing had been told.
	}
	look();
}

const behave = () => tellSandbox('behaviour', {customer: customer(), after: customer() === 'manual' ? '0s' : '6s'});

async function look() {
	trouble.look();
	const books = await readLedger();
	if (!books) return;
	tellWebhooks(books.calls.webhook || 0);
	const waiting = books.payment_requests.findLast((r) => ['SUBMITTED', 'IN_PROGRESS'].includes(r.state));
	openRequest = waiting ? `/phone/${waiting.payment_request_id}` : '';
	drawPhone();
	const rows = rowsOf(books);
	const total = rows.reduce((sum, row) => sum + row.charged, 0);
	const paid = rows.filter((row) => row.charged > 0).length;
	write('charged', format(total));
	write('charged-note', paid === 0 ? 'no charge' : paid === 1 ? 'in one charge' : `in ${paid} charges`);
	at('ledger-none').hidden = rows.length > 0;
	at('ledger').replaceChildren(...rows.slice(0, 12).map(drawRow));
}

/**
 * Klarna's webhooks go to the bridge, past the till; the simulator counts them.
 * @param {number} count
 */
function tellWebhooks(count) {
	if (count > webhooks) note('Klarna', count === webhooks + 1 ? 'webhook' : `${count - webhooks} webhooks`, `delivery ${count} to the bridge: a hint to ask, not a result`);
	webhooks = count;
}

/** @param {import('./ledger.js').Row} row */
function drawRow(row) {
	const tr = element('tr', '', '');
	tr.dataset.charged = String(row.charged);
	tr.append(
		element('td', '', row.at ? clockOf(new Date(row.at)) : ''),
		element('td', '', format(row.amount)),
		element('td', '', row.ended),
		row.charged ? element('td', '', format(row.charged)) : element('td', 'nothing', 'nothing charged'),
	);
	return tr;
}

// ---------------------------------------------------------------- the log

/**
 * @param {boolean} out from the till
 * @param {string} name
 * @param {Object|null} body
 * @param {boolean} [trouble]
 */
function log(out, name, body, trouble) {
	const line = element('li', (out ? 'out' : 'in') + (trouble ? ' bad' : ''), '');
	const details = element('details', '', '');
	const summary = element('summary', '', '');
	const short = body ? Object.entries(body).filter(([k]) => !['type', 'id'].includes(k)).map(([k, v]) => `${k} ${brief(v)}`).join('  ·  ') : '';
	const [first, ...rest] = name.split(' ');
	summary.append(
		element('time', '', clockOf(new Date())), element('span', 'who', out ? 'Till' : 'Bridge'),
		element('span', 'name', out ? first : name),
		element('span', 'what', out ? [rest.join(' '), short].filter(Boolean).join('  ·  ') : short),
	);
	const address = out && rest.length > 0 ? `${first} /v1/lanes/${settings.lane}${rest.join(' ')}\n` : '';
	details.append(summary, element('pre', '', address + (body ? JSON.stringify(body, null, 2) : '')));
	line.append(details);
	logLine(line);
}

/** @param {any} v the value of a message's member */
const brief = (v) => Array.isArray(v) && v.every((line) => line.name) ? v.map((line) => `${line.quantity} × ${line.name}`).join(', ') :
	typeof v === 'object' ? JSON.stringify(v) : v;

/**
 * A line about what the till does not say.
 * @param {string} who
 * @param {string} name
 * @param {string} what
 */
function note(who, name, what) {
	const line = element('li', 'note', '');
	const row = element('p', 'row', '');
	row.append(element('time', '', clockOf(new Date())), element('span', 'who', who), element('span', 'name', name), element('span', 'what', what));
	line.append(row);
	logLine(line);
}

/** @param {HTMLElement} line */
function logLine(line) {
	const list = at('log');
	for (const none of list.querySelectorAll('.none')) none.remove();
	const bottom = list.scrollTop + list.clientHeight > list.scrollHeight - 30;
	list.append(line);
	while (list.children.length > MAX_LOG) list.children[0].remove();
	if (bottom) list.scrollTop = list.scrollHeight;
}

/** @param {Date} when */
const clockOf = (when) => when.toLocaleTimeString('en-GB');

/**
 * @param {string} name
 * @param {string} className
 * @param {string} text
 */
function element(name, className, text) {
	const e = document.createElement(name);
	if (className) e.className = className;
	e.textContent = text;
	return e;
}

// ---------------------------------------------------------------- the frames

/**
 * Gives the page in a frame the size that its device has, and makes the picture as small as the frame.
 * @param {HTMLElement} glass
 */
function fit(glass) {
	const frame = glass.querySelector('iframe');
	if (!frame || !glass.clientWidth || !glass.clientHeight) return;
	const scale = glass.clientWidth / Number(glass.dataset.width);
	frame.style.width = `${glass.dataset.width}px`;
	frame.style.height = `${Math.ceil(glass.clientHeight / scale)}px`;
	frame.style.transform = `scale(${scale})`;
}

// ---------------------------------------------------------------- the start

async function learn() {
	for (;;) {
		try {
			const answer = await fetch('/demo/settings', {cache: 'no-store'});
			if (answer.ok) return /** @type {Settings} */ (await answer.json());
		} catch {
			// The demo is starting again.
		}
		await new Promise((done) => setTimeout(done, 500));
	}
}

function listen() {
	document.addEventListener('keydown', (e) => {
		if (at('till').dataset.view !== 'amount' || e.ctrlKey || e.metaKey || e.altKey) return;
		counter.type(e);
	});
	at('view-amount').addEventListener('submit', (e) => {
		e.preventDefault();
		charge();
	});
	at('cancel').addEventListener('click', () => {
		/** @type {HTMLButtonElement} */ (at('cancel')).disabled = true;
		till.cancel();
	});
	at('next').addEventListener('click', nextSale);
	at('scan').addEventListener('click', () => openPhone(pageOnScreen()));
	at('customer').addEventListener('change', behave);
}

/** What the buttons of trouble may use. */
const desk = () => ({
	code: pageOnScreen,
	running: () => Boolean(till.sale && !till.sale.outcome),
	cancel: () => till.cancel(),
	showPhone: openPhone,
	sandbox: tellSandbox,
	note: (/** @type {string} */ name, /** @type {string} */ text) => note('Demo', name, text),
});

/** What the tour may do: what a visitor may. */
const stage = () => ({
	sell: (/** @type {number} */ minor) => {
		if (at('till').dataset.view !== 'amount') nextSale();
		/** @type {HTMLInputElement} */ (document.querySelector('input[value="manual"]')).checked = true;
		counter.basket.ring(minor);
		charge();
	},
	cancel: () => till.cancel(),
	phone: async (/** @type {string} */ step) => {
		openPhone(pageOnScreen());
		await fetch(`${phoneShows}/${step}`, {method: 'POST', headers: {Accept: 'application/json'}});
	},
	expire: () => trouble.expire(),
	approveAfterCancel: () => trouble.approveAfterCancel(),
	cutPower: () => trouble.cutPower(),
	outcome: () => till.sale && till.sale.confirmed && till.sale.outcome || '',
	screen: () => /** @type {HTMLIFrameElement} */ (at('screen')).contentDocument?.body?.dataset.state || '',
	lost: () => Boolean(till.sale && till.sale.lost),
	hush: () => trouble.say('The tour presses the same buttons that you have. Pause it, or end it, whenever you like.'),
});

async function start() {
	const watch = new ResizeObserver((entries) => entries.forEach((e) => fit(/** @type {HTMLElement} */ (e.target))));
	for (const glass of document.querySelectorAll('.glass')) watch.observe(glass);
	settings = await learn();
	money = new Intl.NumberFormat('en', {style: 'currency', currency: settings.currency});
	const ear = {changed: drawSale, said: log};
	const serial = settings.serial && !/[?&]till=http\b/.test(location.search);
	till = serial ? new LineTill('/demo/till', settings.currency, ear) : new Till(`/v1/lanes/${settings.lane}`, settings.currency, ear);
	write('speaks', serial ? 'on a serial line' : 'speaks HTTP to the bridge');
	write('shop', settings.shop);
	write('try', `tillbridge pay --to ${settings.till} --amount 16.10 --currency ${settings.currency}`);
	/** @type {HTMLIFrameElement} */ (at('screen')).src = settings.display;
	trouble = new Trouble(desk(), serial);
	const tour = new Tour(stage(), at);
	counter = new BasketView(at, format);
	listen();
	behave();
	resumeKept();
	setInterval(look, LOOK_EVERY);
	setInterval(() => till.sale && !till.sale.outcome && drawNow(till.sale), 500);
	document.body.dataset.ready = 'true';
	if (settings.tour) tour.run();
}

start();

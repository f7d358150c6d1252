// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
//
// The customer's screen of one lane. The socket carries whole views; render() draws one, connect()
// gets them. The page decides nothing about a payment. It only ever takes a code away by itself: when
// its time is over, and when nobody has been heard for a while.
//
// It must run for years in browsers that nobody updates: Chrome 80 is enough.

// @ts-check
'use strict';

/**
 * @typedef {{code: string, name: string}} Language
 * @typedef {{size: number, bits: string}} Code
 * @typedef {{minor: number, digits: number, currency: string}} Amount
 * @typedef {Object} View
 * @property {string} state
 * @property {string} [sale]
 * @property {string} title
 * @property {string} [text]
 * @property {boolean} [urgent]
 * @property {Amount} [amount]
 * @property {string} [reference]
 * @property {Code} [code]
 * @property {string[]} [steps]
 * @property {number} [seconds_left]
 * @property {boolean} [more_time]
 * @property {boolean} [cancel]
 * @property {string} lang
 * @property {string} direction
 * @property {Language[]} [languages]
 * @property {Record<string, string>} labels
 * @property {string} lane
 * @property {string} [name]
 * @property {boolean} [logo]
 * @property {{background?: string, text?: string, accent?: string}} [colours]
 * @property {number} [distance_mm]
 * @property {number} [volume]
 * @property {{from: number, until: number}} [dark]
 * @property {string} version
 * @property {number} beat_seconds
 */

(() => {
	const SVG = 'http://www.w3.org/2000/svg';
	const QUIET = 4; // modules of white around a code, ISO/IEC 18004
	const LEAST = 4; // device pixels of a module that every phone can still read
	const LOST_AFTER = 5000; // ms without connection until the screen says so
	const BACK_OFF = [1000, 30000]; // ms, first and longest pause between two tries
	const GREETING = 15000; // ms from a try to connect to the first view
	const ASIDE = 60000; // ms that a language chosen at rest is kept
	const DIM_AFTER = 600000; // ms at rest
	const BEAT = 20000; // ms between two signs of life to the daemon
	const NIGHT = 4; // o'clock, when the page starts anew
	const HEAP = 256 << 20; // bytes that a page of this size never needs
	const SHOWN = 4; // buttons in the row of languages

	/** @type {(id: string) => HTMLElement} */
	const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
	const now = () => performance.now();

	/** @type {View|null} */
	let view = null; // the last one heard
	let shown = ''; // what is drawn, to draw nothing twice
	let said = ''; // what was read out last
	let expires = 0; // of the view's deadline, by now()
	let expiresWall = 0; // the same by the wall clock, which goes on while a machine sleeps
	let span = 1; // the longest time left that was seen for this sale, in s
	let lastLeft = Infinity; // s left at the last look

	// ---------------------------------------------------------------- drawing

	/**
	 * draw makes the code: one path of whole device pixels per module, black on white.
	 * @param {Code} code
	 */
	function draw(code) {
		const box = at('code');
		const ratio = window.devicePixelRatio || 1;
		const modules = code.size + 2 * QUIET;
		const {pixels, margin} = fit(code.size);
		const side = pixels * modules;
		const outer = side + 2 * margin;
		const origin = box.getBoundingClientRect();
		// The card starts on a whole device pixel, or every edge would be blurred.
		const left = Math.round(origin.left * ratio + (box.clientWidth * ratio - outer) / 2) - origin.left * ratio;
		const top = Math.round(origin.top * ratio + (box.clientHeight * ratio - outer) / 2) - origin.top * ratio;

		const svg = document.createElementNS(SVG, 'svg');
		svg.setAttribute('viewBox', `0 0 ${modules} ${modules}`);
		svg.setAttribute('shape-rendering', 'crispEdges');
		svg.setAttribute('role', 'img');
		svg.setAttribute('aria-label', view ? view.labels.code : '');
		place(svg, margin / ratio, margin / ratio, side / ratio);
		add(svg, 'path', {d: `M0 0h${modules}v${modules}H0z`, fill: '#fff'});
		add(svg, 'path', {d: outline(code), fill: '#000'});
		const card = document.createElement('div');
		card.className = 'card';
		place(card, left / ratio, top / ratio, outer / ratio);
		card.style.borderRadius = `${3.2 * margin / ratio}px`;
		card.append(svg);
		empty(box);
		box.append(card);
	}

	/**
	 * fit is how large a code is drawn in the room there is, in device pixels. On a screen whose size is
	 * known it is not so large that a phone at this distance sees only a part of it. The daemon hears
	 * whether the phone will see enough.
	 * @param {number} size
	 */
	function fit(size) {
		const box = at('code');
		const ratio = window.devicePixelRatio || 1;
		const room = Math.min(box.clientWidth, box.clientHeight) * ratio;
		const margin = Math.round(room * 0.013); // holds the card's round corners, which must not cut the quiet zone
		const distance = (view && view.distance_mm) || 0;
		const most = density && distance ? Math.min(room, 0.4 * distance * density) : room;
		const pixels = Math.max(LEAST, Math.floor((most - 2 * margin) / (size + 2 * QUIET)));
		const mm = density ? size * pixels / density : 0;
		const held = LEAST * (size + 2 * QUIET) <= room;
		tell({type: 'screen', mm: Math.round(mm * 10) / 10, px: pixels, room: Math.floor(most - 2 * margin), per_mm: density, fits: held && (!mm || mm >= Math.round(0.13 * distance))});
		return {pixels, margin};
	}

	/** guess tells how large a code will be before there is one: it asks the layout, and shows nothing. */
	function guess() {
		const scan = document.body.classList.contains('scan');
		const hidden = at('code').hidden;
		document.body.classList.add('scan');
		at('code').hidden = false;
		fit(lastSize);
		at('code').hidden = hidden;
		document.body.classList.toggle('scan', scan);
	}

	/**
	 * @param {HTMLElement|SVGElement} e
	 * @param {number} left
	 * @param {number} top
	 * @param {number} side
	 */
	function place(e, left, top, side) {
		e.style.left = `${left}px`;
		e.style.top = `${top}px`;
		e.style.width = `${side}px`;
		e.style.height = `${side}px`;
	}

	/**
	 * outline is the dark modules as runs, row by row.
	 * @param {Code} code
	 */
	function outline(code) {
		const bytes = atob(code.bits);
		const stride = (code.size + 7) >> 3;
		const dark = (/** @type {number} */ x, /** @type {number} */ y) =>
			x < code.size && (bytes.charCodeAt(y * stride + (x >> 3)) & (0x80 >> (x & 7))) !== 0;
		let d = '';
		for (let y = 0; y < code.size; y++) {
			for (let x = 0; x < code.size; x++) {
				const start = x;
				while (dark(x, y)) x++;
				if (x > start) d += `M${start + QUIET} ${y + QUIET}h${x - start}v1h-${x - start}z`;
			}
		}
		return d;
	}

	/** @type {Record<string, [string, string][]>} class and path of each stroke */
	const ICONS = {
		dots: [['dot', 'M12 24h.01'], ['dot', 'M24 24h.01'], ['dot', 'M36 24h.01']],
		phone: [['fill', 'M17 4h14a4 4 0 0 1 4 4v32a4 4 0 0 1-4 4H17a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z'], ['', 'M22 39h4'],
			['tone', 'M18 14v-3h3M27 11h3v3M30 24v3h-3M21 27h-3v-3'], ['tone', 'M21 19h6']],
		go: [['fill', 'M17 4h14a4 4 0 0 1 4 4v32a4 4 0 0 1-4 4H17a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z'], ['', 'M22 39h4'],
			['tone', 'M19 21h10M25 17l4 4-4 4']],
		tick: [['solid', 'M24 2a22 22 0 1 1 0 44 22 22 0 0 1 0-44z'], ['mark', 'M14.5 25l6.5 6.5L34 17.5']],
		cross: [['fill', 'M24 3a21 21 0 1 1 0 42 21 21 0 0 1 0-42z'], ['', 'M17 17l14 14M31 17L17 31']],
		clock: [['fill', 'M24 3a21 21 0 1 1 0 42 21 21 0 0 1 0-42z'], ['', 'M24 12v12l7 5']],
		minus: [['fill', 'M24 3a21 21 0 1 1 0 42 21 21 0 0 1 0-42z'], ['', 'M15 24h18']],
		talk: [['fill', 'M9 7h30a4 4 0 0 1 4 4v19a4 4 0 0 1-4 4H24l-9 8v-8H9a4 4 0 0 1-4-4V11a4 4 0 0 1 4-4z'], ['tone', 'M24 14v7'], ['tone', 'M24 27h.01']],
		cloud: [['fill', 'M14 36h21a8 8 0 0 0 1.5-15.9A12 12 0 0 0 13.6 18 9 9 0 0 0 14 36z'], ['tone', 'M9 8l30 33']],
	};

	/** @type {Record<string, string>} */
	const ICON_OF = {
		idle: 'phone', amount: 'dots', scan: '', in_progress: 'go', confirming: 'dots', approved: 'tick', declined: 'cross',
		expired: 'clock', cancelling: 'dots', cancelled: 'minus', failed: 'cross', attention: 'talk', offline: 'cloud',
		reconnecting: 'dots', starting: 'dots',
	};

	/** @param {string} state */
	function drawIcon(state) {
		const icon = at('icon');
		empty(icon);
		const dots = ICON_OF[state] === 'dots';
		icon.setAttribute('viewBox', dots ? '0 12 48 24' : '0 0 48 48');
		icon.setAttribute('class', dots ? 'small' : '');
		for (const [kind, d] of ICONS[ICON_OF[state] || 'dots']) add(icon, 'path', {class: kind, d});
	}

	/**
	 * @param {Element} parent
	 * @param {string} name
	 * @param {Record<string, string>} attributes
	 */
	function add(parent, name, attributes) {
		const e = document.createElementNS(SVG, name);
		for (const key of Object.keys(attributes)) e.setAttribute(key, attributes[key]);
		parent.append(e);
	}

	/** @param {Element} e */
	function empty(e) {
		while (e.firstChild) e.removeChild(e.firstChild);
	}

	/**
	 * money writes an amount as the customer's language does in the currency's country, which the
	 * currency's code begins with. The euro has none, and dollars are the same everywhere.
	 * @param {Amount} a
	 * @param {string} lang
	 */
	function money(a, lang) {
		const country = a.currency === 'EUR' || a.currency === 'USD' ? '' : '-' + a.currency.slice(0, 2);
		return new Intl.NumberFormat(lang + country, {
			style: 'currency', currency: a.currency, minimumFractionDigits: a.digits, maximumFractionDigits: a.digits,
		}).format(a.minor / 10 ** a.digits);
	}

	/**
	 * render draws a view. What it draws depends on the view alone.
	 * @param {View} v
	 */
	function render(v) {
		const body = document.body;
		const fresh = body.dataset.state !== v.state || body.dataset.sale !== (v.sale || '');
		document.documentElement.lang = v.lang;
		document.documentElement.dir = v.direction;
		body.dataset.state = v.state;
		body.dataset.sale = v.sale || '';
		body.classList.toggle('scan', Boolean(v.code));
		body.classList.toggle('picture', Boolean(v.logo) && v.state === 'idle');
		body.classList.toggle('many', (v.languages || []).length > 2);
		paintColours(v.colours || {});
		at('name').textContent = v.name || '';
		at('title').textContent = v.state === 'idle' && v.name ? v.name : v.title;
		at('text').textContent = v.text || '';
		at('amount').textContent = v.amount ? money(v.amount, v.lang) : '';
		at('staff').textContent = v.code || v.state === 'in_progress' ? v.labels.staff : '';
		at('corner').textContent = [v.lane, v.version].filter(Boolean).join('  ');
		drawLogo(Boolean(v.logo));
		drawReference(v);
		drawSteps(v.steps || []);
		drawLanguages(v);
		drawActions(v);
		if (fresh) {
			drawIcon(v.state);
			body.classList.remove('enter');
			void body.offsetWidth; // so that the same animation starts again
			body.classList.add('enter');
		}
		at('code').hidden = !v.code;
		if (v.code) draw(v.code);
		else empty(at('code'));
		if (v.code) lastSize = v.code.size;
		else if (v.state === 'idle') guess();
		if (fresh) shut();
		speak(v);
	}

	/** @param {boolean} has */
	function drawLogo(has) {
		const logo = /** @type {HTMLImageElement} */ (at('logo'));
		if (has && !logo.getAttribute('src')) logo.src = location.pathname + '/logo';
		logo.hidden = !has;
	}

	/** @param {View} v */
	function drawReference(v) {
		const line = at('reference');
		empty(line);
		if (!v.reference) return;
		const value = document.createElement('b');
		value.textContent = v.reference;
		line.append(v.labels.reference, value);
	}

	/** @param {string[]} steps */
	function drawSteps(steps) {
		const list = at('steps');
		empty(list);
		for (const step of steps) {
			const item = document.createElement('li');
			item.textContent = step;
			list.append(item);
		}
		list.hidden = steps.length === 0;
	}

	/** @param {View} v */
	function drawLanguages(v) {
		const row = at('languages');
		const all = v.languages || [];
		const key = JSON.stringify([all, v.lang]);
		if (row.dataset.key === key) return; // a button that has the focus must stay
		const had = row.contains(document.activeElement);
		row.dataset.key = key;
		row.setAttribute('aria-label', v.labels.language);
		empty(row);
		empty(at('others-list'));
		if (all.length < 2) return;
		const few = all.length <= SHOWN ? all : all.slice(0, SHOWN - 1);
		const mine = all.find((l) => l.code === v.lang);
		if (mine && !few.includes(mine)) few[few.length - 1] = mine;
		for (const l of few) languageButton(row, l, v.lang);
		for (const l of all) languageButton(at('others-list'), l, v.lang);
		if (few !== all) {
			const more = document.createElement('button');
			more.type = 'button';
			more.id = 'more-languages';
			more.title = v.labels.more_languages;
			more.setAttribute('aria-label', v.labels.more_languages);
			more.setAttribute('aria-haspopup', 'dialog');
			more.append(globe());
			more.addEventListener('click', () => show('others'));
			row.append(more);
		}
		const pressed = /** @type {HTMLElement|null} */ (row.querySelector('[aria-pressed="true"]'));
		if (had && pressed) pressed.focus();
	}

	/**
	 * @param {HTMLElement} row
	 * @param {Language} l
	 * @param {string} lang
	 */
	function languageButton(row, l, lang) {
		const button = document.createElement('button');
		button.type = 'button';
		button.lang = l.code;
		button.textContent = l.name;
		button.setAttribute('aria-pressed', String(l.code === lang));
		button.addEventListener('click', () => {
			choose(l.code);
			shut();
		});
		row.append(button);
	}

	/** globe is understood by those who can read none of the languages. */
	function globe() {
		const svg = document.createElementNS(SVG, 'svg');
		svg.setAttribute('viewBox', '0 0 24 24');
		svg.setAttribute('aria-hidden', 'true');
		add(svg, 'path', {d: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM2 12h20M12 2c6 5.5 6 14.5 0 20M12 2c-6 5.5-6 14.5 0 20'});
		return svg;
	}

	/** @param {View} v */
	function drawActions(v) {
		at('more-time').textContent = v.labels.more_time;
		at('more-time').hidden = !v.more_time;
		at('cancel').textContent = v.labels.cancel;
		at('cancel').hidden = !v.cancel;
		at('sure-question').textContent = v.labels.cancel_sure;
		at('cancel-no').textContent = v.labels.cancel_no;
		at('cancel-yes').textContent = v.labels.cancel_yes;
		if (!v.cancel) unsure();
		at('clock').hidden = !v.seconds_left;
		at('clock-label').textContent = v.labels.time_left;
		at('others-title').textContent = v.labels.language;
		for (const [id, words] of [['fit-title', v.labels.fit_title], ['fit-text', v.labels.fit_text],
			['fit-smaller', v.labels.fit_smaller], ['fit-larger', v.labels.fit_larger], ['fit-save', v.labels.fit_save]]) {
			at(id).textContent = words;
		}
		for (const button of Array.from(document.querySelectorAll('[data-does="close"]'))) button.textContent = v.labels.close;
	}

	/** @param {{background?: string, text?: string, accent?: string}} c */
	function paintColours(c) {
		const set = (/** @type {string} */ name, /** @type {string|undefined} */ value) => {
			if (value) document.documentElement.style.setProperty(name, value);
			else document.documentElement.style.removeProperty(name);
		};
		set('--ground', c.background);
		set('--paper', c.background); // white stands out from no light ink
		set('--ink', c.text);
		set('--soft', c.text); // a paler one could be too pale on that ground
		set('--accent', c.accent);
		set('--on-accent', c.accent && (bright(c.accent) > 0.18 ? '#000' : '#fff'));
	}

	/**
	 * bright is the relative luminance of #rrggbb, WCAG 2.2. Black and white contrast alike at 0.18.
	 * @param {string} colour
	 */
	function bright(colour) {
		const part = (/** @type {number} */ i) => {
			const c = parseInt(colour.slice(i, i + 2), 16) / 255;
			return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
		};
		return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
	}

	/**
	 * speak tells screen readers what a sighted person sees change.
	 * @param {View} v
	 */
	function speak(v) {
		const words = [v.title, v.amount ? money(v.amount, v.lang) : '', v.text || '', ...(v.steps || [])].filter(Boolean).join('. ');
		if (words === said) return;
		said = words;
		at('polite').textContent = v.urgent ? '' : words;
		at('urgent').textContent = v.urgent ? words : '';
	}

	// ---------------------------------------------------------------- what is on the screen now

	let lostAt = now(); // since when there is no connection; 0 while there is one
	let unpaired = false; // our token is refused
	let crowded = false; // the lane has all the screens that it may have
	let heardAt = 0;
	let restSince = now();

	/** current is the last view, or what the page has to say instead. */
	function current() {
		if (!view) return null;
		if (unpaired || crowded || (lostAt && now() - lostAt >= LOST_AFTER)) return own(view, 'reconnecting', view.labels.reconnecting);
		if (view.seconds_left && left() <= 0) return own(view, 'cancelling', view.labels.lapsed);
		return view;
	}

	/**
	 * own is a view of the page itself. Nothing of the customer's is left on it.
	 * @param {View} v
	 * @param {string} state
	 * @param {string} title
	 * @returns {View}
	 */
	function own(v, state, title) {
		return {
			state, title, text: v.labels.ask_staff, lang: v.lang, direction: v.direction, labels: v.labels,
			lane: v.lane, name: v.name, logo: v.logo, colours: v.colours, version: v.version, beat_seconds: v.beat_seconds,
			distance_mm: v.distance_mm, reference: state === 'reconnecting' ? (crowded ? 'D2' : 'D1') : '',
		};
	}

	const left = () => Math.min(expires - now(), expiresWall - Date.now()) / 1000;

	function paint() {
		const v = current();
		at('unpaired').hidden = !unpaired;
		at('crowded').hidden = !crowded;
		if (!v) return;
		const key = JSON.stringify({...v, seconds_left: Boolean(v.seconds_left), beat_seconds: 0});
		if (key !== shown) {
			shown = key;
			render(v);
		}
		count(v);
	}

	/** @param {View} v */
	function count(v) {
		if (!v.seconds_left) {
			lastLeft = Infinity;
			return;
		}
		const s = Math.max(0, Math.ceil(left()));
		// The last seconds are shown only to those who can ask for more.
		at('clock').hidden = v.state === 'in_progress' && !v.more_time && s < 30;
		at('clock-time').textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
		at('bar').style.transform = `scaleX(${Math.min(1, s / span)})`;
		at('more-time').classList.toggle('soon', s <= 60);
		for (const mark of [60, 30, 10]) {
			if (lastLeft > mark && s <= mark && lastLeft !== Infinity) {
				at('polite').textContent = v.labels.seconds_left.replace('%d', String(s));
			}
		}
		lastLeft = s;
	}

	function tick() {
		if (!lostAt && view && now() - heardAt > (2 * view.beat_seconds + 2) * 1000) lose(); // half-open line
		if (lostAt && socket && now() - triedAt > GREETING) lose(); // it took our call and says nothing
		if (chosen && view && !view.sale && now() - chosenAt > ASIDE) choose('');
		if (!lostAt && now() - beatAt >= BEAT) {
			beatAt = now();
			send({type: 'beat'});
		}
		if (!lostAt && socket && toTell !== told) {
			told = toTell;
			socket.send(told);
		}
		paint();
		rest();
		if (!lostAt && view && view.state === 'idle' && (Date.now() >= night || heap() > HEAP)) anew();
	}

	/** heap is how much memory the page holds, where the browser tells. */
	function heap() {
		const memory = /** @type {any} */ (performance).memory;
		return memory ? memory.usedJSHeapSize : 0;
	}

	/**
	 * nextNight is when this page starts anew: the next time it is four, and some minutes later, so that
	 * not all screens of a shop do so at once.
	 */
	function nextNight() {
		const d = new Date(Date.now() + 3600000);
		if (d.getHours() >= NIGHT) d.setDate(d.getDate() + 1);
		d.setHours(NIGHT, 0, 0, 0);
		return d.getTime() + Math.random() * 600000;
	}

	const night = nextNight();
	let anewAt = -60000;

	/** anew loads the page again, if it is there to be loaded: a browser's error page would stay. */
	function anew() {
		if (now() - anewAt < 60000) return;
		anewAt = now();
		fetch(location.pathname, {cache: 'no-store'}).then((r) => {
			if (r.ok && view && !view.sale) location.reload();
		}).catch(() => {});
	}

	/**
	 * isDark: is this the shop's night?
	 * @param {{from: number, until: number}|undefined} hours
	 */
	function isDark(hours) {
		if (!hours) return false;
		const d = new Date(Date.now());
		const minute = d.getHours() * 60 + d.getMinutes();
		const after = minute >= hours.from;
		const before = minute < hours.until;
		return hours.from < hours.until ? after && before : after || before;
	}

	/** rest spares the panel: the words drift a little while nothing happens, and dim after a while. */
	function rest() {
		const state = document.body.dataset.state || '';
		const calm = ['idle', 'offline', 'attention', 'reconnecting'].includes(state);
		if (!calm) restSince = now();
		const minutes = (now() - restSince) / 60000;
		document.body.classList.toggle('drift', calm);
		document.body.classList.toggle('dim', state === 'idle' && now() - restSince > DIM_AFTER);
		document.body.classList.toggle('dark', state === 'idle' && minutes > 1 && isDark(view ? view.dark : undefined));
		const x = calm ? Math.round(10 * Math.sin(minutes * 1.1)) : 0;
		const y = calm ? Math.round(10 * Math.sin(minutes * 0.7)) : 0;
		for (const part of Array.from(document.querySelectorAll('.top, .lead, .foot'))) {
			/** @type {HTMLElement} */ (part).style.transform = x || y ? `translate(${x}px, ${y}px)` : '';
		}
	}

	// ---------------------------------------------------------------- the socket

	/** @type {WebSocket|null} */
	let socket = null;
	let tries = 0;
	let triedAt = 0;
	let firstVersion = '';

	function connect() {
		const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
		triedAt = now();
		const s = new WebSocket(scheme + location.host + location.pathname + '/socket');
		socket = s;
		s.onopen = () => {
			send({type: 'hello', token: location.hash.slice(1), lang: chosen});
			told = '';
			beatAt = 0;
		};
		s.onmessage = (e) => hear(e.data);
		s.onclose = (e) => {
			unpaired = e.code === 1008 && e.reason === 'wrong token';
			crowded = e.code === 1013 && e.reason === 'too many screens';
			lose();
		};
	}

	/** lose ends this connection and plans the next. It never gives up. */
	function lose() {
		if (socket) {
			socket.onopen = socket.onmessage = socket.onclose = null;
			socket.close();
			socket = null;
		}
		if (!lostAt) lostAt = now();
		const pause = Math.min(BACK_OFF[1], BACK_OFF[0] * 2 ** tries) * (0.5 + Math.random());
		tries = Math.min(tries + 1, 10);
		setTimeout(connect, pause);
		paint();
	}

	/** @param {string} text */
	function hear(text) {
		const start = now();
		/** @type {View} */
		const v = JSON.parse(text);
		lostAt = tries = 0;
		unpaired = crowded = false;
		heardAt = start;
		if (!firstVersion) firstVersion = v.version;
		if (v.state === 'idle' && v.version !== firstVersion) anew(); // the page of a newer daemon
		forgetChoice(v);
		const code = v.code && (!view || !view.code || view.code.bits !== v.code.bits);
		if (!view || view.sale !== v.sale) span = 1;
		else if (view.state !== v.state) chime(v);
		view = v;
		expires = start + (v.seconds_left || 0) * 1000;
		expiresWall = Date.now() + (v.seconds_left || 0) * 1000;
		span = Math.max(span, v.seconds_left || 0);
		paint();
		if (code) requestAnimationFrame(() => requestAnimationFrame(() => send({type: 'shown', sale: v.sale || '', ms: now() - start})));
		if (!toTell && v.state === 'idle') guess();
		if (calibrating && v.state === 'idle') {
			calibrating = false;
			calibrate();
		}
	}

	/** @param {Record<string, string|number|boolean>} message */
	function send(message) {
		if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
	}

	let told = ''; // what the daemon knows of this screen
	let toTell = ''; // and what it is to know at the next tick: a window that is dragged changes all the time
	let beatAt = 0;
	let lastSize = 41; // modules of the last code; until there was one, those of an address as Klarna's are

	/** @param {Record<string, string|number|boolean>} message */
	function tell(message) {
		toTell = JSON.stringify(message);
	}

	// ---------------------------------------------------------------- sound, never the only sign

	/** @type {AudioContext|null} */
	let audio = null;

	/**
	 * chime plays two short tones for a success and a long one for a failure: hertz, from and to in s.
	 * @param {View} v
	 */
	function chime(v) {
		/** @type {Record<string, number[][]>} */
		const tunes = {approved: [[880, 0, 0.13], [1175, 0.19, 0.35]], declined: [[294, 0, 0.8]], expired: [[294, 0, 0.8]], failed: [[294, 0, 0.8]]};
		if (!v.volume || !tunes[v.state] || !window.AudioContext) return;
		audio = audio || new AudioContext();
		if (audio.state === 'suspended') audio.resume().catch(() => {});
		for (const [hertz, from, to] of tunes[v.state]) {
			const tone = audio.createOscillator();
			const loud = audio.createGain();
			const start = audio.currentTime + from;
			const end = audio.currentTime + to;
			tone.frequency.value = hertz;
			loud.gain.setValueAtTime(0, start); // without a ramp a tone clicks
			loud.gain.linearRampToValueAtTime(v.volume / 100, start + 0.02);
			loud.gain.setValueAtTime(v.volume / 100, end - 0.05);
			loud.gain.linearRampToValueAtTime(0, end);
			tone.connect(loud);
			loud.connect(audio.destination);
			tone.start(start);
			tone.stop(end);
		}
	}

	// ---------------------------------------------------------------- panels above the page

	let openPanel = '';
	let shutTimer = 0;
	/** @type {Element|null} */
	let opener = null;

	/** @param {string} id */
	function show(id) {
		shut();
		opener = document.activeElement;
		openPanel = id;
		at(id).hidden = false;
		const first = /** @type {HTMLElement|null} */ (at(id).querySelector('button'));
		if (first) first.focus();
		if (id === 'others') shutTimer = setTimeout(shut, 20000);
	}

	function shut() {
		if (!openPanel) return;
		clearTimeout(shutTimer);
		at(openPanel).hidden = true;
		openPanel = '';
		if (opener && opener.isConnected) /** @type {HTMLElement} */ (opener).focus();
	}

	document.addEventListener('keydown', (e) => {
		if (e.altKey && e.shiftKey && e.code === 'KeyC') calibrate();
		if (!openPanel) {
			if (asksForTime(e)) moreTime();
			return;
		}
		if (e.key === 'Escape') shut();
		if (openPanel === 'fit' && (e.key === 'ArrowLeft' || e.key === 'ArrowRight')) resize(e.key === 'ArrowLeft' ? -1 : 1);
		if (e.key !== 'Tab') return;
		const buttons = Array.from(at(openPanel).querySelectorAll('button'));
		const next = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + (e.shiftKey ? -1 : 1);
		buttons[(next + buttons.length) % buttons.length].focus();
		e.preventDefault();
	});
	for (const button of Array.from(document.querySelectorAll('[data-does="close"]'))) button.addEventListener('click', shut);

	// ---------------------------------------------------------------- how large a millimetre is

	const CARD = 85.6; // mm, the width of a bank card, ISO/IEC 7810 ID-1
	const KEPT = 'tillbridge.screen ' + Math.round(screen.width * devicePixelRatio) + 'x' + Math.round(screen.height * devicePixelRatio);
	let density = kept(); // device pixels in a millimetre of this screen; 0 until somebody has held a card to it
	let calibrating = /[?&]calibrate\b/.test(location.search); // not begun yet
	let cardWidth = 0; // of the frame on the screen, in device pixels

	function kept() {
		try {
			const d = Number(localStorage.getItem(KEPT));
			return d > 1 && d < 60 ? d : 0;
		} catch (e) {
			return 0; // a browser that keeps nothing
		}
	}

	/** calibrate is for staff, while no sale is open. Alt, Shift and C, the corner held for three seconds, or ?calibrate. */
	function calibrate() {
		if (!view || view.sale) return;
		cardWidth = (density || 96 / 25.4 * devicePixelRatio) * CARD;
		resize(0);
		show('fit');
	}

	/** @param {number} by device pixels */
	function resize(by) {
		cardWidth = Math.max(100, Math.min(window.innerWidth * devicePixelRatio * 0.9, cardWidth + by));
		at('fit-card').style.width = `${cardWidth / devicePixelRatio}px`;
		at('fit-card').style.height = `${cardWidth / devicePixelRatio * 53.98 / CARD}px`;
	}

	at('fit-smaller').addEventListener('click', () => resize(-2));
	at('fit-larger').addEventListener('click', () => resize(2));
	at('fit-card').addEventListener('pointerdown', (e) => at('fit-card').setPointerCapture(e.pointerId));
	at('fit-card').addEventListener('pointermove', (e) => {
		const card = at('fit-card').getBoundingClientRect();
		if (e.buttons) resize((2 * Math.abs(e.clientX - (card.left + card.right) / 2) - card.width) * devicePixelRatio);
	});
	at('fit-save').addEventListener('click', () => {
		density = cardWidth / CARD;
		try {
			localStorage.setItem(KEPT, String(density));
		} catch (e) {
			// for as long as the page is open, then
		}
		history.replaceState(null, '', location.pathname + location.hash);
		shut();
		guess();
	});

	let holdTimer = 0;
	at('corner').addEventListener('pointerdown', () => {
		holdTimer = setTimeout(calibrate, 3000);
	});
	for (const end of ['pointerup', 'pointerleave', 'pointercancel']) at('corner').addEventListener(end, () => clearTimeout(holdTimer));

	// ---------------------------------------------------------------- what a customer may touch

	let chosen = ''; // the language of this customer
	let chosenAt = 0;

	/** @param {string} lang */
	function choose(lang) {
		chosen = lang;
		chosenAt = now();
		send({type: 'lang', lang});
	}

	/**
	 * forgetChoice: a language is chosen for one sale, the next customer starts anew.
	 * @param {View} next
	 */
	function forgetChoice(next) {
		if (chosen && view && view.sale && view.sale !== next.sale) choose('');
	}

	let sureTimer = 0;

	function unsure() {
		clearTimeout(sureTimer);
		at('sure').hidden = true;
		at('actions').hidden = false;
		at('staff').hidden = false;
	}

	const moreTime = () => send({type: 'more_time', sale: (view && view.sale) || ''});

	/**
	 * asksForTime: any key of a keypad beside the screen asks for more time, but those that lead to a button
	 * and those that press it.
	 * @param {KeyboardEvent} e
	 */
	function asksForTime(e) {
		if (at('more-time').hidden || !at('sure').hidden || e.repeat || e.altKey || e.ctrlKey || e.metaKey) return false;
		const presses = e.key === 'Enter' || e.key === ' ';
		if (presses && document.activeElement instanceof HTMLButtonElement) return false;
		return !['Tab', 'Shift', 'Escape', 'CapsLock', 'Control', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Unidentified'].includes(e.key);
	}

	at('more-time').addEventListener('click', moreTime);
	at('cancel').addEventListener('click', () => {
		at('actions').hidden = true;
		at('sure').hidden = false;
		at('staff').hidden = true; // the question needs its place on a small screen
		at('cancel-no').focus();
		sureTimer = setTimeout(unsure, 15000);
	});
	at('cancel-no').addEventListener('click', unsure);
	at('cancel-yes').addEventListener('click', () => {
		send({type: 'cancel', sale: (view && view.sale) || ''});
		unsure();
	});

	// ---------------------------------------------------------------- the screen itself

	let stillTimer = 0;

	function moved() {
		restSince = now();
		if (audio && audio.state === 'suspended') audio.resume().catch(() => {});
		document.body.classList.remove('still', 'dim', 'dark');
		clearTimeout(stillTimer);
		stillTimer = setTimeout(() => document.body.classList.add('still'), 4000);
	}

	/** awake keeps the panel lit, where the browser can. */
	function awake() {
		const lock = /** @type {any} */ (navigator).wakeLock;
		if (lock && document.visibilityState === 'visible') lock.request('screen').catch(() => {});
	}

	window.addEventListener('resize', () => {
		if (view && view.code && !at('code').hidden) draw(view.code);
		else if (view && view.state === 'idle') guess();
	});
	for (const touch of ['pointermove', 'pointerdown', 'keydown']) document.addEventListener(touch, moved);
	document.addEventListener('visibilitychange', awake);
	document.addEventListener('contextmenu', (e) => e.preventDefault());
	drawIcon('starting');
	moved();
	awake();
	setInterval(tick, 250);
	connect();
})();

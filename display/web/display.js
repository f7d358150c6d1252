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
	const DAY = 86400000;

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
		const room = Math.min(box.clientWidth, box.clientHeight) * ratio;
		const margin = Math.round(room * 0.013); // holds the card's round corners, which must not cut the quiet zone
		const pixels = Math.max(LEAST, Math.floor((room - 2 * margin) / modules));
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
	 * @param {Amount} a
	 * @param {string} lang
	 */
	function money(a, lang) {
		return new Intl.NumberFormat(lang, {
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
		paintColours(v.colours || {});
		at('unpaired').hidden = true;
		at('name').textContent = v.name || '';
		at('title').textContent = v.state === 'idle' && v.name ? v.name : v.title;
		at('text').textContent = v.text || '';
		at('amount').textContent = v.amount ? money(v.amount, v.lang) : '';
		at('staff').textContent = v.code ? '' : v.state === 'in_progress' ? v.labels.staff : '';
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
		const nav = at('languages');
		const all = v.languages || [];
		const key = JSON.stringify([all, v.lang]);
		if (nav.dataset.key === key) return; // a button that has the focus must stay
		const had = nav.contains(document.activeElement);
		nav.dataset.key = key;
		nav.setAttribute('aria-label', v.labels.language);
		empty(nav);
		if (all.length < 2) return;
		for (const l of all) {
			const button = document.createElement('button');
			button.type = 'button';
			button.lang = l.code;
			button.textContent = l.name;
			button.setAttribute('aria-pressed', String(l.code === v.lang));
			button.addEventListener('click', () => choose(l.code));
			nav.append(button);
			if (had && l.code === v.lang) button.focus();
		}
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
	}

	/** @param {{background?: string, text?: string, accent?: string}} c */
	function paintColours(c) {
		const set = (/** @type {string} */ name, /** @type {string|undefined} */ value) => {
			if (value) document.documentElement.style.setProperty(name, value);
			else document.documentElement.style.removeProperty(name);
		};
		set('--ground', c.background);
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
	let heardAt = 0;
	let restSince = now();

	/** current is the last view, or what the page has to say instead. */
	function current() {
		if (!view) return null;
		if (unpaired || (lostAt && now() - lostAt >= LOST_AFTER)) return own(view, 'reconnecting', view.labels.reconnecting);
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
		};
	}

	const left = () => Math.min(expires - now(), expiresWall - Date.now()) / 1000;

	function paint() {
		const v = current();
		if (!v) {
			at('unpaired').hidden = !unpaired;
			return;
		}
		const key = JSON.stringify({...v, seconds_left: Boolean(v.seconds_left), beat_seconds: 0});
		if (key !== shown) {
			shown = key;
			render(v);
		}
		at('unpaired').hidden = !unpaired;
		count(v);
	}

	/** @param {View} v */
	function count(v) {
		if (!v.seconds_left) {
			lastLeft = Infinity;
			return;
		}
		const s = Math.max(0, Math.ceil(left()));
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
		paint();
		rest();
	}

	/** rest spares the panel: the words drift a little while nothing happens, and dim after a while. */
	function rest() {
		const state = document.body.dataset.state || '';
		const calm = ['idle', 'offline', 'attention', 'reconnecting'].includes(state);
		if (!calm) restSince = now();
		const minutes = (now() - restSince) / 60000;
		document.body.classList.toggle('drift', calm);
		document.body.classList.toggle('dim', state === 'idle' && now() - restSince > DIM_AFTER);
		const x = calm ? Math.round(10 * Math.sin(minutes * 1.1)) : 0;
		const y = calm ? Math.round(10 * Math.sin(minutes * 0.7)) : 0;
		const lead = /** @type {HTMLElement} */ (document.querySelector('.lead'));
		lead.style.transform = x || y ? `translate(${x}px, ${y}px)` : '';
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
		s.onopen = () => send({type: 'hello', token: location.hash.slice(1), lang: chosen});
		s.onmessage = (e) => hear(e.data);
		s.onclose = (e) => {
			unpaired = e.code === 1008 && e.reason === 'wrong token';
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
		unpaired = false;
		heardAt = start;
		if (!firstVersion) firstVersion = v.version;
		if (v.state === 'idle' && (v.version !== firstVersion || start > DAY)) {
			location.reload(); // the page of a newer daemon, or a fresh start once a day
			return;
		}
		forgetChoice(v);
		const code = v.code && (!view || !view.code || view.code.bits !== v.code.bits);
		if (!view || view.sale !== v.sale) span = 1;
		view = v;
		expires = start + (v.seconds_left || 0) * 1000;
		expiresWall = Date.now() + (v.seconds_left || 0) * 1000;
		span = Math.max(span, v.seconds_left || 0);
		paint();
		if (code) requestAnimationFrame(() => requestAnimationFrame(() => send({type: 'shown', ms: now() - start})));
	}

	/** @param {Record<string, string|number>} message */
	function send(message) {
		if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
	}

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
	}

	at('more-time').addEventListener('click', () => send({type: 'more_time', sale: (view && view.sale) || ''}));
	at('cancel').addEventListener('click', () => {
		at('actions').hidden = true;
		at('sure').hidden = false;
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
		document.body.classList.remove('still', 'dim');
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
	});
	document.addEventListener('pointermove', moved);
	document.addEventListener('visibilitychange', awake);
	document.addEventListener('contextmenu', (e) => e.preventDefault());
	drawIcon('starting');
	moved();
	awake();
	setInterval(tick, 250);
	connect();
})();

/** The elements of the inspector. Texts from outside become text nodes alone. */

import { clockTime, count, lasting, line, size, visible } from './format.js';

/** @typedef {import('./model.js').State} State */
/** @typedef {import('./model.js').Row} Row */

export class View {
  #document;
  /** The nodes of each list, by their keys, with the data that they show. @type {Map<string, Map<string, { json: string, node: Element }>>} */
  #shown = new Map();

  /** @param {Document} document */
  constructor(document) {
    this.#document = document;
  }

  /** @param {Row[]} rows */
  rows(rows) {
    this.#list('events', rows, 'Nothing yet', (row) => {
      const head = [this.#time(row.at), this.#text('span', row.title, 'name'), ' ', this.#text('span', row.outcome, row.tone)];
      if (row.text === undefined) return head;
      return [...head, this.#details(row.kind === 'event' ? 'data' : 'error', row.text)];
    });
  }

  /** @param {State} state */
  state({ buffer, bundles, clients, console, now, output, pages, receipts, refusals, version }) {
    const streams = count(clients, 'open stream');
    this.status(`version ${version}, ${streams}${receipts ? '' : ', pages send no receipts (OptionsBuilder::terminal is off)'}`, true);
    this.#list('pages', keyed(pages, ({ path, since }) => `${path} ${since}`), 'No page is open', (page) => [
      this.#text('span', page.path ?? '(path unknown)', 'name'),
      this.#text('span', ` ${line(page.agent)}, ${CARRIERS[page.carrier] ?? page.carrier}, ${lasting(now - page.since)}`, 'faint'),
      ...(page.silent ? [this.#text('span', ' has not answered the latest save', 'warn')] : []),
    ], ({ since, ...page }) => ({ ...page, since: lasting(now - since) }));
    this.#list('bundles', keyed(bundles, ({ name }) => name), 'No build yet', (bundle) => {
      const time = bundle.time === null ? '' : `, ${bundle.time} ms`;
      const parts = [
        this.#text('span', bundle.name || '(no name)', 'name'),
        this.#text('span', ` ${line(bundle.hash ?? 'no hash')}${time}, ${count(bundle.modules, 'module')}`, 'faint'),
      ];
      if (bundle.error_count) parts.push(this.#text('span', ` ${count(bundle.error_count, 'error')}`, 'bad'));
      if (bundle.warning_count) parts.push(this.#text('span', ` ${count(bundle.warning_count, 'warning')}`, 'warn'));
      for (const text of [...bundle.errors, ...bundle.warnings]) parts.push(this.#details(line(text), visible(text)));
      return parts;
    });
    const fill = Math.max(buffer.events / buffer.most_events, Math.min(1, buffer.bytes / buffer.most_bytes));
    this.#at('buffer').textContent =
      `${buffer.events} of ${count(buffer.most_events, 'event')}, ${size(buffer.bytes)} of ${size(buffer.most_bytes)}`;
    /** @type {HTMLMeterElement} */ (this.#at('fill')).value = fill;
    this.#list('refusals', keyed(refusals, ({ text }) => text), 'None', ({ at, count: times, text }) => [
      this.#time(at),
      this.#text('span', visible(text), 'text'),
      this.#text('span', times > 1 ? ` ${times} times` : '', 'faint'),
    ]);
    this.#list('output', keyed(output, ({ name }) => name), 'No command has run', ({ name, text }) => [
      this.#text('span', name, 'name'),
      this.#pre(visible(text)),
    ]);
    this.#list('console', keyed(console, ({ at, text }) => `${at} ${text}`), 'No lines', ({ at, count: times, level, page, place, text }) => [
      this.#time(at),
      this.#text('span', `${level} `, level === 'error' ? 'bad' : 'faint'),
      this.#text('span', page, 'name'),
      this.#text('span', place ? ` ${visible(place)}` : '', 'faint'),
      this.#text('span', ` ${visible(text)}`, 'text'),
      this.#text('span', times > 1 ? ` ${times} times` : '', 'faint'),
    ]);
  }

  /**
   * @param {string} text
   * @param {boolean} isWell
   */
  status(text, isWell) {
    const status = this.#at('status');
    const shown = line(text);
    // A screen reader reads each change.
    if (status.textContent !== shown) status.textContent = shown;
    status.classList.toggle('lost', !isWell);
  }

  /** @param {boolean} isPaused */
  paused(isPaused) {
    this.#at('pause').setAttribute('aria-pressed', String(isPaused));
  }

  /**
   * Shows a command line, for browsers that copy nothing outside of a secure context.
   *
   * @param {string} command
   */
  command(command) {
    const output = this.#at('command');
    output.textContent = command;
    output.hidden = false;
  }

  /** @param {string} id */
  #at(id) {
    return /** @type {HTMLElement} */ (this.#document.getElementById(id));
  }

  /**
   * Shows a list, and keeps the elements of what has not changed, with their focus, selection and open details.
   *
   * @template {{ key: string }} Item
   * @param {string} id
   * @param {Item[]} items
   * @param {string} empty
   * @param {(item: Item) => (Node | string)[]} make
   * @param {(item: Item) => object} [seen] what the elements depend on
   */
  #list(id, items, empty, make, seen = (item) => item) {
    const before = this.#shown.get(id) ?? new Map();
    /** @type {Map<string, { json: string, node: Element }>} */
    const after = new Map();
    for (const item of items) {
      const json = JSON.stringify(seen(item));
      const kept = before.get(item.key);
      after.set(item.key, kept?.json === json ? kept : { json, node: this.#element('li', '', ...make(item)) });
    }
    this.#shown.set(id, after);
    const nodes = [...after.values()].map(({ node }) => node);
    const list = this.#at(id);
    if (!nodes.length) nodes.push(this.#text('li', empty, 'faint'));
    const isSame = nodes.length === list.children.length && nodes.every((node, index) => node === list.children[index]);
    if (!isSame) list.replaceChildren(...nodes);
  }

  /**
   * @param {string} tag
   * @param {string} name its class
   * @param {(Node | string)[]} children
   */
  #element(tag, name, ...children) {
    const element = this.#document.createElement(tag);
    if (name) element.className = name;
    element.append(...children);
    return element;
  }

  /**
   * @param {string} tag
   * @param {string} text
   * @param {string} name
   */
  #text(tag, text, name) {
    const element = this.#element(tag, `text ${name}`);
    element.textContent = name === 'name' ? line(text) : text;
    return element;
  }

  /** @param {number} at */
  #time(at) {
    const time = this.#element('time', '', clockTime(at));
    time.setAttribute('datetime', new Date(at).toISOString());
    return time;
  }

  /** @param {string} text */
  #pre(text) {
    const pre = this.#element('pre', '', text);
    // Scrolled by the keyboard too.
    pre.tabIndex = 0;
    return pre;
  }

  /**
   * @param {string} title
   * @param {string} text
   */
  #details(title, text) {
    return this.#element('details', '', this.#text('summary', title, 'faint'), this.#pre(text));
  }
}

/** @type {Record<string, string>} */
const CARRIERS = {
  stream: 'a stream of its own',
  shared: 'shares a stream',
  other: 'another client',
  vite: 'Vite’s socket',
};

/**
 * Items with a key, each different.
 *
 * @template {object} Item
 * @param {Item[]} items
 * @param {(item: Item) => string} keyOf
 * @returns {(Item & { key: string })[]}
 */
function keyed(items, keyOf) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  return items.map((item) => {
    const key = keyOf(item);
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    return { ...item, key: `${key} ${nth}` };
  });
}

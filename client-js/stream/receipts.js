/**
 * Receipts: the page's answers to the builds that it was sent, for the lines of saves in the developer's terminal.
 *
 * @typedef {'updated' | 'reloaded' | 'unused' | 'failed'} Outcome
 * @typedef {{ event: string, outcome: Outcome, text?: string }} Receipt
 */

import { shorten } from './text.js';

/** The most events that are unanswered, and the most receipts that wait to be sent. The oldest are dropped. */
const MOST = 64;

const MOST_TEXT = 200;

export class Receipts {
  #parts;
  /** Ids of the events that are being handled. @type {string[]} */
  #open = [];
  /** Ids of the events that a reload is to answer. @type {string[]} */
  #leaving = [];
  /** @type {Receipt[]} */
  #waiting = [];
  #isSending = false;
  #hasLeft = false;

  /**
   * @param {object} parts
   * @param {string} parts.boot the start of the ids of the server that this page came from; empty if it wants no receipts
   * @param {import('./network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string | undefined} parts.token the token from this page's script tag
   * @param {string} parts.name the name of this page
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Notes an event that is answered later.
   *
   * @param {string} event its id
   */
  begin(event) {
    const { boot, token } = this.#parts;
    // Another process of the app does not know the token.
    if (boot && token !== undefined && event.startsWith(`${boot}-`)) add(this.#open, event);
  }

  /** Takes the events that have begun. What becomes of the last one is what becomes of all. */
  take() {
    return this.#open.splice(0);
  }

  /**
   * Answers events.
   *
   * @param {string[]} events
   * @param {Outcome} outcome
   * @param {string} [text] the reason of a failure, or the path of a loaded file with the same name as an unused one
   */
  answer(events, outcome, text) {
    for (const event of events) {
      const receipt = { event, outcome: this.#hasLeft ? /** @type {Outcome} */ ('reloaded') : outcome };
      add(this.#waiting, text === undefined ? receipt : { ...receipt, text: shorten(text, MOST_TEXT) });
    }
    if (!events.length) return;
    if (this.#hasLeft) void this.#send();
    else void this.#sendAll();
  }

  /**
   * Leaves events to the reload that was requested for them.
   *
   * @param {string[]} events
   */
  leave(events) {
    for (const event of events) add(this.#leaving, event);
  }

  /** The page is about to be reloaded. */
  left() {
    this.#hasLeft = true;
    this.answer(this.#leaving.splice(0), 'reloaded');
    if (this.#waiting.length) void this.#send();
  }

  /**
   * The page is not reloaded after all.
   *
   * @param {string} reason
   */
  stayed(reason) {
    this.answer(this.#leaving.splice(0), 'failed', reason);
  }

  /** One request at a time, which collects receipts for the next. Not a timer: those of a hidden page take a second. */
  async #sendAll() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length) await this.#send();
    this.#isSending = false;
  }

  async #send() {
    const receipts = this.#waiting.splice(0);
    if (!receipts.length) return;
    const { fetch, name, token = '', url } = this.#parts;
    const headers = {
      'Content-Type': 'application/json',
      'Hot-Middleware-Client': name,
      'Hot-Middleware-Token': token,
    };
    // With `keepalive` it goes out although the page is left.
    const request = { method: 'POST', headers, body: JSON.stringify({ type: 'receipt', receipts }), keepalive: true };
    await fetch(url, request).then(
      () => undefined,
      // Without the server, there is no terminal either.
      () => undefined,
    );
  }
}

/**
 * @template T
 * @param {T[]} list
 * @param {T} item
 */
function add(list, item) {
  if (list.push(item) > MOST) list.shift();
}

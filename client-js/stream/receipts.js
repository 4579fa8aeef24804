/**
 * Receipts: the page's answers to the builds that it was sent, for the lines of saves in the developer's terminal.
 *
 * @typedef {'updated' | 'reloaded' | 'unused' | 'failed' | 'same'} Outcome
 * @typedef {{ event: string, outcome: Outcome, text?: string, ms?: number }} Receipt
 */

import { shorten } from './text.js';

/** The most events that are unanswered, and the most receipts that wait to be sent. The oldest are dropped. */
const MOST = 64;

const MOST_TEXT = 200;

/** The longest wait for a frame, in milliseconds: a window that is covered may get none. */
const PATIENCE = 100;

/** Milliseconds after a frame in which the page does its own work for it. */
const IDLE = 30;

export class Receipts {
  #parts;
  /** The start of the ids of the server's events, and the key that its greeting has; empty if it wants no receipts. */
  #server = { boot: '', key: '' };
  /** The key for the instances of modules; empty if the server serves none. */
  #modulesKey = '';
  /** Ids of the events that are being handled. @type {string[]} */
  #open = [];
  /** Ids of the events that were taken and are not answered yet. @type {Set<string>} */
  #taken = new Set();
  /** The events that an update or a reload of the page is to answer. @type {{ event: string, isSwapped: boolean, cause: string | undefined }[]} */
  #leaving = [];
  /** @type {Receipt[]} */
  #waiting = [];
  /** Receipts of what the page shows, which are sent as soon as it is idle. @type {Receipt[]} */
  #timed = [];
  #isSending = false;
  /** True while the page has no stream: the server that answers then may be another one. */
  #isLost = false;
  /** Times at which events began. @type {Map<string, number>} */
  #begun = new Map();
  #hasLeft = false;

  /**
   * @param {object} parts
   * @param {import('./network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string} parts.name the name of this page
   * @param {() => string} parts.page its path
   * @param {() => number} parts.now milliseconds, with fractions
   * @param {() => Promise<void>} parts.painted resolves once the page shows what it is now
   * @param {() => Promise<void>} parts.idle resolves once the page has nothing else to do
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Notes the server that this page is connected to. Another process has another key, and knows nothing of earlier events.
   *
   * @param {string} id the greeting's
   * @param {unknown} key
   * @param {unknown} [modulesKey]
   */
  greet(id, key, modulesKey) {
    this.#modulesKey = typeof modulesKey === 'string' ? modulesKey : '';
    const boot = id.slice(0, id.lastIndexOf('-') + 1);
    const wants = boot !== '' && typeof key === 'string';
    if (boot !== this.#server.boot) this.#forget();
    this.#server = wants ? { boot, key } : { boot: '', key: '' };
    this.#isLost = false;
    void this.#sendAll();
  }

  /** The stream was lost. What is answered until the next greeting waits for it. */
  lost() {
    this.#isLost = true;
  }

  /**
   * Notes an event that is answered later.
   *
   * @param {string} event its id
   */
  begin(event) {
    const { boot } = this.#server;
    if (!boot || !event.startsWith(boot)) return;
    add(this.#open, event);
    this.#begun.set(event, this.#parts.now());
    for (const event of this.#begun.keys()) if (this.#begun.size > MOST) this.#begun.delete(event);
  }

  /** Takes the events that have begun, to answer them. What becomes of the last one is what becomes of all. */
  take() {
    const events = this.#open.splice(0);
    for (const event of events) this.#taken.add(event);
    for (const event of this.#taken) if (this.#taken.size > MOST) this.#taken.delete(event);
    return events;
  }

  /** Leaves the events that have begun without an answer. */
  drop() {
    this.#open = [];
  }

  /**
   * Answers events, each once.
   *
   * @param {string[]} events
   * @param {Outcome} outcome
   * @param {string} [text] the reason of a failure or a reload, or the path of a loaded file with the same name as an unused
   *   one
   */
  answer(events, outcome, text) {
    for (const event of events) {
      if (!this.#taken.delete(event)) continue;
      const receipt = { event, outcome: this.#hasLeft ? /** @type {Outcome} */ ('reloaded') : outcome };
      add(this.#waiting, text === undefined ? receipt : { ...receipt, text: shorten(text.replace(/\s+/g, ' '), MOST_TEXT) });
    }
    if (this.#hasLeft) void this.#send();
    else void this.#sendAll();
  }

  /**
   * Leaves events to the update or the reload of the page that is about to be requested for them.
   *
   * @param {string[]} events
   * @param {boolean} [isSwapped] true if other files of the same build were swapped
   * @param {string} [cause] the reason, if the files themselves are it
   */
  leave(events, isSwapped = false, cause) {
    for (const event of events) add(this.#leaving, { event, isSwapped, cause });
    if (this.#hasLeft) this.left();
  }

  /** The page was not reloaded after all: a user may refuse to leave it. */
  isBack() {
    this.#hasLeft = false;
  }

  /**
   * The page is about to be reloaded.
   *
   * @param {string} [cause] the reason why it could not be updated in place
   */
  left(cause) {
    this.#hasLeft = true;
    const left = this.#leaving.splice(0);
    for (const reason of new Set(left.map((one) => cause ?? one.cause))) {
      this.answer(left.flatMap((one) => ((cause ?? one.cause) === reason ? one.event : [])), 'reloaded', reason);
    }
    this.answer([...this.#taken], 'reloaded');
  }

  /** The page is closed, left for another, or goes into the back/forward cache. */
  gone() {
    if (this.#server.key) void this.#send(true);
  }

  /**
   * The page is not reloaded after all.
   *
   * @param {string} reason
   */
  stayed(reason) {
    this.answer(this.#left(), 'failed', reason);
  }

  /**
   * The page is up to date without a reload.
   *
   * @param {'same' | 'updated'} outcome
   */
  current(outcome) {
    const left = this.#leaving.splice(0);
    /** @param {boolean} isWanted */
    const events = (isWanted) => left.flatMap(({ event, isSwapped }) => (isSwapped === isWanted ? event : []));
    this.answer(events(true), 'updated');
    this.answer(events(false), outcome);
  }

  #left() {
    return this.#leaving.splice(0).map(({ event }) => event);
  }

  #forget() {
    this.#open = [];
    this.#taken.clear();
    this.#leaving = [];
    this.#waiting = [];
    this.#timed = [];
    this.#begun.clear();
  }

  /** One request at a time, which collects receipts for the next. Not a timer: those of a hidden page take a second. */
  async #sendAll() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length + this.#timed.length && !this.#isLost) {
      await this.#parts.painted();
      this.#time();
      // A request right after the frame delays what the page does then.
      await this.#parts.idle();
      await this.#send();
    }
    this.#isSending = false;
  }

  /**
   * Has a restarted server take over the instances that the page has of its modules.
   *
   * @param {Record<string, number>} modules paths, each with the change of its instance
   * @returns {Promise<boolean>} whether it has
   */
  async handOver(modules) {
    if (!this.#modulesKey) return false;
    return (await this.#post({ type: 'instances', modules }, this.#modulesKey))?.ok ?? false;
  }

  /** @param {boolean} [hasLeft] */
  async #send(hasLeft = false) {
    if (this.#isLost) return;
    if (hasLeft || this.#hasLeft) this.#time();
    const receipts = this.#timed.splice(0);
    if (!receipts.length && !hasLeft) return;
    const message = { type: 'receipt', page: this.#parts.page(), receipts, ...(hasLeft && { left: true }) };
    // With `keepalive` it goes out although the page is left.
    await this.#post(message, this.#server.key, { keepalive: true });
  }

  /**
   * @param {object} message
   * @param {string} key
   * @param {RequestInit} [init]
   * @returns {Promise<Response | undefined>} `undefined` if it did not arrive
   */
  async #post(message, key, init) {
    const { fetch, name, url } = this.#parts;
    const headers = {
      'Content-Type': 'application/json',
      'Hot-Middleware-Client': name,
      'Hot-Middleware-Receipts': key,
    };
    try {
      const response = await fetch(`${url}?receipts`, { ...init, method: 'POST', headers, body: JSON.stringify(message) });
      // A body that is not read takes one of the browser's six connections to the server.
      await response.arrayBuffer();
      return response;
    } catch {
      // Without the server, there is no terminal either.
      return undefined;
    }
  }

  /** Gives the receipts of updates the time that these have taken. */
  #time() {
    for (const receipt of this.#waiting.splice(0)) {
      const begun = this.#begun.get(receipt.event);
      this.#begun.delete(receipt.event);
      const isTimed = begun !== undefined && receipt.outcome === 'updated';
      add(this.#timed, isTimed ? { ...receipt, ms: Math.round((this.#parts.now() - begun) * 10) / 10 } : receipt);
    }
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

/**
 * The page as receipts need it: its path, its clock, and the moment at which it shows a change.
 *
 * @param {Window & typeof globalThis} window
 * @param {Pick<import('./connection.js').Clock, 'setTimeout'>} clock
 */
export function ofPage(window, clock) {
  const { document, location, performance } = window;
  return {
    page: () => location.pathname,
    now: () => performance.now(),
    /** @returns {Promise<void>} */
    painted: async () => {
      // A hidden page has no frames.
      if (document.visibilityState !== 'visible') return;
      await new Promise((resolve) => {
        clock.setTimeout(() => resolve(undefined), PATIENCE);
        // A task after the frame's callbacks, which run before it is painted.
        window.requestAnimationFrame(() => void clock.setTimeout(() => resolve(undefined), 0));
      });
    },
    /** @returns {Promise<void>} */
    idle: async () => {
      if (document.visibilityState !== 'visible') return;
      // Safari has no such callback.
      if (!window.requestIdleCallback) await new Promise((resolve) => void clock.setTimeout(() => resolve(undefined), IDLE));
      else await new Promise((resolve) => void window.requestIdleCallback(() => resolve(undefined), { timeout: PATIENCE }));
    },
  };
}

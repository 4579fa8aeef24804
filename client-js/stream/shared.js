/**
 * Event streams of a page that share one connection with the other pages of the origin.
 *
 * A browser has six connections to a host over HTTP/1.1, so a stream for each tab and frame would leave none for the app.
 * A shared worker receives the events once. What a page has missed depends on the page: it asks for that by a request that
 * ends, after the worker's stream is open, and then continues with the worker's events after the last one of the answer.
 *
 * @typedef {import('./connection.js').Source} Source
 * @typedef {import('./connection.js').Clock} Clock
 *
 * @typedef {object} Worker a shared worker as a page sees it
 * @property {MessagePort} port
 * @property {((event: any) => unknown) | null} onerror
 *
 * @typedef {object} Wiring
 * @property {(url: string) => Source} openOwn opens a stream of the page's own
 * @property {(() => Worker) | undefined} startWorker `undefined` without support for shared workers
 * @property {import('./network.js').Fetch} fetch
 * @property {Pick<Clock, 'setTimeout' | 'clearTimeout'>} clock
 * @property {() => number} silence milliseconds without an event after which a stream counts as dead
 */

import { discard } from './network.js';

/** Milliseconds in which a worker has to start. A browser that refuses one may not say so. */
const PATIENCE = 5_000;

/** Milliseconds between two pings. WebKit runs the worker in the process of one page, and says nothing to the others when
 * that ends. */
const PING = 2_000;

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** Opens streams: shared ones until it is clear that this page can't have one, and then its own. */
export class SharedStreams {
  #wiring;
  #isShared;
  /** @type {Link | undefined} */
  #link;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
    this.#isShared = wiring.startWorker !== undefined;
  }

  /** Returns true if streams are shared, as far as is known. */
  get isShared() {
    return this.#isShared;
  }

  /** Gives this page streams of its own from now on. */
  separate() {
    this.#isShared = false;
  }

  /**
   * @param {string} url
   * @returns {Source}
   */
  open(url) {
    const { openOwn, startWorker } = this.#wiring;
    if (!this.#isShared || !startWorker) return openOwn(url);
    if (this.#link?.isDead) this.#link = undefined;
    try {
      this.#link ??= new Link(startWorker());
    } catch {
      // A policy that takes no URL of a worker.
      this.separate();
      return openOwn(url);
    }
    return new SharedSource(this.#wiring, this.#link, url, () => this.separate());
  }
}

/** The connection to the worker, which one source after the other uses. */
class Link {
  /** True once the worker has sent its first message. */
  isReady = false;
  /** True once the worker is gone. */
  isDead = false;
  /** Kept, because a worker ends with its objects. */
  worker;

  /** @param {Worker} worker */
  constructor(worker) {
    this.worker = worker;
  }

  /** @param {import('./broker.js').FromPage} message */
  send(message) {
    this.worker.port.postMessage(message);
  }
}

/** @implements {Source} */
class SharedSource {
  /** @type {Source['onopen']} */
  onopen = null;
  /** @type {Source['onmessage']} */
  onmessage = null;
  /** @type {Source['onerror']} */
  onerror = null;

  #wiring;
  #url;
  #link;
  /** @type {unknown} */
  #timer;
  /** @type {Source | undefined} */
  #own;
  #state = CONNECTING;
  /** Events of the worker while the answer is on its way. @type {{ data: string, id: string }[] | undefined} */
  #early;
  #hasPong = true;
  /** The id of the last event. */
  #position = '';

  /**
   * @param {Wiring} wiring
   * @param {Link} link
   * @param {string} url
   * @param {() => void} onNoWorker
   */
  constructor(wiring, link, url, onNoWorker) {
    this.#wiring = wiring;
    this.#url = url;
    this.#link = link;
    const { worker } = link;
    const fallBack = () => {
      wiring.clock.clearTimeout(this.#timer);
      if (this.#state === CLOSED || this.#own) return;
      onNoWorker();
      this.#becomeOwn();
    };
    worker.onerror = (event) => {
      // Not an error of the page.
      event?.preventDefault?.();
      fallBack();
    };
    worker.port.onmessage = ({ data }) => this.#receive(data);
    if (link.isReady) this.#join();
    else this.#timer = wiring.clock.setTimeout(fallBack, PATIENCE);
  }

  get readyState() {
    return this.#own ? this.#own.readyState : this.#state;
  }

  close() {
    this.#wiring.clock.clearTimeout(this.#timer);
    this.#state = CLOSED;
    if (this.#own) this.#own.close();
    else this.#link.send({ leave: true });
  }

  #becomeOwn() {
    this.close();
    const own = this.#wiring.openOwn(this.#url);
    this.#own = own;
    const events = /** @type {any} */ (this);
    for (const name of ['onopen', 'onmessage', 'onerror']) {
      /** @type {any} */ (own)[name] = (/** @type {Event} */ event) => events[name]?.(event);
    }
  }

  /** @param {import('./broker.js').ToPage} message */
  #receive(message) {
    if (this.#state === CLOSED || this.#own) return;
    if ('pong' in message) {
      this.#hasPong = true;
    } else if ('ready' in message) {
      this.#wiring.clock.clearTimeout(this.#timer);
      // The browser has started the worker again, which knows nothing of this page.
      if (this.#link.isReady) return this.#fail(false);
      this.#link.isReady = true;
      this.#join();
    } else if ('open' in message) {
      this.#early = [];
      void this.#catchUp(this.#early);
    } else if ('lost' in message) {
      this.#fail(message.refused);
    } else if (this.#early) {
      this.#early.push(message);
    } else if (this.#state === OPEN) {
      this.#follow(message);
    }
  }

  #join() {
    this.#link.send({ join: this.#wiring.silence() });
    this.#ping();
  }

  #ping() {
    if (!this.#hasPong) {
      this.#link.isDead = true;
      return this.#fail(false);
    }
    this.#hasPong = false;
    this.#link.send({ ping: true });
    this.#timer = this.#wiring.clock.setTimeout(() => this.#ping(), PING);
  }

  /** @param {{ data: string, id: string }[]} early */
  async #catchUp(early) {
    /** @type {Response} */
    let response;
    let text = '';
    try {
      response = await this.#wiring.fetch(`${this.#url}&catchup`, { cache: 'no-store' });
      const isStream = /^text\/event-stream\b/.test(response.headers.get('content-type') ?? '');
      if (!response.ok || !isStream) {
        discard(response);
        return this.#fail(true);
      }
      text = await response.text();
    } catch {
      return this.#fail(false);
    }
    if (this.#state === CLOSED || this.#early !== early) return;
    this.#state = OPEN;
    this.onopen?.(new Event('open'));
    for (const event of eventsIn(text)) {
      this.#position = event.id;
      this.#dispatch(event);
    }
    this.#early = undefined;
    for (const event of early) this.#follow(event);
  }

  /**
   * Passes an event of the worker on, unless it was in the answer.
   *
   * @param {{ data: string, id: string }} event
   */
  #follow(event) {
    if (event.id) {
      const [boot, number, ahead] = parse(event.id);
      const [known, last, lastAhead] = parse(this.#position);
      // The worker and the answer came from different servers.
      if (boot !== known) return this.#fail(false);
      if (number < last || (number === last && ahead <= lastAhead)) return;
      this.#position = event.id;
    }
    this.#dispatch(event);
  }

  /** @param {{ data: string, id: string }} event */
  #dispatch({ data, id }) {
    if (this.#state === OPEN) this.onmessage?.(new MessageEvent('message', { data, lastEventId: id }));
  }

  /** @param {boolean} refused */
  #fail(refused) {
    if (this.#state === CLOSED) return;
    this.#wiring.clock.clearTimeout(this.#timer);
    this.#link.send({ leave: true });
    this.#state = refused ? CLOSED : CONNECTING;
    this.#early = undefined;
    this.onerror?.(new Event('error'));
    this.#state = CLOSED;
  }
}

/**
 * An event's id as the name of the server's run, a number, and that of an event ahead of the log that servers share.
 *
 * @param {string} id
 * @returns {[boot: string, number: number, ahead: number]}
 */
function parse(id) {
  const at = id.lastIndexOf('-');
  const [number, ahead] = id.slice(at + 1).split('~');
  return [id.slice(0, at), Number(number), Number(ahead?.split('.')[1] ?? 0)];
}

/**
 * The events in the text of an event stream (HTML standard, section 9.2.6), as this layer writes it.
 *
 * @param {string} text
 * @returns {{ data: string, id: string }[]}
 */
export function eventsIn(text) {
  const events = [];
  let id = '';
  for (const block of text.split('\n\n')) {
    /** @type {string[]} */
    const data = [];
    for (const line of block.split('\n')) {
      if (line.startsWith('id: ')) id = line.slice(4);
      else if (line.startsWith('data: ')) data.push(line.slice(6));
    }
    if (data.length) events.push({ data: data.join('\n'), id });
  }
  return events;
}

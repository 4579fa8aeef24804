/**
 * The broker of an origin's pages: one event stream, whose events go to every page that has joined.
 *
 * It never retries. When the stream is lost it says so to all pages and forgets them; each of them joins again at its own
 * pace, and the first one opens the next stream.
 *
 * @typedef {{ join: number } | { leave: true } | { ping: true }} FromPage `join`: the longest silence in milliseconds after which the page
 *   accepts a stream that is open already
 * @typedef {{ ready: true } | { open: true } | { pong: true } | { data: string, id: string } | { lost: true, refused: boolean }} ToPage
 *
 * @typedef {object} Wiring
 * @property {() => import('./connection.js').Source} open
 * @property {() => number} now
 */

/** The most pages; the oldest ones have to join again. */
const MOST_PAGES = 1_000;

const CLOSED = 2;
const HEARTBEAT = '\u{1f493}';
/** The server dropped events before the worker read them. Each page then asks for the difference to what it has. */
const LAGGED = /^\{"action":"lagged"/;

export class Broker {
  #wiring;
  /** @type {Set<MessagePort>} */
  #pages = new Set();
  /** @type {import('./connection.js').Source | undefined} */
  #source;
  #isOpen = false;
  #lastMessageAt = 0;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }

  /** @param {MessagePort} port */
  connect(port) {
    port.onmessage = ({ data }) => {
      const message = /** @type {FromPage} */ (data);
      if ('join' in message) this.#join(port, message.join);
      else if ('ping' in message) send(port, { pong: true });
      else this.#leave(port);
    };
    send(port, { ready: true });
  }

  /**
   * @param {MessagePort} port
   * @param {number} silence
   */
  #join(port, silence) {
    this.#pages.add(port);
    const [oldest] = this.#pages;
    if (oldest && this.#pages.size > MOST_PAGES) {
      this.#pages.delete(oldest);
      send(oldest, { lost: true, refused: false });
    }
    if (this.#source && this.#wiring.now() - this.#lastMessageAt > silence) {
      // Dead without a word, as after the machine has slept.
      this.#pages.delete(port);
      this.#lose(false);
      this.#pages.add(port);
    }
    if (!this.#source) this.#start();
    else if (this.#isOpen) send(port, { open: true });
  }

  /** @param {MessagePort} port */
  #leave(port) {
    this.#pages.delete(port);
    if (!this.#pages.size) this.#stop();
  }

  #start() {
    const { now, open } = this.#wiring;
    const source = open();
    this.#source = source;
    this.#lastMessageAt = now();
    source.onopen = () => {
      if (this.#source !== source) return;
      this.#isOpen = true;
      this.#lastMessageAt = now();
      this.#sendAll({ open: true });
    };
    source.onmessage = ({ data, lastEventId }) => {
      if (this.#source !== source) return;
      this.#lastMessageAt = now();
      if (LAGGED.test(data)) return this.#lose(false);
      // A browser repeats the last id with each event that has none.
      this.#sendAll({ data, id: data === HEARTBEAT ? '' : lastEventId });
    };
    source.onerror = () => {
      if (this.#source === source) this.#lose(source.readyState === CLOSED);
    };
  }

  #stop() {
    this.#source?.close();
    this.#source = undefined;
    this.#isOpen = false;
  }

  /** @param {boolean} refused */
  #lose(refused) {
    this.#stop();
    const pages = [...this.#pages];
    this.#pages.clear();
    for (const port of pages) send(port, { lost: true, refused });
  }

  /** @param {ToPage} message */
  #sendAll(message) {
    for (const port of this.#pages) send(port, message);
  }
}

/**
 * @param {MessagePort} port
 * @param {ToPage} message
 */
function send(port, message) {
  port.postMessage(message);
}

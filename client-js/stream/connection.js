/**
 * The event stream, kept open: one source at a time, a new one after every loss.
 *
 * The browser's own reconnecting is not used. It waits for seconds, gives up for good on an answer
 * that is not 200, and does not notice a connection that is silently dead.
 *
 * @typedef {object} Clock
 * @property {() => number} now milliseconds, monotonic where the platform can
 * @property {() => number} random from 0 up to 1
 * @property {(task: () => void, delay: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 *
 * @typedef {Pick<EventSource, 'onopen' | 'onmessage' | 'onerror' | 'readyState' | 'close'>} Source
 *
 * @typedef {object} Wiring
 * @property {(url: string) => Source} open
 * @property {(replay: boolean) => string} url the stream's URL; without `replay` it names no last event
 * @property {(data: string, id: string) => void} onMessage
 * @property {() => void} onLost told when a stream that was open is not any more
 * @property {() => void} onRefused told once when the server answers, but with no event stream
 * @property {Clock} clock
 * @property {{ info(line: string): void }} log
 */

const HEARTBEAT = '\u{1f493}';
const DEFAULT_HEARTBEAT = 10_000;
const FIRST_DELAY = 250;
const LAST_DELAY = 5_000;

/** How late a heartbeat may be before a page that wakes takes the connection for dead. */
const MARGIN = 2_000;

/**
 * A connection that ended sooner does not count as a success, or a server that greets and hangs up
 * would be called without a pause.
 */
const SETTLED = 1_000;

const CLOSED = 2;

export class Connection {
  #wiring;
  /** @type {Source | undefined} */
  #source;
  /** @type {unknown} */
  #retry;
  /** @type {unknown} */
  #watchdog;
  #heartbeat = DEFAULT_HEARTBEAT;
  #wanted = false;
  #attempts = 0;
  #startedAt = 0;
  #heardAt = 0;
  #heard = false;
  #opened = false;
  #lost = false;
  #refused = false;
  #outage = false;
  #isOpen = false;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }

  /** Opens the stream and keeps it open until `disconnect`. */
  connect() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempts = 0;
    this.#start(true);
  }

  /**
   * Closes the stream and leaves it closed.
   *
   * @returns {boolean} whether it was meant to be open until now
   */
  disconnect() {
    const wanted = this.#wanted;
    this.#wanted = false;
    // Anything may happen until it is opened again.
    this.#outage = true;
    this.#stop();
    return wanted;
  }

  /**
   * Sets how often the server says that it is there.
   *
   * @param {number} milliseconds
   */
  setHeartbeat(milliseconds) {
    this.#heartbeat = milliseconds;
    if (this.#source) this.#watch();
  }

  /** Opens a new stream that replays nothing: the server says what changed since the page's hashes. */
  ask() {
    if (this.#wanted) this.#start(false);
  }

  /** Looks after the connection when the page wakes or the network is back: no waiting, no dead stream. */
  wake() {
    if (!this.#wanted) return;
    const silent = this.#wiring.clock.now() - this.#heardAt;
    if (!this.#source || silent > this.#heartbeat + MARGIN) this.#start(true);
  }

  /** Whether the server did not answer at some time since the page was loaded, or the stream was closed. */
  hadOutage() {
    return this.#outage;
  }

  /** @param {boolean} replay */
  #start(replay) {
    this.#stop();
    const { clock, log, open, url, onMessage, onRefused } = this.#wiring;
    this.#startedAt = this.#heardAt = clock.now();
    this.#heard = false;
    this.#isOpen = false;
    const source = open(url(replay));
    this.#source = source;

    source.onopen = () => {
      if (this.#source !== source) return;
      this.#hear();
      this.#isOpen = true;
      if (clock.now() - this.#startedAt > SETTLED) this.#outage = true;
      if (!this.#opened) log.info('connected');
      else if (this.#lost) log.info('reconnected');
      this.#opened = true;
      this.#lost = false;
    };
    source.onmessage = ({ data, lastEventId }) => {
      if (this.#source !== source) return;
      this.#heard = true;
      this.#hear();
      if (data !== HEARTBEAT) onMessage(data, lastEventId);
    };
    source.onerror = () => {
      if (this.#source !== source) return;
      const refused = source.readyState === CLOSED;
      this.#lose();
      if (refused && !this.#refused) {
        this.#refused = true;
        onRefused();
      }
    };
    this.#watch();
  }

  #stop() {
    const { clock } = this.#wiring;
    clock.clearTimeout(this.#retry);
    clock.clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#source = undefined;
  }

  #hear() {
    this.#heardAt = this.#wiring.clock.now();
    this.#refused = false;
    this.#watch();
  }

  #watch() {
    const { clock } = this.#wiring;
    clock.clearTimeout(this.#watchdog);
    this.#watchdog = clock.setTimeout(() => this.#lose(), 2 * this.#heartbeat);
  }

  #lose() {
    this.#stop();
    const { clock, log } = this.#wiring;
    if (!this.#isOpen) this.#outage = true;
    if (this.#heard && clock.now() - this.#startedAt >= SETTLED) this.#attempts = 0;
    if (this.#opened && !this.#lost) {
      this.#lost = true;
      log.info('disconnected, reconnecting');
      this.#wiring.onLost();
    }
    this.#retry = clock.setTimeout(() => this.#start(true), delay(this.#attempts, clock.random()));
    this.#attempts += 1;
  }
}

/**
 * How long to wait before a retry: not at all at first, then from 250 ms to 5 s, up to half of
 * it taken off at random so that many tabs do not come at once.
 *
 * @param {number} attempts
 * @param {number} random
 */
function delay(attempts, random) {
  if (attempts === 0) return 0;
  const full = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** Math.min(attempts - 1, 16));
  return Math.max(FIRST_DELAY, full * (1 - random / 2));
}

/**
 * Ties a connection to the life of its page.
 *
 * A page in the back/forward cache must hold no connection, or browsers do not keep it there.
 *
 * @param {Connection} connection
 * @param {EventTarget} window
 * @param {EventTarget & Pick<Document, 'visibilityState'>} document
 */
export function followPage(connection, window, document) {
  let asleep = false;
  window.addEventListener('pagehide', () => {
    asleep = connection.disconnect();
  });
  window.addEventListener('pageshow', () => {
    if (asleep) connection.connect();
    asleep = false;
  });
  const wake = () => connection.wake();
  window.addEventListener('online', wake);
  document.addEventListener('resume', wake);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake();
  });
}

/**
 * The browser's clock.
 *
 * @param {Window} window
 * @returns {Clock}
 */
export function clockOf(window) {
  return {
    // Not performance.now(), which stands still in some browsers while the machine sleeps.
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (task, delay) => window.setTimeout(task, delay),
    clearTimeout: (timer) => window.clearTimeout(timer),
  };
}

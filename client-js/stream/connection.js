/**
 * The connection to the event stream: one EventSource at a time, and a new one after every loss.
 *
 * The browser's own reconnecting is not used: it waits for seconds, gives up on a response other than 200, and does not
 * notice a dead connection.
 *
 * @typedef {object} Clock
 * @property {() => number} now milliseconds, monotonic where the platform can
 * @property {() => number} random from 0 up to 1
 * @property {(task: () => void, delay: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 *
 * @typedef {object} Source an EventSource or its equivalent
 * @property {((event: Event) => any) | null} onopen
 * @property {((event: MessageEvent) => any) | null} onmessage
 * @property {((event: Event) => any) | null} onerror
 * @property {number} readyState
 * @property {() => void} close
 *
 * @typedef {object} Wiring
 * @property {(url: string) => Source} open
 * @property {(replay: boolean) => string} url the stream's URL; without `replay` it names no last event
 * @property {(data: string, id: string) => void} onMessage
 * @property {() => void} onLost called when an open stream is lost
 * @property {() => void} [onOpen] called when a stream is open
 * @property {() => boolean} [isEager] returns true where attempts are cheap and the user waits for their outcome
 * @property {() => void} onRefused called once when the server responds without an event stream
 * @property {Clock} clock
 * @property {{ info(line: string): void }} log
 */

const HEARTBEAT = '\u{1f493}';
const DEFAULT_HEARTBEAT = 10_000;
const FIRST_DELAY = 250;
const LAST_DELAY = 5_000;

/** The interval of an eager page in the first minute, as long as most builds take, and afterwards. A refused connection on this machine or network costs both ends next to nothing,
 * and a longer interval would be most of the time from the server's start to the new page. */
const EAGER_DELAY = 50;
const EAGER_DELAY_LATER = 100;
const EAGER_AT_FIRST = 60_000;
/** Milliseconds without a server after which an eager page retries like any other. */
const EAGER_FOR = 15 * 60_000;
/** The longest delay of an eager page whose attempts are answered, but not with an event stream: by a proxy, usually. */
const ANSWERED_DELAY = 1_000;

/** Milliseconds that a heartbeat may be late before a page that wakes considers the connection dead. */
const MARGIN = 2_000;

/** Milliseconds after which a connection counts as a success. Without it, a server that accepts and closes at once would
 * be called without a pause. */
const SETTLED = 1_000;

/** Milliseconds after which a hidden page gives up a connection of its own. */
const HIDDEN_FOR = 10_000;

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
  #isAsleep = false;
  #attempts = 0;
  #lostAt = 0;
  #startedAt = 0;
  #lastMessageAt = 0;
  #hasMessage = false;
  #opened = false;
  #lost = false;
  #refused = false;
  /** True if the last attempt was refused. */
  #isRefused = false;
  #outage = false;
  #isOpen = false;

  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }

  /** Opens the stream and keeps it open until `disconnect`. */
  connect() {
    this.#isAsleep = false;
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempts = 0;
    this.#start(true);
  }

  /**
   * Closes the stream and leaves it closed.
   *
   * @returns {boolean} whether it was connected, or connecting
   */
  disconnect() {
    const wanted = this.#wanted;
    this.#wanted = this.#isAsleep = false;
    // Any number of builds may follow before it is opened again.
    this.#outage = true;
    this.#stop();
    return wanted;
  }

  /** Closes the stream until `connect`, while the page is frozen, hidden or in the back/forward cache. */
  sleep() {
    const isAsleep = this.#isAsleep;
    this.#isAsleep = this.disconnect() || isAsleep;
  }

  /** True in a page that would be connected if it were awake. */
  get isAsleep() {
    return this.#isAsleep;
  }

  /**
   * Sets the interval of the server's heartbeat.
   *
   * @param {number} milliseconds
   */
  setHeartbeat(milliseconds) {
    this.#heartbeat = milliseconds;
    if (this.#source) this.#watch();
  }

  /** Milliseconds without an event after which an open stream counts as dead when the page wakes. */
  silence() {
    return this.#heartbeat + MARGIN;
  }

  /**
   * Opens another stream that continues after the last event.
   *
   * @returns {boolean} whether there is to be a stream
   */
  reopen() {
    if (this.#wanted) this.#start(true);
    return this.#wanted;
  }

  /** Reconnects without a replay: the server then sends the changes since the page's hashes. */
  ask() {
    if (this.#wanted) this.#start(false);
  }

  /** Reconnects at once if needed, when the page wakes, is shown or focused, or the network is back. */
  wake() {
    if (!this.#wanted) return;
    const silent = this.#wiring.clock.now() - this.#lastMessageAt;
    if (!this.#source || silent > this.silence()) this.#start(true);
  }

  /** Returns true if, since the page was loaded, the server did not respond or the stream was closed. */
  hadOutage() {
    return this.#outage;
  }

  /** Returns true if the server's last answer was no event stream. */
  isRefused() {
    return this.#isRefused;
  }

  /** @param {boolean} replay */
  #start(replay) {
    this.#stop();
    const { clock, log, open, url, onMessage, onRefused } = this.#wiring;
    this.#startedAt = this.#lastMessageAt = clock.now();
    this.#hasMessage = false;
    this.#isOpen = false;
    const source = open(url(replay));
    this.#source = source;

    source.onopen = () => {
      if (this.#source !== source) return;
      this.#touch();
      this.#isOpen = true;
      if (clock.now() - this.#startedAt > SETTLED) this.#outage = true;
      if (!this.#opened) log.info('connected');
      else if (this.#lost) log.info('reconnected');
      this.#opened = true;
      this.#lost = false;
      this.#wiring.onOpen?.();
    };
    source.onmessage = ({ data, lastEventId }) => {
      if (this.#source !== source) return;
      this.#hasMessage = true;
      this.#touch();
      if (data !== HEARTBEAT) onMessage(data, lastEventId);
    };
    source.onerror = () => {
      if (this.#source !== source) return;
      const refused = source.readyState === CLOSED;
      this.#isRefused = refused;
      this.#lose(refused);
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

  #touch() {
    this.#lastMessageAt = this.#wiring.clock.now();
    this.#refused = this.#isRefused = false;
    this.#watch();
  }

  #watch() {
    const { clock } = this.#wiring;
    clock.clearTimeout(this.#watchdog);
    this.#watchdog = clock.setTimeout(() => this.#lose(), 2 * this.#heartbeat);
  }

  /** @param {boolean} [isAnswered] whether the server answered something else than an event stream */
  #lose(isAnswered = false) {
    this.#stop();
    const { clock, log } = this.#wiring;
    const now = clock.now();
    const wasOpen = this.#isOpen;
    if (!wasOpen) this.#outage = true;
    if (this.#hasMessage && now - this.#startedAt >= SETTLED) this.#attempts = 0;
    if (wasOpen || !this.#attempts) this.#lostAt = now;
    if (this.#opened && !this.#lost) {
      this.#lost = true;
      log.info('disconnected, reconnecting');
      this.#wiring.onLost();
    }
    this.#retry = clock.setTimeout(() => this.#start(true), this.#delay(wasOpen, isAnswered));
    this.#attempts += 1;
  }

  /**
   * The delay before the next attempt. A server that accepts connections and ends them is never called eagerly.
   *
   * @param {boolean} wasOpen
   * @param {boolean} isAnswered
   */
  #delay(wasOpen, isAnswered) {
    const { clock, isEager } = this.#wiring;
    const backoff = delay(this.#attempts, clock.random());
    const absence = clock.now() - this.#lostAt;
    if (wasOpen || !isEager?.() || absence > EAGER_FOR) return backoff;
    const eager = absence > EAGER_AT_FIRST ? EAGER_DELAY_LATER : EAGER_DELAY;
    return Math.min(backoff, isAnswered ? ANSWERED_DELAY : eager);
  }
}

/**
 * The delay before a retry: none at first, then 250 ms to 5 s. Up to half of it is subtracted at random, so that many
 * tabs do not reconnect at once.
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
 * Disconnects while the page is frozen or in the back/forward cache, and reconnects when it is back or awake.
 *
 * Browsers keep no page in that cache that holds a connection. A hidden page with a connection of its own gives it up too:
 * the browser has six to a host over HTTP/1.1.
 *
 * @param {Connection} connection
 * @param {EventTarget} window
 * @param {EventTarget & Pick<Document, 'visibilityState'>} document
 * @param {{ clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>, yields: () => boolean }} [hidden] `yields` returns true if
 *   the page gives up its connection while it is hidden
 */
export function followPage(connection, window, document, hidden) {
  /** @type {unknown} */
  let timer;
  const sleep = () => connection.sleep();
  const wake = () => {
    hidden?.clock.clearTimeout(timer);
    if (connection.isAsleep) connection.connect();
    else connection.wake();
  };
  const hide = () => {
    hidden?.clock.clearTimeout(timer);
    timer = hidden?.clock.setTimeout(() => hidden.yields() && sleep(), HIDDEN_FOR);
  };
  window.addEventListener('pagehide', sleep);
  document.addEventListener('freeze', sleep);
  window.addEventListener('pageshow', () => connection.isAsleep && connection.connect());
  window.addEventListener('online', () => connection.isAsleep || wake());
  window.addEventListener('focus', wake);
  document.addEventListener('resume', wake);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake();
    else hide();
  });
  // A tab that is opened in the background gets no such event.
  if (document.visibilityState !== 'visible') hide();
}

/**
 * Returns true if a stream at this URL is retried eagerly: in a visible page, on a loopback or private address or under
 * a name that is reserved for one.
 *
 * @param {string} url
 * @param {Pick<Document, 'visibilityState'>} document
 */
export function isEager(url, document) {
  return document.visibilityState === 'visible' && isLocal(new URL(url).hostname);
}

/**
 * @param {string} host as the URL parser writes it
 */
export function isLocal(host) {
  const [first = 0, second = 0] = /^[\d.]+$/.test(host) ? host.split('.').map(Number) : [];
  return (
    // Loopback, private use (RFC 1918) and link-local.
    first === 127 ||
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    // The same of IPv6: loopback, unique local and link-local.
    /^\[(?:::1\]|f[cd]|fe[89ab])/.test(host) ||
    // Reserved names (RFC 2606, 6761, 6762, 8375, `internal`) and those of the local network, which have no dot.
    /(?:^|\.)(?:localhost|local|test|internal|home\.arpa)$/.test(host) ||
    /^[^.:]+$/.test(host)
  );
}

/**
 * The browser's clock.
 *
 * @param {Window} window
 * @returns {Clock}
 */
export function clockOf(window) {
  return {
    // Not performance.now(), which stops in some browsers while the machine sleeps.
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (task, delay) => window.setTimeout(task, delay),
    clearTimeout: (timer) => window.clearTimeout(timer),
  };
}

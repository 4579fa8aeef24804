/** Reports for the developer's terminal: the page's problems, and lines of its console if the server asks for them. */

import { shorten } from '../stream/text.js';
import { withoutVersion } from '../stream/url.js';
import { errorText, isError, textOf, textOfLine } from './console-text.js';
import { sourceMapsOf } from './source-maps.js';
import { framesOf } from './stack.js';

/** Bounds of what is sent: different entries at a time, characters of one and of a request, and milliseconds between two. */
const MOST_ENTRIES = 64;
const MOST_TEXT = 2_000;
const MOST_BODY = 20_000;
const FIRST = 50;
const PAUSE = 500;

/** The most events and lines in a second that are looked at: a page may log in a loop. */
const MOST_SEEN = 2_000;

/** Milliseconds that source maps may take. */
const PATIENCE = 2_000;

/** Lines of this client, and of the development tools of others. */
const TOOLS = /^(?:%c)?\[(?:HMR|vite|rsbuild|webpack-dev-server|rspack-dev-server|Fast Refresh)\]|^(?:%c)?Download the React DevTools/i;

/**
 * @typedef {import('../client.d.ts').Reported} Reported
 * @typedef {Pick<import('./stack.js').Frame, 'url' | 'line' | 'column'>} Place
 *
 * @typedef {{ urls: Set<string>, isParsing(time: number): boolean }} Requested the client's own requests: URLs of source maps, and
 *   whether a violation at this time may be one of an answer that the client has parsed
 *
 * @typedef {object} Entry
 * @property {string} page the path of the page's URL
 * @property {'error' | 'rejection' | 'resource' | 'policy' | 'console'} kind
 * @property {string} level
 * @property {string} text
 * @property {Place | undefined} place
 * @property {number} count
 */

export class Reports {
  #parts;
  #key = '';
  /** Events that were dispatched a moment ago: a listener of the page may still prevent their default. @type {Event[]} */
  #events = [];
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  #omitted = 0;
  #seen = { since: 0, count: 0 };
  /** @type {unknown} */
  #timer;
  #isSending = false;
  /** True while an item is read: what that logs or throws is not reported. */
  #isReading = false;

  /**
   * @param {object} parts
   * @param {import('../stream/network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string} parts.own the folder of the client's files
   * @param {Pick<Location, 'origin' | 'pathname'>} parts.location
   * @param {Pick<import('../stream/connection.js').Clock, 'now' | 'setTimeout'>} parts.clock
   * @param {Pick<import('./source-maps.js').SourceMaps, 'originalOf'>} parts.maps
   * @param {Requested} parts.requested
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Notes the key of the server that this page is connected to. Another process has another one.
   *
   * @param {string} key
   */
  greet(key) {
    this.#key = key;
    this.#plan();
  }

  /** The stream was lost. What is reported until the next greeting waits for it: another process may answer then. */
  lost() {
    this.#key = '';
  }

  /**
   * Takes an event or a line of the console. Never throws.
   *
   * @param {Reported} item
   */
  take(item) {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      if (!this.#isAllowed()) this.#omitted += 1;
      else if (!('event' in item)) this.#add(lineOf(item, this.#parts.location.pathname));
      else if (this.#events.length < MOST_ENTRIES) this.#events.push(item.event);
      else this.#omitted += 1;
      this.#plan();
    } catch {
      // A report of it would be the next problem.
    } finally {
      this.#isReading = false;
    }
  }

  /** Sends what is there at once, as the page is left. Source maps are not waited for. */
  leave() {
    this.#read();
    void this.#post(this.#batch(), (place) => Promise.resolve(this.#nameOf(place)));
  }

  #isAllowed() {
    const now = this.#parts.clock.now();
    if (now - this.#seen.since >= 1_000) this.#seen = { since: now, count: 0 };
    this.#seen.count += 1;
    return this.#seen.count <= MOST_SEEN;
  }

  #plan() {
    if (!this.#key || this.#isSending || !(this.#events.length + this.#entries.size + this.#omitted)) return;
    this.#timer ??= this.#parts.clock.setTimeout(() => void this.#send(), FIRST);
  }

  /** One request at a time, which collects entries for the next. */
  async #send() {
    this.#timer = undefined;
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      this.#read();
      if (this.#key) await this.#post(this.#batch(), (place) => this.#originalOf(place));
      await new Promise((resolve) => void this.#parts.clock.setTimeout(() => resolve(undefined), PAUSE));
    } finally {
      this.#isSending = false;
      this.#plan();
    }
  }

  /** Turns the events into entries. */
  #read() {
    this.#isReading = true;
    for (const event of this.#events.splice(0)) {
      try {
        // Browsers leave such an error out of their console, too.
        if (!event.defaultPrevented) this.#add(entryOf(event, this.#parts));
      } catch {
        this.#omitted += 1;
      }
    }
    this.#isReading = false;
  }

  /** @param {Omit<Entry, 'count'> | undefined} entry */
  #add(entry) {
    if (!entry || (entry.place && entry.place.url.startsWith(this.#parts.own))) return;
    const { kind, level, page, place } = entry;
    const text = shorten(entry.text, MOST_TEXT);
    const key = JSON.stringify([page, kind, level, text, place]);
    this.#put(key, { ...entry, text, count: 1 });
  }

  /**
   * @param {string} key
   * @param {Entry} entry
   */
  #put(key, entry) {
    const known = this.#entries.get(key);
    if (known) known.count += entry.count;
    else if (this.#entries.size < MOST_ENTRIES) this.#entries.set(key, entry);
    else this.#omitted += entry.count;
  }

  /** Takes as many entries as fit into a request. */
  #batch() {
    /** @type {[string, Entry][]} */
    const batch = [];
    let size = 0;
    for (const [key, entry] of this.#entries) {
      size += entry.text.length + entry.page.length + (entry.place?.url.length ?? 0) + 100;
      if (batch.length && size > MOST_BODY) break;
      this.#entries.delete(key);
      batch.push([key, entry]);
    }
    const omitted = this.#omitted;
    this.#omitted = 0;
    return { batch, omitted };
  }

  /**
   * @param {{ batch: [string, Entry][], omitted: number }} sent
   * @param {(place: Place) => Promise<string>} nameOf
   */
  async #post({ batch, omitted }, nameOf) {
    const { fetch, url } = this.#parts;
    if (!(batch.length + omitted)) return;
    const entries = await Promise.all(
      batch.map(async ([, { place, ...entry }]) => ({ ...entry, ...(place && { place: await nameOf(place) }) })),
    );
    const key = this.#key;
    const keep = () => {
      for (const [key, entry] of batch) this.#put(key, entry);
      this.#omitted += omitted;
    };
    if (!key) return keep();
    const headers = { 'Content-Type': 'application/json', 'Hot-Middleware-Receipts': key };
    const body = JSON.stringify({ type: 'console', entries, omitted });
    const answer = await fetch(`${url}?receipts`, { method: 'POST', headers, body, keepalive: true }).catch(() => undefined);
    void answer?.arrayBuffer().catch(() => undefined);
    // Another process answers now. Its greeting has its key.
    if (answer?.status !== 403) return;
    if (this.#key === key) this.#key = '';
    keep();
  }

  /** @param {Place} place */
  async #originalOf(place) {
    const { clock, maps } = this.#parts;
    const late = new Promise((resolve) => void clock.setTimeout(() => resolve(undefined), PATIENCE));
    const original = await Promise.race([maps.originalOf(place), late]);
    return original ? `${original.file}:${original.line}:${original.column}` : this.#nameOf(place);
  }

  /** @param {Place} place */
  #nameOf({ url, line, column }) {
    return `${shortUrl(url, this.#parts.location.origin)}:${line}:${column}`;
  }
}

/**
 * @param {Extract<Reported, { values: unknown[] }>} line
 * @param {string} page
 * @returns {Omit<Entry, 'count'> | undefined}
 */
function lineOf({ level, stack, values }, page) {
  const text = textOfLine(values);
  if (!text || TOOLS.test(text) || TOOLS.test(String(values[0]))) return undefined;
  const error = values.find(isError);
  // The first frame is the wrapper's.
  const [place] = framesOf(String(error?.stack ?? '')).slice(0, 1).concat(framesOf(stack).slice(1, 2));
  return { page, kind: 'console', level, text, place: place && placeOf(place) };
}

/**
 * @param {Event} event
 * @param {{ location: Pick<Location, 'origin' | 'pathname'>, requested: Requested }} page
 * @returns {Omit<Entry, 'count'> | undefined}
 */
function entryOf(event, { location, requested }) {
  const page = location.pathname;
  if (event.type === 'unhandledrejection') {
    const { reason } = /** @type {PromiseRejectionEvent} */ (event);
    return { page, kind: 'rejection', level: 'error', ...thrown(reason) };
  }
  if (event.type === 'securitypolicyviolation') {
    const violation = /** @type {SecurityPolicyViolationEvent} */ (event);
    const { blockedURI, columnNumber, disposition, effectiveDirective, lineNumber, sourceFile } = violation;
    const isStyle = blockedURI === 'inline' && effectiveDirective.startsWith('style-src');
    if (isStyle && requested.isParsing(event.timeStamp)) return undefined;
    const isReport = disposition === 'report';
    return {
      page,
      kind: 'policy',
      level: isReport ? 'warn' : 'error',
      text: `${effectiveDirective} ${shortUrl(blockedURI, location.origin)}${isReport ? ' (report only)' : ''}`,
      place: sourceFile && lineNumber ? placeOf({ url: sourceFile, line: lineNumber, column: columnNumber || 1 }) : undefined,
    };
  }
  if (!('lineno' in event)) {
    const element = /** @type {Element & { currentSrc?: unknown, src?: unknown, href?: unknown, data?: unknown }} */ (event.target);
    const { currentSrc, data, href, src } = element;
    const url = [currentSrc, src, href, data].find((url) => typeof url === 'string' && url);
    // An element without a URL has failed because of its parts, such as a `video` with a `source`.
    if (typeof url !== 'string') return undefined;
    return { page, kind: 'resource', level: 'error', text: `<${element.localName}> ${shortUrl(url, location.origin)}`, place: undefined };
  }
  const { colno, error, filename, lineno, message } = /** @type {ErrorEvent} */ (event);
  const known = error === undefined || error === null ? { text: message, place: undefined } : thrown(error);
  const place = known.place ?? (URL.canParse(filename) && lineno ? placeOf({ url: filename, line: lineno, column: colno || 1 }) : undefined);
  return { page, kind: 'error', level: 'error', text: known.text, place };
}

/** @param {unknown} value what was thrown */
function thrown(value) {
  if (!isError(value)) return { text: textOf(value), place: undefined };
  const [place] = framesOf(String(value.stack ?? ''));
  return { text: errorText(value), place: place && placeOf(place) };
}

/** @param {Place} place */
function placeOf({ url, line, column }) {
  return { url, line, column };
}

/**
 * A URL for a line: the path if it is of the page's own origin, without the versions of updated files.
 *
 * @param {string} url
 * @param {string} origin
 */
function shortUrl(url, origin) {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return shorten(url, 200);
  const parsed = new URL(withoutVersion(url));
  return shorten(parsed.origin === origin ? parsed.pathname + parsed.search : parsed.href, 500);
}

/**
 * The reports of a page, which begin with the first call. Frames that the page fills are watched once they are loaded.
 *
 * @param {Window & typeof globalThis} window
 * @param {import('../client.d.ts').ReportSource} source
 * @param {Omit<ConstructorParameters<typeof Reports>[0], 'location' | 'maps'>} parts
 * @returns {Reports}
 */
export function reportsOf(window, source, parts) {
  const page = /** @type {{ [KEY]?: Reports }} */ (source);
  if (page[KEY]) return page[KEY];
  const maps = sourceMapsOf(window, parts.requested.urls);
  const reports = (page[KEY] = new Reports({ ...parts, location: window.location, maps }));
  source.take((item) => reports.take(item));
  window.addEventListener('pagehide', () => reports.leave());
  const { document } = window;
  /** @param {unknown} frame */
  const watch = (frame) => {
    try {
      const view = /** @type {HTMLIFrameElement} */ (frame).contentWindow;
      // One of another origin throws, and one of the server has its own client.
      if (view && /^(?:about|blob):/.test(view.document.URL) && !('__hot_middleware__' in view)) source.watch(/** @type {any} */ (view));
    } catch {
      // It is not the page's.
    }
  };
  for (const frame of document.querySelectorAll('iframe, frame')) watch(frame);
  document.addEventListener('load', ({ target }) => watch(target), { capture: true, passive: true });
  return reports;
}

const KEY = Symbol.for('tower-hot-middleware.reports');

/** The source maps of a page's scripts: found, loaded, kept, and asked for original places. */

import { SourceMap } from './source-map.js';

/** The largest script and map that are read, in bytes; the most that are kept; and the milliseconds for each. */
const MOST_SCRIPT = 16 << 20;
const MOST_MAP = 32 << 20;
const MOST_KEPT = 32;
const MOST_SHOWN = 1 << 20;
const MOST_REQUESTED = 1_000;
const LIMIT = 5_000;

/** The start of the comment, as of the second in CSS. */
const COMMENT = /(?:\/\/|\/\*)[#@]\s*$/;
const NAME = 'sourceMappingURL=';
const MOST_COMMENT = 16;

/**
 * @typedef {import('./source-map.js').Original & { file: string }} Place `file` is the source's name for people
 */

export class SourceMaps {
  #page;
  /** @type {Map<string, Promise<SourceMap | undefined>>} */
  #maps = new Map();

  /**
   * @param {object} page
   * @param {Set<string>} [page.requested] gets the URLs that are requested: they are no files that the page uses
   * @param {import('../stream/network.js').Fetch} page.fetch
   * @param {string} page.origin only this origin's scripts and maps are requested
   * @param {Pick<import('../stream/connection.js').Clock, 'setTimeout' | 'clearTimeout'>} page.clock
   */
  constructor(page) {
    this.#page = page;
  }

  /**
   * The original of a place in a script, or `undefined`: without a map, for another origin, and for a map that is invalid,
   * too large or does not arrive in time. Never rejects.
   *
   * @param {Pick<import('./stack.js').Frame, 'url' | 'line' | 'column'>} place
   * @returns {Promise<Place | undefined>}
   */
  async originalOf({ url, line, column }) {
    try {
      const original = (await this.#mapOf(url))?.originalOf(line, column);
      return original && { ...original, file: fileOf(original.source) };
    } catch {
      return undefined;
    }
  }

  /**
   * The original of a place, or the place itself in a script of this origin that has no map. Never rejects.
   *
   * @param {Pick<import('./stack.js').Frame, 'url' | 'line' | 'column'>} place
   * @returns {Promise<Pick<Place, 'file' | 'line' | 'column' | 'text'> | undefined>}
   */
  async placeOf({ url, line, column }) {
    const original = await this.originalOf({ url, line, column });
    if (original) return original;
    try {
      if (!this.#isOwn(url)) return undefined;
      const script = await this.#read(url, MOST_SHOWN);
      return { file: new URL(url).pathname, line, column, text: script?.text };
    } catch {
      return undefined;
    }
  }

  /** @param {string} url */
  #mapOf(url) {
    const known = this.#maps.get(url);
    if (known) return known;
    const map = this.#load(url).catch(() => undefined);
    this.#maps.set(url, map);
    for (const oldest of this.#maps.keys()) {
      if (this.#maps.size <= MOST_KEPT) break;
      this.#maps.delete(oldest);
    }
    return map;
  }

  /** @param {string} url */
  async #load(url) {
    if (!this.#isOwn(url)) return undefined;
    const script = await this.#read(url, MOST_SCRIPT);
    const named = script && (script.header ?? mappingUrl(script.text));
    if (!script || !named) return undefined;
    if (/^data:/i.test(named)) return new SourceMap(parse(textOfData(named)));
    const location = new URL(named, url).href;
    if (!this.#isOwn(location)) return undefined;
    const map = await this.#read(location, MOST_MAP);
    return map && new SourceMap(parse(map.text));
  }

  /** @param {string} url */
  #isOwn(url) {
    const { origin, protocol } = new URL(url);
    return /^https?:$/.test(protocol) && origin === this.#page.origin;
  }

  /**
   * @param {string} url
   * @param {number} most
   */
  async #read(url, most) {
    const { clock, fetch, requested } = this.#page;
    requested?.add(url);
    for (const oldest of requested ?? []) if (requested && requested.size > MOST_REQUESTED) requested.delete(oldest);
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(), LIMIT);
    try {
      // The version that the browser has run.
      const response = await fetch(url, { cache: 'force-cache', signal: abort.signal });
      if (!response.ok) return undefined;
      const text = await textOf(response, most);
      if (text === undefined) return undefined;
      return { text, header: response.headers.get('SourceMap') ?? response.headers.get('X-SourceMap') };
    } finally {
      clock.clearTimeout(timer);
      abort.abort();
    }
  }
}

/**
 * The text of a response, or `undefined` if it has more bytes.
 *
 * @param {Response} response
 * @param {number} most
 */
async function textOf(response, most) {
  const reader = response.body?.getReader();
  if (!reader) return undefined;
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > most) return undefined;
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * The URL in the comment at the end of a script. After it there are only further comments and blank lines: a script may
 * have the words in a text as well.
 *
 * @param {string} script
 * @returns {string | undefined}
 */
export function mappingUrl(script) {
  const at = script.lastIndexOf(NAME);
  if (at < 0 || !COMMENT.test(script.slice(Math.max(0, at - MOST_COMMENT), at))) return undefined;
  const [first = '', ...rest] = script.slice(at + NAME.length).split('\n');
  if (rest.some((line) => line.trim() && !line.trim().startsWith('//'))) return undefined;
  return /^[^\s'"`]+?(?=\s*(?:\*\/\s*)?$)/.exec(first.trim())?.[0];
}

/**
 * The text of a `data:` URL. Not by `fetch`, which a policy may forbid.
 *
 * @param {string} url
 */
function textOfData(url) {
  const comma = url.indexOf(',');
  const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
  if (body.length > MOST_MAP) throw new Error('a map that is too large');
  if (!/;base64$/i.test(head)) return decodeURIComponent(body);
  return new TextDecoder().decode(Uint8Array.from(atob(body), (character) => character.charCodeAt(0)));
}

/**
 * The JSON of a map. Its first line may be one that keeps it from being a script.
 *
 * @param {string} text
 */
function parse(text) {
  return JSON.parse(text.startsWith(")]}'") ? text.slice(text.indexOf('\n') + 1) : text);
}

/**
 * A source's name for people, as a path: without what bundlers put before and after it.
 *
 * @param {string} source
 */
export function fileOf(source) {
  const url = /^([a-z][a-z\d+.-]+):\/\/([^/]*)\/(.*)$/is.exec(source);
  const [, scheme = '', , below = ''] = url ?? [];
  const isFile = /^file$/i.test(scheme);
  // `webpack://name/./src/a.ts?1f0c`
  const path = url ? (isFile ? `/${below}` : below).replace(/[?#].*$/s, '') : source;
  return (isFile ? path : path.replace(/^(?:\.{0,2}\/)+/, '')) || source;
}

const KEY = Symbol.for('tower-hot-middleware.source-maps');

/**
 * The source maps of a page, which all parts of the client share.
 *
 * @param {Window & typeof globalThis} window
 * @param {Set<string>} [requested] gets the URLs that are requested
 * @returns {SourceMaps}
 */
export function sourceMapsOf(window, requested) {
  const page = /** @type {{ [KEY]?: SourceMaps }} */ (window);
  return (page[KEY] ??= new SourceMaps({
    fetch: window.fetch.bind(window),
    origin: window.location.origin,
    ...(requested && { requested }),
    clock: { setTimeout: window.setTimeout.bind(window), clearTimeout: window.clearTimeout.bind(window) },
  }));
}

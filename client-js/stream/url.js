/**
 * Names and comparison of URLs.
 *
 * Two spellings of one path must compare equal (`it's.css` and `it%27s.css`), two paths must not
 * (`a%2Fb` and `a/b`), and no spelling may throw: file names need not be UTF-8.
 */

import { encode } from './text.js';

/** The query parameter under which a browser fetches a changed file. */
const PARAM = '__hot';

/** The longest URL of a file: servers refuse longer ones, and a `data:` URL can be megabytes long. */
const MOST_URL = 16_384;

/** The most further hosts of an app. */
const MOST_HOSTS = 64;

/**
 * Bounds of the stream's query. The server ignores further values, and proxies refuse a request line beyond 8 kB with
 * 414. A bundle whose hash is left out costs at most one reload after a lost connection.
 */
const MOST_SINCE = 64;
const MOST_SINCE_LENGTH = 4_096;
/** Bytes of one value. */
const MOST_VALUE = 128;

/** ASCII that means something else when it is not escaped. */
const RESERVED = new Set(['%', '/', '?', '#']);

/**
 * The one spelling of a URL's path by which paths are compared.
 *
 * Escapes of ASCII are decoded, save the reserved. Other bytes stay escaped, as the URL parser has
 * already escaped all text.
 *
 * @param {string} pathname
 */
export function canonicalPath(pathname) {
  return pathname.replace(/%([0-9a-f]{2})?/gi, (escape, hex) => {
    if (!hex) return '%25';
    const character = String.fromCharCode(parseInt(hex, 16));
    return character < '\x80' && !RESERVED.has(character) ? character : escape.toUpperCase();
  });
}

/**
 * The key of the file behind a URL: its origin and canonical path, without query and fragment.
 *
 * @param {string} url
 * @param {string} [base]
 * @returns {string | undefined} `undefined` for a URL without a server (`data:`, `blob:`) and for an invalid one
 */
export function keyOf(url, base) {
  const parsed = parseHttp(url, base);
  return parsed && parsed.origin + canonicalPath(parsed.pathname);
}

/** @typedef {(url: string, base?: string) => string | undefined} KeyOf */

/**
 * A `keyOf` that gives all URLs of one app its own origin: those under the loopback names on its port, and those under
 * its further hosts on its port or the default port.
 *
 * @param {string} app an address of the app
 * @param {readonly string[]} hosts further hosts of the app; a leading dot also allows all names under one
 * @returns {KeyOf}
 */
export function keyOfApp(app, hosts) {
  const own = new URL(app);
  const names = hosts.slice(0, MOST_HOSTS).map((host) => host.toLowerCase());
  /** @param {string} hostname */
  const isNamed = (hostname) =>
    names.some((name) => (name.startsWith('.') ? `.${hostname}`.endsWith(name) : hostname === name));
  /** @param {URL} url */
  const isOwn = ({ hostname, port }) => {
    if (port === own.port && (hostname === own.hostname || isLoopback(hostname))) return true;
    return (port === own.port || port === '') && isNamed(hostname);
  };
  return (url, base) => {
    const parsed = parseHttp(url, base);
    if (!parsed) return undefined;
    const origin = parsed.origin === own.origin || isOwn(parsed) ? own.origin : parsed.origin;
    return origin + canonicalPath(parsed.pathname);
  };
}

/**
 * Returns true for the names of the browser's own machine (RFC 6761, section 6.3).
 *
 * @param {string} hostname as the URL parser writes it
 */
function isLoopback(hostname) {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/**
 * The URL with the parameter that names this version of the file; the rest of it as it was written.
 *
 * @param {string} url
 * @param {string} version
 */
export function withVersion(url, version) {
  const { path, query, fragment } = split(withoutVersion(url));
  return `${path}?${query ? `${query}&` : ''}${PARAM}=${encode(version)}${fragment}`;
}

/** @param {string} url */
export function withoutFragment(url) {
  return url.replace(/#.*$/s, '');
}

/**
 * The URL without the parameter that `withVersion` added.
 *
 * @param {string} url
 */
export function withoutVersion(url) {
  const { path, query, fragment } = split(url);
  if (query === undefined) return url;
  const kept = query.split('&').filter((pair) => !pair.startsWith(`${PARAM}=`));
  return kept.length ? `${path}?${kept.join('&')}${fragment}` : path + fragment;
}

/**
 * The absolute form of a URL, or `undefined` if it is invalid.
 *
 * @param {string} url
 * @param {string} [base]
 */
export function absolute(url, base) {
  return parse(url, base)?.href;
}

/**
 * The file name's extension in lower case, without the dot.
 *
 * @param {string} path
 */
export function extensionOf(path) {
  const name = canonicalPath(path.replace(/[?#].*$/s, '')).split('/').pop() ?? '';
  return /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

/**
 * The URL of the event stream, and the prefix of the paths in its events.
 *
 * Behind `Router::nest` or a proxy that takes a prefix off, the page sees `/app/__webpack_hmr` where
 * the layer sees `/__webpack_hmr`. The difference is the prefix of every path that the layer names.
 *
 * @param {string} clientUrl the URL that this client was loaded from
 * @param {string | undefined} path the stream's path on the server
 */
export function locate(clientUrl, path) {
  const url = new URL(unversioned(clientUrl));
  const pathname = url.pathname.replace(/\/[^/]*$/, '');
  const prefix = path && pathname.endsWith(path) ? pathname.slice(0, -path.length) : '';
  return { stream: url.origin + pathname, base: url.origin + prefix };
}

/**
 * The address of a client's file that stays the same for later versions: without the folder that names the version.
 *
 * @param {string} clientUrl
 */
export function unversioned(clientUrl) {
  return clientUrl.replace(/\/client-[0-9a-f]{16}(?=\/[^/?#]*(?:[?#]|$))/, '');
}

/**
 * The URL that requests events with ids and changes, starting from the page's hashes.
 *
 * @param {string} stream
 * @param {string[]} hashes the most important first
 * @param {string} lastEventId empty for none
 * @param {string} client the name of this page
 * @param {string} [page] its path
 */
export function streamQuery(stream, hashes, lastEventId, client, page = '') {
  let since = '';
  for (const value of hashes.filter(isShort).slice(0, MOST_SINCE)) {
    const parameter = `&since=${encode(value)}`;
    if (since.length + parameter.length > MOST_SINCE_LENGTH) break;
    since += parameter;
  }
  const last = lastEventId && isShort(lastEventId) ? `&lastEventId=${encode(lastEventId)}` : '';
  const path = page && isShort(page) ? `&page=${encode(page)}` : '';
  return `${stream}?ids&changes${since}&client=${client}${path}${last}`;
}

/** @param {string} value */
function isShort(value) {
  return new TextEncoder().encode(value).length <= MOST_VALUE;
}

/**
 * @param {string} url
 * @param {string} [base]
 */
function parseHttp(url, base) {
  const parsed = url.length > MOST_URL ? undefined : parse(url, base);
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed : undefined;
}

/** @param {string} url */
function split(url) {
  const [, path = '', query, fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? [];
  return { path, query, fragment };
}

/**
 * @param {string} url
 * @param {string} [base]
 */
function parse(url, base) {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

/** Requests that the client makes on its own. */

import { extensionOf } from './url.js';

/** The most files that are fetched for one build, and at once: the page needs connections too. */
const MOST_REFRESHED = 256;
const MOST_AT_ONCE = 4;

/**
 * @typedef {(url: string, init: RequestInit) => Promise<Response>} Fetch
 */

/**
 * Puts the newest version of files into the browser's HTTP cache: of the first 256, as far as they arrive in time.
 *
 * A response without `Cache-Control` is fresh for a tenth of its age (RFC 9111, section 4.2.2), and some apps set a
 * `max-age`. A plain reload would show the old version.
 *
 * @param {Fetch} fetch
 * @param {Pick<import('./connection.js').Clock, 'setTimeout' | 'clearTimeout'>} clock
 * @param {string[]} urls
 * @param {number} patience milliseconds
 * @returns {Promise<boolean>} false if the app may be down: a request was refused, or answered with a server's error
 */
export function refresh(fetch, clock, urls, patience) {
  if (!urls.length) return Promise.resolve(true);
  return new Promise((resolve) => {
    let isUp = true;
    const abort = new AbortController();
    const timer = clock.setTimeout(() => {
      // Requests that are not answered would hold up the reload itself.
      abort.abort();
      resolve(isUp);
    }, patience);
    const waiting = urls.slice(0, MOST_REFRESHED);
    const load = async () => {
      for (let url = waiting.shift(); url !== undefined && !abort.signal.aborted; url = waiting.shift()) {
        try {
          const response = await fetch(url, { cache: 'reload', signal: abort.signal });
          if (response.status >= 500) isUp = false;
          await response.arrayBuffer();
        } catch {
          if (!abort.signal.aborted) isUp = false;
        }
      }
    };
    void Promise.all(Array.from({ length: MOST_AT_ONCE }, load)).then(() => {
      clock.clearTimeout(timer);
      resolve(isUp);
    });
  });
}

/**
 * A `fetch` that asks for no permission to read what other origins than these answer: without CORS, the browser would
 * refuse the answer, and log an error.
 *
 * @param {Fetch} fetch
 * @param {string[]} origins
 * @returns {Fetch}
 */
export function readingFrom(fetch, origins) {
  return (url, init) => fetch(url, origins.includes(new URL(url).origin) ? init : { ...init, mode: 'no-cors' });
}

/**
 * A `fetch` that gets scripts of one origin as an import of them would: the layer puts `import.meta.hot` into modules, and a
 * browser that may cache them answers later imports from what this has brought.
 *
 * @param {Fetch} fetch
 * @param {string} origin
 * @returns {Fetch}
 */
export function fetchingModules(fetch, origin) {
  /** @param {string} url */
  const isScript = (url) => new URL(url).origin === origin && /^m?js$/.test(extensionOf(url));
  return (url, init) => fetch(url, isScript(url) ? { ...init, headers: { 'Hot-Middleware-Module': '1' } } : init);
}

/**
 * Ends a response that is not read: its body would take one of the browser's six connections to the server.
 *
 * @param {Response | undefined} response
 */
export function discard(response) {
  void response?.body?.cancel().catch(() => undefined);
}

/**
 * The current text at a URL, without caches, or `undefined`.
 *
 * A conditional request will not do: many servers' validators have a resolution of a second.
 *
 * @param {Fetch} fetch
 * @param {string} url
 * @param {RegExp} [type] a pattern for the Content-Type
 * @param {(response: Response) => Promise<string>} [read] for what need not be UTF-8
 * @returns {Promise<string | undefined>}
 */
export async function textOf(fetch, url, type = /^/, read = (response) => response.text()) {
  try {
    const response = await fetch(url, { cache: 'reload' });
    const wanted = response.ok && type.test(response.headers.get('content-type') ?? '');
    if (wanted) return await read(response);
    discard(response);
    return undefined;
  } catch {
    return undefined;
  }
}

/**
 * Logs the server's reason for refusing the stream, which an EventSource does not expose.
 *
 * @param {Fetch} fetch
 * @param {string} url
 * @param {{ info(line: string): void, warn(line: string): void }} log
 * @param {() => Promise<boolean>} persists resolves after longer than a server takes to stop: true if it still refuses
 */
export async function explainRefusal(fetch, url, log, persists) {
  const abort = new AbortController();
  try {
    const asked = `${url}${url.includes('?') ? '&' : '?'}ids`;
    const response = await fetch(asked, { cache: 'no-store', signal: abort.signal });
    // The answer of a closed layer, whose server is stopping in most cases.
    if (response.status === 204) {
      if (await persists()) log.info(`${url} was closed by the app. Trying again until it is open.`);
      return;
    }
    const type = response.headers.get('content-type');
    const reason = response.ok
      ? `with ${type ?? 'no Content-Type'} instead of an event stream`
      : `${response.status} ${(await response.text()).trim().slice(0, 1_000)}`;
    if (type?.startsWith('text/event-stream')) return;
    log.warn(`${url} answers ${reason.trim()}. Trying again until it does not.`);
  } catch {
    // The server does not respond any more, and the connection retries anyway.
  } finally {
    abort.abort();
  }
}

/** Requests that the client makes on its own. */

/** Milliseconds that a reload waits for the HTTP cache. A slow file must not delay the reload for longer. */
const PATIENCE = 2_000;

/**
 * @typedef {(url: string, init: RequestInit) => Promise<Response>} Fetch
 */

/**
 * Puts the newest version of files into the browser's HTTP cache.
 *
 * A response without `Cache-Control` is fresh for a tenth of its age (RFC 9111, section 4.2.2). A plain reload would show
 * the old version of a file that had not changed for long.
 *
 * @param {Fetch} fetch
 * @param {Pick<import('./connection.js').Clock, 'setTimeout' | 'clearTimeout'>} clock
 * @param {string[]} urls
 * @returns {Promise<void>}
 */
export function refresh(fetch, clock, urls) {
  if (!urls.length) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, PATIENCE);
    const loads = urls.map(async (url) => (await fetch(url, { cache: 'reload' })).arrayBuffer());
    void Promise.allSettled(loads).then(() => {
      clock.clearTimeout(timer);
      resolve();
    });
  });
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
    return wanted ? await read(response) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Logs the server's reason for refusing the stream, which an EventSource does not expose.
 *
 * @param {Fetch} fetch
 * @param {string} url
 * @param {{ warn(line: string): void }} log
 */
export async function explainRefusal(fetch, url, log) {
  const abort = new AbortController();
  try {
    const response = await fetch(url, { cache: 'no-store', signal: abort.signal });
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

/** What this client asks the app's server for by itself. */

/** How long a reload waits for the HTTP cache; a slow file is no reason to show an old page for longer. */
const PATIENCE = 2_000;

/**
 * @typedef {(url: string, init: RequestInit) => Promise<Response>} Fetch
 */

/**
 * Puts the newest version of files into the browser's HTTP cache.
 *
 * A response without `Cache-Control` counts as fresh for a tenth of its age (RFC 9111, section 4.2.2),
 * so a page that is only loaded again would show the old version of a file that was not touched for long.
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
 * The newest text at a URL, past all caches; nothing when there is none.
 *
 * A conditional request will not do: many servers' validators have a resolution of a second.
 *
 * @param {Fetch} fetch
 * @param {string} url
 * @param {RegExp} [type] what its Content-Type has to be
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
 * Says why the server does not give the page its stream: an EventSource keeps the answer to itself.
 *
 * @param {Fetch} fetch
 * @param {string} url
 * @param {Pick<import('./log.js').Log, 'warn'>} log
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
    // Nobody answers by now, which is what the connection waits for anyway.
  } finally {
    abort.abort();
  }
}

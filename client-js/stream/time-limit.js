/** Time limits for everything that a client waits for: a server may accept a request and never answer. */

/** Milliseconds that one step of an update may take. */
export const STEP_LIMIT = 10_000;

/** @typedef {Pick<import('./connection.js').Clock, 'setTimeout' | 'clearTimeout'>} Timers */

/** The error of a step that took too long. */
export class TimeLimitError extends Error {
  /** @param {string} step */
  constructor(step) {
    super(`${step} took longer than ${STEP_LIMIT / 1_000} s`);
    this.name = 'TimeLimitError';
  }
}

/**
 * The outcome of a step, or a `TimeLimitError`. The step itself goes on.
 *
 * @template T
 * @param {Timers} clock
 * @param {string} step
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export function withinLimit(clock, step, promise) {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(new TimeLimitError(step)), STEP_LIMIT);
    promise.then(resolve, reject).finally(() => clock.clearTimeout(timer));
  });
}

/**
 * A `fetch` that aborts a request whose response has not arrived in full within the limit.
 *
 * @param {import('./network.js').Fetch} fetch
 * @param {Timers} clock
 * @returns {import('./network.js').Fetch}
 */
export function limitedFetch(fetch, clock) {
  return (url, init) => {
    const abort = new AbortController();
    clock.setTimeout(() => abort.abort(new TimeLimitError(url)), STEP_LIMIT);
    init.signal?.addEventListener('abort', () => abort.abort(), { once: true });
    return fetch(url, { ...init, signal: abort.signal });
  };
}

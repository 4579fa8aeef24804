/** Errors that the page's code throws and does not catch. */

import { shorten, textFrom } from '../stream/text.js';

/** A page that throws in every frame says nothing new by it. */
const MOST = 10;
const MOST_CHARACTERS = 20_000;

/**
 * Tells `hear` of all such errors so far, each time that there is another one.
 *
 * @param {EventTarget} window
 * @param {(texts: string[]) => void} hear
 * @returns {() => void} forgets those so far
 */
export function watchRuntimeErrors(window, hear) {
  /** @type {Set<string>} */
  const texts = new Set();
  /**
   * @param {unknown} error
   * @param {string} [place]
   */
  const add = (error, place = '') => {
    if (texts.size >= MOST) return;
    texts.add(shorten(place + describe(error), MOST_CHARACTERS));
    hear([...texts]);
  };
  window.addEventListener('error', (event) => {
    const { colno, error, filename, lineno } = /** @type {ErrorEvent} */ (event);
    // Without the error itself, of a script of another origin for example, there is nothing to read.
    if (error) add(error, filename && `${pathOf(filename)} ${lineno}:${colno}\n`);
  });
  window.addEventListener('unhandledrejection', (event) => {
    add(/** @type {PromiseRejectionEvent} */ (event).reason);
  });
  return () => {
    texts.clear();
    hear([]);
  };
}

/**
 * What an error says of itself; anything can be thrown.
 *
 * @param {unknown} error
 */
export function describe(error) {
  if (!(error instanceof Error)) return textFrom(error);
  const [message, name, stack] = [error.message, error.name, error.stack ?? ''].map(textFrom);
  // Not every browser's stack begins with the message.
  return stack.includes(message) ? stack : `${name}: ${message}\n${stack}`;
}

/** @param {string} url */
function pathOf(url) {
  try {
    return new URL(url).pathname;
  } catch {
    return url;
  }
}

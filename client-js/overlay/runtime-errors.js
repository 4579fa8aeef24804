/** Errors that the page's code throws and does not catch. */

import { shorten, textFrom } from '../stream/text.js';

/** The most errors that are kept: a page may throw in every frame. */
const MOST = 10;
const MOST_CHARACTERS = 20_000;

/**
 * Calls `report` with all such errors so far whenever there is a new one.
 *
 * @param {EventTarget} window
 * @param {(texts: string[]) => void} report
 * @param {Event[]} [earlier] the events of errors before this call
 * @param {(event: Event) => boolean} [isShown] true for an error that is shown by another part
 * @returns {() => void} forgets the errors so far
 */
export function watchRuntimeErrors(window, report, earlier = [], isShown = () => false) {
  /** @type {Set<string>} */
  const texts = new Set();
  /**
   * @param {unknown} error
   * @param {string} [place]
   */
  const add = (error, place = '') => {
    if (texts.size >= MOST) return;
    texts.add(shorten(place + describe(error), MOST_CHARACTERS));
    report([...texts]);
  };
  /** @param {Event} event */
  const handle = (event) => {
    if (isShown(event)) return;
    if (event.type === 'unhandledrejection') return add(/** @type {PromiseRejectionEvent} */ (event).reason);
    const { colno, error, filename, lineno } = /** @type {ErrorEvent} */ (event);
    // Browsers withhold the error of a script of another origin.
    if (error) add(error, filename && `${pathOf(filename)} ${lineno}:${colno}\n`);
  };
  for (const event of earlier) handle(event);
  for (const type of ['error', 'unhandledrejection']) window.addEventListener(type, handle);
  return () => {
    texts.clear();
    report([]);
  };
}

/**
 * The description of an error, or of any other value that was thrown.
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

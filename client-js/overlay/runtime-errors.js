/** Errors that the page's code throws and does not catch. */

import { shorten, textFrom } from '../stream/text.js';

/** The most errors that are kept: a page may throw in every frame. */
const MOST = 10;
const MOST_CHARACTERS = 20_000;

/** @typedef {{ url: string, line: number, column: number } | undefined} Place */

/**
 * Calls `report` with all such errors so far whenever there is a new one, and again once its original place is known.
 *
 * @param {EventTarget} window
 * @param {(texts: string[]) => void} report
 * @param {Event[]} [earlier] the events of errors before this call
 * @param {(event: Event) => boolean} [isShown] true for an error that is shown by another part
 * @param {(described: string, place: Place) => Promise<string | undefined>} [explain] describes an error by its sources
 * @returns {() => void} forgets the errors so far
 */
export function watchRuntimeErrors(window, report, earlier = [], isShown = () => false, explain = async () => undefined) {
  /** What is shown of each error. @type {Map<string, string>} */
  const texts = new Map();
  const reportAll = () => report([...texts.values()]);
  /**
   * @param {unknown} error
   * @param {Place} [place]
   */
  const add = (error, place) => {
    const described = describe(error);
    const text = shorten((place ? `${pathOf(place.url)} ${place.line}:${place.column}\n` : '') + described, MOST_CHARACTERS);
    if (!texts.has(text)) {
      if (texts.size >= MOST) return;
      texts.set(text, text);
      void explain(described, place).then(
        (explained) => {
          // It may have been forgotten meanwhile.
          if (explained === undefined || texts.get(text) !== text) return;
          texts.set(text, shorten(explained, MOST_CHARACTERS));
          reportAll();
        },
        () => undefined,
      );
    }
    reportAll();
  };
  /** @param {Event} event */
  const handle = (event) => {
    if (isShown(event)) return;
    if (event.type === 'unhandledrejection') return add(/** @type {PromiseRejectionEvent} */ (event).reason);
    const { colno, error, filename, lineno } = /** @type {ErrorEvent} */ (event);
    // Browsers withhold the error of a script of another origin.
    if (error) add(error, filename ? { url: filename, line: lineno, column: colno } : undefined);
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

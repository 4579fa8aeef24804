/** Waiting for a moment in which the browser has nothing else to do. */

/** The most elements of a page whose HTML is parsed in a millisecond or two. */
const FEW_ELEMENTS = 1_000;

/**
 * Waits until the browser has nothing else to do, if the page is so large that its base takes long to parse. That of any
 * other page is requested at once: until the page has it, a restart of the app reloads the page.
 *
 * @param {Window & typeof globalThis} window
 * @param {(milliseconds: number) => Promise<void>} pause
 */
export function idle(window, pause) {
  if (window.document.getElementsByTagName('*').length <= FEW_ELEMENTS) return Promise.resolve();
  // Safari has no such callback.
  if (!window.requestIdleCallback) return pause(50);
  return new Promise((resolve) => void window.requestIdleCallback(() => resolve(undefined), { timeout: 1_000 }));
}

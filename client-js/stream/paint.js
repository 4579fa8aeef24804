/** The page as receipts need it: its path, its clock, and the moment at which it shows a change. */

/** The longest wait for a frame, in milliseconds: a window that is covered may get none. */
const PATIENCE = 100;

/**
 * @param {Window & typeof globalThis} window
 * @param {Pick<import('./connection.js').Clock, 'setTimeout'>} clock
 */
export function ofPage(window, clock) {
  const { document, location, performance } = window;
  return {
    page: () => location.pathname,
    now: () => performance.now(),
    /** @returns {Promise<void>} */
    painted: async () => {
      // A hidden page has no frames.
      if (document.visibilityState !== 'visible') return;
      await new Promise((resolve) => {
        clock.setTimeout(() => resolve(undefined), PATIENCE);
        // A task after the frame's callbacks, which run before it is painted.
        window.requestAnimationFrame(() => {
          const { port1, port2 } = new window.MessageChannel();
          port1.onmessage = () => resolve(port1.close());
          port2.postMessage(0);
        });
      });
    },
  };
}

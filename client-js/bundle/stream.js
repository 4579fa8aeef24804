/** The event stream of a page, shared by all bundles in it under webpack-hot-middleware's name for that. */

import { Connection, followPage } from '../connection.js';
import { explainRefusal } from '../network.js';

const KEY = '__whmEventSourceWrapper';

/**
 * @typedef {{ data: string }} Event
 * @typedef {(event: Event) => void} Listener
 *
 * @typedef {object} Stream what the original's clients in other bundles find and add themselves to
 * @property {(listener: Listener) => void} addMessageListener
 * @property {(listener: Listener) => void} [removeMessageListener] the original's has none
 *
 * @typedef {object} Parts
 * @property {Window & typeof globalThis} window
 * @property {import('../connection.js').Clock} clock
 * @property {import('../log.js').Log} log
 * @property {() => void} onLost
 */

/**
 * Listens to the stream at `path`, and opens it if this page has none there yet.
 *
 * @param {Parts} parts
 * @param {string} path
 * @param {number} timeout milliseconds of silence after which the stream counts as lost
 * @param {Listener} listener
 * @returns {() => void} ends that
 */
export function listen(parts, path, timeout, listener) {
  const page = /** @type {{ [KEY]?: Record<string, Stream> }} */ (/** @type {unknown} */ (parts.window));
  const streams = (page[KEY] ??= {});
  const stream = (streams[path] ??= open(parts, path, timeout, () => delete streams[path]));
  stream.addMessageListener(listener);
  return () => stream.removeMessageListener?.(listener);
}

/**
 * @param {Parts} parts
 * @param {string} path
 * @param {number} timeout
 * @param {() => void} onClosed
 * @returns {Required<Stream>}
 */
function open({ window, clock, log, onLost }, path, timeout, onClosed) {
  /** @type {Set<Listener>} */
  const listeners = new Set();
  let lastEventId = '';
  const connection = new Connection({
    open: (url) => new window.EventSource(url),
    url: () => withEventId(path, lastEventId),
    onMessage: (data, id) => {
      if (id) lastEventId = id;
      for (const listener of listeners) {
        try {
          listener({ data });
        } catch (error) {
          log.error('A client in this page failed', error);
        }
      }
    },
    onLost,
    onRefused: () => void explainRefusal(window.fetch.bind(window), path, log),
    clock,
    log,
  });
  // It is silence for two heartbeats that counts as a loss.
  connection.setHeartbeat(timeout / 2);
  followPage(connection, window, window.document);
  connection.connect();
  return {
    addMessageListener: (listener) => void listeners.add(listener),
    removeMessageListener: (listener) => {
      listeners.delete(listener);
      if (listeners.size) return;
      connection.disconnect();
      onClosed();
    },
  };
}

/**
 * Asks for events with ids, so that a lost connection goes on where it was. Servers that know none pay no heed.
 *
 * @param {string} path
 * @param {string} lastEventId empty for none
 */
function withEventId(path, lastEventId) {
  const query = `ids${lastEventId && `&lastEventId=${encodeURIComponent(lastEventId)}`}`;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/** The event stream of a page, shared by all bundles in it under webpack-hot-middleware's name for that. */

import { Connection, followPage, isEager } from '../stream/connection.js';
import { explainRefusal } from '../stream/network.js';
import { encode } from '../stream/text.js';
import { limitedFetch } from '../stream/time-limit.js';

const KEY = '__whmEventSourceWrapper';

/** The longest event id that is sent back to the server. */
const MOST_ID = 128;

/**
 * @typedef {(event: { data: string }) => void} OnMessage
 * @typedef {{ onMessage: OnMessage, onLost: () => void, onOpen: () => void }} Listener
 *
 * @typedef {object} Stream the object that the original's clients in other bundles look for
 * @property {(onMessage: OnMessage) => void} addMessageListener
 * @property {(listener: Listener) => () => void} [listen] missing in the original's; returns an unsubscribe function
 *
 * @typedef {object} Parts
 * @property {Window & typeof globalThis} window
 * @property {import('../stream/connection.js').Clock} clock
 * @property {import('../overlay/log.js').Log} log
 */

/**
 * Listens to the stream at `path`, and opens it if this page has none there yet.
 *
 * @param {Parts} parts
 * @param {string} path
 * @param {number} timeout milliseconds of silence after which the stream counts as lost
 * @param {Listener} listener
 * @returns {() => void} unsubscribes
 */
export function listen(parts, path, timeout, listener) {
  const page = /** @type {{ [KEY]?: Record<string, Stream> }} */ (/** @type {unknown} */ (parts.window));
  const streams = (page[KEY] ??= {});
  const stream = (streams[path] ??= open(parts, path, timeout, () => delete streams[path]));
  if (stream.listen) return stream.listen(listener);
  let isOver = false;
  stream.addMessageListener((event) => void (isOver || listener.onMessage(event)));
  return () => {
    isOver = true;
  };
}

/**
 * @param {Parts} parts
 * @param {string} path
 * @param {number} timeout
 * @param {() => void} onClosed
 * @returns {Required<Stream>}
 */
function open({ window, clock, log }, path, timeout, onClosed) {
  /** @type {Set<Listener>} */
  const listeners = new Set();
  /** @param {(listener: Listener) => void} notify */
  const notifyAll = (notify) => {
    for (const listener of listeners) {
      try {
        notify(listener);
      } catch (error) {
        log.error('A client in this page failed', error);
      }
    }
  };
  /** @returns {Promise<boolean>} */
  const isStillRefused = () =>
    new Promise((resolve) => void clock.setTimeout(() => resolve(connection.isRefused()), 1_000));
  let lastEventId = '';
  const connection = new Connection({
    open: (url) => new window.EventSource(url),
    url: () => withEventId(path, lastEventId),
    onMessage: (data, id) => {
      // A proxy refuses a request line that is too long.
      if (id) lastEventId = id.length <= MOST_ID ? id : '';
      notifyAll(({ onMessage }) => onMessage({ data }));
    },
    onLost: () => notifyAll(({ onLost }) => onLost()),
    onOpen: () => notifyAll(({ onOpen }) => onOpen()),
    isEager: () => isEager(new URL(path, window.location.href).href, window.document),
    onRefused: () => void explainRefusal(limitedFetch(window.fetch.bind(window), clock), path, log, isStillRefused),
    clock,
    log,
  });
  // A connection is lost after two heartbeats of silence.
  connection.setHeartbeat(timeout / 2);
  followPage(connection, window, window.document);
  connection.connect();
  return {
    addMessageListener: (onMessage) => void listeners.add({ onMessage, onLost: () => {}, onOpen: () => {} }),
    listen: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size) return;
        connection.disconnect();
        onClosed();
      };
    },
  };
}

/**
 * Requests events with ids, so that a new connection continues after the last one. Other servers ignore this.
 *
 * @param {string} path
 * @param {string} lastEventId empty for none
 */
function withEventId(path, lastEventId) {
  const query = `ids${lastEventId && `&lastEventId=${encode(lastEventId)}`}`;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/**
 * The client's configuration, from the script tag that loads it.
 *
 * @typedef {object} Config
 * @property {string} [path] the stream's path on the server
 * @property {Record<string, string>} hashes the hash of each bundle that the page was made from
 * @property {string} [server]
 * @property {string[]} hosts further hosts of the app
 * @property {boolean} worker whether a shared worker may hold the stream
 * @property {string} [token] authorizes client messages
 * @property {string} [page] the id under which the server keeps this page's HTML
 * @property {boolean} update false if the page is to be reloaded where it could be updated in place
 * @property {boolean} keep false if a reload keeps no state
 * @property {boolean} isError true if the page is the answer of an error
 * @property {boolean} isPost true if the page is the answer to a form
 * @property {unknown} log
 * @property {boolean} overlay
 * @property {boolean} indicator
 * @property {boolean} overlayWarnings
 * @property {boolean} overlayRuntimeErrors
 * @property {boolean} editor true if the server opens files in an editor
 * @property {Record<string, unknown>} overlayStyles
 * @property {Record<string, unknown>} ansiColors
 */

import { unversioned } from './url.js';

/**
 * Reads the configuration of the tag that loaded the client. A tag written by hand may have none.
 *
 * @param {Pick<Document, 'querySelectorAll'>} document
 * @param {string} clientUrl
 * @param {Pick<Console, 'warn'>} console
 * @returns {Config}
 */
export function readConfig(document, clientUrl, console) {
  const tags = /** @type {NodeListOf<HTMLScriptElement>} */ (
    document.querySelectorAll('script[data-hot-middleware]')
  );
  // The tag loads `client.js` itself, or `load.js` beside it. A module of the page may import it by another address.
  const client = unversioned(clientUrl);
  const own = [...tags].find(({ src }) => src && unversioned(new URL('client.js', src).href) === client) ?? tags[0];
  const text = own?.dataset['hotMiddleware'];
  /** @type {Record<string, unknown>} */
  let given = {};
  try {
    given = Object(JSON.parse(text || '{}'));
  } catch (error) {
    console.warn(`[HMR] data-hot-middleware is not JSON: ${text}`, error);
  }
  const { path, hashes, hosts, page, server, token, log } = given;
  return {
    ...(typeof path === 'string' && { path }),
    ...(typeof server === 'string' && { server }),
    ...(typeof token === 'string' && { token }),
    ...(typeof page === 'string' && page && { page }),
    hashes: Object.fromEntries(
      Object.entries(Object(hashes)).filter(([, hash]) => typeof hash === 'string'),
    ),
    hosts: Array.isArray(hosts) ? hosts.filter((host) => typeof host === 'string') : [],
    isError: Number(given['status']) >= 400,
    isPost: given['method'] === 'POST',
    log,
    worker: given['worker'] !== false,
    update: given['update'] !== false,
    keep: given['keep'] !== false,
    overlay: given['overlay'] !== false,
    indicator: given['indicator'] !== false,
    overlayWarnings: given['overlayWarnings'] === true,
    overlayRuntimeErrors: given['overlayRuntimeErrors'] === true,
    editor: given['editor'] === true,
    overlayStyles: Object(given['overlayStyles']),
    ansiColors: Object(given['ansiColors']),
  };
}

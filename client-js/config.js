/**
 * What the server told this client with the script tag that loads it.
 *
 * @typedef {object} Config
 * @property {string} [path] the stream's path as the layer knows it
 * @property {Record<string, string>} hashes the hash of each bundle when the page was made
 * @property {string} [server]
 * @property {string} [token] what the page shows when it sends something
 * @property {unknown} log
 * @property {boolean} overlay
 * @property {boolean} indicator
 * @property {boolean} overlayWarnings
 * @property {boolean} overlayRuntimeErrors
 * @property {Record<string, unknown>} overlayStyles
 * @property {Record<string, unknown>} ansiColors
 */

/**
 * Reads the tag that loaded the client; a tag written by hand needs to say nothing.
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
  // The tag loads `client.js` itself, or `load.js` beside it.
  const own = [...tags].find(({ src }) => src && new URL('client.js', src).href === clientUrl) ?? tags[0];
  const text = own?.dataset['hotMiddleware'];
  /** @type {Record<string, unknown>} */
  let given = {};
  try {
    given = Object(JSON.parse(text || '{}'));
  } catch (error) {
    console.warn(`[HMR] data-hot-middleware is not JSON: ${text}`, error);
  }
  const { path, hashes, server, token, log } = given;
  return {
    ...(typeof path === 'string' && { path }),
    ...(typeof server === 'string' && { server }),
    ...(typeof token === 'string' && { token }),
    hashes: Object.fromEntries(
      Object.entries(Object(hashes)).filter(([, hash]) => typeof hash === 'string'),
    ),
    log,
    overlay: given['overlay'] !== false,
    indicator: given['indicator'] !== false,
    overlayWarnings: given['overlayWarnings'] === true,
    overlayRuntimeErrors: given['overlayRuntimeErrors'] === true,
    overlayStyles: Object(given['overlayStyles']),
    ansiColors: Object(given['ansiColors']),
  };
}

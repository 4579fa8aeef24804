/** The options of the client in a bundle: webpack-hot-middleware's names and coercion, and typed values too. */

/**
 * @typedef {object} Options
 * @property {string} path URL of the event stream
 * @property {string} name the bundle's; empty when it has none
 * @property {number} timeout milliseconds of silence after which the stream counts as lost
 * @property {boolean} overlay
 * @property {boolean} overlayWarnings
 * @property {boolean} overlayRuntimeErrors
 * @property {Record<string, unknown>} overlayStyles
 * @property {Record<string, unknown>} ansiColors
 * @property {boolean} indicator
 * @property {boolean} reload whether to reload the page when an update can't be applied
 * @property {boolean} noInfo
 * @property {boolean} quiet
 * @property {boolean} dynamicPublicPath whether `path` is relative to the bundle's public path
 * @property {boolean} autoConnect
 */

/** @type {Readonly<Options>} */
export const DEFAULTS = {
  path: '/__webpack_hmr',
  name: '',
  timeout: 20_000,
  overlay: true,
  overlayWarnings: false,
  overlayRuntimeErrors: false,
  overlayStyles: {},
  ansiColors: {},
  indicator: true,
  reload: false,
  noInfo: false,
  quiet: false,
  dynamicPublicPath: false,
  autoConnect: true,
};

/**
 * Reader of each option, with `undefined` for an invalid value. Some switches are on for `'true'` alone, and others for
 * every string except `'false'`, as in the original.
 *
 * @type {Record<keyof Options, (value: unknown) => unknown>}
 */
const READERS = {
  path: text,
  name: text,
  timeout: milliseconds,
  overlay: unlessFalse,
  overlayWarnings: onlyTrue,
  overlayRuntimeErrors: onlyTrue,
  overlayStyles: record,
  ansiColors: record,
  indicator: unlessFalse,
  reload: unlessFalse,
  noInfo: unlessFalse,
  quiet: unlessFalse,
  dynamicPublicPath: unlessFalse,
  autoConnect: onlyTrue,
};

/**
 * The options in a query such as `?path=/hmr&reload=true`; the last one of several counts.
 *
 * @param {string} query
 * @returns {Record<string, string>}
 */
export function fromQuery(query) {
  return Object.fromEntries(new URLSearchParams(query));
}

/**
 * Options with changes. An empty value or an unknown name changes nothing, as in the original. An invalid value changes
 * nothing either, and is logged.
 *
 * @param {Options} options
 * @param {Record<string, unknown>} given
 * @param {Pick<Console, 'warn'>} console
 * @returns {Options}
 */
export function withOptions(options, given, console) {
  const changed = /** @type {Record<string, unknown>} */ ({ ...options });
  for (const [name, read] of Object.entries(READERS)) {
    const value = given[name];
    if (value === undefined || value === null || value === '') continue;
    const meant = read(value);
    if (meant === undefined) console.warn(`[HMR] The client's option ${name} can't be ${String(value)}`);
    else changed[name] = meant;
  }
  return /** @type {Options} */ (/** @type {unknown} */ (changed));
}

/**
 * URL of the event stream, with one slash between the public path and the path.
 *
 * @param {Options} options
 * @param {string} publicPath
 */
export function streamPath({ dynamicPublicPath, path }, publicPath) {
  if (!dynamicPublicPath || !publicPath) return path;
  return `${publicPath.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === 'string' ? value : undefined;
}

/** @param {unknown} value */
function milliseconds(value) {
  const number = Number(value);
  return number > 0 && Number.isFinite(number) ? number : undefined;
}

/** @param {unknown} value */
function unlessFalse(value) {
  return typeof value === 'string' ? value !== 'false' : Boolean(value);
}

/** @param {unknown} value */
function onlyTrue(value) {
  return typeof value === 'string' ? value === 'true' : Boolean(value);
}

/** @param {unknown} value */
function record(value) {
  let read = value;
  try {
    if (typeof value === 'string') read = JSON.parse(value);
  } catch {
    return undefined;
  }
  return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : undefined;
}

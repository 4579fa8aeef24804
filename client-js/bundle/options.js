/** The options of the client in a bundle: webpack-hot-middleware's by name and coercion, and real types beside. */

/**
 * @typedef {object} Options
 * @property {string} path where the event stream is
 * @property {string} name the bundle's; empty when it has none
 * @property {number} timeout milliseconds of silence after which the stream counts as lost
 * @property {boolean} overlay
 * @property {boolean} overlayWarnings
 * @property {boolean} overlayRuntimeErrors
 * @property {Record<string, unknown>} overlayStyles
 * @property {Record<string, unknown>} ansiColors
 * @property {boolean} indicator
 * @property {boolean} reload whether the page is loaded again where an update can't be taken
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
 * How each option is read; `undefined` is for a value that means nothing. Of the strings some switches take
 * `'true'` alone, and others all but `'false'`: that is how the original has it.
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
 * The options in a query such as `?path=/hmr&reload=true`; of duplicates the last one counts.
 *
 * @param {string} query
 * @returns {Record<string, string>}
 */
export function fromQuery(query) {
  return Object.fromEntries(new URLSearchParams(query));
}

/**
 * Options changed by what is given. What is empty or not known changes nothing, as in the original; what
 * can't be read changes nothing either, and is named.
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
 * Where the event stream is, with one slash where the public path and the path meet.
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

/** Stack traces of Chromium, Firefox and WebKit, as their frames. */

/** The most lines of a trace that are read, and characters of one: a URL may be a megabyte of data. */
const MOST_LINES = 100;
const MOST_LINE = 4_000;

/** The place at the end of a frame. */
const PLACE = /:(\d{1,9}):(\d{1,9})\)?\s*$/;
const MOST_PLACE = 32;

/** The start of a URL inside of a frame's parentheses. */
const OPENED = / \((?=[a-z][a-z\d+.-]*:)/i;

/**
 * @typedef {object} Frame a call in a trace
 * @property {string} url the script's
 * @property {number} line from 1
 * @property {number} column from 1
 * @property {string} place the URL, line and column as they are in the trace
 * @property {number} at the number of its line in the trace, from 0
 */

/**
 * The frames of a trace, the innermost first. Lines that are none are left out: the message, and calls of built-in or
 * evaluated code.
 *
 * @param {string} stack
 * @returns {Frame[]}
 */
export function framesOf(stack) {
  return stack
    .split('\n', MOST_LINES)
    .map(frameOf)
    .flatMap((frame, at) => (frame ? [{ ...frame, at }] : []));
}

/**
 * @param {string} line
 * @returns {Omit<Frame, 'at'> | undefined}
 */
function frameOf(line) {
  if (line.length > MOST_LINE) return undefined;
  const found = PLACE.exec(line.slice(-MOST_PLACE));
  if (!found) return undefined;
  const [all, row = '', column = ''] = found;
  const url = urlIn(line.slice(0, line.length - all.length));
  if (/\s/.test(url) || !/^[a-z][a-z\d+.-]*:/i.test(url) || !URL.canParse(url)) return undefined;
  return { url, line: Number(row), column: Number(column), place: `${url}:${row}:${column}` };
}

/**
 * The URL at the end of a frame without its place: `at f (URL` and `at URL` in Chromium, `f@URL` and `URL` in Firefox and
 * WebKit.
 *
 * @param {string} frame
 */
function urlIn(frame) {
  const call = /^\s*at (?:async )?/.exec(frame)?.[0];
  if (call !== undefined) {
    const opened = OPENED.exec(frame);
    return frame.slice(opened ? opened.index + 2 : call.length);
  }
  // A URL may have the character too, such as `/@vite/client`.
  const named = frame.indexOf('@');
  const scheme = frame.search(/[a-z][a-z\d+.-]*:\/\//i);
  return frame.slice(named >= 0 && (scheme < 0 || named < scheme) ? named + 1 : 0).trim();
}

/** Texts of the inspector. */

/** The most characters of a name or a line. */
const MOST = 300;

/** Characters that are invisible or change the direction of text, except line ends and tabs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text from outside, with its invisible characters written as escapes.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(UNSAFE, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/**
 * The same as the start of one line.
 *
 * @param {string} text
 */
export function line(text) {
  const flat = visible(text.slice(0, MOST + 1)).replace(/\s+/g, ' ');
  return text.length > MOST ? `${flat}…` : flat;
}

/**
 * @param {number} count
 * @param {string} thing
 */
export function count(count, thing) {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1_024) return `${bytes} B`;
  const [value, unit] = bytes < 1_048_576 ? [bytes / 1_024, 'KiB'] : [bytes / 1_048_576, 'MiB'];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/**
 * The time of the day, with milliseconds.
 *
 * @param {number} at
 */
export function clockTime(at) {
  const time = new Date(at);
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}

/**
 * A duration, in words.
 *
 * @param {number} milliseconds
 */
export function lasting(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/**
 * A command line that shows a URL, with the URL as one word of a POSIX shell.
 *
 * @param {string} url
 */
export function curl(url) {
  return `curl -N '${url.replaceAll("'", "'\\''")}'`;
}

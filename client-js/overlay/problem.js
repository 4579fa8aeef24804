/** A build problem, parsed into file, place and text. */

import { plain } from './ansi.js';

/** The longest first line that is searched for a file, and the longest place at its end. */
const MOST_LINE = 1_000;
const MOST_PLACE = 64;

/** `3:10`, `3:10-12`, `3:10-4:1`. */
const PLACE = /[\s:]+(\d+:\d+(?:-\d+(?::\d+)?)?)$/;

/** A path with an extension. */
const FILE = /^(?:\S.*[\\/])?[^\\/]*\.[A-Za-z][\w-]*$/;

/**
 * @typedef {object} Problem
 * @property {string} file empty when the problem names no file
 * @property {string} place line and column as the bundler wrote them, or empty
 * @property {string} text the rest, with its colours
 */

/**
 * Parses a problem in the form of bundlers' stats: the file and the place in the first line, then the message.
 *
 * @param {string} problem
 * @returns {Problem}
 */
export function readProblem(problem) {
  const end = problem.indexOf('\n');
  const { file, place } = end === -1 || end > MOST_LINE ? NOWHERE : locate(plain(problem.slice(0, end)).trim());
  // A file alone is not a problem.
  if (!file) return { file, place, text: withoutBlankLines(problem) };
  return { file, place, text: problem.slice(end + 1) };
}

const NOWHERE = { file: '', place: '' };

/** @param {string} line */
function locate(line) {
  const match = PLACE.exec(line.slice(-MOST_PLACE));
  const named = (match ? line.slice(0, line.length - match[0].length) : line).trim();
  // Bundlers name loaders' queries after the file.
  const [path = '', ...query] = named.split('?');
  // A sentence is not a file.
  const isFile = FILE.test(path) && !/\s/.test(query.join('?'));
  return isFile ? { file: named, place: match?.[1] ?? '' } : NOWHERE;
}

/** @param {string} text */
function withoutBlankLines(text) {
  const blank = text.length - text.trimStart().length;
  return text.slice(text.lastIndexOf('\n', blank - 1) + 1);
}

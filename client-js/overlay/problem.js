/** One problem of a build, taken apart into what a reader looks for first. */

import { plain } from './ansi.js';

/** `3:10`, `3:10-12`, `3:10-4:1`. */
const PLACE = /^(.*?)[\s:]+(\d+:\d+(?:-\d+(?::\d+)?)?)$/;

/** A path with an extension, after which bundlers may name loaders' queries. */
const FILE = /^(?:\S.*[\\/])?[^\\/]*\.[A-Za-z][\w-]*(?:\?\S*)?$/;

/**
 * @typedef {object} Problem
 * @property {string} file empty when the problem is nobody's
 * @property {string} place line and column, as the bundler wrote them; empty when it wrote none
 * @property {string} text the rest, with its colours
 */

/**
 * Reads a problem as bundlers' stats put it: the file and the place in the first line, and then all that
 * is wrong there.
 *
 * @param {string} problem
 * @returns {Problem}
 */
export function readProblem(problem) {
  const [first = '', ...rest] = problem.split('\n');
  const line = plain(first).trim();
  const [, named = line, place = ''] = PLACE.exec(line) ?? [];
  const file = named.trim();
  // A sentence is no file, and a file alone is no problem.
  if (!FILE.test(file) || !rest.length) return { file: '', place: '', text: problem.replace(/^\s*\n/, '') };
  return { file, place, text: rest.join('\n') };
}

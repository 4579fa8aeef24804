/** A stylesheet's text, cut into its top-level statements: one for each of its rules. */

/**
 * @typedef {object} Pieces that make up the text when they are put together again
 * @property {string[]} statements each with the space and the comments before it
 * @property {string} rest space and comments after the last one
 */

/** What hides what is in it, what nests, and what ends a statement; the last but one are never ended. */
const TOKENS =
  /\/\*[^]*?\*\/|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|(?<![\w-])url\(\s*[^\s"')](?:[^)\\]|\\[^])*\)|\\[^]|\/\*|["'{}()[\];]/gi;

const CLOSERS = new Map([
  ['{', '}'],
  ['(', ')'],
  ['[', ']'],
]);

/** @param {string} css */
const bare = (css) => css.replace(/\/\*[^]*?\*\//g, '').trim();

/**
 * Cuts a text that begins and ends between two statements; nothing when it does not, or is not well-formed.
 *
 * @param {string} css
 * @returns {Pieces | undefined}
 */
export function splitRules(css) {
  /** @type {string[]} */
  const statements = [];
  /** @type {(string | undefined)[]} */
  const open = [];
  let start = 0;
  for (const { 0: token, index } of css.matchAll(TOKENS)) {
    const closer = CLOSERS.get(token);
    if (closer) open.push(closer);
    else if (/^(?:\/\*|["'])$/.test(token)) return undefined;
    else if (/^[})\]]$/.test(token) && open.pop() !== token) return undefined;

    if (open.length || (token !== ';' && token !== '}')) continue;
    const statement = css.slice(start, index + 1);
    // Only at-rules end at a semicolon.
    if (token === ';' && !bare(statement).startsWith('@')) return undefined;
    statements.push(statement);
    start = index + 1;
  }
  const rest = css.slice(start);
  return open.length || bare(rest) ? undefined : { statements, rest };
}

/**
 * What has to be done to the pieces of a text to have those of another: which stretch of statements goes,
 * and what comes in its place. Nothing when that can't be told.
 *
 * @param {Pieces} old
 * @param {string} css
 * @returns {{ start: number, deleted: number, inserted: string[], next: Pieces } | undefined}
 */
export function diffRules({ statements, rest }, css) {
  let start = 0;
  let from = 0;
  for (let piece = statements[0]; piece !== undefined && css.startsWith(piece, from); piece = statements[start]) {
    from += piece.length;
    start += 1;
  }
  let end = statements.length;
  let to = css.length;
  const keepsRest = css.endsWith(rest) && css.length - rest.length >= from;
  if (keepsRest) {
    to -= rest.length;
    for (let piece = statements[end - 1] ?? ''; end > start; piece = statements[end - 1] ?? '') {
      if (to - piece.length < from || !css.startsWith(piece, to - piece.length)) break;
      to -= piece.length;
      end -= 1;
    }
  }
  const pieces = splitRules(css.slice(from, to));
  if (!pieces) return undefined;

  const after = statements.slice(end);
  let last = keepsRest ? rest : '';
  if (after.length) after[0] = pieces.rest + after[0];
  else last = pieces.rest + last;
  return {
    start,
    deleted: end - start,
    inserted: pieces.statements,
    next: { statements: [...statements.slice(0, start), ...pieces.statements, ...after], rest: last },
  };
}

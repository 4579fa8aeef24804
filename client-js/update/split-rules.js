/** The top-level statements of a stylesheet's text: one for each of its rules. */

/**
 * @typedef {object} Pieces parts that make up the text when they are joined
 * @property {string[]} statements each with the space and the comments before it
 * @property {string} rest space and comments after the last statement
 */

/** Everything that hides text, nests, or ends a statement. */
const TOKEN = /["'\\{}()[\];]|\/\*|(?<![\w-])url\(/gi;

const BLANK = /\s*/y;

/** Characters before a closer, an escape or a line feed. */
const PLAIN = { '"': /[^"\\\n]*/y, "'": /[^'\\\n]*/y, ')': /[^)\\\n]*/y };

const CLOSERS = new Map([
  ['{', '}'],
  ['(', ')'],
  ['[', ']'],
]);

/**
 * Splits a text that begins and ends between two statements. Returns nothing for any other text, and for text that
 * is not well-formed. Each character is read once.
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
  const pattern = new RegExp(TOKEN);
  for (let match = pattern.exec(css); match; match = pattern.exec(css)) {
    const token = match[0];
    const hidden = endOfHidden(css, token, pattern.lastIndex);
    if (hidden === -1) return undefined;
    pattern.lastIndex = hidden ?? pattern.lastIndex;

    const closer = hidden === undefined && CLOSERS.get(token.at(-1) ?? '');
    if (closer) open.push(closer);
    else if (/^[})\]]$/.test(token) && open.pop() !== token) return undefined;

    if (open.length || (token !== ';' && token !== '}')) continue;
    // Only at-rules end at a semicolon.
    if (token === ';' && css[endOfSpace(css, start)] !== '@') return undefined;
    statements.push(css.slice(start, match.index + 1));
    start = match.index + 1;
  }
  return open.length || endOfSpace(css, start) < css.length ? undefined : { statements, rest: css.slice(start) };
}

/**
 * The end of what a token hides, such as a string or a comment.
 *
 * @param {string} css
 * @param {string} token
 * @param {number} from the index after the token
 * @returns {number | undefined} -1 when it is not closed, nothing when the token hides nothing
 */
function endOfHidden(css, token, from) {
  if (token === '\\') return from + 1;
  if (token === '"' || token === "'") return endOfString(css, token, from, '\n');
  if (token === '/*') {
    const end = css.indexOf('*/', from);
    return end === -1 ? -1 : end + 2;
  }
  if (token.length === 1) return undefined;
  const first = endOfBlank(css, from);
  // A quoted or an empty URL is read as a function with its brackets.
  return first < css.length && !`"')`.includes(css.charAt(first)) ? endOfString(css, ')', first) : undefined;
}

/**
 * The index after the first unescaped `closer`, or -1.
 *
 * @param {string} css
 * @param {'"' | "'" | ')'} closer
 * @param {number} from
 * @param {string} [forbidden] a character that must come later
 */
export function endOfString(css, closer, from, forbidden) {
  const plain = PLAIN[closer];
  for (let at = from; at < css.length; at += 2) {
    at = skip(css, at, plain);
    const character = css.charAt(at);
    if (character === closer) return at + 1;
    if (character === forbidden) return -1;
    // Only a backslash is left, which escapes the next character, or a line feed.
    if (character !== '\\') at -= 1;
  }
  return -1;
}

/**
 * The index after the characters from `from` on that match a sticky pattern.
 *
 * @param {string} text
 * @param {number} from
 * @param {RegExp} pattern
 */
export function skip(text, from, pattern) {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}

/**
 * The index of the first character that is not white space.
 *
 * @param {string} css
 * @param {number} from
 */
export function endOfBlank(css, from) {
  return skip(css, from, BLANK);
}

/**
 * The same past comments too, each of which ends.
 *
 * @param {string} css
 * @param {number} from
 */
function endOfSpace(css, from) {
  let at = endOfBlank(css, from);
  while (css.startsWith('/*', at)) at = endOfBlank(css, css.indexOf('*/', at + 2) + 2);
  return at;
}

/**
 * The edit that leads from the pieces of one text to those of another: a run of statements to delete, and those to
 * insert in its place. Returns nothing when the new text is not well-formed there.
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

import assert from 'node:assert/strict';
import test from 'node:test';
import { fromQuery, streamPath, withOptions, DEFAULTS } from '../bundle/options.js';
import { plain, runsOf } from '../overlay/ansi.js';
import { createLog } from '../overlay/log.js';
import { readProblem } from '../overlay/problem.js';
import { describe } from '../overlay/runtime-errors.js';
import { absolute, canonicalPath, extensionOf, keyOf, keyOfApp, locate, streamQuery, withoutVersion, withVersion } from '../stream/url.js';
import { renameInCss, renameInSrcset } from '../update/images.js';
import { importedUrls } from '../update/unlisted-modules.js';
import { diffRules, splitRules } from '../update/split-rules.js';
import { isServedFrom, isFallback } from '../update/usage.js';

const SIZE = 1_000_000;

/** Milliseconds for 1 MB. Linear code takes a tenth of it on a busy machine, and quadratic code takes minutes. */
const LIMIT = 3_000;

/** Pieces that are repeated up to 1 MB, between a beginning and an end. */
const INPUTS = [
  ['spaces', '', ' ', 'x'],
  ['colons', 'a.js', ':', 'x'],
  ['digits', '', '1', 'x'],
  ['line and column', '', '1:1', ' x'],
  ['line feeds', '', '\n', 'x'],
  ['commas', '', ',', 'a'],
  ['commas after a URL', 'a', ',', ' x,'],
  ['spaces and commas', '', ', ', 'a'],
  ['open parentheses', 'a ', '(', ''],
  ['dots', '', '.', ' '],
  ['short extensions', '', '.a', ' '],
  ['queries', 'a', '.a?', ' '],
  ['slashes', '', '/', ' x'],
  ['segments', '', 'a/', ' '],
  ['question marks', '', '?', '\n'],
  ['hashes', '', '#', '\n'],
  ['percent signs', '', '%', ''],
  ['escaped percent signs', '', '%25', ''],
  ['parameters', '?', '&__hot=1', ''],
  ['escape sequences', '', '\x1b[', ''],
  ['escape sequences that do nothing', '', '\x1b[0m', ''],
  ['colours', '', '\x1b[31ma', ''],
  ['links that are not ended', '', '\x1b]', ''],
  ['an escape sequence of many parameters', '\x1b[', '38;', 'm'],
  ['an escape sequence of many colours', '\x1b[', '38:2::1:1:1:', 'm'],
  ['an escape sequence of spaces', '\x1b[', ' ', '\x1b'],
  ['bare URLs', 'a{', 'url( ', ''],
  ['bare URLs without a space', 'a{', 'url(a', ''],
  ['URLs in double quotes', 'a{', 'url("', ''],
  ['URLs in single quotes', 'a{', "url('a ", ''],
  ['URLs in both quotes', 'a{', `url("url('`, ''],
  ['a URL of escapes', 'url(', '\\aaaaaa', '"'],
  ['a URL of spaces', 'url(', ' ', 'x'],
  ['a URL before spaces', 'url(x', ' ', 'x'],
  ['comments', '', '/*', ''],
  ['comments in a string', '@import "', '/*', '";'],
  ['comments that end', '', '/**/', ''],
  ['statements', '', '@a;', ''],
  ['rules', '', 'a{}', ''],
  ['blocks', '', '{', ''],
  ['ends of blocks', 'a', '}', ''],
  ['quotes', '', '"', ''],
  ['strings', '', '"a', '\n'],
  ['all quotes', '', `"'\``, ''],
  ['backslashes', '"', '\\', ''],
  ['escaped quotes', '"', '\\"', ''],
  ['lone surrogates', '', '\ud83d', ''],
];

const silent = { warn() {}, log() {}, error() {}, group() {}, groupEnd() {} };
const rename = () => undefined;
const BASE = 'http://app.test/';

/** Every function of the clients that reads a text from outside. */
const READERS = [
  ['plain', plain],
  ['runsOf', runsOf],
  ['readProblem', (text) => readProblem(`${text}\nmore`)],
  ['readProblem of one line', readProblem],
  ['createLog.problems', (text) => createLog(silent, () => 'info').problems('errors', text, [text])],
  ['describe', (text) => describe(Object.assign(new Error(text), { stack: text }))],
  ['splitRules', splitRules],
  ['diffRules', (text) => diffRules({ statements: ['a{}', text], rest: text }, `a{}b{}${text}`)],
  ['renameInCss', (text) => renameInCss(text, BASE, rename)],
  ['renameInSrcset', (text) => renameInSrcset(text, BASE, rename)],
  ['importedUrls', (text) => importedUrls(text, BASE)],
  ['canonicalPath', canonicalPath],
  ['keyOf', (text) => keyOf(text, BASE)],
  ['keyOfApp', (text) => keyOfApp(BASE, [text])(`http://${text}/a`, BASE)],
  ['absolute', (text) => absolute(text, BASE)],
  ['withVersion', (text) => withVersion(text, text)],
  ['withoutVersion', withoutVersion],
  ['extensionOf', extensionOf],
  ['locate', (text) => locate(`${BASE}${encodeURIComponent(text.toWellFormed())}`, text)],
  ['streamQuery', (text) => streamQuery(BASE, [text], text, text)],
  ['isServedFrom', (text) => isServedFrom(text, text)],
  ['isFallback', (text) => isFallback(text, text)],
  ['fromQuery', fromQuery],
  ['withOptions', (text) => withOptions(DEFAULTS, { overlayStyles: text, timeout: text, path: text }, silent)],
  ['streamPath', (text) => streamPath({ ...DEFAULTS, dynamicPublicPath: true, path: text }, text)],
];

for (const [reader, read] of READERS) {
  test(`${reader} reads 1 MB of anything in linear time`, () => {
    for (const [name, start, piece, end] of INPUTS) {
      const text = start + piece.repeat(SIZE / piece.length) + end;
      // Time of the processor: other processes count for nothing.
      const before = process.cpuUsage();
      read(text);
      const { user, system } = process.cpuUsage(before);
      const took = (user + system) / 1_000;
      assert.ok(took < LIMIT, `${reader} takes ${Math.round(took)} ms for ${name}`);
    }
  });
}

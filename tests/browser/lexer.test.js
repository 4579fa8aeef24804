/**
 * The crate's lexer of modules beside npm's `es-module-lexer` and acorn's parser, on the files of the npm packages that the
 * tests install, and on mutations of them. `LEXER_SEED=N` and `LEXER_MUTATIONS=N` try others.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { init } from 'es-module-lexer';

import { example } from './harness.js';
import { byModuleLexer, byParser } from './lexer/references.js';
import { mutate, readScripts } from './lexer/texts.js';

/** The fewest texts that a run compares. */
const FILES = 5_500;
const MODULES = 500;
const VALID_MUTATIONS = 500;

const SEED = Number(process.env.LEXER_SEED ?? 1);
const MUTATIONS = Number(process.env.LEXER_MUTATIONS ?? 3_000);

const PACKAGES = ['node_modules', '../bundlers/node_modules', '../../client-js/node_modules'];

/** Texts of this crate: statements that few files have. */
const SEEDS = join(import.meta.dirname, '../../fuzz/seeds/modules');

/** @type {{ path: string, text: string }[]} */
let scripts;

before(async () => {
  await init;
  const all = await Promise.all(PACKAGES.map((folder) => readScripts(join(import.meta.dirname, folder))));
  scripts = Array.from(new Map(all.flat().map(({ path, text }) => [text, { path, text }])).values());
});

/**
 * Lexes texts with the crate's lexer.
 *
 * @param {string[]} texts
 * @returns {Promise<(import('./lexer/references.js').Found & { imports: { quoted: string }[] } | null)[]>}
 */
async function lex(texts) {
  const child = spawn(example('lex'), { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  child.stdin.on('error', () => undefined);
  child.stdin.end(texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  const found = [];
  for await (const line of createInterface({ input: child.stdout })) found.push(JSON.parse(line));
  assert.deepEqual(await exited, [0, null]);
  assert.equal(found.length, texts.length);
  return found;
}

/** What both lexers report. @param {Awaited<ReturnType<typeof lex>>[number]} found */
function common(found) {
  if (!found) return null;
  const imports = found.imports.filter(({ kind, quoted }) => kind !== 'Url' && !quoted.startsWith('`'));
  return { ...found, imports: imports.map(({ kind, specifier }) => ({ kind, specifier })) };
}

/** What the parser reports. @param {Awaited<ReturnType<typeof lex>>[number]} found */
function whole(found) {
  return found && { ...found, imports: found.imports.map(({ kind, specifier }) => ({ kind, specifier })) };
}

test('the lexer finds what es-module-lexer finds in the files of npm packages', { timeout: 120_000 }, async (t) => {
  const all = await lex(scripts.map(({ text }) => text));
  let [modules, decided, invalid] = [0, 0, 0];
  for (const [at, { path, text }] of scripts.entries()) {
    const ours = all[at];
    if (ours?.imports.length || ours?.hasDefault) modules += 1;
    const isCompared = isDeepStrictEqual(common(ours), byModuleLexer(text));
    if (isCompared && !text.includes('import.meta.url') && !text.includes('import(`')) continue;
    const parsed = byParser(text);
    // A classic script, which is valid in no module.
    if (!parsed) invalid += 1;
    else {
      decided += 1;
      assert.deepEqual(whole(ours), parsed, path);
    }
  }
  t.diagnostic(`${scripts.length} files, ${modules} of them with imports or a default export; the parser decided ${decided}, ${invalid} are no modules`);
  assert.ok(scripts.length >= FILES && modules >= MODULES, `${scripts.length} files, ${modules} modules`);
  assert.ok(invalid < scripts.length / 20, `${invalid} of ${scripts.length} are no modules`);
});

test('the lexer finds what a parser finds in mutated modules', { timeout: 120_000 }, async (t) => {
  const own = await Promise.all((await readdir(SEEDS)).sort().map((name) => readFile(join(SEEDS, name), 'utf8')));
  const bases = scripts.map(({ text }) => text).filter((text) => byModuleLexer(text)?.imports.length);
  // The seeds' first lines are none of their texts.
  const ownTexts = own.map((text) => text.slice(text.indexOf('\n') + 1));
  const texts = [...mutate(bases, MUTATIONS, SEED), ...mutate(ownTexts, MUTATIONS / 2, SEED)];
  const all = await lex(texts);
  let [valid, moduleLexer] = [0, 0];
  for (const [at, text] of texts.entries()) {
    const parsed = byParser(text);
    if (!parsed) continue;
    valid += 1;
    assert.deepEqual(whole(all[at]), parsed, `a mutated text:\n${text}`);
    if (!isDeepStrictEqual(common(all[at]), byModuleLexer(text))) moduleLexer += 1;
  }
  t.diagnostic(`${valid} of ${texts.length} are valid; es-module-lexer differs in ${moduleLexer}`);
  assert.ok(valid >= VALID_MUTATIONS, `only ${valid} mutated texts are valid`);
});

/** The client's source maps against `@jridgewell/trace-mapping`, over maps that bundlers and a generator make. */

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { AnyMap, originalPositionFor } from '@jridgewell/trace-mapping';
import { encode } from '@jridgewell/sourcemap-codec';
import { rspack } from '@rspack/core';
import fc from 'fast-check';
import { build } from 'vite';
import webpack from 'webpack';

import { SourceMap } from '../../client-js/overlay/source-map.js';

const SOURCES = {
  'main.ts': "import { total } from './cart.js';\nimport './style.css';\n\nexport function show(items) {\n\treturn `${total(items)} €`;\n}\nglobalThis.show = show;\n",
  'cart.js': "export const total = (items) =>\n  items.map(({ price, count }) => price * count).reduce((a, b) => a + b, 0);\nexport function fail() {\n  throw new Error('日本 💓');\n}\nglobalThis.fail = fail;\n",
  'style.css': 'p { color: teal }\n',
};

/** Compares all places of a script, or every few if it is long. */
function compare(text, json) {
  const [ours, theirs] = [new SourceMap(json), new AnyMap(json)];
  let compared = 0;
  for (const [row, content] of text.split('\n').entries()) {
    const step = Math.max(1, Math.floor(content.length / 2_000));
    for (let column = 0; column <= content.length; column += step) {
      const found = ours.originalOf(row + 1, column + 1);
      const expected = originalPositionFor(theirs, { line: row + 1, column });
      const shown = found && { line: found.line, column: found.column - 1, source: found.source };
      const source = theirs.sources[theirs.resolvedSources.indexOf(expected.source)];
      const wanted = expected.source === null ? undefined : { line: expected.line, column: expected.column, source };
      assert.deepEqual(shown, wanted, `${row + 1}:${column}`);
      compared += shown ? 1 : 0;
    }
  }
  return compared;
}

async function inFolder(body) {
  const folder = await mkdtemp(join(tmpdir(), 'source-maps-'));
  try {
    for (const [name, text] of Object.entries(SOURCES)) await writeFile(join(folder, name), text);
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const run = (bundler, config) =>
  new Promise((resolve, reject) => {
    bundler(config, (error, stats) => {
      if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString()));
      else resolve();
    });
  });

for (const [name, bundler] of [['webpack', webpack], ['rspack', rspack]]) {
  for (const [devtool, mode] of [['source-map', 'development'], ['source-map', 'production'], ['cheap-module-source-map', 'development'], ['nosources-source-map', 'production']]) {
    test(`maps of ${name} with ${devtool} in ${mode} mode`, { timeout: 60_000 }, () =>
      inFolder(async (folder) => {
        await writeFile(join(folder, 'entry.js'), SOURCES['main.ts'].replace("import './style.css';\n", ''));
        const output = { path: join(folder, 'dist'), filename: 'main.js' };
        await run(bundler, { context: folder, entry: './entry.js', mode, devtool, output });
        const text = await readFile(join(folder, 'dist/main.js'), 'utf8');
        const json = JSON.parse(await readFile(join(folder, 'dist/main.js.map'), 'utf8'));
        assert.ok(compare(text, json) > 50);
      }));
  }
}

for (const minify of [false, true]) {
  test(`maps of vite${minify ? ', minified' : ''}`, { timeout: 60_000 }, () =>
    inFolder(async (folder) => {
      await build({
        root: folder,
        logLevel: 'silent',
        configFile: false,
        build: { sourcemap: true, minify, rollupOptions: { input: join(folder, 'main.ts') } },
      });
      const assets = join(folder, 'dist/assets');
      const name = (await readdir(assets)).find((name) => name.endsWith('.js'));
      const json = JSON.parse(await readFile(join(assets, `${name}.map`), 'utf8'));
      assert.ok(compare(await readFile(join(assets, name), 'utf8'), json) > 50);
    }));
}

const segment = fc.oneof(
  fc.tuple(fc.nat(40)),
  fc.tuple(fc.nat(40), fc.nat(2), fc.nat(1_000), fc.nat(300)),
  fc.tuple(fc.nat(40), fc.nat(2), fc.nat(1_000), fc.nat(300), fc.nat(1)),
);
const lines = fc.array(fc.array(segment, { maxLength: 8 }), { maxLength: 5 });
const basic = lines.map((lines) => ({
  version: 3,
  names: ['a', 'b'],
  sources: ['a.js', 'b.js', 'c.js'],
  mappings: encode(lines.map((line) => line.slice().sort(([a], [b]) => a - b))),
}));
const indexed = fc.array(fc.tuple(fc.nat(3), fc.nat(40), basic), { minLength: 1, maxLength: 4 }).map((parts) => {
  let [line, column] = [0, 0];
  const sections = parts.map(([lines, columns, map]) => {
    [line, column] = [line + lines, lines ? columns : column + columns];
    return { offset: { line, column }, map };
  });
  return { version: 3, sections };
});

test('any map gives the same places', () => {
  const text = Array(12).fill('x'.repeat(60)).join('\n');
  fc.assert(fc.property(fc.oneof(basic, indexed), (json) => void compare(text, json)), { numRuns: 2_000 });
});

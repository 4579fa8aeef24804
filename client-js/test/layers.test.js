import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';

const ROOT = join(import.meta.dirname, '..');

/** Folders from the bottom up, with the entry files above them. A file imports from its own folder and those below. */
const LAYERS = ['inspector', 'stream', 'overlay', 'update/page', 'update', 'bundle', ''];

/** Each file of the clients, with the files that it imports, in code and in types. */
function importsOf() {
  const files = LAYERS.flatMap((layer) => 
    readdirSync(join(ROOT, layer))
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(layer, name)),
  );
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const names = [...text.matchAll(/(?:from |import\()'(\.[^'?]+\.js)/g)].map(([, name]) => name);
      return [file, new Set(names.map((name) => relative(ROOT, join(ROOT, dirname(file), name))))];
    }),
  );
}

const layerOf = (file) => LAYERS.indexOf(dirname(file) === '.' ? '' : dirname(file));

test('no file imports from a layer above its own', () => {
  const upward = [...importsOf()].flatMap(([file, imports]) =>
    [...imports].filter((imported) => layerOf(imported) > layerOf(file)).map((imported) => `${file} imports ${imported}`),
  );
  assert.deepEqual(upward, []);
});

test('no import circle', () => {
  const waiting = importsOf();
  assert.ok(waiting.size > 30, `${waiting.size} files`);
  for (let before = -1; waiting.size !== before; ) {
    before = waiting.size;
    for (const [file, imports] of waiting) {
      if (![...imports].some((imported) => waiting.has(imported))) waiting.delete(file);
    }
  }
  assert.deepEqual([...waiting.keys()], []);
});

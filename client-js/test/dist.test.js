import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';

import { bundled } from '../build.mjs';

const DIST = join(import.meta.dirname, '../dist');

test('the bundles are those of the sources', async () => {
  const texts = await bundled();
  const entries = await readdir(DIST, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  assert.deepEqual(files.sort(), [...texts.keys()].sort());
  for (const [path, text] of texts) {
    assert.equal(await readFile(path, 'utf8'), text, `${path} is out of date: run \`npm run build\` in client-js`);
  }
});

test('no bundle imports a file before it runs', async () => {
  for (const [path, text] of await bundled()) assert.doesNotMatch(text, /^(?:import|export [^{]*from)\b(?!\()/m, path);
});

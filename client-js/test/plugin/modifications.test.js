import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Modifications } from '../../plugin/modifications.cjs';

test('a build is caused by a new version of a file, and not by the second word of the same save', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'modifications-'));
  try {
    const path = join(folder, 'a.js');
    const build = (modified, removed) => ({ modifiedFiles: new Set(modified), removedFiles: new Set(removed) });
    const modifications = new Modifications();
    modifications.started({});
    assert.equal(modifications.unmodified, undefined, 'to a first build all files are new');
    await writeFile(path, 'one');
    for (const [files, unmodified] of [[build([path]), false], [build([path]), true], [build([]), true]]) {
      modifications.started(files);
      assert.equal(modifications.unmodified, unmodified);
    }
    await writeFile(path, 'another');
    modifications.started(build([path]));
    assert.equal(modifications.unmodified, false);
    await rm(path);
    modifications.started(build([], [path]));
    assert.equal(modifications.unmodified, false);
    modifications.started(build([], [path]));
    assert.equal(modifications.unmodified, true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

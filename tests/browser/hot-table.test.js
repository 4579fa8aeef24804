/**
 * The behaviours of `import.meta.hot` that `docs/modules.md` compares with others: this crate's, in Chromium, and its column of the
 * table. `make matrix` runs all columns in all engines.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ENGINES } from './harness/engines/index.js';
import { PATIENCE } from './harness.js';
import { SECTIONS } from './hot-table/behaviours/index.js';
import { OURS } from './hot-table/contestants.js';
import { NO, ourColumn, YES } from './hot-table/document.js';
import { play } from './hot-table/stage.js';

/** Milliseconds for what is known to fail. */
const SHORT = 2_000;

const behaviours = Object.values(SECTIONS).flat();

for (const behaviour of behaviours) {
  const title = behaviour.because ? `not yet: ${behaviour.name}` : behaviour.name;
  test(title, { timeout: 60_000 }, async () => {
    const { outcome, detail } = await play(behaviour, OURS, ENGINES.chromium, behaviour.because ? SHORT : PATIENCE);
    if (detail && !behaviour.because) throw detail;
    assert.equal(outcome, behaviour.because ? 'failed' : 'passed', 'the reason for its failure is out of date');
  });
}

test('our column of the table has a yes or a reason in each row', async () => {
  const column = await ourColumn();
  for (const { name, because } of behaviours) {
    assert.equal(column.get(name), because ? `${NO}: ${because}` : YES, `docs/modules.md: ${name}`);
  }
});

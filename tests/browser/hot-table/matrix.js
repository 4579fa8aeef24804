/**
 * Runs all behaviours with all contestants in all engines, and writes the table in `docs/modules.md`: `node --test hot-table/matrix.js`.
 * `COLUMN=crate` runs the one column with this in its name. `ONLY=text` runs the behaviours with this text in their names, and
 * writes nothing.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ENGINES, missing } from '../harness/engines/index.js';
import { SECTIONS } from './behaviours/index.js';
import { contestants } from './contestants.js';
import { cell, write } from './document.js';
import { play } from './stage.js';

/** Milliseconds to wait for a condition. */
const PATIENCE = 5_000;

/** A behaviour fails if it fails so often: another program on the machine may have taken the time. */
const TRIES = 2;

test('the behaviours of import.meta.hot', { timeout: 3_600_000 }, async (t) => {
  const { COLUMN: column = '', ONLY: only = '' } = process.env;
  const columns = await contestants();
  const all = columns.filter(({ name }) => name.includes(column));
  const behaviours = Object.values(SECTIONS).flat().filter(({ name }) => name.includes(only));
  for (const engine of Object.values(ENGINES)) assert.deepEqual(missing(engine), [], engine.name);
  /** @type {import('./document.js').Result[]} */
  const results = all.flatMap(({ name: contestant }) => behaviours.map(({ name: behaviour }) => ({ contestant, behaviour, outcomes: {} })));

  const runIn = async (/** @type {import('../harness/engines/index.js').Engine} */ engine) => {
    for (const behaviour of behaviours) {
      for (const contestant of all) {
        let played;
        for (let tries = 0; tries < TRIES && played?.outcome !== 'passed' && played?.outcome !== 'lacking'; tries += 1) {
          played = await play(behaviour, contestant, engine, PATIENCE);
        }
        const result = results.find((result) => result.contestant === contestant.name && result.behaviour === behaviour.name);
        result.outcomes[engine.name] = played.outcome;
        const detail = played.detail && (contestant === columns[0] || only) ? `: ${played.detail.message.split('\n').slice(0, 2).join(' ')}` : '';
        t.diagnostic(`${engine.name}, ${contestant.name}: ${behaviour.name}: ${played.outcome}${detail}`);
      }
    }
  };
  await Promise.all(Object.values(ENGINES).map(runIn));

  for (const { name } of all) {
    const own = results.filter(({ contestant }) => contestant === name);
    t.diagnostic(`${name}: ${own.filter(({ outcomes }) => cell(outcomes) === '✓').length} of ${own.length}`);
  }
  if (only) return;
  const engines = Object.values(ENGINES).map(({ name }) => name).join(', ');
  const date = new Date().toISOString().slice(0, 10);
  const introduction = `Run on ${date}, ${behaviours.length} behaviours in ${engines}. ✓: in all three; a name: in that engine alone; –: no engine has what it is about.`;
  await write(SECTIONS, columns.map(({ name }) => name), results, introduction);
});

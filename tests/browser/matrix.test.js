/**
 * The same scenarios for each client in each bundler on each server. The table in `docs/webpack-client.md` has the
 * outcomes; `UPDATE_MATRIX=1` writes it.
 */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { BUNDLERS, CLIENTS, FILES, SERVERS } from './harness/front-end.js';
import { SCENARIOS } from './harness/front-end-scenarios.js';
import { FrontEndStage } from './harness/front-end-stage.js';

const DOCUMENT = join(import.meta.dirname, '../../docs/webpack-client.md');

const [OWN, ORIGINAL, SUCCESSOR] = Object.keys(CLIENTS);
const [LAYER, EXPRESS] = Object.keys(SERVERS);
const [WEBPACK, RSPACK, WEBPACK_4] = Object.keys(BUNDLERS);

const CELLS = [
  { client: OWN, server: LAYER, bundler: WEBPACK },
  { client: OWN, server: LAYER, bundler: RSPACK },
  { client: OWN, server: EXPRESS, bundler: WEBPACK },
  { client: OWN, server: EXPRESS, bundler: RSPACK },
  { client: ORIGINAL, server: LAYER, bundler: WEBPACK },
  { client: ORIGINAL, server: LAYER, bundler: RSPACK },
  { client: ORIGINAL, server: LAYER, bundler: WEBPACK_4 },
  { client: ORIGINAL, server: EXPRESS, bundler: WEBPACK },
  { client: ORIGINAL, server: EXPRESS, bundler: WEBPACK_4 },
  { client: SUCCESSOR, server: LAYER, bundler: WEBPACK },
  { client: SUCCESSOR, server: LAYER, bundler: RSPACK },
];

/** A row of the table. @param {typeof CELLS[number]} cell @param {string[]} outcomes */
const rowOf = ({ client, server, bundler }, outcomes) => `| ${[client, server, bundler, ...outcomes].join(' | ')} |`;

const HEAD = rowOf({ client: 'client', server: 'server', bundler: 'bundler' }, Object.keys(SCENARIOS));
const RULE = HEAD.replace(/[^|]+/g, '---');

for (const cell of CELLS) {
  const { client, server, bundler } = cell;
  test(`${client} on ${server}, by ${bundler}`, { timeout: 120_000 }, async () => {
    const stage = await FrontEndStage.set({ cell, files: FILES });
    try {
      const outcomes = [];
      for (const [name, go] of Object.entries(SCENARIOS)) {
        try {
          outcomes.push(await go(stage));
        } catch (error) {
          error.message = `${name}: ${error.message}`;
          throw error;
        }
      }
      const row = rowOf(cell, outcomes);
      if (process.env.UPDATE_MATRIX) await write(cell, row);
      const lines = (await readFile(DOCUMENT, 'utf8')).split('\n');
      assert.ok(lines.includes(HEAD), `the table’s head is: ${HEAD}`);
      assert.ok(lines.includes(row), `the table has no row: ${row}`);
    } finally {
      await stage.clear();
    }
  });
}

/**
 * Writes a row of the table. The first one starts a new table.
 *
 * @param {typeof CELLS[number]} cell
 * @param {string} row
 */
async function write(cell, row) {
  const text = await readFile(DOCUMENT, 'utf8');
  const [before, table, after] = /^(.*<!-- matrix -->\n)(.*?)(<!-- \/matrix -->.*)$/s.exec(text).slice(1);
  const rows = cell === CELLS[0] ? [HEAD, RULE] : table.trimEnd().split('\n');
  await writeFile(DOCUMENT, `${before}${[...rows, row].join('\n')}\n${after}`);
}

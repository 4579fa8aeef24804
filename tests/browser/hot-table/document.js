/** The table in `docs/modules.md`. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const DOCUMENT = join(import.meta.dirname, '../../../docs/modules.md');

export const [YES, NO] = ['✓', '✗'];

const MARKS = /^(.*<!-- table: written by make matrix -->\n)(.*)(<!-- end of table -->.*)$/s;

/**
 * @typedef {import('./stage.js').Outcome} Outcome
 *
 * @typedef {{ contestant: string, behaviour: string, outcomes: Record<string, Outcome> }} Result outcomes by engine
 */

/**
 * Returns a cell: whether a behaviour was shown in all engines that have what it is about.
 *
 * @param {Record<string, Outcome>} outcomes
 */
export function cell(outcomes) {
  const having = Object.entries(outcomes).filter(([, outcome]) => outcome !== 'lacking');
  const passed = having.filter(([, outcome]) => outcome === 'passed');
  if (passed.length === having.length) return having.length ? YES : '–';
  return passed.length ? passed.map(([engine]) => engine).join(', ') : NO;
}

/** @param {string[]} cells */
const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/**
 * Writes the table. Columns without results stay as they are.
 *
 * @param {Record<string, import('./stage.js').Behaviour[]>} sections
 * @param {string[]} contestants
 * @param {Result[]} results
 * @param {string} introduction
 */
export async function write(sections, contestants, results, introduction) {
  const [before, table, after] = parts(await readFile(DOCUMENT, 'utf8'));
  const old = rowsOf(table);
  const cells = (behaviour) =>
    contestants.map((contestant, at) => {
      const result = results.find((result) => result.contestant === contestant && result.behaviour === behaviour.name);
      if (!result) return old.get(behaviour.name)?.[at] ?? '?';
      const found = cell(result.outcomes);
      return at === 0 && behaviour.because && found !== YES ? `${found}: ${behaviour.because}` : found;
    });
  const tables = Object.entries(sections).map(([title, behaviours]) =>
    [
      line([title, ...contestants]),
      line(['---', ...contestants.map(() => ':-:')]),
      ...behaviours.map((behaviour) => line([behaviour.name, ...cells(behaviour)])),
      '',
    ].join('\n'),
  );
  await writeFile(DOCUMENT, `${before}${introduction}\n\n${tables.join('\n')}${after}`);
}

/** Returns the first column and ours of each row. @returns {Promise<Map<string, string>>} */
export async function ourColumn() {
  const [, table] = parts(await readFile(DOCUMENT, 'utf8'));
  return new Map(Array.from(rowsOf(table), ([name, [ours]]) => [name, ours]));
}

/** The cells of each row, by its first one. @param {string} table */
function rowsOf(table) {
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const cells = rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll('\\|', '|')));
  return new Map(cells.map(([name, ...others]) => [name, others]));
}

/** @param {string} text */
function parts(text) {
  const found = MARKS.exec(text);
  if (!found) throw new Error(`${DOCUMENT} has no marks around its table`);
  return found.slice(1);
}

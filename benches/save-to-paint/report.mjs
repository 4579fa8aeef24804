/** Statistics and tables of the measured times. */

import { cpus, loadavg } from 'node:os';

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {string} [peer] the peer that was measured, if it is not this crate
 * @property {number[]} times milliseconds
 *
 * @typedef {object} Aim
 * @property {string} peer
 * @property {number} [ratio] largest ratio of this crate's median to the peer's
 */

/**
 * Returns a quantile by the nearest rank.
 *
 * @param {number[]} values
 * @param {number} share
 */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** @param {number[]} values */
const median = (values) => percentile(values, 0.5);

/**
 * Returns a table: the first result is this crate's, and it is compared with the best result of each peer.
 *
 * @param {string} title
 * @param {Result[]} results
 * @param {Aim[]} aims
 */
export function table(title, results, aims) {
  const bests = aims.map(({ peer }) =>
    Math.min(...results.filter((result) => result.peer === peer).map(({ times }) => median(times))),
  );
  const header = ['', 'median ms', 'p90 ms', ...aims.map(({ peer }) => `of ${peer}'s median`)];
  const rows = results.map(({ name, times }) => [
    name,
    median(times).toFixed(1),
    percentile(times, 0.9).toFixed(1),
    ...bests.map((best) => (median(times) / best).toFixed(2)),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  const line = (/** @type {string[]} */ row) => {
    const cells = row.map((cell, n) => (n ? cell.padStart(widths[n]) : cell.padEnd(widths[n])));
    return `| ${cells.join(' | ')} |`;
  };
  const rule = `|${widths.map((width, n) => '-'.repeat(width + 1) + (n ? ':' : '-')).join('|')}|`;
  const verdicts = aims.flatMap(({ peer, ratio }, n) => {
    if (ratio === undefined) return [];
    const ours = median(results[0].times) / bests[n];
    return `${ours <= ratio ? 'met' : 'missed'}: at most ${ratio} of ${peer}'s median`;
  });
  return [title, '', line(header), rule, ...rows.map(line), '', ...verdicts, ''].join('\n');
}

/**
 * Describes the machine and the versions of a measurement.
 *
 * @param {string} chromium its version
 */
export function machine(chromium) {
  const [{ model }, ...others] = cpus();
  return [
    `${new Date().toISOString().slice(0, 10)}, ${process.platform} ${process.arch}`,
    `${others.length + 1} × ${model.trim()}, load ${loadavg()[0].toFixed(1)} before`,
    `Node ${process.versions.node}, Chromium ${chromium}, headless`,
  ].join('; ');
}

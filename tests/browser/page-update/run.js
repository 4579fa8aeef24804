/** Runs the rows against a contestant. It runs in the browser. */

import { differences, identified, replaced } from './compare.js';
import { decorate, lost, wrap } from './scripts.js';
import { EDITS, ELSEWHERE, MERGES, NOISE, RELOADS, SEQUENCES, STATE } from './rows/index.js';
import { open } from './stage.js';

/**
 * @typedef {object} Result
 * @property {string} row
 * @property {string} mode the edit, and what happened before it
 * @property {'passed' | 'failed' | 'reload' | 'unsupported'} outcome
 * @property {string} [detail] the reason of a failure or of a reload
 *
 * @typedef {object} Task
 * @property {string} row
 * @property {string} mode
 * @property {string} address
 * @property {(stage: any, contestant: import('./ours.js').Contestant, address: string) => Promise<Partial<Result>>} body
 */

const PASSED = { outcome: /** @type {const} */ ('passed') };
const failed = (detail) => ({ outcome: /** @type {const} */ ('failed'), detail });
const reload = (detail) => ({ outcome: /** @type {const} */ ('reload'), detail });

const text = (value) => JSON.stringify(value, (_, inner) => (inner instanceof Object && inner.nodeType ? inner.nodeName : inner));
const isSame = (left, right) => left.length === right.length && left.every((value, n) => Object.is(value, right[n]));

/** Waits for the stylesheets that were added. */
const settled = ({ $$, until }) =>
  until(() => $$('link[rel="stylesheet"]').every((link) => link.sheet), 'a stylesheet');

/**
 * When a script or user acts: before the client has matched the page with its base, or after. With `alternating` orders, each row
 * and mode has one of them.
 *
 * @typedef {'early' | 'late'} Order
 * @typedef {(index: number) => Order[]} Orders
 *
 * @type {Record<'all' | 'late' | 'alternating', Orders>}
 */
const ORDERS = {
  all: () => ['early', 'late'],
  late: () => ['late'],
  alternating: (index) => [index % 2 ? 'early' : 'late'],
};

/** @param {Orders} orders @returns {Task[]} */
function stateTasks(orders) {
  return STATE.flatMap((row, n) =>
    Object.keys(ELSEWHERE).flatMap((edit, k) =>
      orders(n + k).map((order) => ({
        row: row.name,
        mode: `${edit}, ${order}`,
        address: `state/${n}/${edit}`,
        async body(stage, contestant, address) {
          if (row.needs && !row.needs(stage.window)) return { outcome: 'unsupported' };
          const read = async () => row.read(stage);
          const untouched = await read().catch(() => []);
          if (order === 'early') await row.act(stage);
          const update = await contestant.start(stage, address);
          if (order === 'late') await row.act(stage);
          const before = await read();
          if (isSame(before, untouched)) return failed(`there is no state: ${text(before)}`);
          const { kind, reason } = await update();
          if (kind === 'reload') return reload(reason);
          const after = await read().catch((error) => [String(error)]);
          if (!isSame(before, after)) return failed(`${text(after)} instead of ${text(before)}`);
          const isThere = stage.$('#title')?.textContent === 'after' && Boolean(stage.document.querySelector('#added')) === (edit === 'insertion');
          return isThere ? PASSED : failed('the edit is missing');
        },
      })),
    ),
  );
}

/** What scripts have inserted before an edit: nothing, nodes before and after each node, or elements around some. */
const DECORATIONS = {
  alone: { apply: () => [], options: {} },
  'between nodes of scripts': {
    apply: decorate,
    options: { isForeign: (node) => node.nodeType === 1 && node.hasAttribute('data-script') },
  },
  'inside elements of scripts': {
    apply: wrap,
    options: {
      isForeign: () => false,
      isWrapper: (node) => node.nodeType === 1 && node.hasAttribute('data-wrapper'),
    },
  },
};

/** The fresh page that was opened last: the tasks of a row follow one another. @type {{ url: string, stage: any } | undefined} */
let latest;

/** @param {string} url */
async function freshPage(url) {
  if (latest?.url !== url) {
    latest?.stage.remove();
    latest = { url, stage: await open(url) };
  }
  return latest.stage;
}

/** @param {Orders} orders @param {Partial<typeof DECORATIONS>} [decorations] @returns {Task[]} */
function editTasks(orders, decorations = DECORATIONS) {
  return EDITS.flatMap(([row], n) =>
    Object.entries(decorations).flatMap(([mode, { apply, options }], k) =>
      (mode === 'alone' ? ORDERS.late(n) : orders(n + k)).map((order) => ({
        row,
        mode: mode === 'alone' ? mode : `${mode}, ${order}`,
        address: `edit/${n}`,
        async body(stage, contestant, address) {
          let nodes = order === 'early' ? apply(stage.document) : [];
          const update = await contestant.start(stage, address);
          if (order === 'late') nodes = apply(stage.document);
          const { kind, reason } = await update();
          if (kind === 'reload') return reload(reason);
          await settled(stage);
          const fresh = await freshPage(`/rows/${address}?version=1`);
          const allowed = { ...options, ...contestant.options };
          const found = [...differences(stage.document, fresh.document, allowed), ...lost(nodes)];
          return found.length ? failed(found.join('; ')) : PASSED;
        },
      })),
    ),
  );
}

/** Without elements around those of the page. @param {Orders} orders */
function comparedEditTasks(orders) {
  const { 'inside elements of scripts': _, ...others } = DECORATIONS;
  return editTasks(orders, others);
}

/** Edits that are taken back: the second update compares with the first one's document. @returns {Task[]} */
function returnTasks() {
  return EDITS.map(([row], n) => ({
    row,
    mode: 'and back',
    address: `edit/${n}`,
    async body(stage, contestant, address) {
      const update = await contestant.start(stage, address);
      for (const version of [1, 0]) {
        const { kind, reason } = await update(version, version);
        if (kind === 'reload') return reload(reason);
      }
      await settled(stage);
      const fresh = await freshPage(`/rows/${address}?version=0`);
      const found = differences(stage.document, fresh.document);
      if (found.length) return failed(found.join('; '));
      const { kind } = await update(0);
      return kind === 'same' ? PASSED : failed(`${kind} by the same document`);
    },
  }));
}

/** @returns {Task[]} */
function sequenceTasks() {
  return SEQUENCES.map(([row, ...bodies], n) => ({
    row,
    mode: '',
    address: `sequence/${n}`,
    async body(stage, contestant, address) {
      const update = await contestant.start(stage, address);
      for (let version = 1; version < bodies.length; version += 1) {
        const before = identified(stage.document);
        const { kind, reason } = await update(version);
        if (kind === 'reload') return reload(reason);
        const fresh = await freshPage(`/rows/${address}?version=${version}`);
        const found = [...differences(stage.document, fresh.document), ...replaced(before, stage.document, fresh.document)];
        if (found.length) return failed(`update ${version}: ${found.join('; ')}`);
      }
      return PASSED;
    },
  }));
}

/** @returns {Task[]} */
function reloadTasks() {
  return RELOADS.map(([row, , , pattern], n) => ({
    row,
    mode: '',
    address: `reload/${n}`,
    async body(stage, contestant, address) {
      const update = await contestant.start(stage, address);
      const serialize = () => `${stage.document.doctype?.name} ${stage.document.documentElement.outerHTML}`;
      const before = serialize();
      const { kind, reason = '' } = await update();
      if (kind !== 'reload') return failed(`${kind} instead of a reload`);
      if (serialize() !== before) return failed(`the page was changed before: ${reason}`);
      return pattern.test(reason) ? PASSED : failed(`another reason: ${reason}`);
    },
  }));
}

/** @param {Orders} orders @returns {Task[]} */
function mergeTasks(orders) {
  return MERGES.flatMap((row, n) =>
    orders(n).map((order) => ({
      row: row.name,
      mode: order,
      address: `merge/${n}`,
      async body(stage, contestant, address) {
        if (order === 'early') await row.act(stage);
        const update = await contestant.start(stage, address);
        if (order === 'late') await row.act(stage);
        row.then?.(stage);
        const { kind, reason } = await update();
        if (row.mustReload && !(kind === 'reload' && row.mustReload.test(reason))) return failed(`${kind} instead of a reload: ${reason}`);
        if (kind === 'reload' && !row.mustReload) return row.mayReload ? PASSED : reload(reason);
        const after = row.read(stage);
        return isSame(after, row.expected) ? PASSED : failed(`${text(after)} instead of ${text(row.expected)}`);
      },
    })),
  );
}

/** @returns {Task[]} */
function noiseTasks() {
  return NOISE.flatMap(([row, , { mayAdd = false } = {}], n) =>
    ['edited', 'alone'].map((mode) => ({
      row,
      mode,
      address: `noise/${n}/${mode}`,
      async body(stage, contestant, address) {
        const update = await contestant.start(stage, address);
        const before = stage.document.documentElement.outerHTML;
        const elements = stage.$$('*');
        const { kind, reason } = await update(1, 2);
        if (kind === 'reload') return reload(reason);
        if (mayAdd) {
          const isKept = elements.every(({ isConnected }) => isConnected);
          const isShown = stage.$('body > p').textContent === (mode === 'edited' ? 'after' : 'same');
          return isKept && isShown ? PASSED : failed(isKept ? 'the edit is missing' : 'an element is gone');
        }
        const wanted = mode === 'edited' ? 'updated' : 'same';
        if (kind !== wanted) return failed(`${kind} instead of ${wanted}`);
        const expected = before.replace('>before<', '>after<');
        return stage.document.documentElement.outerHTML === expected ? PASSED : failed('more than the edit was applied');
      },
    })),
  );
}

/** @type {Record<string, (orders: Orders) => Task[]>} */
const GROUPS = {
  state: stateTasks,
  edits: (orders) => editTasks(orders),
  'compared edits': comparedEditTasks,
  returns: returnTasks,
  sequences: sequenceTasks,
  reloads: reloadTasks,
  merges: mergeTasks,
  noise: noiseTasks,
};

/**
 * @param {import('./ours.js').Contestant} contestant
 * @param {string} group
 * @param {keyof typeof ORDERS} orders
 * @param {{ filter?: string, half?: 0 | 1 }} [choice] part of a row's name, and which of every two tasks; otherwise all
 * @returns {Promise<Result[]>}
 */
export async function run(contestant, group, orders, { filter = '', half } = {}) {
  /** @type {Result[]} */
  const results = [];
  for (const [n, task] of GROUPS[group](ORDERS[orders]).entries()) {
    if (!task.row.includes(filter) || (half !== undefined && n % 2 !== half)) continue;
    results.push(await perform(task, contestant));
  }
  latest?.stage.remove();
  latest = undefined;
  return results;
}

/** @param {Task} task @param {import('./ours.js').Contestant} contestant @returns {Promise<Result>} */
async function perform({ row, mode, address, body }, contestant) {
  const stage = await open(`/rows/${address}`);
  try {
    const result = await body(stage, contestant, address);
    const hasErrors = result.outcome === 'passed' && stage.errors.length > 0;
    return /** @type {Result} */ ({ row, mode, ...(hasErrors ? failed(stage.errors.join('; ')) : result) });
  } catch (error) {
    return { row, mode, ...failed(`${error} ${error?.stack ?? ''}`) };
  } finally {
    stage.remove();
  }
}

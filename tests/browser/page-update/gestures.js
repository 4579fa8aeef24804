/** Runs the rows of state that only mouse and keyboard make, each in a page of its own. */

import { GESTURES, WRAPPED } from './rows/index.js';

/** @param {unknown[]} left @param {unknown[]} right */
const isSame = (left, right) => JSON.stringify(left) === JSON.stringify(right);

/**
 * @param {() => Promise<import('../harness/engines/page.js').Page>} open opens an empty page
 * @param {string} url of the server
 * @param {{ edits?: string[], name?: string }} [options] `name` of a peer; by default it is this crate's client
 * @returns {Promise<import('./run.js').Result[]>}
 */
export async function runGestures(open, url, { edits = Object.keys(WRAPPED), name = '' } = {}) {
  /** @type {import('./run.js').Result[]} */
  const results = [];
  for (const [n, gesture] of GESTURES.entries()) {
    for (const edit of edits) {
      if (gesture.isFixed && edit === 'wrapper') continue;
      const user = await open();
      const result = await perform(user, url, { gesture, edit, address: `gesture/${n}/${edit}`, name }).catch((error) => failed(String(error)));
      results.push({ row: gesture.name, mode: edit, ...result });
      await user.close();
    }
  }
  return results;
}

/** @param {string} detail */
const failed = (detail) => ({ outcome: /** @type {const} */ ('failed'), detail });

/**
 * @param {import('../harness/engines/page.js').Page} user
 * @param {string} url
 * @param {{ gesture: import('./rows/gestures.js').Gesture, edit: string, address: string, name: string }} task
 * @returns {Promise<Pick<import('./run.js').Result, 'outcome' | 'detail'>>}
 */
async function perform(user, url, { gesture, edit, address, name }) {
  await user.goto(`${url}/rows/${address}`);
  if (gesture.needs && !(await user.evaluate(gesture.needs))) return { outcome: 'unsupported' };
  const untouched = await user.evaluate(gesture.read);
  await user.evaluate(
    async ([address, name]) => {
      const { tools } = await import('/page-update/stage.js');
      const { ours } = await import('/page-update/ours.js');
      const peers = name ? (await import('/page-update/peers/peers.js')).PEERS : [];
      const contestant = peers.find((peer) => peer.name === name)?.contestant ?? ours;
      globalThis.update = await contestant.start(tools(window), address);
    },
    [address, name],
  );
  await gesture.act(user);
  const before = await user.evaluate(gesture.read);
  if (isSame(before, untouched)) return failed(`there is no state: ${JSON.stringify(before)}`);
  const { kind, reason, canMove } = await user.evaluate(async () => {
    const { kind, reason } = await globalThis.update();
    return { kind, reason, canMove: 'moveBefore' in document.documentElement };
  });
  // Where the browser can't move an element with its state, the page is reloaded.
  if (kind === 'reload' && edit === 'wrapper' && !canMove) return { outcome: 'passed' };
  if (kind === 'reload') return { outcome: 'reload', detail: reason };
  const after = await user.evaluate(gesture.read);
  if (!isSame(before, after)) return failed(`${JSON.stringify(after)} instead of ${JSON.stringify(before)}`);
  const wrong = await gesture.then?.(user);
  if (wrong) return failed(wrong);
  const isApplied = await user.evaluate(
    (edit) =>
      document.querySelector('#title')?.textContent === 'after' &&
      Boolean(document.querySelector('#added')) === (edit === 'insertion') &&
      Boolean(document.querySelector('.wrapper #x')) === (edit === 'wrapper'),
    edit,
  );
  return isApplied ? { outcome: 'passed' } : failed('the edit is missing');
}

/** Three-way changes of text and comments. */

import { CannotUpdate, nameOf, shorten } from './reasons.js';
import { isBlank, isElement } from './units.js';

/**
 * The change of a text or comment in the page and in the base.
 *
 * @param {ChildNode} base
 * @param {string} before
 * @param {string} after
 * @param {import('./live-nodes.js').LiveNodes} live
 * @param {Node | undefined} parent in the page
 * @returns {import('./attributes.js').Write}
 */
export function planText(base, before, after, live, parent) {
  const write = { live: () => {}, base: () => void (base.nodeValue = after) };
  const isComment = base.nodeType !== 3;
  const nodes = isComment ? /** @type {CharacterData[]} */ (live.of(base)) : runOf(base, before, live);
  const current = nodes.map(({ data }) => data).join('');
  if (nodes.length && current === before) return { ...write, live: () => splice(nodes, before, after) };
  if (isComment || (nodes.length && current === after) || (isBlank(before) && isBlank(after))) return write;
  throw new CannotUpdate(`the text of ${placeOf(base, parent)} changed, which a script has changed too: ${shorten(after)}`);
}

/**
 * Refuses to remove a text that a script has written.
 *
 * @param {import('./units.js').Unit} unit of the base
 * @param {import('./live-nodes.js').LiveNodes} live
 * @param {Node | undefined} parent in the page
 */
export function checkRemovable({ node, text = '' }, live, parent) {
  const current = runOf(node, text, live).map(({ data }) => data).join('');
  if (current === text || isBlank(current)) return;
  throw new CannotUpdate(`the text of ${placeOf(node, parent)} was removed, which a script has changed: ${shorten(current)}`);
}

/**
 * @param {ChildNode} base
 * @param {Node | undefined} parent
 */
function placeOf(base, parent) {
  const element = parent && isElement(parent) ? parent : base.parentElement;
  return element ? nameOf(element) : 'a shadow root or template';
}

/**
 * The page's nodes of a text, with those that a script has split off.
 *
 * @param {ChildNode} base
 * @param {string} before
 * @param {import('./live-nodes.js').LiveNodes} live
 * @returns {CharacterData[]}
 */
function runOf(base, before, live) {
  const nodes = /** @type {CharacterData[]} */ (live.of(base));
  const run = [...nodes];
  let length = run.reduce((sum, node) => sum + node.length, 0);
  for (let node = run.at(-1)?.nextSibling; node?.nodeType === 3 && length < before.length; node = node.nextSibling) {
    if (live.baseOf(node)) break;
    run.push(/** @type {Text} */ (node));
    length += /** @type {Text} */ (node).length;
  }
  if (run.length === nodes.length || run.map(({ data }) => data).join('') !== before) return nodes;
  live.set(base, run);
  return run;
}

/**
 * Changes a text where it differs: selections elsewhere in it stay, and no node is removed that a script may know.
 *
 * @param {CharacterData[]} nodes
 * @param {string} before
 * @param {string} after
 */
function splice(nodes, before, after) {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < most - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  let inserted = after.slice(start, after.length - tail);
  const end = before.length - tail;
  let from = 0;
  for (const [index, node] of nodes.entries()) {
    const to = from + node.length;
    const isHere = start < to || index === nodes.length - 1;
    if (isHere && (inserted || end > from)) {
      const at = Math.max(start, from);
      const deleted = Math.max(0, Math.min(end, to) - at);
      if (inserted || deleted) node.replaceData(at - from, deleted, inserted);
      inserted = '';
    }
    from = to;
  }
}

/** Applies a planned update to the page and to the base. */

import { made, nonceOf } from './insert.js';
import { move, saveScroll } from './moves.js';
import { elementsIn, isElement, isTemplate } from './units.js';
import { haveSameAttributes, withWrapper } from './widgets.js';

/**
 * @typedef {import('./plan.js').Plan} Plan
 * @typedef {import('./plan.js').Item} Item
 * @typedef {import('./units.js').Parent} Parent
 * @typedef {import('./live-nodes.js').LiveNodes} LiveNodes
 */

/**
 * Applies an update to the page.
 *
 * @param {Plan} plan
 * @param {LiveNodes} live
 * @param {Document} document
 * @returns {Element[]} the elements that were inserted
 */
export function applyToPage({ writes, arrangements, removals, forms, media }, live, document) {
  const nonce = nonceOf(document);
  /** @type {Element[]} */
  const added = [];
  forms.save();
  const rescroll = saveScroll(arrangements.flatMap(({ items }) => movedIn(items, live)));
  for (const write of writes) write.live();
  for (const { live: parent, items } of arrangements) new Arranger(live, nonce, added).arrange(parent, items);
  removals.removeLive();
  rescroll();
  forms.restore();
  for (const element of media) reloadMedia(/** @type {HTMLMediaElement} */ (element));
  return added;
}

/**
 * The elements of the page that are moved.
 *
 * @param {Item[]} items
 * @param {LiveNodes} live
 * @returns {Element[]}
 */
function movedIn(items, live) {
  return items.flatMap(({ kind, partner, items: inside }) => {
    if (inside.length) return movedIn(inside, live);
    return kind === 'moved' && partner ? live.of(partner.node).filter(isElement) : [];
  });
}

/**
 * Makes the base equal to the next version. Its nodes stay, as the page's nodes are known by them.
 *
 * @param {Plan} plan
 */
export function applyToBase({ writes, arrangements, removals }) {
  for (const write of writes) write.base();
  for (const { base, items } of arrangements) arrangeBase(base, items);
  removals.removeBase();
}

/** Puts units into their places, between and around what scripts have put there. */
class Arranger {
  #live;
  #nonce;
  #added;

  /**
   * @param {LiveNodes} live
   * @param {string} nonce
   * @param {Element[]} added
   */
  constructor(live, nonce, added) {
    this.#live = live;
    this.#nonce = nonce;
    this.#added = added;
  }

  /**
   * @param {Parent} parent
   * @param {Item[]} items
   */
  arrange(parent, items) {
    /** @type {Node | undefined} */
    let previous;
    for (const [index, item] of items.entries()) {
      if (item.kind === 'stable') {
        const anchor = this.#anchor(item, parent, previous, items, index);
        previous = anchor ? this.#lastOf(anchor, item) : previous;
        continue;
      }
      const nodes = item.partner ? this.#movable(item.partner.node) : [this.#make(item, parent)];
      if (!nodes.length) continue;
      const before = previous ? previous.nextSibling : this.#first(parent, items, index);
      for (const node of nodes) this.#place(parent, node, before, item);
      previous = nodes.at(-1);
    }
  }

  /**
   * The child of a parent that belongs to a stable unit in it: the unit's last node, or an element of a script around it.
   *
   * @param {Item} item
   * @param {Parent} parent
   * @param {Node | undefined} previous
   * @param {Item[]} items
   * @param {number} index
   * @param {boolean} [isFirst] true for the unit's first node
   * @returns {Node | undefined}
   */
  #anchor({ partner }, parent, previous, items, index, isFirst = false) {
    const nodes = partner ? this.#live.of(partner.node) : [];
    const direct = nodes.filter((node) => node.parentNode === parent).at(isFirst ? 0 : -1);
    if (direct) return direct;
    const [node] = nodes;
    const wrapper = node && this.#wrapperOf(node, parent);
    if (!wrapper || (previous && !isBefore(previous, wrapper))) return undefined;
    // What a script has collected elsewhere in the parent is no place for what follows.
    const next = this.#firstDirect(parent, items, index + 1);
    return next && !isBefore(wrapper, next) ? undefined : wrapper;
  }

  /**
   * The last node that belongs to a stable unit: libraries put what they render for a template, for a comment, or for an element
   * that they have changed for it, right after that.
   *
   * @param {Node} anchor
   * @param {Item} item
   * @returns {Node}
   */
  #lastOf(anchor, { unit: { node } }) {
    const isElements = isElement(anchor) && isElement(node);
    const isPlain = isElements ? !isTemplate(anchor) && haveSameAttributes(anchor, node) : anchor.nodeType !== 8;
    if (isPlain || !this.#live.baseOf(anchor)) return anchor;
    let last = anchor;
    for (let next = last.nextSibling; next && this.#isForeign(next); next = next.nextSibling) last = next;
    return last;
  }

  /**
   * Returns true for a node of a script without any of the template's in it.
   *
   * @param {Node} node
   */
  #isForeign(node) {
    if (this.#live.baseOf(node)) return false;
    return !isElement(node) || ![...elementsIn(node)].some((inside) => this.#live.baseOf(inside));
  }

  /**
   * The child of a parent that a script has put around a node.
   *
   * @param {Node} node
   * @param {Parent} parent
   * @returns {ChildNode | undefined}
   */
  #wrapperOf(node, parent) {
    let at = node.parentNode;
    for (; at && at.parentNode !== parent; at = at.parentNode) if (this.#live.baseOf(at)) return undefined;
    return at && !this.#live.baseOf(at) ? /** @type {ChildNode} */ (/** @type {Node} */ (at)) : undefined;
  }

  /**
   * The nodes to move of a unit. A script's element around them moves with them, and nothing moves that a script has put into
   * another place, where it would again.
   *
   * @param {Node} base
   * @returns {Node[]}
   */
  #movable(base) {
    const [old] = base.parentNode ? /** @type {Parent[]} */ (this.#live.known(base.parentNode)) : [];
    if (!old) return [];
    return this.#live.of(base).flatMap((node) => {
      if (node.parentNode === old) return [node];
      const wrapper = this.#wrapperOf(node, old);
      if (!wrapper) return [];
      const outer = withWrapper(/** @type {ChildNode} */ (node), this.#live);
      return [outer === wrapper ? wrapper : node];
    });
  }

  /**
   * The node before which the first unit is put.
   *
   * @param {Parent} parent
   * @param {Item[]} items
   * @param {number} index
   * @returns {Node | null}
   */
  #first(parent, items, index) {
    for (let at = index; at < items.length; at += 1) {
      const item = /** @type {Item} */ (items[at]);
      if (item.kind !== 'stable') continue;
      const anchor = this.#anchor(item, parent, undefined, items, at, true);
      if (anchor) return anchor;
    }
    return parent.firstChild;
  }

  /**
   * The first node of a stable unit from an index on, where no script has moved it.
   *
   * @param {Parent} parent
   * @param {Item[]} items
   * @param {number} index
   */
  #firstDirect(parent, items, index) {
    for (let at = index; at < items.length; at += 1) {
      const item = items[at];
      const [node] = item?.partner && item.kind === 'stable' ? this.#live.of(item.partner.node) : [];
      if (node?.parentNode === parent) return node;
    }
    return undefined;
  }

  /**
   * @param {Item} item
   * @param {Parent} parent
   */
  #make({ unit, kind }, parent) {
    const { node, text } = unit;
    const document = parent.ownerDocument ?? /** @type {Document} */ (parent);
    if (text !== undefined) {
      const made = document.createTextNode(text);
      this.#live.set(node, [made]);
      return made;
    }
    return made(node, document, this.#live, { isDeep: kind === 'fresh', nonce: this.#nonce });
  }

  /**
   * @param {Parent} parent
   * @param {Node} node
   * @param {Node | null} before
   * @param {Item} item
   */
  #place(parent, node, before, { kind, items }) {
    if (kind === 'moved') {
      if (before !== node) move(parent, node, before);
      return;
    }
    parent.insertBefore(node, before);
    if (isElement(node)) this.#added.push(node);
    if (kind === 'shell') this.arrange(/** @type {Element} */ (node), items);
  }
}

/**
 * @param {Node} a
 * @param {Node} b
 */
function isBefore(a, b) {
  return Boolean(a.compareDocumentPosition(b) & 4);
}

/**
 * @param {Parent} parent
 * @param {Item[]} items
 */
function arrangeBase(parent, items) {
  /** @type {Node | null} */
  let previous = null;
  for (const { unit, partner, kind, items: inside } of items) {
    const nodes = (partner ?? unit).nodes;
    for (const node of nodes) {
      const before = /** @type {Node | null} */ (previous ? previous.nextSibling : parent.firstChild);
      if (kind !== 'stable' && node !== before) parent.insertBefore(node, before);
      previous = node;
    }
    if (kind === 'shell') {
      // The base's nodes take the places of their partners.
      for (const item of inside) if (item.partner) item.unit.nodes.forEach((node) => node.remove());
      arrangeBase(/** @type {Element} */ (unit.node), inside);
    }
  }
}

/**
 * A media element chooses among its sources once, when it is loaded.
 *
 * @param {HTMLMediaElement} media
 */
function reloadMedia(media) {
  const sources = [media, ...media.querySelectorAll('source')].map((element) => element.src).filter(Boolean);
  if (sources.length && !sources.includes(media.currentSrc)) media.load();
}

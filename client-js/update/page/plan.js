/** Plans an update: everything is decided before the page is touched. */

import { attributeWrites } from './attributes.js';
import { isDoubtfulMove, Pairs } from './certainty.js';
import { Forms } from './forms.js';
import { checkInsertable } from './insert.js';
import { Removals } from './removals.js';
import { canMove, lossOf } from './moves.js';
import { checkAbsent, checkChildren, isTrifle, replaced } from './places.js';
import { isOnlyNoise } from './noise.js';
import { CannotUpdate, nameOf } from './reasons.js';
import { increasing } from './sequences.js';
import { hasRulesOfScripts, keepDisabled, stylesIn } from './styles.js';
import { isElement, KEEP, shadowTemplateOf } from './units.js';
import { widgetOf } from './widgets.js';
import { haveSameState, stateIn } from './states.js';
import { checkRemovable, planText } from './texts.js';

const RELOAD = 'data-hot-reload';
const OF_HTMX = /^(?:data-)?hx-/;

/** Weights of an element's place: the lightest elements are moved. */
const LIGHT = 0.25;
const STATEFUL = 1_000;
const FIXED = 1_000_000;
const STATE = 'input,select,textarea,iframe,object,embed,video,audio,canvas,details,dialog,[contenteditable]';

/**
 * @typedef {import('./units.js').Unit} Unit
 * @typedef {import('./units.js').Parent} Parent
 * @typedef {import('./match.js').Siblings} Siblings
 * @typedef {import('./attributes.js').Write} Write
 * @typedef {import('./places.js').Item} Item
 *
 * @typedef {object} Arrangement the children of a parent
 * @property {Parent} base
 * @property {Parent} live
 * @property {Item[]} items
 *
 * @typedef {object} Plan
 * @property {Write[]} writes
 * @property {Arrangement[]} arrangements
 * @property {Removals} removals
 * @property {Forms} forms
 * @property {Set<Element>} changed elements of the page whose attributes change
 * @property {Set<Element>} rewired those of which htmx has read the attributes that change
 * @property {Set<Element>} media elements of the page whose sources may change
 * @property {Element[]} styles of the page whose text changes
 * @property {number} changes
 *
 * @typedef {object} Context
 * @property {Document} document
 * @property {import('./match.js').Match} match of the base and the next version
 * @property {import('./live-nodes.js').LiveNodes} live
 * @property {import('./noise.js').Noise | undefined} noise
 * @property {(element: Element, name: string) => string | null} originalAttribute
 * @property {import('./choices.js').Choices} choices
 */

/**
 * @param {Context} context
 * @returns {Plan}
 * @throws {CannotUpdate} where the page must be reloaded
 */
export function planUpdate(context) {
  return new Planner(context).run();
}

class Planner {
  #context;
  #forms;
  #removals;
  /** Elements of the next version that the page gets. @type {Element[]} */
  #fresh = [];
  /** @type {Plan} */
  #plan;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#forms = new Forms(context.document, context.choices);
    this.#removals = new Removals(context.live, context.match);
    this.#plan = {
      writes: [],
      arrangements: [],
      removals: this.#removals,
      forms: this.#forms,
      changed: new Set(),
      rewired: new Set(),
      media: new Set(),
      styles: [],
      changes: 0,
    };
  }

  run() {
    const { match, noise, document } = this.#context;
    const equal = new Set(match.equal.map(([, b]) => b));
    for (const [node, partner] of match.ofB) {
      if (isElement(node) && isElement(partner.node) && !equal.has(node) && !noise?.has(node)) this.#planElement(partner.node, node);
    }
    // The outer first: an element may be moved into one that was inside it.
    const siblings = match.siblings.filter(({ b }) => !noise?.has(b)).map((one) => ({ one, depth: depthOf(one.b) }));
    for (const { one } of siblings.sort((a, b) => a.depth - b.depth)) this.#planChildren(one);
    this.#forms.check(this.#context.live, match);
    if (!this.#plan.changes) return this.#plan;
    for (const { one } of siblings) this.#checkStates(one);
    this.#checkMoves();
    this.#removals.checkLost(this.#fresh, this.#context.choices);
    if (document.body?.hasAttribute(RELOAD)) throw new CannotUpdate(`<body> has ${RELOAD}`);
    return this.#plan;
  }

  /**
   * Refuses to show what a user or a script has put into an element in another one.
   *
   * @param {Siblings} siblings
   */
  #checkStates(siblings) {
    const { match, live, choices, noise } = this.#context;
    /** @type {Map<Element[], { ofGone: Element | undefined, isSame?: boolean }>} */
    const states = new Map();
    for (const { element, alike } of new Pairs(siblings, match, noise).uncertain()) {
      const partner = match.ofA.get(element)?.node;
      // What has got another parent is a pair of its own.
      const isElsewhere = (/** @type {Element} */ one) => match.ofA.has(one) && !partner?.contains(match.ofA.get(one)?.node ?? null);
      let state = states.get(alike);
      if (!state) {
        const gone = alike.filter((one) => !match.ofA.has(one));
        state = { ofGone: gone.map((one) => stateIn(one, { live, choices })).find(Boolean) };
        states.set(alike, state);
      }
      // The one that was removed may be this one.
      const found = stateIn(element, { live, choices }, isElsewhere) ?? state.ofGone;
      if (found && !(state.isSame ??= haveSameState(alike, { live, choices }))) throw new CannotUpdate(mistaken(found));
    }
  }

  /** The same for elements that have got another parent. */
  #checkMoves() {
    const { match, live, choices } = this.#context;
    for (const [node, { node: partner }] of match.ofA) {
      if (!isElement(node) || !isElement(partner) || !node.parentNode) continue;
      const around = /** @type {Node | undefined} */ (match.ofA.get(node.parentNode)?.node);
      if (around === partner.parentNode || !isDoubtfulMove(node, partner, match)) continue;
      const found = stateIn(node, { live, choices });
      if (found) throw new CannotUpdate(mistaken(found));
    }
  }

  /** @param {Element} a @param {Element} b */
  #isLeftOut(a, b) {
    return this.#context.live.isKept(a) || b.hasAttribute(KEEP);
  }

  /** @param {Element} a @param {Element} b */
  #planElement(a, b) {
    if (this.#isLeftOut(a, b)) return;
    const { live, noise, originalAttribute } = this.#context;
    const [shadowA, shadowB] = [shadowTemplateOf(a), shadowTemplateOf(b)];
    if (!shadowA !== !shadowB || (shadowA && shadowB && !shadowA.cloneNode(false).isEqualNode(shadowB.cloneNode(false)))) {
      throw new CannotUpdate(`the shadow root of ${nameOf(b)} changed`);
    }
    if (a.localName === 'script') return;
    const element = live.element(a);
    const writes = attributeWrites(a, b, element, { originalAttribute, noise, baseOf: (node) => live.baseOf(node) });
    if (!writes.length || !element) return;
    if (a.parentElement) this.#checkShown(a.parentElement);
    this.#touch(element, a, b, writes.length);
    this.#plan.writes.push(...writes);
    this.#plan.changed.add(element);
    const names = [...a.getAttributeNames(), ...b.getAttributeNames()];
    if (names.some((name) => OF_HTMX.test(name) && a.getAttribute(name) !== b.getAttribute(name))) this.#plan.rewired.add(element);
    this.#forms.touch(element);
  }

  /**
   * Notes a change.
   *
   * @param {Node} live
   * @param {Node} a
   * @param {Node} b
   * @param {number} count
   */
  #touch(live, a, b, count) {
    for (const node of [live, a, b]) {
      const element = isElement(node) ? node : node.parentElement;
      const marked = element?.closest(`[${RELOAD}]`);
      if (marked) throw new CannotUpdate(`${nameOf(marked)} has ${RELOAD}`);
      const media = element?.closest('video,audio');
      if (media && 'load' in media && node === live) this.#plan.media.add(media);
    }
    const own = isElement(live) ? live : live.parentElement;
    for (const element of [own, ...this.#templatesOf(a)]) {
      if (element?.localName === 'template' && element.getAttributeNames().some((name) => name.startsWith('x-'))) {
        throw new CannotUpdate(`${nameOf(element)} changed, from which Alpine has rendered`);
      }
    }
    this.#plan.changes += count;
  }

  /**
   * Refuses other options where a library shows them in elements of its own.
   *
   * @param {Node} base
   */
  #checkShown(base) {
    const select = isElement(base) ? base.closest('select') : null;
    if (select && widgetOf(select, this.#context.live)) throw new CannotUpdate(`${nameOf(select)} changed, which a script shows in another way`);
  }

  /**
   * The templates that a node of the base is in the content of.
   *
   * @param {Node} node
   */
  #templatesOf(node) {
    /** @type {Element[]} */
    const found = [];
    const { hosts } = this.#context.match;
    for (let host = hosts.get(node.getRootNode()); host; host = hosts.get(host.getRootNode())) found.push(host);
    return found;
  }

  /** @param {Siblings} siblings */
  #planChildren({ a, b, unitsA, unitsB }) {
    const { match, live, noise } = this.#context;
    const [parent] = /** @type {Parent[]} */ (live.of(a));
    for (const unit of unitsB) {
      const partner = match.ofB.get(unit.node);
      if (partner && !isElement(unit.node)) this.#planText(partner, unit, a, b, parent);
    }
    const items = this.#itemsOf(unitsA, unitsB, noise?.isReordered(b) ?? false);
    const isArranged = items.some(({ kind }) => kind !== 'stable');
    const gone = unitsA.filter((unit) => !match.ofA.has(unit.node) && !noise?.isLike(unit, b));
    if (!isArranged && !gone.length) return;
    this.#checkShown(a);
    const isTrivial = [...items.filter(({ kind }) => kind !== 'stable').map(({ unit }) => unit), ...gone].every(isTrifle);
    if (!parent && !isTrivial) throw new CannotUpdate(`${nameOfParent(a)} changed, which a script has removed or replaced`);
    const successors = items.flatMap(({ kind, unit }) => ((kind === 'fresh' || kind === 'shell') && isElement(unit.node) ? [unit.node] : []));
    for (const unit of gone) {
      if (unit.text !== undefined) checkRemovable(unit, live, parent);
      if (!isTrifle(unit) && live.isUncertain(unit.node)) throw new CannotUpdate(replaced(unit.node));
      if (isElement(unit.node) && successors.length) this.#removals.checkReplaced(unit.node, successors);
      const removed = this.#removals.add(unit);
      if (removed && parent) this.#touch(parent, a, b, removed);
    }
    if (parent && isElement(parent)) this.#forms.touch(parent);
    if (parent && !isTrivial) checkChildren({ items, unitsA, gone, parent }, live);
    if (!isArranged || !parent) return;
    this.#touch(parent, a, b, count(items));
    this.#plan.arrangements.push({ base: a, live: parent, items });
  }

  /**
   * @param {Unit} partner
   * @param {Unit} unit
   * @param {Parent} a
   * @param {Parent} b
   * @param {Parent | undefined} parent
   */
  #planText(partner, unit, a, b, parent) {
    const { live, noise } = this.#context;
    const [before, after] = [textOf(partner), textOf(unit)];
    if (before === after) return;
    const other = noise?.text(unit);
    if (other !== undefined && isOnlyNoise(before, after, other)) return;
    if (isElement(a) && a.localName === 'script') return;
    this.#checkShown(a);
    const style = parent && isElement(parent) && parent.localName === 'style' ? /** @type {HTMLStyleElement} */ (parent) : undefined;
    if (style && hasRulesOfScripts(style)) throw new CannotUpdate(`the text of ${nameOf(style)} changed, whose rules a script has changed`);
    const write = planText(partner.node, before, after, live, parent);
    this.#plan.writes.push(style ? { ...write, live: () => keepDisabled(style, write.live) } : write);
    if (!parent) return;
    this.#touch(parent, a, b, 1);
    if (!isElement(parent)) return;
    this.#forms.touch(parent);
    if (style) this.#plan.styles.push(style);
  }

  /**
   * The units of a parent, each with its kind. The fewest and lightest are moved.
   *
   * @param {Unit[]} unitsA
   * @param {Unit[]} unitsB
   * @param {boolean} isOrderNoise true if their order is another in each answer
   * @returns {Item[]}
   */
  #itemsOf(unitsA, unitsB, isOrderNoise) {
    const { match } = this.#context;
    const places = new Map(unitsA.map(({ node }, index) => [node, index]));
    /** @type {Unit[]} */
    const stay = [];
    for (const unit of unitsB) {
      const partner = match.ofB.get(unit.node);
      if (partner && places.has(partner.node)) stay.push(partner);
    }
    const order = stay.map(({ node }) => places.get(node) ?? 0);
    const isSorted = isOrderNoise || order.every((place, index) => index === 0 || place > (order[index - 1] ?? 0));
    const kept = isSorted ? undefined : increasing(order, (index) => this.#weightOf(/** @type {Unit} */ (stay[index])));
    const moved = new Set(stay.filter((_, index) => kept && !kept[index]).map(({ node }) => node));
    return unitsB.flatMap((unit) => this.#itemOf(unit, (partner) => places.has(partner.node) && !moved.has(partner.node)));
  }

  /**
   * @param {Unit} unit
   * @param {(partner: Unit) => boolean} isStable
   * @returns {Item[]}
   */
  #itemOf(unit, isStable) {
    const { match, noise, document, live } = this.#context;
    const partner = match.ofB.get(unit.node);
    if (partner) {
      const kind = isStable(partner) ? 'stable' : 'moved';
      if (kind === 'moved') this.#checkMove(partner);
      return [{ unit, partner, kind, items: [] }];
    }
    if (noise?.has(unit.node)) return [];
    if (match.shells.has(unit.node) && isElement(unit.node)) {
      this.#fresh.push(/** @type {Element} */ (unit.node.cloneNode(false)));
      const children = [...unit.node.childNodes].map((node) => ({ node, nodes: [node], text: node.nodeType === 3 ? node.nodeValue ?? '' : undefined }));
      return [{ unit, partner: undefined, kind: 'shell', items: children.flatMap((child) => this.#itemOf(child, () => false)) }];
    }
    if (isElement(unit.node)) {
      checkInsertable(unit.node, document);
      checkAbsent(unit.node, document, live);
      this.#fresh.push(unit.node);
      this.#forms.insert(unit.node);
    }
    return [{ unit, partner: undefined, kind: 'fresh', items: [] }];
  }

  /** @param {Unit} unit of the base */
  #checkMove({ node }) {
    if (!isElement(node)) return;
    if (node.localName === 'script') throw new CannotUpdate('a script was moved');
    const { live, document } = this.#context;
    if (live.isUncertain(node)) throw new CannotUpdate(replaced(node));
    const widget = widgetOf(node, live);
    if (widget) {
      throw new CannotUpdate(`${nameOf(node)} was moved, but not ${nameOf(widget)}, which a script has put beside or around it`);
    }
    if (live.isKept(node)) throw new CannotUpdate(`${nameOf(node)} was moved, which has ${KEEP}`);
    const element = live.element(node);
    for (const style of element ? stylesIn(element) : []) {
      if (style.sheet?.disabled || hasRulesOfScripts(style)) throw new CannotUpdate(`${nameOf(style)} was moved, whose rules a script has changed`);
    }
    const loss = element && !canMove(document) ? lossOf(element) : undefined;
    if (loss) throw new CannotUpdate(`${nameOf(node)} was moved, and this browser can't move ${loss}`);
    if (element?.querySelector('input[type=radio i]') || element?.matches('input[type=radio i]')) this.#forms.insert(element);
  }

  /** @param {Unit} unit */
  #weightOf({ node }) {
    if (!isElement(node)) return LIGHT;
    const { live, document } = this.#context;
    if (node.localName === 'script' || live.isKept(node)) return FIXED;
    const element = live.element(node);
    if (!element) return LIGHT;
    const hasState = element.matches(STATE) || element.querySelector(STATE) || element.contains(document.activeElement);
    return hasState || element.shadowRoot ? STATEFUL : 1;
  }
}

/** @param {Element} element */
function mistaken(element) {
  return `${nameOf(element)} may be another one now, and a user or a script has put something into it`;
}

/** @param {Node} node */
function depthOf(node) {
  let depth = 0;
  for (let at = node.parentNode; at; at = at.parentNode) depth += 1;
  return depth;
}

/** @param {Unit} unit */
function textOf({ node, text }) {
  return text ?? node.nodeValue ?? '';
}

/** @param {Parent} parent */
function nameOfParent(parent) {
  return isElement(parent) ? nameOf(parent) : parent.nodeType === 11 ? 'the content of a shadow root or template' : 'the document';
}

/**
 * @param {Item[]} items
 * @returns {number}
 */
function count(items) {
  return items.reduce((sum, { kind, items: inside }) => sum + Number(kind !== 'stable') + count(inside), 0);
}

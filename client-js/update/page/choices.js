/** Choices in selects, which no option tells: one that the user has chosen again looks like the default. */

import { CannotUpdate, nameOf, shorten } from './reasons.js';
import { shallowKeyOf } from './similarity.js';

const HTML = 'http://www.w3.org/1999/xhtml';

/** The selects of a page that a user or script has set. */
export class Choices {
  /** @type {WeakSet<HTMLSelectElement>} */
  #set = new WeakSet();
  #chosen;

  /**
   * @param {Document} document
   * @param {WeakSet<EventTarget>} [chosen] controls that sent an event of a choice before
   */
  constructor(document, chosen = new WeakSet()) {
    this.#chosen = chosen;
    for (const select of document.querySelectorAll('select')) this.note(select);
    const listen = (/** @type {Event} */ event) => {
      // Inside a shadow root, the target is its host.
      const [target] = event.composedPath();
      if (isSelect(target)) this.#set.add(target);
    };
    // Scripts that set a value often send the second alone.
    for (const type of ['input', 'change']) document.addEventListener(type, listen, { capture: true, passive: true });
  }

  /**
   * Notes a select that has another choice than its default.
   *
   * @param {HTMLSelectElement} select
   */
  note(select) {
    if (select.namespaceURI !== HTML) return;
    const defaults = new Set(defaultOptions(select));
    if ([...select.options].some((option) => option.selected !== defaults.has(option))) this.#set.add(select);
  }

  /**
   * Returns true for a select that has, or had, another choice than its default, or that sent an event of a choice.
   *
   * @param {HTMLSelectElement} select
   */
  has(select) {
    this.note(select);
    return this.#set.has(select) || this.#chosen.has(select);
  }
}

/**
 * Refuses an update after which the chosen option would be ambiguous: some of several equal options changed, and
 * the page has one of them chosen.
 *
 * @param {HTMLSelectElement} select of the page
 * @param {import('./live-nodes.js').LiveNodes} live
 * @param {import('./match.js').Match} match of the base and the next version
 */
export function checkOptions(select, live, match) {
  const base = /** @type {HTMLSelectElement | undefined} */ (live.baseOf(select));
  if (!base?.options) return;
  const equal = new Set(match.equal.map(([a]) => a));
  /** By option: the fates of those that are chosen, and of the others. @type {Map<string, [Set<string | undefined>, Set<string | undefined>]>} */
  const fates = new Map();
  for (const option of base.options) {
    const element = /** @type {HTMLOptionElement | undefined} */ (live.element(option));
    if (!element) continue;
    const group = /** @type {Element} */ (option.parentElement);
    const key = `${group === base ? '' : shallowKeyOf(group)}\u0000${option.outerHTML}`;
    const fate = successorOf(option, match, equal)?.outerHTML;
    const [chosen, others] = fates.get(key) ?? [new Set(), new Set()];
    fates.set(key, [chosen, others]);
    (element.selected ? chosen : others).add(fate);
    if (chosen.size && others.size && new Set([...chosen, ...others]).size > 1) {
      throw new CannotUpdate(`one of several equal options of ${nameOf(base)} changed: ${shorten(option.text)}`);
    }
  }
}

/**
 * The options that an untouched select has selected (HTML, "selectedness setting algorithm").
 *
 * @param {HTMLSelectElement} select
 */
export function defaultOptions(select) {
  const options = [...select.options];
  const selected = options.filter(({ defaultSelected }) => defaultSelected);
  if (select.multiple) return selected;
  if (selected.length) return selected.slice(-1);
  const isEnabled = (/** @type {HTMLOptionElement} */ option) => !option.disabled && !option.closest('optgroup')?.disabled;
  return select.size > 1 ? [] : options.filter(isEnabled).slice(0, 1);
}

/**
 * The option of the next version, or the option itself where nothing around it changed.
 *
 * @param {Element} option of the base
 * @param {import('./match.js').Match} match
 * @param {Set<Node>} equal elements of the base that have not changed
 * @returns {Element | undefined}
 */
function successorOf(option, match, equal) {
  const partner = match.ofA.get(option)?.node;
  if (partner) return /** @type {Element} */ (/** @type {Node} */ (partner));
  return option.parentElement?.localName === 'optgroup' && equal.has(option.parentElement) ? option : undefined;
}

/**
 * @param {EventTarget | undefined} target
 * @returns {target is HTMLSelectElement}
 */
function isSelect(target) {
  const element = /** @type {Partial<Element>} */ (target ?? {});
  return element.localName === 'select' && element.namespaceURI === HTML;
}

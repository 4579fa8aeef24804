/**
 * The page as its template made it, updated in place: only what differs between two versions of the template is applied to
 * the page, so what scripts and the user did to it stays.
 */

import { applyToBase, applyToPage } from './apply.js';
import { Choices } from './choices.js';
import { reasonToReload, scriptsIn } from './gate.js';
import { LiveNodes } from './live-nodes.js';
import { Match } from './match.js';
import { Noise } from './noise.js';
import { planUpdate } from './plan.js';
import { CannotUpdate } from './reasons.js';
import { stylesIn, withoutVersions } from './styles.js';
import { isElement, isSame, KEEP, prepare } from './units.js';

/**
 * @typedef {object} Options
 * @property {import('./units.js').IsOwn} [isOwn] returns true for nodes that this client inserted
 * @property {(element: Element, name: string) => string | null} [originalAttribute] an attribute's value without what this
 *   client added to it
 * @property {WeakSet<EventTarget>} [chosen] the controls that a user has set before
 * @property {() => boolean} [beforeUpdate] called right before the page is touched; returns false to leave it as it is
 *
 * @typedef {{ kind: 'same' }} Same
 * @typedef {{ kind: 'canceled' }} Canceled
 * @typedef {{ kind: 'reload', reason: string, isFinal: boolean }} Reload final where the page no longer shows one version
 *
 * @typedef {object} Updated
 * @property {'updated'} kind
 * @property {number} changes
 * @property {Element[]} added elements that were inserted into the page, the outermost of each
 * @property {Element[]} changed elements of the page whose attributes changed
 * @property {Element[]} rewired those of which htmx has read the attributes that changed
 *
 * @typedef {Same | Canceled | Reload | Updated} Outcome
 */

/** A page and the version of its template that it shows. */
export class PageTree {
  #base;
  #beforeUpdate;
  #document;
  #live;
  #isOwn;
  #originalAttribute;
  #choices;
  #isTouched = false;

  /**
   * Matches the page with the document that it was parsed from: the earlier, the less scripts have changed.
   *
   * @param {Document} base without a browsing context, and not used by anything else from then on
   * @param {Document} live
   * @param {Options} [options]
   */
  constructor(base, live, { isOwn = isOwnNode, originalAttribute = originalOf, chosen, beforeUpdate = () => true } = {}) {
    prepare(base);
    this.#base = base;
    this.#document = live;
    this.#isOwn = isOwn;
    this.#originalAttribute = originalAttribute;
    this.#beforeUpdate = beforeUpdate;
    this.#choices = new Choices(live, chosen);
    this.#live = new LiveNodes(base, live, isOwn);
  }

  /**
   * Notes that this client has replaced a node of the page by another.
   *
   * @param {Node} old
   * @param {Node} successor
   */
  replaced(old, successor) {
    this.#live.replace(old, successor);
  }

  /**
   * Returns true if a document equals the version that the page shows.
   *
   * @param {Document} next
   */
  shows(next) {
    prepare(next);
    return isSame(this.#base, next);
  }

  /**
   * Shows the next version of the template.
   *
   * @param {Document} next not used by anything else from then on
   * @param {Document} [second] another answer of that version: what differs between the two is no change
   * @returns {Outcome}
   */
  update(next, second) {
    this.#isTouched = false;
    try {
      return this.#update(next, second);
    } catch (error) {
      const reason = error instanceof CannotUpdate ? error.message : `the update failed: ${error}`;
      return { kind: 'reload', reason, isFinal: this.#isTouched };
    }
  }

  /**
   * Returns true if a document differs from the version that the page shows, noise included.
   *
   * @param {Document} next
   */
  differs(next) {
    try {
      return this.#plan(next, undefined).changes > 0;
    } catch {
      return true;
    }
  }

  /**
   * @param {Document} next
   * @param {Document | undefined} second
   * @returns {Outcome}
   */
  #update(next, second) {
    const plan = this.#plan(next, second);
    if (!plan.changes) {
      applyToBase(plan);
      return { kind: 'same' };
    }
    // The base stays too, so that the next version is compared with what the page shows.
    if (!this.#beforeUpdate()) return { kind: 'canceled' };
    this.#isTouched = true;
    const added = applyToPage(plan, this.#live, this.#document);
    applyToBase(plan);
    const blocked = [...plan.styles, ...added.flatMap(stylesIn)].find((style) => isBlocked(style));
    if (blocked) throw new CannotUpdate('the Content-Security-Policy blocks a changed <style>');
    return { kind: 'updated', changes: plan.changes, added: outermost(added), changed: [...plan.changed], rewired: [...plan.rewired] };
  }

  /**
   * @param {Document} next
   * @param {Document | undefined} second
   */
  #plan(next, second) {
    prepare(next);
    if (second) prepare(second);
    const reason = reasonToReload(this.#base, next, second, this.#isOwn);
    if (reason) throw new CannotUpdate(reason);
    const noise = second && !isSame(next, second) ? new Noise(next, second, this.#isOwn) : undefined;
    const [scripts, others] = [scriptsIn(this.#base, this.#isOwn), scriptsIn(next, this.#isOwn)];
    const match = new Match(this.#base, next, {
      isOwn: this.#isOwn,
      decided: new Map(scripts.map((script, index) => [script, /** @type {Node} */ (others[index])])),
      isLeftOut: (a, b) => this.#live.isKept(a) || (isElement(b) && b.hasAttribute(KEEP)),
    });
    return planUpdate({
      document: this.#document,
      match,
      live: this.#live,
      noise,
      originalAttribute: this.#originalAttribute,
      choices: this.#choices,
    });
  }
}

/** @param {Node} node */
function isOwnNode(node) {
  if (!isElement(node)) return false;
  if (node.localName === 'script') return node.hasAttribute('data-hot-middleware');
  return node.localName.startsWith('hot-middleware-');
}

/** @param {Element} element @param {string} name */
function originalOf(element, name) {
  const value = element.getAttribute(name);
  return value === null ? null : withoutVersions(value);
}

/**
 * Returns true for a style that the page's policy does not allow.
 *
 * @param {Element} style
 */
function isBlocked(style) {
  const { sheet, isConnected, textContent } = /** @type {HTMLStyleElement} */ (style);
  const type = style.getAttribute('type')?.toLowerCase();
  return isConnected && sheet === null && Boolean(textContent?.trim()) && (!type || type === 'text/css');
}

/** @param {Element[]} elements */
function outermost(elements) {
  const all = new Set(elements);
  return elements.filter((element) => {
    for (let parent = element.parentElement; parent; parent = parent.parentElement) if (all.has(parent)) return false;
    return element.isConnected;
  });
}

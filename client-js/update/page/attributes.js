/** Three-way changes of attributes: what the template changed, where no script or user has changed the same. */

import { isOnlyNoise } from './noise.js';
import { CannotUpdate, nameOf } from './reasons.js';
import { differingStyles } from './styles.js';

/** Attributes that the user's actions and scripts write, and whose value in the page wins. */
const STATE = new Set(['open', 'value', 'checked', 'selected']);

/** Attributes of frames that apply to the next document that is loaded into them. */
const OF_FRAMES = new Set(['sandbox', 'allow', 'allowfullscreen', 'credentialless', 'csp', 'referrerpolicy']);

const NAME = /^[a-z_][\w.-]*$/i;

/** Handlers of events that may have been fired already. */
const EARLY = /^on(?:load|error|pageshow|readystatechange)$/;

/**
 * @typedef {object} Write a change of one node
 * @property {() => void} live changes the page
 * @property {() => void} base changes the base
 *
 * @typedef {object} Context
 * @property {(element: Element, name: string) => string | null} originalAttribute an attribute's value without what this client added
 * @property {import('./noise.js').Noise | undefined} noise
 * @property {(live: Node) => Node | undefined} baseOf
 */

/**
 * The changes of an element's attributes.
 *
 * @param {Element} base
 * @param {Element} next
 * @param {Element | undefined} live
 * @param {Context} context
 * @returns {Write[]}
 */
export function attributeWrites(base, next, live, { originalAttribute, noise, baseOf }) {
  /** @type {Write[]} */
  const writes = [];
  for (const name of new Set([...base.getAttributeNames(), ...next.getAttributeNames()])) {
    const [before, after] = [base.getAttribute(name), next.getAttribute(name)];
    if (before === after || name === 'nonce') continue;
    const other = noise?.attribute(next, name);
    if (other !== undefined && isOnlyNoise(before ?? '', after ?? '', other ?? '')) continue;
    if (!live) throw new CannotUpdate(`${nameOf(base)} changed, which a script has removed or replaced`);
    const set = setterOf(next, name);
    const isUsers = name === 'open' && isOpenedElse(live, after !== null, baseOf);
    writes.push({
      live: isUsers ? () => {} : liveWrite(live, name, before, after, originalAttribute(live, name), set),
      base: () => set(base, after),
    });
  }
  return writes;
}

/**
 * @param {Element} live
 * @param {string} name
 * @param {string | null} before
 * @param {string | null} after
 * @param {string | null} current
 * @param {(element: Element, value: string | null) => void} set
 * @returns {() => void}
 */
function liveWrite(live, name, before, after, current, set) {
  const nothing = () => {};
  if (EARLY.test(name)) throw new CannotUpdate(`${name} of ${nameOf(live)} changed`);
  if (OF_FRAMES.has(name) && /^(?:iframe|frame)$/.test(live.localName)) {
    throw new CannotUpdate(`${name} of ${nameOf(live)} changed`);
  }
  if (current === after) return nothing;
  if (name === 'popover' && live.matches(':popover-open')) throw new CannotUpdate(`popover of ${nameOf(live)} changed, which is open`);
  if (STATE.has(name) && live.localName.includes('-') && hasOwnState(live, name, before)) return nothing;
  if (live.localName === 'canvas' && (name === 'width' || name === 'height')) {
    throw new CannotUpdate(`${name} of ${nameOf(live)} changed, which clears it`);
  }
  if (name === 'muted' && 'muted' in live && live.muted === (before !== null)) {
    return () => {
      set(live, after);
      live.muted = after !== null;
    };
  }
  if (current === before) {
    if (after !== null && isForbidden(live, name, after)) {
      throw new CannotUpdate(`${name} of ${nameOf(live)} changed, which Trusted Types forbid to set`);
    }
    return () => set(live, after);
  }
  if (name === 'class') return () => changeTokens(live, before ?? '', after ?? '', set);
  if (name === 'style' && 'style' in live) {
    const write = differingStyles(/** @type {HTMLElement} */ (live), before ?? '', after ?? '');
    if (write) return write;
  }
  // Dropped by this client when the file changed.
  if (name === 'integrity' && current === null) return nothing;
  if (STATE.has(name)) return nothing;
  throw new CannotUpdate(`${name} of ${nameOf(live)} changed, which a script has changed too`);
}

/**
 * Returns true if a custom element has another state than its attribute says, which only sets the default.
 *
 * @param {Element} live
 * @param {string} name
 * @param {string | null} before
 */
function hasOwnState(live, name, before) {
  const value = /** @type {any} */ (live)[name];
  if (typeof value === 'boolean') return value !== (before !== null);
  return (typeof value === 'string' || typeof value === 'number') && String(value) !== (before ?? '');
}

/**
 * Returns true if a new `open` would close what a user or a script has opened: a modal dialog, or another `<details>` of a group
 * (HTML, "ensure details exclusivity").
 *
 * @param {Element} live
 * @param {boolean} isOpen the new default
 * @param {(live: Node) => Node | undefined} baseOf
 */
function isOpenedElse(live, isOpen, baseOf) {
  if (live.localName === 'dialog') return live.matches(':modal');
  const group = live.getAttribute('name');
  if (live.localName !== 'details' || !isOpen || !group) return false;
  const others = /** @type {Document | ShadowRoot} */ (live.getRootNode()).querySelectorAll('details[open]');
  return [...others].some((other) => {
    const base = /** @type {Element | undefined} */ (baseOf(other));
    return other !== live && other.getAttribute('name') === group && !base?.hasAttribute('open');
  });
}

/**
 * @param {Element} next
 * @param {string} name
 * @returns {(element: Element, value: string | null) => void}
 */
function setterOf(next, name) {
  const parsed = next.getAttributeNode(name);
  return (element, value) => {
    if (value === null) {
      element.removeAttribute(name);
    } else if (parsed && (parsed.namespaceURI || !NAME.test(name))) {
      // Parsers allow names that `setAttribute` does not, such as `@click`.
      const attribute = element.ownerDocument.importNode(parsed, true);
      attribute.value = value;
      element.setAttributeNodeNS(attribute);
    } else {
      element.setAttribute(name, value);
    }
  };
}

/**
 * @param {Element} live
 * @param {string} before
 * @param {string} after
 * @param {(element: Element, value: string | null) => void} set
 */
function changeTokens(live, before, after, set) {
  const tokens = (/** @type {string} */ text) => text.split(/[\t\n\f\r ]+/).filter(Boolean);
  const [removed, added] = [new Set(tokens(before)), new Set(tokens(after))];
  const current = tokens(live.getAttribute('class') ?? '');
  const kept = current.filter((token) => !removed.has(token) || added.has(token));
  const fresh = [...added].filter((token) => !removed.has(token) && !kept.includes(token));
  const value = [...kept, ...fresh].join(' ');
  if (value !== current.join(' ')) set(live, value || null);
}

/**
 * Returns true if the page's Trusted Types don't let an attribute be set to a string. Parsed elements may have it.
 *
 * @param {Element} live
 * @param {string} name
 * @param {string} value
 */
function isForbidden(live, name, value) {
  const { trustedTypes } = /** @type {{ trustedTypes?: any }} */ (live.ownerDocument.defaultView ?? {});
  if (!trustedTypes?.getAttributeType?.(live.localName, name, live.namespaceURI ?? '')) return false;
  try {
    // An element without a parent, on which a handler is never called.
    live.ownerDocument.createElementNS(live.namespaceURI, live.localName).setAttribute(name, value);
    return false;
  } catch {
    return true;
  }
}

/** State that a user or a script has put into elements of the page, and that their template does not have. */

import { isDirty } from './forms.js';
import { withoutVersions } from './styles.js';
import { elementsIn, isBlank, isElement } from './units.js';

const HTML = 'http://www.w3.org/1999/xhtml';

/** Elements that show nothing of what is put into them. */
const SHAPES = 'area,br,col,embed,hr,img,input,link,meta,source,track,wbr,circle,ellipse,line,path,polygon,polyline,rect';

/** Elements whose state can't be read. */
const OPAQUE = 'canvas,iframe,object,embed';

/**
 * @typedef {object} Context
 * @property {import('./live-nodes.js').LiveNodes} live
 * @property {import('./choices.js').Choices} choices
 */

/**
 * The first element in a part of the base whose element in the page has something of a user or script.
 *
 * @param {Element} root
 * @param {Context} context
 * @param {(element: Element) => boolean} [isLeftOut]
 * @returns {Element | undefined}
 */
export function stateIn(root, context, isLeftOut) {
  for (const element of elementsIn(root, isLeftOut)) {
    const live = context.live.element(element);
    if (!live) continue;
    const { choices } = context;
    if (hasInput(element, live, choices) || isFilled(element, live) || hasOthers(live, context.live) || isMarked(element, live)) return element;
  }
  return undefined;
}

/**
 * Returns true for elements of the same words of which it does not matter which is which: a script has put the same into each.
 *
 * @param {Element[]} alike of the base
 * @param {Context} context
 */
export function haveSameState(alike, { live, choices }) {
  const states = alike.map((base) => {
    const element = live.element(base);
    const isUsed = [...elementsIn(base)].some((one) => hasInputIn(one, live, choices));
    return element && !isUsed ? [...marksOf(base, element), element.innerHTML].join('\n') : undefined;
  });
  return states[0] !== undefined && states.every((state) => state === states[0]);
}

/**
 * @param {Element} base
 * @param {import('./live-nodes.js').LiveNodes} live
 * @param {import('./choices.js').Choices} choices
 */
function hasInputIn(base, live, choices) {
  const element = live.element(base);
  return element !== undefined && hasInput(base, element, choices);
}

/**
 * Returns true if a user, or a script in the user's place, has put something into an element.
 *
 * @param {Element} base
 * @param {Element} live
 * @param {import('./choices.js').Choices} choices
 */
export function hasInput(base, live, choices) {
  if (live.namespaceURI !== HTML) return false;
  switch (live.localName) {
    case 'input':
    case 'textarea':
      return hasValue(/** @type {HTMLInputElement} */ (live));
    case 'select':
      return choices.has(/** @type {HTMLSelectElement} */ (live));
    case 'details':
    case 'dialog':
      return live.hasAttribute('open') !== base.hasAttribute('open');
    case 'video':
    case 'audio':
      return !(/** @type {HTMLMediaElement} */ (live).paused) || /** @type {HTMLMediaElement} */ (live).currentTime > 0;
    default:
      return live.matches(OPAQUE) || (live.hasAttribute('contenteditable') && live.textContent !== base.textContent);
  }
}

/** @param {HTMLInputElement | HTMLTextAreaElement} field */
function hasValue(field) {
  return isDirty(field) || ('files' in field && (field.indeterminate || Boolean(field.files?.length)));
}

/**
 * Returns true if the template has an element empty, and a script has filled it.
 *
 * @param {Element} base
 * @param {Element} live
 */
export function isFilled(base, live) {
  const wasEmpty = !base.matches(SHAPES) && !base.firstElementChild && isBlank(base.textContent ?? '');
  return wasEmpty && (live.firstElementChild !== null || !isBlank(live.textContent ?? ''));
}

/**
 * Returns true if a script has changed an element's attributes, or the text of one without others in it.
 *
 * @param {Element} base
 * @param {Element} live
 */
function isMarked(base, live) {
  return marksOf(base, live).length > 0 || (!base.firstElementChild && !live.firstElementChild && wordsOf(base) !== wordsOf(live));
}

/**
 * The attributes that a script has changed, with their values.
 *
 * @param {Element} base
 * @param {Element} live
 */
function marksOf(base, live) {
  const names = new Set([...base.getAttributeNames(), ...live.getAttributeNames()]);
  return [...names].flatMap((name) => {
    const value = valueOf(live, name);
    return name === 'nonce' || value === valueOf(base, name) ? [] : [`${name}=${value}`];
  });
}

/** @param {Element} element @param {string} name */
function valueOf(element, name) {
  const value = element.getAttribute(name);
  return value === null ? null : withoutVersions(value).trim();
}

/** @param {Element} element */
function wordsOf({ textContent }) {
  return (textContent ?? '').trim().replace(/\s+/g, ' ');
}

/**
 * Returns true if a script has put elements into one of the page.
 *
 * @param {Element} element
 * @param {import('./live-nodes.js').LiveNodes} live
 */
export function hasOthers(element, live) {
  for (let child = element.firstChild; child; child = child.nextSibling) if (isElement(child) && live.isForeign(child)) return true;
  return false;
}

/**
 * Returns true if what is in an element of the page could belong into a new one.
 *
 * @param {Element} live
 * @param {Element} fresh
 */
export function isOfKind(live, fresh) {
  const [one, other] = [live, fresh].map((element) => {
    if (element.hasAttribute('contenteditable')) return 'text';
    return /^(?:input|textarea)$/.test(element.localName) ? 'text' : element.localName;
  });
  return one === other;
}

/**
 * Locators of elements: where an element is, so that it is found again in the document that a reload brings.
 *
 * @typedef {(string | number)[]} Steps the id of an ancestor or an empty text, then the tag and the place among the siblings
 *   with that tag, from there down
 * @typedef {Steps[]} Locator the steps in the document, then those in each shadow root on the way
 */

/** The deepest element that has a locator. */
const MOST_STEPS = 200;

/**
 * The locator of an element, or `undefined` if it is too deep.
 *
 * @param {Element} element
 * @returns {Locator | undefined}
 */
export function locatorOf(element) {
  /** @type {Locator} */
  const locator = [];
  /** @type {Element | undefined} */
  let next = element;
  while (next) {
    const root = /** @type {Document | ShadowRoot} */ (next.getRootNode());
    const steps = stepsTo(next, root);
    if (!steps) return undefined;
    locator.unshift(steps);
    next = 'host' in root ? root.host : undefined;
  }
  return locator;
}

/**
 * The element at a locator, if there is one.
 *
 * @param {Document} document
 * @param {unknown} locator from the session storage, where a script may have written anything
 * @returns {Element | undefined}
 */
export function elementAt(document, locator) {
  if (!Array.isArray(locator)) return undefined;
  /** @type {Document | ShadowRoot | null | undefined} */
  let root = document;
  /** @type {Element | undefined} */
  let element;
  for (const steps of locator) {
    if (!root || !Array.isArray(steps)) return undefined;
    element = follow(root, steps);
    root = element?.shadowRoot;
  }
  return element;
}

/**
 * @param {Element} element
 * @param {Document | ShadowRoot} root
 * @returns {Steps | undefined}
 */
function stepsTo(element, root) {
  /** @type {Steps} */
  const steps = [];
  /** @type {Element | null} */
  let next = element;
  for (; next; next = next.parentElement) {
    if (next.id && root.getElementById(next.id) === next) break;
    if (steps.length >= 2 * MOST_STEPS) return undefined;
    steps.unshift(next.localName, placeOf(next));
  }
  return [next?.id ?? '', ...steps];
}

/**
 * @param {Document | ShadowRoot} root
 * @param {Steps} steps
 */
function follow(root, [id = '', ...steps]) {
  /** @type {Element | Document | ShadowRoot | null | undefined} */
  let next = id === '' ? root : root.getElementById(String(id));
  for (let at = 0; next && at < steps.length; at += 2) {
    const [tag, place] = [steps[at], Number(steps[at + 1])];
    next = [...next.children].filter(({ localName }) => localName === tag)[place];
  }
  return next && 'localName' in next ? next : undefined;
}

/** @param {Element} element */
function placeOf(element) {
  let place = 0;
  for (let before = element.previousElementSibling; before; before = before.previousElementSibling) {
    if (before.localName === element.localName) place += 1;
  }
  return place;
}

/** Compares two documents: trees, and what the trees don't show. It runs in the browser. */

/** Properties that a fresh page has from its markup, and a page in use from its user. */
const STATE = ['value', 'checked', 'indeterminate', 'selected', 'selectedIndex', 'open', 'disabled', 'defaultValue'];

/** Elements whose value is the text in them, which scripts may have written to. */
const TEXTS = ['option', 'select', 'output'];

/** Most differences in an answer: the first ones say enough. */
const MOST = 5;

/**
 * @typedef {object} Options
 * @property {(node: Node) => boolean} [isForeign] true for a node of a script: it is left out with its content
 * @property {(node: Node) => boolean} [isWrapper] true for an element of a script around those of the page: its children count as its
 *   parent's
 * @property {(node: Node) => boolean} [isOpaque] true for an element whose content is a script's
 * @property {boolean} [ignoresHeadOrder] true if the order of the head's elements doesn't count
 * @property {boolean} [compareState] false if the controls were used
 */

/**
 * Returns the first differences between two documents as lines of text.
 *
 * @param {Document} live
 * @param {Document} fresh
 * @param {Options} [options]
 * @returns {string[]}
 */
export function differences(live, fresh, options = {}) {
  /** @type {string[]} */
  const found = [];
  compareChildren(live, fresh, '', { ...options, found });
  if (live.title !== fresh.title) found.push(`title: ${live.title} instead of ${fresh.title}`);
  if (live.compatMode !== fresh.compatMode) found.push(`mode: ${live.compatMode} instead of ${fresh.compatMode}`);
  if (!options.isForeign && live.styleSheets.length !== fresh.styleSheets.length) {
    found.push(`${live.styleSheets.length} stylesheets instead of ${fresh.styleSheets.length}`);
  }
  return found.slice(0, MOST);
}

/** The children as a parser makes them: adjacent texts are one, and empty ones none. */
function childrenOf(parent, options) {
  /** @type {(Node | string)[]} */
  const children = [];
  const add = (node) => {
    if (options.isForeign?.(node)) return;
    if (options.isWrapper?.(node)) return node.childNodes.forEach(add);
    if (node.nodeType !== Node.TEXT_NODE) return void children.push(node);
    if (!node.data) return;
    if (typeof children.at(-1) === 'string') children.push(children.pop() + node.data);
    else children.push(node.data);
  };
  (parent.localName === 'template' && parent.content ? parent.content : parent).childNodes.forEach(add);
  return children;
}

const describe = (node) => {
  if (node === undefined) return 'nothing';
  if (typeof node === 'string') return JSON.stringify(node);
  return node.cloneNode(false).outerHTML ?? `<!--${node.data ?? node.name}-->`;
};

function compareChildren(live, fresh, path, options) {
  const [left, right] = [childrenOf(live, options), childrenOf(fresh, options)];
  if (options.ignoresHeadOrder && fresh.localName === 'head') {
    for (const list of [left, right]) list.sort((a, b) => (describe(a) < describe(b) ? -1 : 1));
  }
  for (let n = 0; n < Math.max(left.length, right.length) && options.found.length < MOST; n += 1) {
    compareNodes(left[n], right[n], `${path}/${n}`, options);
  }
}

function compareNodes(live, fresh, path, options) {
  const isSame =
    typeof live === 'string' || typeof fresh === 'string' || !live || !fresh
      ? live === fresh
      : live.nodeType === fresh.nodeType && live.nodeName === fresh.nodeName && live.namespaceURI === fresh.namespaceURI;
  if (!isSame) {
    options.found.push(`${path}: ${describe(live)} instead of ${describe(fresh)}`);
    return;
  }
  if (typeof live === 'string') return;
  if (live.nodeType === Node.COMMENT_NODE) {
    if (live.data !== fresh.data) options.found.push(`${path}: ${describe(live)} instead of ${describe(fresh)}`);
    return;
  }
  if (live.nodeType !== Node.ELEMENT_NODE) return;
  compareAttributes(live, fresh, path, options);
  if (options.compareState !== false) compareState(live, fresh, path, options);
  const [shadow, freshShadow] = [live.shadowRoot, fresh.shadowRoot];
  if (Boolean(shadow) !== Boolean(freshShadow)) options.found.push(`${path}: ${shadow ? 'a' : 'no'} shadow root`);
  else if (shadow) compareChildren(shadow, freshShadow, `${path}/#shadow`, options);
  if (!options.isOpaque?.(live)) compareChildren(live, fresh, path, options);
}

function compareAttributes(live, fresh, path, { found, isForeign }) {
  // A script that changes a style writes all of it in the browser's way.
  const valueOf = (element, name, value) => (isForeign && name === 'style' ? element.style.cssText : value);
  const list = (element) =>
    Array.from(element.attributes, ({ name, namespaceURI, value }) =>
      [name, JSON.stringify(valueOf(element, name, value)), namespaceURI].join(' '),
    );
  const [left, right] = [list(live).sort().join(), list(fresh).sort().join()];
  if (left !== right) found.push(`${path}: ${describe(live)} instead of ${describe(fresh)}`);
}

function compareState(live, fresh, path, { found, isForeign }) {
  for (const property of STATE) {
    if (isForeign && TEXTS.includes(live.localName) && property.toLowerCase().endsWith('value')) continue;
    if (live[property] !== fresh[property] && typeof fresh[property] !== 'object') {
      found.push(`${path}: ${live.localName}.${property} is ${live[property]} instead of ${fresh[property]}`);
    }
  }
  if (live.localName === 'style') {
    const rules = ({ sheet }) => (sheet ? Array.from(sheet.cssRules, ({ cssText }) => cssText).join() : 'no sheet');
    if (rules(live) !== rules(fresh)) found.push(`${path}: rules ${rules(live)} instead of ${rules(fresh)}`);
  }
}

/** The lists of options, before an update. @type {WeakMap<Element, Element | null>} */
const lists = new WeakMap();

/** The elements with an id that no other has. @param {Document} document @returns {Map<string, Element>} */
export function identified(document) {
  const elements = new Map();
  const ids = new Set();
  for (const element of document.body.querySelectorAll('[id]')) {
    if (ids.has(element.id)) elements.delete(element.id);
    else elements.set(element.id, element);
    ids.add(element.id);
    lists.set(element, element.closest('select'));
  }
  return elements;
}

/**
 * Returns a line for each element with an id that another one has replaced, though it is in the fresh page too.
 *
 * @param {Map<string, Element>} before those of the live page before the update
 * @param {Document} live
 * @param {Document} fresh
 * @returns {string[]}
 */
export function replaced(before, live, fresh) {
  return [...identified(fresh)].flatMap(([id, { localName, namespaceURI }]) => {
    const element = before.get(id);
    const isSame = element?.localName === localName && element.namespaceURI === namespaceURI;
    const successor = live.querySelector(`[id="${CSS.escape(id)}"]`);
    // A choice belongs to its list: in another one, an option is another.
    const isListed = localName !== 'option' || lists.get(element) === successor?.closest('select');
    const isReplaced = isSame && !element.isConnected && successor && isListed;
    return isReplaced ? [`<${localName} id=${id}> was replaced`] : [];
  });
}

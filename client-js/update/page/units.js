/**
 * The children of a node as units: an element, a comment, or a run of adjacent text nodes. Parsers split long text, and
 * scripts split text anywhere, so a single text node has no identity of its own.
 */

/** The element's tag in live documents for one that a parser without scripting has to be given as another. */
const TWINS = new Map([['noframes', 'noscript']]);

export const KEEP = 'data-hot-keep';

/**
 * @typedef {Document | DocumentFragment | Element} Parent
 *
 * @typedef {object} Unit
 * @property {ChildNode} node the first of its nodes, which identifies it
 * @property {ChildNode[]} nodes
 * @property {string | undefined} text of a run of text nodes
 *
 * @typedef {(node: Node) => boolean} IsOwn returns true for a node that this client inserted
 */

/**
 * @param {Node} node
 * @returns {node is Element}
 */
export function isElement(node) {
  return node.nodeType === 1;
}

/**
 * @param {Node} node
 * @returns {node is HTMLTemplateElement}
 */
export function isTemplate(node) {
  return isElement(node) && node.localName === 'template' && 'content' in node;
}

/**
 * Returns true for a `template` of a parsed document that is a shadow root in a page.
 *
 * @param {Node} node
 * @returns {node is HTMLTemplateElement}
 */
export function isShadowTemplate(node) {
  return isTemplate(node) && node.hasAttribute('shadowrootmode');
}

/**
 * The declarative shadow root of an element of a parsed document. Only the first becomes one.
 *
 * @param {Element} host
 * @returns {HTMLTemplateElement | undefined}
 */
export function shadowTemplateOf(host) {
  for (let child = host.firstElementChild; child; child = child.nextElementSibling) {
    if (isShadowTemplate(child)) return child;
  }
  return undefined;
}

/**
 * @param {Parent} parent
 * @param {IsOwn} isOwn
 * @param {boolean} isParsed true for a parent in a document that is only parsed
 * @returns {Unit[]}
 */
export function unitsOf(parent, isOwn, isParsed) {
  /** @type {Unit[]} */
  const units = [];
  const shadow = isParsed && isElement(parent) ? shadowTemplateOf(parent) : undefined;
  /** @type {Unit | undefined} */
  let run;
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 10 || node === shadow || isOwn(node)) continue;
    if (node.nodeType !== 3) {
      run = undefined;
      units.push({ node, nodes: [node], text: undefined });
    } else if (run) {
      run.nodes.push(node);
      run.text += node.nodeValue ?? '';
    } else {
      run = { node, nodes: [node], text: node.nodeValue ?? '' };
      units.push(run);
    }
  }
  return units;
}

/** @param {Node} node @returns {Unit} */
export function unitOf(node) {
  const child = /** @type {ChildNode} */ (node);
  return { node: child, nodes: [child], text: undefined };
}

/** @param {Element} element */
export function tagOf(element) {
  return TWINS.get(element.localName) ?? element.localName;
}

/** @param {string | undefined} text */
export function isBlank(text) {
  return text !== undefined && !/[^\t\n\f\r ]/.test(text);
}

/**
 * Returns true for equal nodes of two parsed documents. `isEqualNode` runs in native code, so no hashes are kept, but it
 * does not compare the content of templates.
 *
 * @param {Node} a
 * @param {Node} b
 * @returns {boolean}
 */
export function isSame(a, b) {
  if (!a.isEqualNode(b)) return false;
  const others = templatesIn(b);
  return templatesIn(a).every(({ content }, index) => {
    const other = others[index];
    return other !== undefined && isSame(content, other.content);
  });
}

/**
 * Makes two parsed documents comparable: a nonce is another in each answer, and parsers split long text.
 *
 * @param {Document | DocumentFragment} root
 */
export function prepare(root) {
  root.normalize();
  for (const element of root.querySelectorAll('[nonce]')) element.removeAttribute('nonce');
  for (const { content } of templatesIn(root)) prepare(content);
}

/**
 * The templates in a node, itself included, without those in their content.
 *
 * @param {Node} node
 * @returns {HTMLTemplateElement[]}
 */
export function templatesIn(node) {
  if (isTemplate(node)) return [node];
  if (!('querySelectorAll' in node) || !(/** @type {Parent} */ (node).firstElementChild)) return [];
  return [.../** @type {Parent} */ (node).querySelectorAll('template')].filter(isTemplate);
}

/**
 * The elements of a subtree in tree order, the root first, without those below an element that is left out.
 *
 * @param {Node} root
 * @param {(element: Element) => boolean} isLeftOut
 * @returns {Generator<Element>}
 */
export function* elementsIn(root, isLeftOut = () => false) {
  let node = /** @type {Element | null} */ (isElement(root) ? root : /** @type {Parent} */ (root).firstElementChild);
  while (node) {
    /** @type {Element | null} */
    let next = null;
    if (!isLeftOut(node)) {
      yield node;
      next = node.firstElementChild;
    }
    while (!next && node && node !== root) {
      next = node.nextElementSibling;
      if (!next) {
        node = node.parentElement;
        if (node === root) break;
      }
    }
    node = next;
  }
}

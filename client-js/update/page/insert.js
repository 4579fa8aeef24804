/** New elements for the page, made from those of a parsed document. */

import { CannotUpdate, nameOf } from './reasons.js';
import { elementsIn, isElement, isTemplate, shadowTemplateOf, templatesIn } from './units.js';

/**
 * @typedef {import('./live-nodes.js').LiveNodes} LiveNodes
 */

/**
 * Refuses what a page's own parser does and a copy can't.
 *
 * @param {Element} element of a parsed document
 * @param {Document} live
 */
export function checkInsertable(element, live) {
  for (const inside of elementsIn(element)) {
    if (inside.localName === 'script') throw new CannotUpdate('a script was added');
    const registry = live.defaultView?.customElements;
    if (inside.localName.includes('-') && registry?.get(inside.localName) && shadowTemplateOf(inside)) {
      throw new CannotUpdate(`${nameOf(inside)} was added, a custom element with a declarative shadow root`);
    }
  }
}

/**
 * Makes a node of the page from a parsed one.
 *
 * @param {Node} node
 * @param {Document} document the document of the new parent, which for the content of templates is not the page
 * @param {LiveNodes} live
 * @param {object} options
 * @param {boolean} options.isDeep
 * @param {string} options.nonce of the page's elements
 */
export function made(node, document, live, { isDeep, nonce }) {
  const copy = document.importNode(node, isDeep);
  if (!isDeep) {
    live.set(node, [copy]);
  } else {
    live.setAll(node, copy);
    if (isElement(node)) finish(node, live);
  }
  if (!isElement(copy)) return copy;
  for (const element of [copy, ...copy.querySelectorAll('style,link')]) giveNonce(element, nonce);
  return /** @type {Node} */ (live.known(node)[0]);
}

/**
 * Makes what a parser makes of templates and of elements that replace others.
 *
 * @param {Element} node
 * @param {LiveNodes} live
 */
function finish(node, live) {
  for (const template of templatesIn(node)) {
    const copy = live.known(template)[0];
    if (copy && isTemplate(copy)) live.setAll(template.content, copy.content);
    for (const child of template.content.children) finish(child, live);
  }
  for (const element of [...elementsIn(node)]) {
    const copy = live.known(element)[0];
    if (!copy || !isElement(copy)) continue;
    const template = shadowTemplateOf(element);
    if (template) attachShadow(copy, template, live);
    if (copy.localName === 'noframes') becomeNoscript(element, copy, live);
  }
}

/**
 * @param {Element} host
 * @param {HTMLTemplateElement} template in the parsed document
 * @param {LiveNodes} live
 */
function attachShadow(host, template, live) {
  const copy = live.known(template)[0];
  const mode = template.getAttribute('shadowrootmode');
  if (!copy || !isTemplate(copy) || (mode !== 'open' && mode !== 'closed')) return;
  try {
    const has = (/** @type {string} */ name) => template.hasAttribute(name);
    const root = host.attachShadow({
      mode,
      delegatesFocus: has('shadowrootdelegatesfocus'),
      // @ts-ignore The library's types lack them.
      clonable: has('shadowrootclonable'),
      serializable: has('shadowrootserializable'),
    });
    root.append(copy.content);
    copy.remove();
    live.set(template.content, [root]);
  } catch {
    // An element that can't have one keeps its template, as with a parser.
  }
}

/**
 * @param {Element} node
 * @param {Element} copy
 * @param {LiveNodes} live
 */
function becomeNoscript(node, copy, live) {
  const noscript = copy.ownerDocument.createElementNS(copy.namespaceURI, 'noscript');
  for (const { name, value } of copy.attributes) noscript.setAttribute(name, value);
  noscript.append(...copy.childNodes);
  copy.replaceWith(noscript);
  live.set(node, [noscript]);
}

/**
 * The nonce of a page's elements, which other answers don't have.
 *
 * @param {Document} live
 */
export function nonceOf(live) {
  for (const element of live.querySelectorAll('[nonce]')) {
    const { nonce } = /** @type {HTMLElement} */ (element);
    if (nonce) return nonce;
  }
  return '';
}

/**
 * @param {Element} element
 * @param {string} nonce
 */
function giveNonce(element, nonce) {
  if (nonce && /^(?:style|link)$/.test(element.localName)) /** @type {HTMLElement} */ (element).nonce = nonce;
}

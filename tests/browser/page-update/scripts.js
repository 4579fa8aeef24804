/** What scripts do to a page before it is updated. It runs in the browser. */

/** Elements whose content is text, or is not shown as written. */
const CLOSED = 'textarea, output, title, style, script, select, option, optgroup, iframe, noscript, template, html, head';

/**
 * Inserts an element before each node of a page, and at the end of each element.
 *
 * @param {Document} document
 * @returns {{ node: Element, parent: Node }[]} the elements with their parents
 */
export function decorate(document) {
  const parents = [document.body, ...document.body.querySelectorAll('*')].filter((element) => !element.matches(CLOSED));
  return parents.flatMap((parent) =>
    [...parent.childNodes, null].map((next) => {
      const node = document.createElement('i');
      node.setAttribute('data-script', '');
      node.textContent = 'script';
      parent.insertBefore(node, next);
      return { node, parent };
    }),
  );
}

/**
 * Puts an element around each element in the body.
 *
 * @param {Document} document
 * @returns {{ node: Element, element: Element }[]} the elements with those in them
 */
export function wrap(document) {
  return [...document.body.children].map((element) => {
    const node = document.createElement('div');
    node.setAttribute('data-wrapper', '');
    element.replaceWith(node);
    node.append(element);
    return { node, element };
  });
}

/**
 * Returns a line for the nodes of a script that have left a parent that is still there, or an element around which they were.
 *
 * @param {{ node: Element, parent?: Node, element?: Element }[]} nodes
 */
export function lost(nodes) {
  const isLeft = (parent, child) => parent.isConnected && child.parentNode !== parent;
  const missing = nodes.filter(({ node, parent, element }) => (parent ? isLeft(parent, node) : element.isConnected && element.parentNode !== node));
  return missing.length ? [`${missing.length} of ${nodes.length} nodes of scripts are gone`] : [];
}

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
 * @returns {{ node: Element, parent: Node }[]} the elements with their parents
 */
export function wrap(document) {
  return [...document.body.children].map((element) => {
    const node = document.createElement('div');
    node.setAttribute('data-wrapper', '');
    element.replaceWith(node);
    node.append(element);
    return { node, parent: document.body };
  });
}

/**
 * Returns a line for the first node of a script that has left a parent that is still there.
 *
 * @param {{ node: Element, parent: Node }[]} nodes
 */
export function lost(nodes) {
  const missing = nodes.filter(({ node, parent }) => parent.isConnected && node.parentNode !== parent);
  return missing.length ? [`${missing.length} of ${nodes.length} nodes of scripts are gone`] : [];
}

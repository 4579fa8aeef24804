/** Moves of elements in the page with all of their state. */

/** The state that an element loses when it is removed and inserted again. */
const LOSSES = /** @type {const} */ ([
  ['iframe,frame,object,embed', 'a frame'],
  ['dialog:modal', 'an open dialog'],
  [':popover-open', 'an open popover'],
  [':fullscreen', 'the fullscreen element'],
  [':picture-in-picture', 'a video in picture-in-picture'],
  ['select:open', 'an open select'],
]);

/** @typedef {{ moveBefore?: (node: Node, child: Node | null) => void }} Movable */

/**
 * Returns true if the browser moves nodes with their state (DOM, `ParentNode.moveBefore`).
 *
 * @param {Document} document
 */
export function canMove(document) {
  return 'moveBefore' in document.documentElement;
}

/**
 * Names the state that an element would lose by being inserted in another place.
 *
 * @param {Element} element
 * @returns {string | undefined}
 */
export function lossOf(element) {
  for (const root of rootsIn(element)) {
    for (const [selector, name] of LOSSES) if (finds(root, selector)) return name;
    const media = /** @type {HTMLMediaElement[]} */ ([...root.querySelectorAll('video,audio')]);
    if (root === element && element.matches('video,audio')) media.push(/** @type {HTMLMediaElement} */ (element));
    if (media.some(({ paused }) => !paused)) return 'playing media';
  }
  const isRunning = element.getAnimations?.({ subtree: true }).some(({ playState }) => playState === 'running');
  return isRunning ? 'a running animation' : undefined;
}

/**
 * @param {Element | ShadowRoot} root
 * @param {string} selector
 */
function finds(root, selector) {
  try {
    return ('matches' in root && root.matches(selector)) || root.querySelector(selector) !== null;
  } catch {
    // This browser does not have the state.
    return false;
  }
}

/**
 * An element and the open shadow roots in it.
 *
 * @param {Element} element
 * @returns {Generator<Element | ShadowRoot>}
 */
function* rootsIn(element) {
  /** @type {(Element | ShadowRoot)[]} */
  const waiting = [element];
  if (element.shadowRoot) waiting.push(element.shadowRoot);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    yield next;
    for (const { shadowRoot } of next.querySelectorAll('*')) if (shadowRoot) waiting.push(shadowRoot);
  }
}

/**
 * Moves a node of the page, with focus and selection.
 *
 * @param {Node} parent
 * @param {Node} node
 * @param {Node | null} before
 */
export function move(parent, node, before) {
  if ('moveBefore' in parent && node.isConnected && parent.isConnected) {
    try {
      /** @type {Movable} */ (parent).moveBefore?.(node, before);
      return;
    } catch {
      // Into another shadow tree, for one.
    }
  }
  const restore = node.nodeType === 1 ? saveView(/** @type {Element} */ (node)) : () => {};
  parent.insertBefore(node, before);
  restore();
}

/**
 * Notes the scroll positions in elements that will be moved: `moveBefore` loses them in Firefox. All at once, as the browser has to lay
 * out the page to tell.
 *
 * @param {Element[]} elements
 * @returns {() => void} restores them
 */
export function saveScroll(elements) {
  const scrolled = elements
    .flatMap((element) => [element, ...[...rootsIn(element)].flatMap((root) => [...root.querySelectorAll('*')])])
    .filter(({ scrollTop, scrollLeft }) => scrollTop || scrollLeft)
    .map((scroller) => ({ scroller, top: scroller.scrollTop, left: scroller.scrollLeft }));
  return () => {
    for (const { scroller, top, left } of scrolled) {
      scroller.scrollTop = top;
      scroller.scrollLeft = left;
    }
  };
}

/**
 * @param {Element} element
 * @returns {() => void}
 */
function saveView(element) {
  const { activeElement } = element.ownerDocument;
  const focused = activeElement && element.contains(activeElement) ? deepest(activeElement) : undefined;
  const refocus = focused ? focusOf(/** @type {HTMLInputElement} */ (focused)) : () => {};
  const selection = element.ownerDocument.getSelection?.();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection ?? {};
  // The selection of a text control is its own.
  const hasSelection = anchorNode && focusNode && !focused?.matches('input,textarea') && (element.contains(anchorNode) || element.contains(focusNode));
  return () => {
    refocus();
    if (hasSelection) selection?.setBaseAndExtent(anchorNode, anchorOffset ?? 0, focusNode, focusOffset ?? 0);
  };
}

/**
 * @param {HTMLInputElement} focused
 * @returns {() => void}
 */
function focusOf(focused) {
  const { selectionStart, selectionEnd, selectionDirection } = focused;
  return () => {
    focused.focus?.({ preventScroll: true });
    // Controls without text have no selection.
    if (typeof selectionStart === 'number') focused.setSelectionRange(selectionStart, selectionEnd, selectionDirection ?? undefined);
  };
}

/** @param {Element} element @returns {Element} */
function deepest(element) {
  const inside = element.shadowRoot?.activeElement;
  return inside ? deepest(inside) : element;
}

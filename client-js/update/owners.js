/**
 * Elements that own a stylesheet, and the sheet's effect on their document.
 *
 * @typedef {HTMLLinkElement | HTMLStyleElement} Owner
 */

/**
 * True if an element's sheet is among those of its document or shadow tree: WebKit removes one while it loads.
 *
 * @param {Owner} owner
 */
export function hasEffect(owner) {
  const { styleSheets } = /** @type {Document | ShadowRoot} */ (owner.getRootNode());
  return !owner.sheet || [...styleSheets].includes(owner.sheet);
}

/**
 * Gives a loaded element what its predecessor's attributes and the page's scripts say of when it applies.
 *
 * @param {Owner} successor
 * @param {Owner} owner
 */
export function inherit(successor, owner) {
  const media = owner.getAttribute('media');
  if (media === null) successor.removeAttribute('media');
  else successor.media = media;
  if (successor.sheet && owner.sheet) successor.sheet.disabled = owner.sheet.disabled;
}

/** Three-way changes of `style` attributes, by declaration, and what scripts did to the rules of `<style>` elements. */

/**
 * A function that applies the difference of two values of a `style` attribute to an element whose style a script has
 * changed; nothing where the script has changed the same declarations.
 *
 * @param {HTMLElement} live
 * @param {string} before
 * @param {string} after
 * @returns {(() => void) | undefined}
 */
export function differingStyles(live, before, after) {
  const [old, next] = [styleOf(live, before), styleOf(live, after)];
  /** @type {(() => void)[]} */
  const writes = [];
  for (const name of new Set([...old, ...next])) {
    const [from, to, current] = [valueOf(old, name), valueOf(next, name), valueOf(live.style, name)];
    // The longhands of a shorthand with `var()` have no values to compare.
    if ([...old].includes(name) && !from.value) return undefined;
    if ([...next].includes(name) && !to.value) return undefined;
    if (isEqual(from, to) || isEqual(current, to)) continue;
    if (!isEqual(current, from)) return undefined;
    writes.push(() => {
      if (to.value) live.style.setProperty(name, to.value, to.priority);
      else live.style.removeProperty(name);
    });
  }
  return () => writes.forEach((write) => write());
}

/**
 * The declarations in a text. A strict policy forbids the attribute, but not this way.
 *
 * @param {HTMLElement} live
 * @param {string} text
 */
function styleOf(live, text) {
  const { style } = live.ownerDocument.createElement('div');
  style.cssText = text;
  return style;
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {string} name
 */
function valueOf(style, name) {
  // This client's versions of images are no change.
  const value = withoutVersions(style.getPropertyValue(name));
  return { value, priority: style.getPropertyPriority(name) };
}

/**
 * @param {{ value: string, priority: string }} a
 * @param {{ value: string, priority: string }} b
 */
function isEqual(a, b) {
  return a.value === b.value && a.priority === b.priority;
}

/**
 * Returns true if a script has changed the rules of a `<style>`, which a new text would replace.
 *
 * @param {HTMLStyleElement} style
 */
export function hasRulesOfScripts({ sheet, textContent, ownerDocument }) {
  const { CSSStyleSheet } = /** @type {Partial<typeof globalThis>} */ (ownerDocument.defaultView ?? {});
  const text = textContent ?? '';
  // A sheet that is made from a text has no imports, and complains about them.
  if (!sheet || !CSSStyleSheet || text.includes('@import')) return false;
  try {
    const parsed = new CSSStyleSheet();
    parsed.replaceSync(text);
    return rulesIn(sheet) !== rulesIn(parsed);
  } catch {
    // A browser without sheets of scripts.
    return false;
  }
}

/**
 * Changes the text of a `<style>`, whose sheet stays disabled where a script has disabled it.
 *
 * @param {HTMLStyleElement} style
 * @param {() => void} change
 */
export function keepDisabled(style, change) {
  const isDisabled = style.sheet?.disabled ?? false;
  change();
  if (isDisabled && style.sheet) style.sheet.disabled = true;
}

/**
 * The `<style>` elements in an element, itself included.
 *
 * @param {Element} element
 * @returns {HTMLStyleElement[]}
 */
export function stylesIn(element) {
  const all = [element, ...element.querySelectorAll('style')];
  return /** @type {HTMLStyleElement[]} */ (all.filter(({ localName }) => localName === 'style'));
}

/** @param {CSSStyleSheet} sheet */
function rulesIn({ cssRules }) {
  return withoutVersions([...cssRules].map(({ cssText }) => cssText).join('\n'));
}

/** The parameter that `withVersion` in `stream/url.js` adds to a URL, in any text. */
const VERSION = /([?&])__hot=[^&#\s,"')]*(&?)/g;

/**
 * A text without the versions that this client added to URLs in it.
 *
 * @param {string} text
 */
export function withoutVersions(text) {
  if (!text.includes('__hot=')) return text;
  return text.replace(VERSION, (_, start, end) => (end ? start : ''));
}

/** Traversal of a document with its open shadow trees and its style rules. */

/**
 * The document and every open shadow root in it.
 *
 * @param {Document | ShadowRoot} root
 * @returns {Generator<Document | ShadowRoot>}
 */
export function* rootsOf(root) {
  const waiting = [root];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    yield next;
    for (const element of next.querySelectorAll('*')) {
      if (element.shadowRoot) waiting.push(element.shadowRoot);
    }
  }
}

/**
 * The rules of a sheet, or `undefined` for a sheet of another origin.
 *
 * @param {CSSStyleSheet} sheet
 */
export function rulesOf(sheet) {
  try {
    return sheet.cssRules;
  } catch {
    return undefined;
  }
}

/**
 * The base URL of a sheet.
 *
 * @param {CSSStyleSheet} sheet
 * @param {Document} document
 * @returns {string}
 */
export function baseOf(sheet, document) {
  const parent = sheet.parentStyleSheet;
  return sheet.href ?? (parent ? baseOf(parent, document) : document.baseURI);
}

/**
 * Every rule under a sheet or rule, however deep, and those of imported sheets, each with its sheet.
 *
 * @param {CSSStyleSheet} sheet
 * @returns {Generator<{ rule: CSSRule, sheet: CSSStyleSheet }>}
 */
export function* walkRules(sheet) {
  /** @type {CSSRule[]} */
  const waiting = [...(rulesOf(sheet) ?? [])].reverse();
  for (let rule = waiting.pop(); rule; rule = waiting.pop()) {
    yield { rule, sheet };
    const { styleSheet, cssRules } = /** @type {Partial<CSSImportRule & CSSGroupingRule>} */ (rule);
    if (styleSheet) yield* walkRules(styleSheet);
    // One by one: a call takes no more than some 100,000 arguments.
    for (let at = (cssRules?.length ?? 0) - 1; at >= 0; at -= 1) waiting.push(/** @type {CSSRule} */ (cssRules?.[at]));
  }
}

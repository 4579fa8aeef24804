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
 * Calls `visit` with each style under a sheet, however deep its rule, and those of imported sheets, each with its sheet.
 *
 * No generator: a page may have tens of thousands of rules, and each step of one costs as much as reading a rule.
 *
 * @param {CSSStyleSheet} sheet
 * @param {(style: CSSStyleDeclaration, sheet: CSSStyleSheet) => void} visit
 * @param {(sheet: CSSStyleSheet) => boolean} [isLeftOut] returns true for a sheet whose own styles are not visited
 */
export function visitStyles(sheet, visit, isLeftOut = () => false) {
  const own = rulesOf(sheet);
  if (!own) return;
  const isVisited = !isLeftOut(sheet);
  const waiting = [own];
  for (let rules = waiting.pop(); rules; rules = waiting.pop()) {
    for (const rule of rules) {
      const { cssRules, style, styleSheet } = /** @type {Partial<CSSImportRule & CSSStyleRule>} */ (rule);
      if (styleSheet) visitStyles(styleSheet, visit, isLeftOut);
      // Only @layer statements may precede imports.
      else if (!isVisited && !('nameList' in rule)) break;
      if (style) visit(style, sheet);
      if (cssRules?.length) waiting.push(cssRules);
    }
  }
}

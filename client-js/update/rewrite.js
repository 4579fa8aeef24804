/**
 * In-place updates of a stylesheet's rules from a new text.
 *
 * The exact algorithm parses the whole text and compares rule by rule. It takes milliseconds for some hundred rules, as
 * the browser has to serialise each of them. Once a sheet is known to match a text, its statements are kept with its
 * rules, and only the statements that differ in the next text are parsed and replaced. That algorithm knows less about
 * CSS than the browser, so the exact one runs after the paint and corrects any difference.
 */

import { baseOf, rulesOf } from './dom.js';
import { diffRules, splitRules } from './split-rules.js';

/** Constructed sheets ignore imports. */
const IMPORT = /@import/gi;

/** Constructed sheets read every text as UTF-8. */
const OTHER_CHARSET = /^@charset "(?!utf-?8")/i;

/** At-rules that change the meaning of other rules, or have no rule of their own. */
const FAR_REACHING = /@(?:namespace|charset)/i;

export class Rewriter {
  #page;
  /** @type {WeakMap<CSSStyleSheet, import('./split-rules.js').Pieces & { rules: CSSRule[] }>} */
  #known = new WeakMap();

  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {typeof CSSStyleSheet} page.CSSStyleSheet
   * @param {Pick<import('./images.js').Images, 'freshen'>} page.images
   */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Replaces a sheet's rules by those of a text, as fast as possible. Returns false, and changes nothing, when the sheet
   * would differ from one that the browser loads.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   */
  rewrite(sheet, text) {
    if (text.search(IMPORT) >= 0 || !this.#isFit(text)) return false;
    return this.#patch(sheet, text) || this.#replace(sheet, text);
  }

  /**
   * Does the same as `rewrite`, and also takes a text whose imports are those of the sheet.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   */
  rewriteLoaded(sheet, text) {
    if (this.rewrite(sheet, text)) return true;
    const rules = [...(rulesOf(sheet) ?? [])];
    const imports = /** @type {CSSImportRule[]} */ (rules.filter((rule) => 'styleSheet' in rule));
    const areThere = imports.every((rule, index) => rule === rules[index] && text.includes(rule.href));
    if (!areThere || text.match(IMPORT)?.length !== imports.length || !this.#isFit(text)) return false;
    return this.#replace(sheet, text, imports.length);
  }

  /**
   * True if a constructed sheet reads the text as the page does: it knows neither quirks mode nor other encodings.
   *
   * @param {string} text
   */
  #isFit(text) {
    return this.#page.document.compatMode !== 'BackCompat' && !OTHER_CHARSET.test(text);
  }

  /**
   * Makes sure that a sheet that was rewritten has exactly the rules of the text, and prepares for the next.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   * @returns {boolean} as `rewrite`
   */
  confirm(sheet, text) {
    this.#known.delete(sheet);
    if (!this.#replace(sheet, text)) return false;
    const rules = [...(rulesOf(sheet) ?? [])];
    const pieces = FAR_REACHING.test(text) ? undefined : splitRules(text);
    if (pieces?.statements.length === rules.length) this.#known.set(sheet, { ...pieces, rules });
    return true;
  }

  /**
   * Replaces the rules of the statements that differ.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   */
  #patch(sheet, text) {
    const known = this.#known.get(sheet);
    this.#known.delete(sheet);
    const rules = rulesOf(sheet);
    if (!known || !rules || rules.length !== known.rules.length || FAR_REACHING.test(text)) return false;
    // A script of the page may have inserted or deleted a rule.
    if (known.rules.some((rule, index) => rule !== rules[index])) return false;
    const change = diffRules(known, text);
    if (!change) return false;
    const { start, deleted, inserted, next } = change;
    const texts = this.#parse(inserted.join(''), sheet);
    if (texts?.length !== inserted.length || !this.#splice(sheet, start, deleted, texts)) return false;
    const replaced = texts.map((_, index) => /** @type {CSSRule} */ (rules[start + index]));
    const after = known.rules.slice(start + deleted);
    this.#known.set(sheet, { ...next, rules: [...known.rules.slice(0, start), ...replaced, ...after] });
    return true;
  }

  /**
   * Replaces the rules that differ. Equal rules at both ends stay, so that their fonts and animations do not restart.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   * @param {number} [first] the first rule that is not an import
   */
  #replace(sheet, text, first = 0) {
    const rules = rulesOf(sheet);
    // A constructed sheet leaves imports out (CSSOM, "replaceSync").
    const next = rules && this.#parse(text, sheet);
    if (!next) return false;
    const { images } = this.#page;
    const base = baseOf(sheet, this.#page.document);
    const old = textsOf(rules).slice(first);
    const fresh = next.map((rule) => images.freshen(rule, base));
    let start = 0;
    let end = 0;
    // A namespace changes what the rules after it mean, although their text is the same.
    if (![...old, ...next].some((rule) => rule.startsWith('@namespace'))) {
      const shorter = Math.min(old.length, next.length);
      while (start < shorter && old[start] === fresh[start]) start += 1;
      while (end < shorter - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
    }
    return this.#splice(sheet, first + start, old.length - end - start, next.slice(start, next.length - end));
  }

  /**
   * @param {string} css
   * @param {CSSStyleSheet} sheet that the rules are for
   * @returns {string[] | undefined} each rule as the browser writes it
   */
  #parse(css, sheet) {
    try {
      const parsed = this.#sheetLike(sheet);
      parsed.replaceSync(css);
      return textsOf(parsed.cssRules);
    } catch {
      return undefined;
    }
  }

  /**
   * Puts rules in the place of others.
   *
   * @param {CSSStyleSheet} sheet
   * @param {number} start
   * @param {number} deleted
   * @param {string[]} inserted
   */
  #splice(sheet, start, deleted, inserted) {
    const base = baseOf(sheet, this.#page.document);
    try {
      // Some rules can't be inserted one by one, or change when they are: try it in a sheet that is not shown.
      const trial = this.#sheetLike(sheet);
      inserted.forEach((rule, index) => trial.insertRule(rule, index));
      if (!same(textsOf(trial.cssRules), inserted)) return false;

      for (let index = start + deleted - 1; index >= start; index -= 1) sheet.deleteRule(index);
      inserted.forEach((rule, index) => sheet.insertRule(this.#page.images.freshen(rule, base), start + index));
      return true;
    } catch {
      return false;
    }
  }

  /** @param {CSSStyleSheet} sheet */
  #sheetLike(sheet) {
    const { CSSStyleSheet, document } = this.#page;
    return new CSSStyleSheet({ baseURL: baseOf(sheet, document) });
  }
}

/** @param {CSSRuleList} rules */
function textsOf(rules) {
  return Array.from(rules, (rule) => rule.cssText);
}

/**
 * @param {string[]} left
 * @param {string[]} right
 */
function same(left, right) {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}

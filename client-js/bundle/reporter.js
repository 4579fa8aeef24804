/**
 * What is wrong with the bundles of a page, in the console and over the page: one reporter for all of them,
 * under webpack-hot-middleware's name for that, so that its clients in other bundles report here too.
 */

import { plain } from '../ansi.js';
import { Slots } from '../slots.js';

const KEY = '__webpack_hot_middleware_reporter__';
const STYLES = { errors: 'color: #ff0000;', warnings: 'color: #999933;' };

/**
 * @typedef {'errors' | 'warnings'} BuildKind
 * @typedef {{ name?: string, errors?: string[], warnings?: string[] }} Report
 *
 * @typedef {object} CustomOverlay
 * @property {(type: BuildKind, lines: string[]) => void} showProblems
 * @property {() => void} clear
 */

export class Reporter {
  #display;
  #console;
  #options;
  /** What was last written of each bundle and kind. */
  #written = new Slots();
  #shown = new Slots();
  /** @type {CustomOverlay | undefined} */
  #custom;

  /**
   * @param {Pick<import('../display.js').Display, 'problems'>} display
   * @param {Pick<Console, 'log' | 'group' | 'groupEnd'>} console
   * @param {() => Pick<import('./options.js').Options, 'overlayWarnings' | 'quiet'>} options
   */
  constructor(display, console, options) {
    this.#display = display;
    this.#console = console;
    this.#options = options;
  }

  /**
   * Reports what is wrong with a build.
   *
   * @param {BuildKind} kind
   * @param {Report} report
   * @returns {true} an update may be taken all the same, as the original's clients ask here
   */
  problems(kind, report) {
    const { name = '', [kind]: texts = [] } = report;
    const { overlayWarnings, quiet } = this.#options();
    if (!quiet) this.#write(kind, name, texts);
    this.#show('errors', name, kind === 'errors' ? texts : []);
    this.#show('warnings', name, kind === 'warnings' && overlayWarnings ? texts : []);
    return true;
  }

  /**
   * Forgets what was written, so that it is written again when it happens again.
   *
   * @param {string} [name] one bundle's alone
   */
  cleanProblemsCache(name) {
    for (const slot of this.#written.all()) {
      if (name === undefined || slot.name === name) this.#written.set(slot.kind, slot.name, []);
    }
  }

  /**
   * Nothing is wrong with the build.
   *
   * @param {Report} [report] the original's clients do not say whose
   */
  success(report) {
    for (const { kind, name } of this.#shown.all()) {
      if (kind !== 'update' && (!report || name === (report.name ?? ''))) this.#show(kind, name, []);
    }
  }

  /**
   * Shows what was thrown while a bundle was updated, or with empty `texts` that nothing was.
   *
   * @param {string} name
   * @param {string[]} texts
   */
  thrown(name, texts) {
    this.#show('update', name, texts);
  }

  /**
   * Shows problems elsewhere than in the overlay.
   *
   * @param {CustomOverlay} overlay
   */
  useCustomOverlay(overlay) {
    for (const { kind, name } of this.#shown.all()) this.#display.problems(kind, name, []);
    this.#custom = overlay;
  }

  /**
   * @param {import('../slots.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   */
  #show(kind, name, texts) {
    if (!this.#shown.set(kind, name, texts)) return;
    if (!this.#custom) return this.#display.problems(kind, name, texts);
    const slots = this.#shown.all();
    const worst = slots[0]?.kind === 'warnings' ? 'warnings' : 'errors';
    const lines = slots.filter(({ kind }) => (kind === 'warnings') === (worst === 'warnings'));
    if (slots.length) this.#custom.showProblems(worst, lines.flatMap(({ texts }) => texts));
    else this.#custom.clear();
  }

  /**
   * @param {BuildKind} kind
   * @param {string} name
   * @param {string[]} problems
   */
  #write(kind, name, problems) {
    const text = problems.map(plain).join('\n');
    if (!this.#written.set(kind, name, [text])) return;
    const { group, groupEnd, log } = this.#console;
    group(`%c[HMR] bundle ${name ? `'${name}' ` : ''}has ${problems.length} ${kind}`, STYLES[kind]);
    // Not console.error, whose stack trace says nothing here.
    log(`%c${text}`, STYLES[kind]);
    groupEnd();
  }
}

/**
 * The reporter of a page; it shows and writes as the first bundle wants it to.
 *
 * @param {object} window
 * @param {() => Reporter} make
 * @returns {Pick<Reporter, 'problems' | 'cleanProblemsCache' | 'success' | 'useCustomOverlay'> & Partial<Reporter>}
 *   the original's can't show what was thrown
 */
export function reporterOf(window, make) {
  const page = /** @type {{ [KEY]?: Reporter }} */ (window);
  return (page[KEY] ??= make());
}

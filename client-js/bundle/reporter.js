/**
 * What is wrong with the bundles of a page, in the console and over the page: one reporter for all of them,
 * under webpack-hot-middleware's name for that, so that its clients in other bundles report here too.
 */

import { bundle, consoleText } from '../overlay/log.js';
import { ProblemStore } from '../overlay/problem-store.js';

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
  #written = new ProblemStore();
  #shown = new ProblemStore();
  /** @type {CustomOverlay | undefined} */
  #custom;
  /** Bundles of which the original's clients have told. @type {Set<string>} */
  #guests = new Set();

  /**
   * @param {Pick<import('../overlay/controller.js').OverlayController, 'problems'>} display
   * @param {Pick<Console, 'log' | 'group' | 'groupEnd'>} console
   * @param {() => Pick<import('./options.js').Options, 'overlayWarnings' | 'quiet'>} options
   */
  constructor(display, console, options) {
    this.#display = display;
    this.#console = console;
    this.#options = options;
  }

  /**
   * Says what is wrong with a build, or that nothing is.
   *
   * @param {Report} report
   */
  report({ name = '', errors = [], warnings = [] }) {
    if (errors.length) this.#report('errors', name, errors);
    else if (warnings.length) this.#report('warnings', name, warnings);
    else this.#clean(name);
  }

  /**
   * How the original's clients say what is wrong.
   *
   * @param {BuildKind} kind
   * @param {Report} report
   * @returns {true} an update may be taken all the same
   */
  problems(kind, { name = '', [kind]: texts = [] }) {
    this.#guests.add(name);
    this.#report(kind, name, texts);
    return true;
  }

  /** How the original's clients say that nothing is wrong with a bundle of theirs, without a word which. */
  success() {
    for (const name of this.#guests) this.#clean(name);
  }

  /** What the original's clients call beside that; here it is done with it. */
  cleanProblemsCache() {}

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
   * @param {BuildKind} kind
   * @param {string} name
   * @param {string[]} texts
   */
  #report(kind, name, texts) {
    const { overlayWarnings, quiet } = this.#options();
    if (!quiet) this.#write(kind, name, texts);
    this.#show('errors', name, kind === 'errors' ? texts : []);
    this.#show('warnings', name, kind === 'warnings' && overlayWarnings ? texts : []);
  }

  /** @param {string} name */
  #clean(name) {
    for (const kind of /** @type {const} */ (['errors', 'warnings'])) {
      this.#written.set(kind, name, []);
      this.#show(kind, name, []);
    }
  }

  /**
   * @param {import('../overlay/problem-store.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   */
  #show(kind, name, texts) {
    if (!this.#shown.set(kind, name, texts)) return;
    if (!this.#custom) return this.#display.problems(kind, name, texts);
    const slots = this.#shown.all();
    const worst = slots[0]?.kind === 'warnings' ? 'warnings' : 'errors';
    const shown = slots.filter(({ kind }) => (kind === 'warnings') === (worst === 'warnings'));
    const lines = shown.flatMap(({ texts }) => texts);
    if (lines.length) this.#custom.showProblems(worst, lines);
    else this.#custom.clear();
  }

  /**
   * @param {BuildKind} kind
   * @param {string} name
   * @param {string[]} problems
   */
  #write(kind, name, problems) {
    const text = consoleText(problems);
    if (!this.#written.set(kind, name, [text])) return;
    const { group, groupEnd, log } = this.#console;
    group(`%c[HMR] ${bundle(name)} has ${problems.length} ${kind}`, STYLES[kind]);
    // Not console.error, whose stack trace says nothing here.
    log(`%c${text}`, STYLES[kind]);
    groupEnd();
  }
}

/** The original's reporter, which has one slot for all bundles. */
class Guest {
  #host;
  /** Bundles with which something is wrong. */
  #bad = new Set();

  /** @param {Pick<Reporter, 'problems' | 'success' | 'cleanProblemsCache' | 'useCustomOverlay'>} host */
  constructor(host) {
    this.#host = host;
  }

  /** @param {Report} report */
  report(report) {
    const { name = '', errors = [], warnings = [] } = report;
    if (errors.length || warnings.length) {
      this.#bad.add(name);
      this.#host.problems(errors.length ? 'errors' : 'warnings', report);
    } else if (this.#bad.delete(name) && !this.#bad.size) {
      this.#host.cleanProblemsCache();
      this.#host.success();
    }
  }

  /** What was thrown is in the console; there is no place for it here. */
  thrown() {}

  /** @param {CustomOverlay} overlay */
  useCustomOverlay(overlay) {
    this.#host.useCustomOverlay(overlay);
  }
}

/**
 * The reporter of a page; it shows and writes as the first bundle wants it to.
 *
 * @param {object} window
 * @param {() => Reporter} make
 * @returns {Pick<Reporter, 'report' | 'thrown' | 'useCustomOverlay'>}
 */
export function reporterOf(window, make) {
  const page = /** @type {{ [KEY]?: Reporter }} */ (window);
  const reporter = (page[KEY] ??= make());
  return 'report' in reporter ? reporter : new Guest(reporter);
}

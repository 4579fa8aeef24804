/**
 * Reporter of the problems of all bundles of a page, in the console and on the overlay. It has webpack-hot-middleware's
 * global name, so that clients of the original in other bundles report here too.
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

/**
 * @typedef {object} View the part of a page's output that one bundle's options govern
 * @property {Pick<import('../overlay/controller.js').OverlayController, 'problems'>} overlayController shows nothing when the
 *   bundle's option `overlay` is off
 * @property {() => Pick<import('./options.js').Options, 'overlayWarnings' | 'quiet'>} options
 */

export class Reporter {
  #console;
  /** The view of the first bundle, for clients of the original, which have none. */
  #first;
  /** Problems that were last written, by bundle and kind. */
  #written = new ProblemStore();
  #shown = new ProblemStore();
  /**
   * Problems that each bundle shows: two bundles may report the same build, one of them with its overlay off.
   *
   * @type {Map<View['overlayController'], ProblemStore>}
   */
  #displayed = new Map();
  /** @type {CustomOverlay | undefined} */
  #custom;
  /** Bundles that clients of the original have reported. @type {Set<string>} */
  #guests = new Set();

  /**
   * @param {View} first
   * @param {Pick<Console, 'log' | 'group' | 'groupEnd'>} console
   */
  constructor(first, console) {
    this.#first = first;
    this.#console = console;
  }

  /**
   * Reports a build's problems, or that it has none.
   *
   * @param {Report} report
   * @param {View} [view] that of the bundle
   */
  report({ name = '', errors = [], warnings = [] }, view = this.#first) {
    if (errors.length) this.#report('errors', name, errors, view);
    else if (warnings.length) this.#report('warnings', name, warnings, view);
    else this.#clean(name, view);
  }

  /**
   * Reports problems for the original's clients.
   *
   * @param {BuildKind} kind
   * @param {Report} report
   * @returns {true} an update may be applied all the same
   */
  problems(kind, { name = '', [kind]: texts = [] }) {
    this.#guests.add(name);
    this.#report(kind, name, texts, this.#first);
    return true;
  }

  /** Reports for the original's clients that one of their bundles has no problem, without its name. */
  success() {
    for (const name of this.#guests) this.#clean(name, this.#first);
  }

  /** A second call of the original's clients after `success`, with nothing left to do. */
  cleanProblemsCache() {}

  /**
   * Shows errors that were thrown while a bundle was updated; an empty list clears them.
   *
   * @param {string} name
   * @param {string[]} texts
   * @param {View} [view]
   */
  thrown(name, texts, view = this.#first) {
    this.#show('update', name, texts, view);
  }

  /**
   * Shows problems in a custom overlay.
   *
   * @param {CustomOverlay} overlay
   */
  useCustomOverlay(overlay) {
    for (const [overlayController, displayed] of this.#displayed) {
      for (const { kind, name } of displayed.all()) overlayController.problems(kind, name, []);
    }
    this.#displayed.clear();
    this.#custom = overlay;
  }

  /**
   * @param {BuildKind} kind
   * @param {string} name
   * @param {string[]} texts
   * @param {View} view
   */
  #report(kind, name, texts, view) {
    const { overlayWarnings, quiet } = view.options();
    if (!quiet) this.#write(kind, name, texts);
    this.#show('errors', name, kind === 'errors' ? texts : [], view);
    this.#show('warnings', name, kind === 'warnings' && overlayWarnings ? texts : [], view);
  }

  /**
   * @param {string} name
   * @param {View} view
   */
  #clean(name, view) {
    for (const kind of /** @type {const} */ (['errors', 'warnings'])) {
      this.#written.set(kind, name, []);
      this.#show(kind, name, [], view);
    }
  }

  /**
   * @param {import('../overlay/problem-store.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   * @param {View} view
   */
  #show(kind, name, texts, { overlayController }) {
    const isNews = this.#shown.set(kind, name, texts);
    if (!this.#custom) {
      const displayed = this.#displayed.get(overlayController) ?? new ProblemStore();
      this.#displayed.set(overlayController, displayed);
      if (displayed.set(kind, name, texts)) overlayController.problems(kind, name, texts);
      return;
    }
    if (!isNews) return;
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
    // Not console.error: its stack trace is of no use here.
    log(`%c${text}`, STYLES[kind]);
    groupEnd();
  }
}

/** An adapter for the original's reporter, which has one state for all bundles. */
class Guest {
  #host;
  /** Bundles with problems. */
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

  /** Does nothing: the original's reporter has no such kind, and the console has the error. */
  thrown() {}

  /** @param {CustomOverlay} overlay */
  useCustomOverlay(overlay) {
    this.#host.useCustomOverlay(overlay);
  }
}

/**
 * The reporter of a page. Each bundle's own options apply to its problems, and the first one's to those of the original's
 * clients.
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

/** The decision for each changed file: ignore it, swap it in place, or reload the page. */

import { extensionOf, keyOf } from '../stream/url.js';
import { isDocument } from './usage.js';

const STYLESHEET = /^css$/;
const IMAGE = /^(?:a?png|jpe?g|jfif|gif|webp|avif|svg|ico|bmp|jxl)$/;

/** The most ignored files of a build that are explained. */
const MOST_EXPLAINED = 20;

/**
 * @typedef {import('./bundles.js').Change} Change
 * @typedef {{ id: string, version: string, text?: string }} Update
 *
 * @typedef {object} Decision
 * @property {Change} change
 * @property {string | undefined} key `undefined` for a file without a URL
 * @property {'ignore' | 'reload' | 'stylesheet' | 'image' | 'module'} action
 */

/**
 * @typedef {object} Outcome
 * @property {boolean} isCurrent true if the page is up to date now
 * @property {string} [reload] the reason for a reload, if it needs one
 * @property {boolean} [isSafe] true if no change can have broken the app's answer for the page
 */

export class Applier {
  #page;

  /**
   * @param {object} page
   * @param {string} page.base the prefix of the paths that name files
   * @param {Pick<import('./usage.js').Usage, 'isGuess' | 'sameNameOf' | 'uses' | 'urlsOf'>} page.usage
   * @param {Pick<import('./stylesheets.js').Stylesheets, 'has' | 'update'>} page.stylesheets
   * @param {Pick<import('./images.js').Images, 'shows' | 'swap'>} page.images
   * @param {Pick<import('./modules.js').Modules, 'accepts' | 'update'>} page.modules
   * @param {(reason: string) => void} page.fullReload reloads the page
   * @param {() => boolean} page.canReload false for the answer to a form
   * @param {Pick<import('./worker-caches.js').WorkerCaches, 'forget' | 'isControlled'>} page.workerCaches
   * @param {() => Promise<void>} page.moment longer than most modules take to load
   * @param {() => Promise<void>} page.frame longer than the next paint takes
   * @param {(urls: string[]) => Promise<void>} page.refresh brings the HTTP cache up to date
   * @param {Pick<import('../overlay/log.js').Log, 'info'>} page.log
   */
  constructor(page) {
    this.#page = page;
  }

  /**
   * Brings the page up to date with the changed files.
   *
   * @param {Change[]} changes
   * @returns {Promise<Outcome>}
   */
  async apply(changes) {
    const { canReload, frame, log, modules, moment, refresh, usage, workerCaches } = this.#page;
    if (workerCaches.isControlled()) {
      await workerCaches.forget(changes.flatMap(({ id }) => (id.startsWith('/') ? (keyOf(this.#page.base + id) ?? []) : [])));
    }
    const decisions = changes.map((change) => this.#decide(change));
    const used = decisions.filter(({ action }) => action !== 'ignore');
    /** @param {Decision[]} some */
    const urlsOf = (some) => some.flatMap(({ key }) => (key === undefined ? [] : usage.urlsOf(key)));

    const cause = used.find(({ action }) => action === 'reload');
    const others = used.length - 1;
    const guess = cause?.key !== undefined && usage.isGuess(cause.key) ? ', which a worker of this page may import' : '';
    const reload = cause && `${cause.change.id}${others ? ` and ${others} more` : ''} changed${guess}`;
    if (reload !== undefined && canReload()) {
      await refresh(urlsOf(used));
      const isSafe = used.every(({ key }) => key !== undefined && !isDocument(extensionOf(key)));
      return { isCurrent: false, reload, isSafe: isSafe && !workerCaches.isControlled() };
    }

    for (const [at, { change, key }] of decisions.filter(({ action }) => action === 'ignore').entries()) {
      const other = key !== undefined && at < MOST_EXPLAINED && usage.sameNameOf(key);
      const hint = other ? `. It has loaded ${other}: is that the same file under another prefix than the watcher's?` : '';
      log.info(`${change.id} changed, which this page has not loaded${hint}`);
    }
    // Stylesheets and images first: they are swapped at once, and modules have to load.
    for (const decision of used) this.#swap(decision);
    /** @type {Promise<boolean>[]} */
    const updates = [];
    for (const { action, change, key = '' } of used) {
      if (action !== 'module') continue;
      const update = modules.update(key, /** @type {Update} */ (change));
      updates.push(update);
      // In order, but a module that does not load holds up the next one for a moment only.
      await Promise.race([update, moment()]);
    }
    const isCurrent = (await Promise.all(updates)).every(Boolean);
    // The frame that shows the update comes first.
    void frame().then(() => refresh(urlsOf(used.filter(({ action }) => action !== 'stylesheet'))));
    return reload === undefined ? { isCurrent } : { isCurrent: false, reload };
  }

  /** @param {Decision} decision */
  #swap({ action, change, key = '' }) {
    const { fullReload, images, log, stylesheets } = this.#page;
    const update = /** @type {Update} */ (change);
    if (action === 'stylesheet') stylesheets.update(key, update);
    if (action === 'image') {
      images.swap(key, update.version).then(
        () => log.info(`Updated: ${change.id}`),
        // Trusted Types forbid scripts to set the sources of some elements.
        () => fullReload(`${change.id} changed`),
      );
    }
  }

  /**
   * @param {Change} change
   * @returns {Decision}
   */
  #decide(change) {
    const { base, usage } = this.#page;
    const { id, version } = change;
    // A file without a URL, such as a template. Any page may be made from it.
    if (!id.startsWith('/')) return { change, key: undefined, action: 'reload' };

    const key = keyOf(base + id);
    if (key === undefined) return { change, key, action: 'ignore' };
    const swap = this.#swapOf(key, extensionOf(id));
    if (swap && version !== undefined) return { change, key, action: swap };
    return { change, key, action: swap || usage.uses(key) ? 'reload' : 'ignore' };
  }

  /**
   * The way to swap the file in place, or `undefined` when the page does not use it in a place that can be swapped.
   *
   * @param {string} key
   * @param {string} extension
   */
  #swapOf(key, extension) {
    const { images, modules, stylesheets } = this.#page;
    if (STYLESHEET.test(extension)) return stylesheets.has(key) ? 'stylesheet' : undefined;
    if (IMAGE.test(extension)) return images.shows(key) ? 'image' : undefined;
    if (isDocument(extension)) return undefined;
    return modules.accepts(key) ? 'module' : undefined;
  }
}

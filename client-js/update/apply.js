/** The decision for each changed file: ignore it, swap it in place, or reload the page. */

import { extensionOf, keyOf as plainKeyOf } from '../stream/url.js';
import { isDocument } from './usage.js';

const STYLESHEET = /^css$/;
const SCRIPT = /^m?js$/;
const IMAGE = /^(?:a?png|jpe?g|jfif|gif|webp|avif|svg|ico|bmp|jxl)$/;

/** Milliseconds that a reload waits for the HTTP cache. A slow file must not delay it for longer. */
const RELOAD_PATIENCE = 1_000;

/** The same where nothing waits. */
const PATIENCE = 60_000;

/** The most ignored files of a build that are explained. */
const MOST_EXPLAINED = 20;

/**
 * @typedef {import('./bundles.js').Change} Change
 * @typedef {{ id: string, version: string, text?: string }} Update
 *
 * @typedef {import('./stylesheets.js').Unswapped} Unswapped
 *
 * @typedef {object} Decision
 * @property {Change} change
 * @property {string | undefined} key `undefined` for a file without a URL
 * @property {'ignore' | 'reload' | 'stylesheet' | 'image' | 'module'} action
 * @property {boolean} isModule true if modules are updated, besides the action
 */

/**
 * @typedef {object} File a changed file
 * @property {Change} change
 * @property {boolean} isTemplate true if it has no URL
 * @property {string | undefined} key
 * @property {string} extension
 */

/**
 * @typedef {object} Outcome
 * @property {boolean} isCurrent true if the page is up to date now
 * @property {string} [reload] the reason for a reload, if it needs one
 * @property {boolean} [isSafe] true if no change can have broken the app's answer for the page
 * @property {boolean} [isInPage] true if only the page's own HTML needs it, and all other files are swapped
 * @property {boolean} [isSwapped] true if other files were swapped
 * @property {string} [cause] why the page is reloaded, if that is the file's nature
 * @property {boolean} [isUnused] true if the page uses none of the files
 * @property {string} [loaded] a file that the page has loaded, with the name of one that it does not use
 * @property {string} [failed] the id of a module that could not be updated
 * @property {Change[]} [unreachable] modules whose new version did not arrive
 * @property {Promise<Unswapped[]>} [unswapped] resolves when stylesheets and images are loaded that have to be
 */

export class Applier {
  #page;
  #keyOf;
  /** The latest update of each module. @type {Map<string, Promise<boolean>>} */
  #latest = new Map();
  /** The latest change of each file. @type {Map<string, Change>} */
  #newest = new Map();

  /**
   * @param {object} page
   * @param {string} page.base the prefix of the paths that name files
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {Pick<import('./usage.js').Usage, 'isGuess' | 'isPage' | 'sameNameOf' | 'used' | 'urlsOf'>} page.usage
   * @param {Pick<import('./stylesheets.js').Stylesheets, 'having' | 'update'>} page.stylesheets
   * @param {Pick<import('./images.js').Images, 'find' | 'swap'>} page.images
   * @param {Pick<import('./modules.js').Modules, 'accepts' | 'acceptsAsset' | 'learn' | 'passedOn' | 'update' | 'wasUnreachable'>} page.modules
   * @param {() => boolean} page.canReload false for the answer to a form
   * @param {Pick<import('./worker-caches.js').WorkerCaches, 'forget' | 'isControlled'>} page.workerCaches
   * @param {() => Promise<void>} page.moment longer than most modules take to load
   * @param {() => Promise<void>} page.frame longer than the next paint takes
   * @param {(urls: string[], patience: number) => Promise<boolean>} page.refresh brings the HTTP cache up to date; resolves to
   *   false if the app may be down
   * @param {Pick<import('../overlay/log.js').Log, 'info'>} page.log
   */
  constructor(page) {
    this.#page = page;
    this.#keyOf = page.keyOf ?? plainKeyOf;
  }

  /**
   * Notes what a build reaches in the import graph.
   *
   * @param {import('./module-graph.js').Update} [update] left out if that is unknown
   * @param {string[]} [missed] the files that have changed then, if they are known
   */
  learn(update, missed) {
    this.#page.modules.learn(update, (id) => this.#keyOf(this.#page.base + id), missed);
  }

  /**
   * Runs the modules again that import one which can't be updated.
   *
   * @param {{ path: string, message?: string, update: import('./module-graph.js').Update }} event
   * @returns {Promise<Outcome>}
   */
  async passOn({ path, message, update }) {
    const { canReload, modules, usage } = this.#page;
    this.learn(update);
    const ids = update.invalidated ?? [];
    const keys = ids.flatMap((id) => this.#keyOf(this.#page.base + id) ?? []);
    const isUsed = usage.used(keys).size > 0;
    const reason = modules.passedOn(this.#keyOf(this.#page.base + path) ?? '', isUsed);
    const version = String(update.change);
    if (isUsed) {
      const outcome = await this.apply(ids.map((id) => ({ id, version })));
      const because = message ? `: ${message}` : '';
      return outcome.reload === undefined ? outcome : { ...outcome, reload: `${path} can't be updated${because}` };
    }
    return reason === undefined || !canReload() ? { isCurrent: true } : { isCurrent: false, reload: reason };
  }

  /**
   * Brings the page up to date with the changed files.
   *
   * @param {Change[]} changes
   * @returns {Promise<Outcome>}
   */
  async apply(changes) {
    const { canReload, frame, log, modules, moment, refresh, stylesheets, usage, workerCaches } = this.#page;
    for (const change of changes) this.#newest.set(change.id, change);
    const files = changes.map((change) => this.#fileOf(change));
    if (workerCaches.isControlled()) {
      const urls = files.flatMap(({ key }) => (key === undefined ? [] : [key, ...usage.urlsOf(key)]));
      await workerCaches.forget([...new Set(urls)]);
    }
    const { decisions, places } = this.#decide(files);
    const used = decisions.filter(({ action }) => action !== 'ignore');
    /** @param {Decision[]} some */
    const urlsOf = (some) => some.flatMap(({ key }) => (key === undefined ? [] : usage.urlsOf(key)));

    const reloads = used.filter(({ action }) => action === 'reload');
    const [cause] = reloads;
    const others = used.length - 1;
    const guess = cause?.key !== undefined && usage.isGuess(cause.key) ? ', which a worker of this page may import' : '';
    const reload = cause && `${cause.change.id}${others ? ` and ${others} more` : ''} changed${guess}`;
    const isInPage = reloads.every(({ key }) => key === undefined || usage.isPage(key));
    const isScript = cause?.key !== undefined && SCRIPT.test(extensionOf(cause.key));
    const why = isScript ? { cause: 'nothing accepts it' } : {};
    if (reload !== undefined && canReload()) {
      const isUp = await refresh(urlsOf(used), RELOAD_PATIENCE);
      const isSafe = isUp && used.every(({ key }) => key !== undefined && !isDocument(extensionOf(key)));
      if (!isInPage) return { isCurrent: false, reload, ...why, isInPage, isSafe: isSafe && !workerCaches.isControlled() };
    }

    /** @type {string | undefined} */
    let loaded;
    for (const [at, { change, key }] of decisions.filter(({ action }) => action === 'ignore').entries()) {
      const other = key !== undefined && at < MOST_EXPLAINED && usage.sameNameOf(key);
      loaded ??= other || undefined;
      const hint = other ? `. It has loaded ${other}: is that the same file under another prefix than the watcher's?` : '';
      log.info(`${change.id} changed, which this page has not loaded${hint}`);
    }
    // A later build may have come meanwhile.
    const isNewest = (/** @type {Decision} */ { change }) => this.#newest.get(change.id) === change;
    // Stylesheets and images first: they are swapped at once, and modules have to load.
    const updated = used.filter((one) => one.action === 'stylesheet' && isNewest(one));
    const swaps = [
      stylesheets.update(new Map(updated.map(({ change, key = '' }) => [key, /** @type {Update} */ (change)]))),
      ...used.filter(isNewest).flatMap(({ action, change, key = '' }) =>
        action === 'image' ? this.#swap(key, /** @type {Update} */ (change), places.get(key) ?? []) : [],
      ),
    ];
    const unswapped = Promise.all(swaps).then((lists) => lists.flat());
    /** @type {Promise<boolean>[]} */
    const updates = [];
    /** @type {string | undefined} */
    let failed;
    /** @type {Change[]} */
    const unreachable = [];
    for (const { change, isModule, key = '' } of used) {
      if (!isModule) continue;
      /** @type {Promise<boolean>} */
      const update = modules.update(key, /** @type {Update} */ (change)).then((isDone) => {
        // One that was overtaken has not failed: the later one brings the change.
        if (!isDone && this.#latest.get(change.id) === update) {
          failed ??= change.id;
          if (modules.wasUnreachable(change.id)) unreachable.push(change);
        }
        return isDone;
      });
      this.#latest.set(change.id, update);
      updates.push(update);
      // In order, but a module that does not load holds up the next one for a moment only.
      await Promise.race([update, moment()]);
    }
    // The frame that shows the update comes first.
    void frame().then(() => refresh(urlsOf(used.filter(({ action }) => action !== 'stylesheet')), PATIENCE));
    // An update of the page does not wait for modules.
    if (reload !== undefined) return { isCurrent: false, reload, ...why, isInPage, isSwapped: used.length > reloads.length, unswapped };
    const isCurrent = (await Promise.all(updates)).every(Boolean);
    return { isCurrent, isUnused: !used.length, unswapped, ...(loaded && { loaded }), ...(failed !== undefined && { failed }), ...(unreachable.length && { unreachable }) };
  }

  /**
   * @param {string} key
   * @param {Update} change
   * @param {import('./images.js').Place[]} places
   * @returns {Promise<Unswapped[]>}
   */
  async #swap(key, { id, version }, places) {
    const { images, log } = this.#page;
    try {
      await images.swap(key, version, places);
    } catch {
      // Trusted Types forbid scripts to set the sources of some elements.
      return [{ id, needsReload: true }];
    }
    log.info(`Updated: ${id}`);
    return [];
  }

  /**
   * @param {Change} change
   * @returns {File}
   */
  #fileOf(change) {
    const { id } = change;
    // A file without a URL, such as a template. Any page may be made from it.
    const isTemplate = !id.startsWith('/');
    return { change, isTemplate, key: isTemplate ? undefined : this.#keyOf(this.#page.base + id), extension: extensionOf(id) };
  }

  /**
   * Decides on all files at once: with one pass over the document and its rules, however many have changed.
   *
   * @param {File[]} files
   * @returns {{ decisions: Decision[], places: Map<string, import('./images.js').Place[]> }} and the places of images
   */
  #decide(files) {
    const { images, modules, stylesheets, usage } = this.#page;
    /** @param {RegExp} extensions */
    const keysOf = (extensions) =>
      new Set(files.flatMap(({ extension, key }) => (key !== undefined && extensions.test(extension) ? key : [])));
    const sheets = stylesheets.having(keysOf(STYLESHEET));
    const places = images.find(keysOf(IMAGE));
    /**
     * The way to swap the file in place, or `undefined` when the page does not use it in a place that can be swapped.
     *
     * @param {File} file
     * @returns {Decision['action'] | undefined}
     */
    const swapOf = ({ extension, key = '' }) => {
      const imported = modules.acceptsAsset(key) ? 'module' : undefined;
      if (STYLESHEET.test(extension)) return sheets.has(key) ? 'stylesheet' : imported;
      if (IMAGE.test(extension)) return places.has(key) ? 'image' : imported;
      if (isDocument(extension)) return undefined;
      return modules.accepts(key) ? 'module' : undefined;
    };
    const swaps = new Map(files.map((file) => [file, file.key === undefined ? undefined : swapOf(file)]));
    const used = usage.used(files.flatMap((file) => (swaps.get(file) ? [] : (file.key ?? []))));
    const decisions = files.map((file) => {
      const { change, isTemplate, key = '' } = file;
      const swap = swaps.get(file);
      /** @type {Decision['action']} */
      let action = isTemplate || swap || used.has(key) ? 'reload' : 'ignore';
      if (swap && change.version !== undefined) action = swap;
      const isAsset = action === 'stylesheet' || action === 'image';
      return { change, key: file.key, action, isModule: action === 'module' || (isAsset && modules.acceptsAsset(key)) };
    });
    return { decisions, places };
  }
}

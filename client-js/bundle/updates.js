/** Updates of the client's own bundle, by the bundler's hot module replacement. */

import { TimeLimitError } from '../stream/time-limit.js';
import { describe } from '../overlay/runtime-errors.js';

const DOCS = 'https://webpack.js.org/concepts/hot-module-replacement/';

/** Milliseconds in which the states of all bundles arrive, even on a busy machine. */
const SAME_TIME = 1_000;

/** Statuses in which the runtime accepts no more updates. */
const FAILED = ['abort', 'fail'];

/**
 * @typedef {string | number} ModuleId
 * @typedef {{ type: string, moduleId: ModuleId, error?: unknown, chain?: ModuleId[] }} Incident
 *
 * @typedef {object} Hot the part of `module.hot` that is used here
 * @property {() => string} status
 * @property {(options?: object) => Promise<ModuleId[]>} apply
 *
 * @typedef {object} Outcome the outcome of the updates so far
 * @property {boolean} isLost whether the last update was missing
 * @property {Set<ModuleId>} missed modules that the page still runs in their old version
 * @property {boolean} isElsewhere whether an update changed nothing that the page has loaded, but something in the build
 * @property {string[]} [thrown] errors that accept handlers threw in the last update
 *
 * @typedef {object} Parts
 * @property {Hot | undefined} hot `undefined` when hot module replacement is off
 * @property {() => string} hash the hash of the bundle that the page runs
 * @property {() => Promise<{ updated: ModuleId[] | null, failure?: import('./downloads.js').Failure, isForLater?: boolean }>} check
 * @property {() => string} styles the rules of stylesheets that the runtime replaces without a module
 * @property {Pick<import('./identity.js').Identity, 'isForAnother' | 'isOthers'>} identity
 * @property {<T>(step: string, promise: Promise<T>) => Promise<T>} within rejects with a `TimeLimitError` in time
 * @property {(milliseconds: number) => Promise<void>} pause
 * @property {(hash: string) => void} fullReload reloads the page for that build, if the options allow it
 * @property {(problems: string[]) => void} show shows the errors that were thrown during an update
 * @property {Pick<import('../overlay/log.js').Log, 'info' | 'warn' | 'error'>} log
 */

export class Updates {
  #parts;
  /** The hash of the latest build. */
  #wanted = '';
  /** @type {Record<string, string>} */
  #names = {};
  /** @type {Promise<void> | undefined} */
  #running;
  #isBroken = false;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Updates the bundle to a build, through the updates in between.
   *
   * @param {string} hash
   * @param {Record<string, string>} names those of the modules, by id
   * @returns {Promise<void>} settles when no update is left
   */
  apply(hash, names) {
    this.#wanted = hash;
    this.#names = names;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run() {
    const { fullReload, hash, show } = this.#parts;
    /** @type {Outcome} */
    const outcome = { isLost: false, missed: new Set(), isElsewhere: false };
    while (hash() !== this.#wanted) {
      const wanted = this.#wanted;
      const before = hash();
      await this.#step(wanted, outcome);
      // Retries only after progress, or for another build.
      if (hash() === before && this.#wanted === wanted) break;
    }
    // Only the last update counts: one from a build with errors throws, and the next one repairs that.
    if (outcome.thrown) show(outcome.thrown);
    const { isElsewhere, isLost, missed, thrown } = outcome;
    if (isElsewhere || isLost || missed.size || thrown?.length) fullReload(this.#wanted);
  }

  /**
   * @param {string} wanted
   * @param {Outcome} outcome
   */
  async #step(wanted, outcome) {
    const { hot, log } = this.#parts;
    outcome.isLost = true;
    if (!hot) return;
    if (this.#isBroken || FAILED.includes(hot.status())) {
      log.warn('Cannot check for update (Full reload needed)');
      return;
    }
    try {
      // A module has invalidated itself, and no update was applied since.
      if (hot.status() === 'ready') await this.#apply(hot, [], outcome, () => true);
      outcome.isLost = false;
      // Other code is running an update in the same runtime.
      if (hot.status() !== 'idle') return;

      log.info('Checking for updates on the server...');
      const before = this.#parts.styles();
      const from = this.#parts.hash();
      const { updated, failure, isForLater = false } = await this.#checked(wanted);
      if (failure) {
        if (updated) await this.#parts.within('the update', hot.apply());
        log.warn(`Update check failed: ${describe(failure.error)}`);
        outcome.isLost = true;
      } else if (updated) {
        const { identity, styles } = this.#parts;
        const isHere = () =>
          isForLater || updated.length > 0 || identity.isForAnother(this.#parts.hash(), from) || styles() !== before;
        await this.#apply(hot, updated, outcome, isHere);
      } else outcome.isLost = await this.#isMissing(wanted);
    } catch (error) {
      this.#isBroken = hot.status() !== 'idle';
      if (this.#isBroken) log.warn('Cannot check for update (Full reload needed)');
      log.warn(this.#isBroken ? describe(error) : `Update check failed: ${describe(error)}`);
      outcome.thrown = [describe(error)];
    }
  }

  /**
   * Checks for an update. A check may wait for a chunk that the app itself loads; when that takes too long, the
   * update counts as one that could not be fetched, and is applied once the check has ended.
   *
   * @param {string} wanted
   */
  async #checked(wanted) {
    const { check, within } = this.#parts;
    const checking = check();
    try {
      return await within('the check for an update', checking);
    } catch (error) {
      if (!(error instanceof TimeLimitError)) throw error;
      const again = () => void (this.#wanted === wanted && this.apply(wanted, this.#names));
      checking.then(again, again);
      return { updated: null, failure: { error } };
    }
  }

  /**
   * Returns true if there should have been an update from the page's hash.
   *
   * @param {string} wanted
   */
  async #isMissing(wanted) {
    const { hash, identity, log, pause } = this.#parts;
    if (!identity.isOthers(wanted)) await pause(SAME_TIME);
    if (identity.isOthers(wanted)) {
      if (this.#wanted === wanted) this.#wanted = hash();
      return false;
    }
    log.warn('Cannot find update (Full reload needed)');
    log.warn('(Probably because of restarting the server)');
    return true;
  }

  /**
   * @param {Hot} hot
   * @param {ModuleId[]} updated the modules that have to be replaced
   * @param {Outcome} outcome
   * @param {() => boolean} isHere returns true after an update of something that the page has loaded or may load later
   */
  async #apply(hot, updated, outcome, isHere) {
    const { hash, log, within } = this.#parts;
    /** @type {string[]} */
    const thrown = [];
    const applying = hot.apply({
      ignoreUnaccepted: true,
      ignoreDeclined: true,
      ignoreErrored: true,
      /** @param {Incident} incident */
      onUnaccepted: ({ chain = [] }) => log.warn(`Ignored an update to unaccepted module ${chain.join(' -> ')}`),
      /** @param {Incident} incident */
      onDeclined: ({ chain = [] }) => log.warn(`Ignored an update to declined module ${chain.join(' -> ')}`),
      /** @param {Incident} incident */
      onErrored: ({ error, moduleId, type }) => {
        thrown.push(`${this.#nameOf(moduleId)} \n${describe(error)}`);
        log.error(`Ignored an error while updating module ${moduleId} (${type})`, error);
      },
    });
    const renewed = await within('the update', applying);
    outcome.thrown = thrown;

    const missed = updated.filter((id) => !renewed.includes(id));
    for (const id of missed) outcome.missed.add(id);
    if (missed.length) {
      log.warn(
        "The following modules couldn't be hot updated: (Full reload needed)\n" +
          'This is usually because the modules which have changed (and their parents) do not know how to hot ' +
          `reload themselves. See ${DOCS} for more details.`,
      );
      for (const id of missed) log.warn(` - ${this.#nameOf(id)}`);
      return;
    }
    log.info(renewed.length ? 'Updated modules:' : 'Nothing hot updated.');
    if (!isHere()) {
      outcome.isElsewhere = true;
      log.warn(
        "The build changed something other than this page's modules, such as an HTML template or a worker " +
          '(Full reload needed)',
      );
      return;
    }
    for (const id of renewed) log.info(` - ${this.#nameOf(id)}`);
    if (hash() === this.#wanted && !thrown.length) log.info('App is up to date.');
  }

  /** @param {ModuleId} id */
  #nameOf(id) {
    return this.#names[id] ?? String(id);
  }
}

/** Builds, taken by the hot module replacement of the bundle that this client is in. */

import { TimeLimitError } from '../stream/time-limit.js';
import { describe } from '../overlay/runtime-errors.js';

const DOCS = 'https://webpack.js.org/concepts/hot-module-replacement/';

/** How long what a server tells in one go may take to arrive, also on a busy machine. */
const ONE_GO = 1_000;

/** In these the runtime takes no update any more. */
const FAILED = ['abort', 'fail'];

/**
 * @typedef {string | number} ModuleId
 * @typedef {{ type: string, moduleId: ModuleId, error?: unknown, chain?: ModuleId[] }} Incident
 *
 * @typedef {object} Hot the part of `module.hot` that is used here
 * @property {() => string} status
 * @property {(options?: object) => Promise<ModuleId[]>} apply
 *
 * @typedef {object} Outcome what has come of the updates so far
 * @property {boolean} isLost whether the last one could not be had
 * @property {Set<ModuleId>} missed modules that the page runs as they were
 * @property {string[]} [thrown] what accept handlers threw in the last one that was taken
 *
 * @typedef {object} Parts
 * @property {Hot | undefined} hot nothing where hot module replacement is off
 * @property {() => string} hash that of the bundle as the page runs it
 * @property {() => Promise<{ updated: ModuleId[] | null, failure?: import('./downloads.js').Failure }>} check
 * @property {Pick<import('./identity.js').Identity, 'isOthers'>} identity
 * @property {<T>(step: string, promise: Promise<T>) => Promise<T>} within rejects with a `TimeLimitError` in time
 * @property {(milliseconds: number) => Promise<void>} pause
 * @property {(hash: string) => void} fullReload loads the page again to have that build, if it may
 * @property {(problems: string[]) => void} show says over the page what was thrown while it took an update
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
   * Brings the bundle to a build, by as many updates as lie between.
   *
   * @param {string} hash
   * @param {Record<string, string>} names those of the modules, by id
   * @returns {Promise<void>} settles when there is nothing left to do
   */
  take(hash, names) {
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
    const outcome = { isLost: false, missed: new Set() };
    while (hash() !== this.#wanted) {
      const wanted = this.#wanted;
      const before = hash();
      await this.#step(wanted, outcome);
      // Another try needs a reason: that there was progress, or that there is another build.
      if (hash() === before && this.#wanted === wanted) break;
    }
    // What went wrong on the way does not count: an update from a build with errors throws, and the next mends it.
    if (outcome.thrown) show(outcome.thrown);
    if (outcome.isLost || outcome.missed.size || outcome.thrown?.length) fullReload(this.#wanted);
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
      // A module has said that it has to be replaced, and nobody has done so.
      if (hot.status() === 'ready') await this.#apply(hot, [], outcome);
      outcome.isLost = false;
      // Somebody else's update is on its way through the same runtime.
      if (hot.status() !== 'idle') return;

      log.info('Checking for updates on the server...');
      const { updated, failure } = await this.#checked(wanted);
      if (failure) {
        if (updated) await this.#parts.within('the update', hot.apply());
        log.warn(`Update check failed: ${describe(failure.error)}`);
        outcome.isLost = true;
      } else if (updated) await this.#apply(hot, updated, outcome);
      else outcome.isLost = await this.#isMissing(wanted);
    } catch (error) {
      this.#isBroken = hot.status() !== 'idle';
      if (this.#isBroken) log.warn('Cannot check for update (Full reload needed)');
      log.warn(this.#isBroken ? describe(error) : `Update check failed: ${describe(error)}`);
      outcome.thrown = [describe(error)];
    }
  }

  /**
   * Checks for an update. A check may wait for a chunk that the app itself loads; when that takes too long, the
   * update counts as one that could not be fetched, and is taken once the check has ended.
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
      const again = () => void (this.#wanted === wanted && this.take(wanted, this.#names));
      checking.then(again, again);
      return { updated: null, failure: { error } };
    }
  }

  /**
   * Whether there should have been an update from the page's hash on.
   *
   * @param {string} wanted
   */
  async #isMissing(wanted) {
    const { hash, identity, log, pause } = this.#parts;
    if (!identity.isOthers(wanted)) await pause(ONE_GO);
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
   */
  async #apply(hot, updated, outcome) {
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
    for (const id of renewed) log.info(` - ${this.#nameOf(id)}`);
    if (hash() === this.#wanted && !thrown.length) log.info('App is up to date.');
  }

  /** @param {ModuleId} id */
  #nameOf(id) {
    return this.#names[id] ?? String(id);
  }
}

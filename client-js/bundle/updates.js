/** Builds, taken by the hot module replacement of the bundle that this client is in. */

import { describe } from '../failures.js';

const DOCS = 'https://webpack.js.org/concepts/hot-module-replacement/';

/** How long what a server tells in one go may take to arrive. */
const ONE_GO = 100;

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
 * @typedef {object} Parts
 * @property {Hot | undefined} hot nothing where hot module replacement is off
 * @property {() => string} hash that of the bundle as the page runs it
 * @property {() => Promise<{ updated: ModuleId[] | null, failure?: import('./downloads.js').Failure }>} check
 * @property {Pick<import('./identity.js').Identity, 'isOthers'>} identity
 * @property {(milliseconds: number) => Promise<void>} pause
 * @property {(hash: string) => void} giveUp loads the page again to have that build, if it may
 * @property {(problems: string[]) => void} show says over the page what was thrown while it took an update
 * @property {Pick<import('../log.js').Log, 'info' | 'warn' | 'error'>} log
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
    const { hash } = this.#parts;
    while (hash() !== this.#wanted) {
      const wanted = this.#wanted;
      const before = hash();
      await this.#step(wanted);
      // Another try needs a reason: that there was progress, or that there is another build.
      if (hash() === before && this.#wanted === wanted) return;
    }
  }

  /** @param {string} wanted */
  async #step(wanted) {
    const { check, hot, log } = this.#parts;
    if (!hot) return this.#parts.giveUp(wanted);
    if (this.#isBroken || FAILED.includes(hot.status())) {
      log.warn('Cannot check for update (Full reload needed)');
      return this.#parts.giveUp(wanted);
    }
    try {
      // A module has said that it has to be replaced, and nobody has done so.
      if (hot.status() === 'ready') await this.#apply(hot, []);
      // Somebody else's update is on its way through the same runtime.
      if (hot.status() !== 'idle') return undefined;

      log.info('Checking for updates on the server...');
      const { updated, failure } = await check();
      if (failure) {
        if (updated) await hot.apply();
        log.warn(`Update check failed: ${describe(failure.error)}`);
        return this.#parts.giveUp(wanted);
      }
      if (!updated) return await this.#miss(wanted);
      return await this.#apply(hot, updated);
    } catch (error) {
      this.#isBroken = hot.status() !== 'idle';
      if (this.#isBroken) log.warn('Cannot check for update (Full reload needed)');
      log.warn(this.#isBroken ? describe(error) : `Update check failed: ${describe(error)}`);
      this.#parts.show([describe(error)]);
      return this.#parts.giveUp(wanted);
    }
  }

  /**
   * There is no update from the page's hash on.
   *
   * @param {string} wanted
   */
  async #miss(wanted) {
    const { hash, identity, log, pause } = this.#parts;
    if (!identity.isOthers(wanted)) await pause(ONE_GO);
    if (identity.isOthers(wanted)) {
      if (this.#wanted === wanted) this.#wanted = hash();
      return;
    }
    log.warn('Cannot find update (Full reload needed)');
    log.warn('(Probably because of restarting the server)');
    this.#parts.giveUp(wanted);
  }

  /**
   * @param {Hot} hot
   * @param {ModuleId[]} updated the modules that have to be replaced
   */
  async #apply(hot, updated) {
    const { hash, log, show } = this.#parts;
    /** @type {string[]} */
    const errors = [];
    const renewed = await hot.apply({
      ignoreUnaccepted: true,
      ignoreDeclined: true,
      ignoreErrored: true,
      /** @param {Incident} incident */
      onUnaccepted: ({ chain = [] }) => log.warn(`Ignored an update to unaccepted module ${chain.join(' -> ')}`),
      /** @param {Incident} incident */
      onDeclined: ({ chain = [] }) => log.warn(`Ignored an update to declined module ${chain.join(' -> ')}`),
      /** @param {Incident} incident */
      onErrored: ({ error, moduleId, type }) => {
        errors.push(`${this.#nameOf(moduleId)} \n${describe(error)}`);
        log.error(`Ignored an error while updating module ${moduleId} (${type})`, error);
      },
    });
    show(errors);

    const missed = updated.filter((id) => !renewed.includes(id));
    if (missed.length) {
      log.warn(
        "The following modules couldn't be hot updated: (Full reload needed)\n" +
          'This is usually because the modules which have changed (and their parents) do not know how to hot ' +
          `reload themselves. See ${DOCS} for more details.`,
      );
      for (const id of missed) log.warn(` - ${this.#nameOf(id)}`);
    } else {
      log.info(renewed.length ? 'Updated modules:' : 'Nothing hot updated.');
      for (const id of renewed) log.info(` - ${this.#nameOf(id)}`);
    }
    if (missed.length || errors.length) return this.#parts.giveUp(this.#wanted);
    if (hash() === this.#wanted) log.info('App is up to date.');
  }

  /** @param {ModuleId} id */
  #nameOf(id) {
    return this.#names[id] ?? String(id);
  }
}

/** Updates that this page can't apply. The server passes them on, for all pages, to the modules that import what has changed. */

export class Invalidations {
  #passOn;
  #fullReload;
  #log;
  /** Modules that this page can't update, until that is passed on. @type {Map<string, string>} */
  #waiting = new Map();
  /** The change of each module that was passed on last, and whether importers have run again here. @type {Map<string, { change: number, isApplied: boolean }>} */
  #passed = new Map();

  /**
   * @param {object} page
   * @param {((key: string, change: number, message: string | undefined) => Promise<void>) | undefined} page.passOn asks the server
   * @param {(reason: string) => void} page.fullReload reloads the page
   * @param {Pick<import('../overlay/log.js').Log, 'info'>} page.log
   */
  constructor({ passOn, fullReload, log }) {
    this.#passOn = passOn;
    this.#fullReload = fullReload;
    this.#log = log;
  }

  /**
   * Has an update passed on.
   *
   * @param {string} key the module that can't be updated
   * @param {number} change that of the instance
   * @param {string} reason
   * @param {string} [message]
   */
  begin(key, change, reason, message) {
    const passed = this.#passed.get(key);
    const isPassed = passed?.change === change;
    // The server passes each update on once. Another page has asked before, and the importers took this version.
    if (isPassed && passed.isApplied) return this.#log.info(reason);
    if (!this.#passOn || isPassed) return this.#fullReload(reason);
    this.#log.info(reason);
    this.#waiting.set(key, reason);
    this.#passOn(key, change, message).catch(() => this.#fullReload(reason));
  }

  /**
   * Notes that the server has passed an update on.
   *
   * @param {string} key the module that can't be updated
   * @param {number} change its last one
   * @param {boolean} isApplied true if modules of this page run again for that
   * @returns {string | undefined} the reason for a reload, if this page has asked for that
   */
  passedOn(key, change, isApplied) {
    const reason = this.#waiting.get(key);
    this.#passed.set(key, { change, isApplied });
    this.#waiting.delete(key);
    return reason;
  }
}

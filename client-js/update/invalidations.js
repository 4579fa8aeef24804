/** Updates that this page can't apply. The server passes them on, for all pages, to the modules that import what has changed. */

export class Invalidations {
  #passOn;
  #fullReload;
  #log;
  /** Modules that this page can't update, until that is passed on. @type {Map<string, string>} */
  #waiting = new Map();
  /** The change of each module that was passed on last. @type {Map<string, number>} */
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
    // The server passes each update on once; this page was too late to take part.
    if (!this.#passOn || this.#passed.get(key) === change) return this.#fullReload(reason);
    this.#log.info(reason);
    this.#waiting.set(key, reason);
    this.#passOn(key, change, message).catch(() => this.#fullReload(reason));
  }

  /**
   * Notes that the server has passed an update on.
   *
   * @param {string} key the module that can't be updated
   * @param {number} change its last one
   * @returns {string | undefined} the reason for a reload, if this page has asked for that
   */
  passedOn(key, change) {
    const reason = this.#waiting.get(key);
    this.#passed.set(key, change);
    this.#waiting.delete(key);
    return reason;
  }
}

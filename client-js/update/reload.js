/** Loading the page again, and not for ever. */

const KEY = 'tower-hot-middleware:reloads';

/** More reloads than one page can be owed at a time; the oldest are forgotten. */
const REMEMBERED = 16;

/**
 * Loads the page again, unless it was just loaded for the same reason and that did not help.
 *
 * A page that comes from a cache, or that names its hash wrongly, is never what the server has. Each
 * automatic reload therefore leaves its target in the tab's session storage, the page that reaches the
 * target takes it out again, and a page that starts with a target still there does not reload for it.
 */
export class Reloader {
  #location;
  #storage;
  #log;
  #slot;
  /** Targets of reloads that this page is the outcome of. */
  #tried;

  /**
   * @param {Pick<Location, 'href' | 'reload'>} location
   * @param {() => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} storage called each time: browsers
   *   that keep no storage for a page throw
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'warn'>} log
   */
  constructor(location, storage, log) {
    this.#location = location;
    this.#storage = storage;
    this.#log = log;
    this.#slot = `${KEY}:${location.href.replace(/#.*$/, '')}`;
    this.#tried = new Set(this.#read());
  }

  /**
   * Loads the page again because somebody asked for it in so many words.
   *
   * @param {string} reason empty when it was just told
   */
  now(reason) {
    this.#log.info(`Reloading page${because(reason)}`);
    this.#location.reload();
  }

  /**
   * Loads the page again to reach `targets`.
   *
   * @param {string} reason
   * @param {string[]} targets what the page will be once it is loaded again: a bundle's hash, a server
   */
  reloadFor(reason, ...targets) {
    if (targets.length && targets.every((target) => this.#tried.has(target))) {
      this.#log.warn(
        `Not reloading page${because(reason)}: it was just loaded for that and came back without the change. ` +
          'Is it served from a cache?',
      );
      return;
    }
    this.#write([...this.#read().filter((other) => !targets.includes(other)), ...targets]);
    this.now(reason);
  }

  /**
   * Notes that the page is at `target`: a reload towards it has done its work.
   *
   * @param {string} target
   */
  reached(target) {
    if (!this.#tried.delete(target)) return;
    this.#write(this.#read().filter((other) => other !== target));
  }

  /** @returns {string[]} */
  #read() {
    try {
      const targets = JSON.parse(this.#storage().getItem(this.#slot) ?? '[]');
      return Array.isArray(targets) ? targets : [];
    } catch {
      return [];
    }
  }

  /** @param {string[]} targets */
  #write(targets) {
    try {
      if (targets.length) this.#storage().setItem(this.#slot, JSON.stringify(targets.slice(-REMEMBERED)));
      else this.#storage().removeItem(this.#slot);
    } catch {
      // Without storage the page is reloaded as often as the server gives cause.
    }
  }
}

/** @param {string} reason */
function because(reason) {
  return reason && ` (${reason})`;
}

/**
 * Which of the server's bundles this one is.
 *
 * One stream carries the builds of all bundles. Taking another's hash for one's own ends in an update that is
 * not there, and the page would be loaded again for it, without end.
 */

/** What a server says of all its bundles after a build comes in one go. */
const ONE_GO = 1_000;

/** More bundles than one page can be made of. */
const REMEMBERED = 32;

export class Identity {
  #option;
  #hash;
  #now;
  /** The name under which the server tells of this bundle. @type {string | undefined} */
  #name;
  /** Under which name and when each hash was last told of. @type {Map<string, { name: string, at: number }>} */
  #heard = new Map();

  /**
   * @param {() => string} option the name that the bundle was given; empty for none
   * @param {() => string} hash that of the bundle as the page runs it
   * @param {() => number} now
   */
  constructor(option, hash, now) {
    this.#option = option;
    this.#hash = hash;
    this.#now = now;
  }

  /**
   * Whether a build may be this bundle's.
   *
   * @param {{ name?: string, hash?: string }} event
   */
  concerns({ name = '', hash = '' }) {
    this.#heard.delete(hash);
    this.#heard.set(hash, { name, at: this.#now() });
    for (const old of this.#heard.keys()) {
      if (this.#heard.size <= REMEMBERED) break;
      this.#heard.delete(old);
    }
    const option = this.#option();
    const own = this.#heard.get(this.#hash());
    if (name && name === option) this.#name = name;
    // The hash may have been told of before an update made it the page's.
    else if (own && !(option && this.#name === option)) this.#name = own.name;
    if (this.#name !== undefined) return name === this.#name;
    return !name || !option;
  }

  /** What was told before the connection was lost was told in another go. */
  lost() {
    this.#heard.clear();
  }

  /**
   * Whether a build for which there is no update is another bundle's. A name settles that, where there is one;
   * without, it is when the server told in the same go that this bundle is as the page has it.
   *
   * @param {string} hash the build's
   */
  isOthers(hash) {
    const told = this.#heard.get(hash);
    const own = this.#heard.get(this.#hash());
    if (!told) return false;
    if (this.#name || told.name) return this.#name !== undefined && told.name !== this.#name;
    return own !== undefined && Math.abs(told.at - own.at) <= ONE_GO;
  }
}

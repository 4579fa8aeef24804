/**
 * The identity of this bundle among the server's bundles.
 *
 * One stream has the builds of all bundles. With the hash of another bundle, the client would look for an update that does
 * not exist, and reload the page without end.
 */

/** Milliseconds within which a server sends the states of all its bundles after a build. */
const SAME_TIME = 1_000;

/** The most hashes that are kept: more than one page has bundles. */
const MOST_EVENTS = 32;

/** @typedef {{ name: string, since: number, at: number, unmodified: boolean | undefined }} Noted */

export class Identity {
  #option;
  #hash;
  #now;
  /** The name of this bundle in the server's events. @type {string | undefined} */
  #name;
  /** The events with each hash: `since` is the time of the first one, `at` that of the last. @type {Map<string, Noted>} */
  #events = new Map();

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
   * Returns true if a build may be this bundle's.
   *
   * @param {{ name?: string, hash?: string, unmodified?: boolean }} event
   */
  concerns(event) {
    this.note(event);
    const { name = '' } = event;
    const option = this.#option();
    const own = this.#events.get(this.#hash());
    if (name && name === option) this.#name = name;
    // The event with this hash may have come before the update to it.
    else if (own && !(option && this.#name === option)) this.#name = own.name;
    if (this.#name !== undefined) return name === this.#name;
    return !name || !option;
  }

  /**
   * Returns true if this bundle was built again only for another one's sake: after a bundle that it depends on, Rspack
   * gives it another hash. The bundler knows. Where the server doesn't tell, it is so if another bundle has a new build at
   * the same time.
   *
   * @param {string} hash the build's
   * @param {string} from that of the bundle before the build
   */
  isForAnother(hash, from) {
    const event = this.#events.get(hash);
    if (event?.unmodified !== undefined) return event.unmodified;
    const others = [...this.#events].filter(([other]) => other !== hash && other !== from);
    return event !== undefined && others.some(([, { since }]) => Math.abs(event.since - since) <= SAME_TIME);
  }

  /**
   * Notes the time of a build, also of one that is another bundle's.
   *
   * @param {{ name?: string, hash?: string, unmodified?: boolean }} event
   */
  note({ name = '', hash = '', unmodified = this.#events.get(hash)?.unmodified }) {
    const at = this.#now();
    const since = this.#events.get(hash)?.since ?? at;
    this.#events.delete(hash);
    this.#events.set(hash, { name, since, at, unmodified });
    for (const old of this.#events.keys()) {
      if (this.#events.size <= MOST_EVENTS) break;
      this.#events.delete(old);
    }
  }

  /** Forgets the events before a lost connection: the server sends all states again. */
  lost() {
    this.#events.clear();
  }

  /**
   * Returns true if a build without an update is another bundle's. Names decide, where there are any. Without names, it is
   * another's if the server has reported at the same time that this bundle is current.
   *
   * @param {string} hash the build's
   */
  isOthers(hash) {
    const event = this.#events.get(hash);
    const own = this.#events.get(this.#hash());
    if (!event) return false;
    if (this.#name || event.name) return this.#name !== undefined && event.name !== this.#name;
    return own !== undefined && Math.abs(event.at - own.at) <= SAME_TIME;
  }
}

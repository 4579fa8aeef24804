/** The current problems of a page, by bundle and kind. */

/** Kinds of problems, the most severe first. */
const KINDS = /** @type {const} */ (['errors', 'page', 'update', 'runtime', 'warnings']);

/**
 * @typedef {typeof KINDS[number]} Kind `errors` and `warnings` are a build's; a `page` error is the app's answer
 *   for the page; `update` errors were thrown while an update was applied, and `runtime` errors at any other time
 * @typedef {{ kind: Kind, name: string, texts: readonly string[] }} Slot
 */

export class ProblemStore {
  /** @type {Map<string, Slot>} */
  #store = new Map();

  /**
   * Stores the problems of one kind and bundle; an empty list removes them.
   *
   * @param {Kind} kind
   * @param {string} name the bundle's
   * @param {readonly string[]} texts
   * @returns {boolean} whether that changes anything
   */
  set(kind, name, texts) {
    const key = JSON.stringify([kind, name]);
    const before = this.#store.get(key)?.texts ?? [];
    if (before.length === texts.length && before.every((text, at) => text === texts[at])) return false;
    if (texts.length) this.#store.set(key, { kind, name, texts });
    else this.#store.delete(key);
    return true;
  }

  /**
   * Removes all problems of a kind.
   *
   * @param {Kind} kind
   */
  drop(kind) {
    for (const slot of this.all()) {
      if (slot.kind === kind) this.set(kind, slot.name, []);
    }
  }

  /** All problems, the most severe kind first. */
  all() {
    return [...this.#store.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  }
}

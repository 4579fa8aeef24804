/**
 * The import graph of the modules that the app serves, as far as builds have listed it.
 *
 * A module that has to run again is imported under a URL with the number of the change, and so is each module between it
 * and what has changed. The layer rewrites their specifiers; all modules outside of that path keep their one instance.
 *
 * @typedef {object} Update what a build reaches
 * @property {number} change its number, a time in milliseconds
 * @property {Record<string, string[]>} importers the modules that run again, each with those that import it
 * @property {Record<string, Record<string, string[]>>} [names] for modules that accept changes of some exports: what
 *   importers take of them
 * @property {string[]} [invalidated] modules that run again because one that they import can't be updated
 * @property {string[]} [pruned] modules that nothing imports any more
 * @property {Record<string, string[]>} [unresolved] specifiers that may name a module which runs again, each with the modules that
 *   have it
 *
 * @typedef {{ key: string, acceptor: string | undefined }} Boundary a module to import again, and the one that accepts
 *   it; `undefined` if that is the module itself
 *
 * @typedef {{ boundaries: Boundary[], path: string[] } | { chain: string[], importer?: string } | { stopped: string }} Reach `path`:
 *   the modules that run again; `chain`: the way to a module that nothing accepts, or that an importer has which is not in the graph;
 *   `stopped`: a module that the server took for one that accepts itself, or is accepted
 */

/** The number of a change in a URL. No other version has 13 digits. */
const CHANGE = /[?&]__hot=(\d{13})(?=[&#]|$)/;

/** The most modules that are remembered; the page is reloaded for changes that reach a forgotten one. */
const MOST = 10_000;

/**
 * The way to a module that nothing accepts, as a text for the console.
 *
 * @param {{ chain: string[], importer?: string }} reach
 */
export function describeChain({ chain, importer }) {
  const names = chain.map((key) => new URL(key).pathname);
  return [...names, ...(importer === undefined ? [] : [importer])].join(', which is imported by ');
}

export class ModuleGraph {
  /** @type {Map<string, { change: number, importers: string[], names: Map<string, string[]> }>} */
  #nodes = new Map();
  /** The number of the latest change. */
  last = 0;
  /** True if the last build did not list what it reaches. */
  isUnlisted = false;
  /** True if the changes of some modules are no longer known. */
  hasForgotten = false;

  /**
   * @param {Update} update
   * @param {(id: string) => string | undefined} keyOf
   */
  learn({ change, importers, names = {} }, keyOf) {
    this.last = Math.max(this.last, change);
    // There were too many to be listed.
    this.isUnlisted = !Object.keys(importers).length;
    if (this.isUnlisted) this.forget();
    for (const [id, above] of Object.entries(importers)) {
      const key = keyOf(id);
      if (key === undefined) continue;
      this.#nodes.delete(key);
      const taken = Object.entries(names[id] ?? {}).map(([id, names]) => /** @type {const} */ ([keyOf(id) ?? '', names]));
      const keys = above.map(keyOf).filter((key) => key !== undefined);
      this.#nodes.set(key, { change, importers: keys, names: new Map(taken) });
    }
    for (const oldest of this.#nodes.keys()) {
      if (this.#nodes.size <= MOST) break;
      this.#nodes.delete(oldest);
      this.hasForgotten = true;
    }
  }

  /** Forgets all: modules have changed, and no build has listed what that reaches. */
  forget() {
    this.hasForgotten = true;
    this.#nodes.clear();
  }

  /**
   * The last change that a module had to run again for, if there was one.
   *
   * @param {string} key
   */
  changeOf(key) {
    return this.#nodes.get(key)?.change;
  }

  /**
   * The modules that import a file which has changed.
   *
   * @param {string} key
   */
  importersOf(key) {
    return this.#nodes.get(key)?.importers ?? [];
  }

  /**
   * The nearest modules above a changed one that accept the change.
   *
   * @param {string} key
   * @param {object} page
   * @param {(key: string) => boolean} page.isLoaded
   * @param {(key: string) => boolean} page.acceptsItself
   * @param {(key: string) => readonly string[] | undefined} page.acceptedExports
   * @param {(key: string, dependency: string) => boolean} page.accepts
   * @param {(key: string) => string | undefined} [page.unseenImporterOf] an importer that is not in the graph
   * @returns {Reach}
   */
  reach(key, { isLoaded, acceptsItself, acceptedExports, accepts, unseenImporterOf = () => undefined }) {
    const change = this.#nodes.get(key)?.change ?? 0;
    /** @type {Boundary[]} */
    const boundaries = [];
    /** @type {Set<string>} */
    const seen = new Set();
    /**
     * @param {string} key
     * @param {string[]} below
     * @returns {Reach | undefined} a reason not to run anything again
     */
    const climb = (key, below) => {
      if (seen.has(key)) return undefined;
      seen.add(key);
      const chain = [...below, key];
      const { importers = [], names } = this.#nodes.get(key) ?? {};
      if (acceptsItself(key)) {
        boundaries.push({ key, acceptor: undefined });
        return undefined;
      }
      const importer = unseenImporterOf(key);
      if (importer !== undefined) return { chain, importer };
      const exports = acceptedExports(key);
      /** @param {string} importer */
      const takesOthers = (importer) => !exports || !(names?.get(importer)?.every((name) => exports.includes(name)) ?? false);
      const loaded = importers.filter(isLoaded);
      if (exports) boundaries.push({ key, acceptor: undefined });
      else if (!loaded.length) return { chain };
      for (const importer of loaded.filter(takesOthers)) {
        if (accepts(importer, key)) boundaries.push({ key, acceptor: importer });
        // The server has not numbered it for this change, so it could not be imported again.
        else if ((this.changeOf(importer) ?? 0) < change) return { stopped: key };
        else {
          const end = climb(importer, chain);
          if (end) return end;
        }
      }
      return undefined;
    };
    const end = climb(key, []);
    if (end) return end;
    // Modules in a circle that nothing else imports.
    return boundaries.length ? { boundaries, path: [...seen] } : { chain: [...seen] };
  }
}

/**
 * The number of the change that an instance of a module was imported for; 0 for the first.
 *
 * @param {string} url
 */
export function changeIn(url) {
  return Number(CHANGE.exec(url)?.[1] ?? 0);
}

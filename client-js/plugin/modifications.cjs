/** Tells whether a file of its own has caused a compiler's latest build. */

'use strict';

const { statSync } = require('node:fs');

class Modifications {
  #hasBuilt = false;
  /** Those of files that were modified. @type {Map<string, string>} */
  #versions = new Map();
  /** True if none has; undefined where that is unknown. @type {boolean | undefined} */
  unmodified;

  /** @param {{ modifiedFiles?: ReadonlySet<string>, removedFiles?: ReadonlySet<string> }} compiler at the start of a build */
  started({ modifiedFiles, removedFiles }) {
    // To a first build all files are new.
    if (modifiedFiles && this.#hasBuilt) {
      const renewed = [...modifiedFiles, ...(removedFiles ?? [])].filter((path) => this.#isRenewed(path));
      this.unmodified = renewed.length === 0;
    }
    this.#hasBuilt = true;
  }

  /**
   * Rspack may build twice for one save.
   *
   * @param {string} path
   */
  #isRenewed(path) {
    const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
    const version = `${mtimeMs} ${size}`;
    if (this.#versions.get(path) === version) return false;
    this.#versions.set(path, version);
    return true;
  }
}

module.exports = { Modifications };

/** This crate's client as a contestant. */

import { parse } from './stage.js';

/**
 * @typedef {{ kind: string, reason?: string }} Outcome
 *
 * @typedef {object} Contestant
 * @property {(stage: any, address: string) => Promise<(version?: number, second?: number) => Promise<Outcome>>} start prepares a page, and
 *   returns a function that updates it
 * @property {import('./compare.js').Options} [options] allowances for the comparison with a fresh page
 */

/** @type {Contestant} */
export const ours = {
  async start(stage, address) {
    await stage.load('/page-update/boot.js', 'module');
    const tree = new stage.window.PageTree(await parse(address, 0), stage.document);
    return async (version = 1, second) =>
      tree.update(await parse(address, version), second === undefined ? undefined : await parse(address, second));
  },
};

/** The instances of a page's modules over a restart of the app. */

import { typeOf } from './module-sheets.js';

/**
 * Tells a new process of the app which instances the page has, so that later imports find them.
 *
 * @param {ReadonlyMap<string, number> | undefined} instances the change of each module's; `undefined` if some may be missing
 * @param {string} base the prefix of the app's paths
 * @param {(modules: Record<string, number>) => Promise<boolean>} send
 * @returns {Promise<boolean>} whether the process has all of them
 */
export async function handOver(instances, base, send) {
  const modules = [...(instances ?? [])].filter(([key]) => key.startsWith(`${base}/`));
  // No request tells whether another page has a stylesheet or JSON as a module.
  if (!instances || modules.length < instances.size || modules.some(([key]) => typeOf(key))) return false;
  return send(Object.fromEntries(modules.map(([key, change]) => [key.slice(base.length), change])));
}

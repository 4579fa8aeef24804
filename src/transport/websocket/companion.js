/**
 * Reloads the page for a module whose updates nothing in the page accepts, as a companion of Vite's client.
 *
 * Vite's server knows the module graph and decides this itself. This server doesn't, and Vite's client ignores updates
 * that no module of the page accepts. This script is served next to that client and asks it (vite 8.3.8: `HMRClient`).
 */

import { createHotContext } from './client';

/** Number of resources that browsers record; more may have been loaded (Resource Timing, section 4.4). */
const RECORDED = 250;

const hot = createHotContext('/@vite/hot-middleware.js');
const base = new URL('..', import.meta.url).pathname;

/** @param {string} path */
function isLoaded(path) {
  const entries = performance.getEntriesByType('resource');
  const url = new URL(base + path.slice(1), import.meta.url);
  return entries.length >= RECORDED || entries.some(({ name }) => {
    const { origin, pathname } = new URL(name);
    return origin === url.origin && pathname === url.pathname;
  });
}

/**
 * Returns the modules that accept updates of the one at this path.
 *
 * @param {string} path
 * @returns {string[]}
 */
function acceptors(path) {
  /** @type {Map<string, { callbacks: { deps: string[] }[] }>} */
  const modules = hot.hmrClient.hotModulesMap;
  const accepts = ({ callbacks }) => callbacks.some(({ deps }) => deps.includes(path));
  return [...modules].filter(([, module]) => accepts(module)).map(([owner]) => owner);
}

hot.on('vite:beforeUpdate', ({ updates }) => {
  for (const update of updates) {
    if (update.type !== 'js-update') continue;
    const owners = acceptors(update.acceptedPath);
    if (owners.includes(update.path)) continue;
    for (const owner of owners) void hot.hmrClient.queueUpdate({ ...update, path: owner });
    if (!owners.length && isLoaded(update.acceptedPath)) location.reload();
  }
});

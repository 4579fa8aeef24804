/**
 * Has pages loaded again for a module that nothing in them takes updates of, where the client is Vite's.
 *
 * Vite's server knows who imports what and decides that itself; ours does not, and Vite's client passes over what no
 * module of the page accepts. This is served beside that client, and asks it (vite 8.3.8: `HMRClient`).
 */

import { createHotContext } from './client';

/** More may have been loaded than the browser keeps a note of (Resource Timing, section 4.4). */
const NOTED = 250;

const hot = createHotContext('/@vite/hot-middleware.js');
const base = new URL('..', import.meta.url).pathname;

/** @param {string} path */
function isLoaded(path) {
  const entries = performance.getEntriesByType('resource');
  const url = new URL(base + path.slice(1), import.meta.url);
  return entries.length >= NOTED || entries.some(({ name }) => {
    const { origin, pathname } = new URL(name);
    return origin === url.origin && pathname === url.pathname;
  });
}

/**
 * The modules that take updates of one at this path.
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

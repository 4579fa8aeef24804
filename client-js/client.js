/**
 * The browser client of tower-hot-middleware: the one file that does something when it is loaded.
 *
 * ```js
 * import { hot } from '/__webpack_hmr/client.js';
 * const self = hot(import.meta.url);
 * let count = self.data.count ?? 0;
 * self.dispose((data) => { data.count = count; });
 * self.accept();
 * ```
 *
 * What also runs in production, where there is no client, asks for it by its global name:
 *
 * ```js
 * globalThis.__hot_middleware__?.hot(import.meta.url).accept();
 * ```
 */

import { idle } from './idle.js';
import { start } from './page.js';

// A page has one client, however many tags load it and under whatever URLs. `load.js` leaves a stand-in for it.
const standIn = globalThis.__hot_middleware__;
if (!standIn || standIn.become) {
  globalThis.__hot_middleware__ = typeof window === 'undefined' ? idle : start(window, import.meta.url);
  standIn?.become?.(globalThis.__hot_middleware__);
}

export const { connect, disconnect, subscribe, subscribeAll, on, send, hot } =
  /** @type {import('./client.d.ts').HotMiddlewareClient} */ (globalThis.__hot_middleware__);

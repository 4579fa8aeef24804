/** The browser engines of the tests, behind one small interface. */

import { existsSync } from 'node:fs';

import { chromium } from './chromium.js';
import { firefox } from './firefox.js';
import { webkit } from './webkit.js';

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {string[]} executables paths that must exist
 * @property {boolean} cachesStreamingPages whether the back/forward cache keeps a page that closes its event stream on
 *   `pagehide`
 * @property {boolean} [workersHaveOwnCache] whether a shared worker requests files again that its page has loaded
 * @property {boolean} [revalidatesOnReload] whether a reload revalidates `immutable` files: WebKit respects it only
 *   over HTTPS
 * @property {() => Promise<Session>} start
 *
 * @typedef {object} Session a browser for one test, without state from earlier tests
 * @property {() => Promise<Driver>} open opens an empty page in front of the others
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Driver a page as every engine's protocol can drive it
 * @property {(url: string) => Promise<void>} goto
 * @property {(predicate: Function, argument?: unknown) => Promise<any>} evaluate calls a function in the page, awaits
 *   its promise and returns the result as JSON allows
 * @property {(selector: string) => Promise<void>} click clicks as a user does
 * @property {(selector: string, text: string) => Promise<void>} type presses keys
 * @property {(x: number, y: number) => Promise<void>} hold presses the mouse's button
 * @property {() => Promise<void>} release releases it
 * @property {(x: number, y: number) => Promise<string>} pixel the painted colour, as `rgb(…)`
 * @property {() => Promise<void>} close
 */

/** @type {Record<string, Engine>} */
export const ENGINES = { chromium, firefox, webkit };

/**
 * Returns the executables of an engine that are not installed.
 *
 * @param {Engine} engine
 */
export function missing({ executables }) {
  return executables.filter((path) => !existsSync(path));
}

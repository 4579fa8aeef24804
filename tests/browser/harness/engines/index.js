/** The browser engines of the tests, all driven by the same few methods. */

import { existsSync } from 'node:fs';

import { chromium } from './chromium.js';
import { firefox } from './firefox.js';
import { webkit } from './webkit.js';

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {string[]} executables paths that have to be there
 * @property {boolean} cachesStreamingPages whether a page that closes its event stream as it is left is kept in the
 *   back/forward cache
 * @property {boolean} [workersHaveOwnCache] whether a shared worker requests again what its page has loaded
 * @property {boolean} [revalidatesOnReload] whether a reload revalidates `immutable` files: WebKit heeds the word over
 *   HTTPS alone
 * @property {() => Promise<Session>} start
 *
 * @typedef {object} Session a browser for one test, with nothing of the tests before
 * @property {() => Promise<Driver>} open opens an empty page in front of the others
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Driver a page as every engine's protocol can drive it
 * @property {(url: string) => Promise<void>} goto
 * @property {(predicate: Function, argument?: unknown) => Promise<any>} evaluate calls a function in the page, awaits
 *   its promise and returns what JSON can say of the outcome
 * @property {(selector: string) => Promise<void>} click clicks as a user does
 * @property {(selector: string, text: string) => Promise<void>} type presses keys
 * @property {(x: number, y: number) => Promise<string>} pixel the colour that is painted there, as `rgb(…)`
 * @property {() => Promise<void>} close
 */

/** @type {Record<string, Engine>} */
export const ENGINES = { chromium, firefox, webkit };

/**
 * The executables of an engine that are not installed.
 *
 * @param {Engine} engine
 */
export function missing({ executables }) {
  return executables.filter((path) => !existsSync(path));
}

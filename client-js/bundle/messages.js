/** The messages of the event stream, as a bundle handles them. */

import { bundle } from '../overlay/log.js';
import { textsFrom } from '../stream/text.js';

/**
 * @typedef {import('../client.d.ts').Message} Message
 * @typedef {import('../client.d.ts').Handler} Handler
 * @typedef {{ name?: string, hash?: string, time?: number, errors?: string[], warnings?: string[],
 *   modules?: Record<string, string>, unmodified?: boolean }} Build
 *
 * @typedef {object} Parts
 * @property {() => string} name the bundle's; empty when it has none
 * @property {Pick<import('./identity.js').Identity, 'concerns' | 'note'>} identity
 * @property {Pick<import('./updates.js').Updates, 'apply'>} updates
 * @property {() => string} hash that of the bundle as the page runs it
 * @property {Pick<import('./reporter.js').Reporter, 'report'>} reporter
 * @property {Pick<import('../overlay/controller.js').OverlayController, 'building' | 'built'>} overlayController
 * @property {Pick<import('../update/reload.js').Reloader, 'now' | 'reached'>} reloader
 * @property {Pick<import('../overlay/log.js').Log, 'info' | 'warn' | 'error'>} log
 */

/**
 * A build as the target of a reload.
 *
 * @param {string} hash
 */
export function targetOf(hash) {
  return `bundle ${hash}`;
}

export class Messages {
  #parts;
  /** @type {Handler | undefined} */
  #handler;
  /** @type {Handler | undefined} */
  #observer;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Calls `handler` with every message with an action unknown to webpack-hot-middleware, in the place of an earlier handler.
   *
   * @param {Handler} handler
   */
  subscribe(handler) {
    this.#handler = handler;
  }

  /**
   * Calls `handler` with every message except those of other bundles, in the place of an earlier handler.
   *
   * @param {Handler} handler
   */
  subscribeAll(handler) {
    this.#observer = handler;
  }

  /** @param {string} data the data of one event; any client of the page may have opened the stream */
  receive(data) {
    if (data === '\u{1f493}') return;
    /** @type {Message} */
    let message;
    try {
      message = JSON.parse(data);
    } catch (error) {
      this.#parts.log.warn(`Invalid HMR message: ${data}\n${error}`);
      return;
    }
    if (this.#handle(message)) this.#notify(this.#observer, message);
  }

  /**
   * @param {Message} message
   * @returns {boolean} whether it concerns this bundle
   */
  #handle(message) {
    const { overlayController, log, reloader } = this.#parts;
    // Anything may be published, also what is no object.
    switch (message?.action) {
      case 'building':
        overlayController.building(message.name ?? '');
        log.info(`${bundle(message.name)} rebuilding`);
        return true;
      case 'built':
        log.info(`${bundle(message.name)} rebuilt in ${message['time'] ?? 0}ms`);
        return this.#build(message);
      case 'sync':
        return this.#build(message);
      case 'progress':
        overlayController.building(message.name ?? '', message);
        break;
      case 'reload':
        reloader.now(message.file ? `${message.file} changed` : 'the server asks for it');
        break;
      case 'lagged':
        log.warn(`${message.missed} events were lost on the way to this page; catching up`);
        break;
    }
    this.#notify(this.#handler, message);
    return true;
  }

  /** @param {Build} build */
  #build(build) {
    const { overlayController, hash: ownHash, identity, name: own, reloader, reporter, updates } = this.#parts;
    const { errors = [], hash = '', modules = {}, name = '' } = build;
    overlayController.built(name);
    identity.note(build);
    if (name && own() && name !== own()) return false;

    reporter.report({ ...build, errors: textsFrom(build.errors), warnings: textsFrom(build.warnings) });
    if (!identity.concerns(build) || !hash) return true;
    if (hash === ownHash()) reloader.reached(targetOf(hash));
    if (!errors.length) void updates.apply(hash, modules);
    return true;
  }

  /**
   * @param {Handler | undefined} handler
   * @param {Message} message
   */
  #notify(handler, message) {
    try {
      handler?.(message);
    } catch (error) {
      this.#parts.log.error('A handler of this page failed', error);
    }
  }
}

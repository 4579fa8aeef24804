/** The session of a page: handles the events of the stream in order. */

import { subjectOf } from '../overlay/log.js';
import { textsFrom } from '../stream/text.js';
import { targetOf } from './bundles.js';

/**
 * @typedef {import('../client.d.ts').Message} Message
 * @typedef {import('../client.d.ts').Handler} Handler
 *
 * @typedef {object} Parts
 * @property {import('./bundles.js').Bundles} bundles
 * @property {Pick<import('./apply.js').Applier, 'apply' | 'learn' | 'passOn'>} applier
 * @property {Pick<import('./reload.js').Reloader, 'now' | 'reloadAtOnce' | 'reloadFor' | 'retry' | 'switchTo' | 'reached' | 'updateFor'>} reloader
 * @property {import('../overlay/log.js').Log} log
 * @property {string | undefined} server the server that the page came from
 * @property {() => boolean} isBundled whether a webpack client in the page updates its bundles
 * @property {Pick<import('../overlay/controller.js').OverlayController, 'building' | 'built' | 'problems'>} overlayController
 * @property {boolean} overlayWarnings whether the overlay shows warnings too
 * @property {() => void} forgetRuntimeErrors clears errors of code that was replaced
 * @property {() => Promise<void>} pause for the events that come with a greeting
 * @property {(reason: string) => void} fullReload reloads the page for a file that can't be swapped
 * @property {(event: string, data: unknown) => void} emit calls the listeners that modules have for Vite's events
 * @property {Pick<import('../stream/receipts.js').Receipts, 'answer' | 'begin' | 'drop' | 'greet' | 'leave' | 'take'>} receipts
 * @property {(key: unknown) => void} report sends the page's problems, if the server gives a key for them
 * @property {{ ask(): void, setHeartbeat(milliseconds: number): void, hadOutage(): boolean }} connection
 */

/** The most changes that are tried again after a reconnect. */
const MOST_UNREACHABLE = 1_000;

export class Session {
  #parts;
  #server;
  /** True once a build was reported to this page. */
  #hasBuild = false;
  #isGreeted = false;
  /** Changes that did not arrive, by file. @type {Map<string, import('./bundles.js').Change>} */
  #unreachable = new Map();
  #tail = Promise.resolve();
  /** The pause after a greeting. @type {Promise<void> | undefined} */
  #gap;
  /** Messages that are received and not handled yet, with the ids of their events. @type {{ message: Message, id: string }[]} */
  #waiting = [];
  /** @type {Set<Handler>} */
  #handlers = new Set();
  /** @type {Set<Handler>} */
  #observers = new Set();

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#server = parts.server;
  }

  /**
   * Receives the data of one event.
   *
   * @param {string} data
   * @param {string} [id] the event's
   * @returns {Promise<void>} settles when this event is handled
   */
  receive(data, id = '') {
    /** @type {Message} */
    let message;
    try {
      message = JSON.parse(data);
    } catch (error) {
      this.#parts.log.warn(`Invalid HMR message: ${data}`, error);
      return this.#tail;
    }
    this.#waiting.push({ message, id });
    /** @param {unknown} error */
    const fail = (error) => this.#parts.log.error('Could not handle an event of the server', error);
    /** @type {void | Promise<void>} */
    let work;
    this.#tail = this.#tail
      .then(() => {
        this.#gap = undefined;
        const next = /** @type {{ message: Message, id: string }} */ (this.#waiting.shift());
        work = this.#handle(next.message, next.id);
      })
      .catch(fail)
      // Not for the work itself: a module that never loads must not hold up the next error or reload.
      .then(() => this.#gap);
    return this.#tail.then(() => work).catch(fail);
  }

  /**
   * Calls `handler` with every message that has an unknown action.
   *
   * @param {Handler} handler
   * @returns {() => void} unsubscribes
   */
  subscribe(handler) {
    return subscription(this.#handlers, handler);
  }

  /**
   * Calls `handler` with every message.
   *
   * @param {Handler} handler
   * @returns {() => void} unsubscribes
   */
  subscribeAll(handler) {
    return subscription(this.#observers, handler);
  }

  /**
   * Calls `handler` with the data of every event of this name that the server's app sends.
   *
   * @param {string} event
   * @param {(data: any) => void} handler
   * @returns {() => void} unsubscribes
   */
  on(event, handler) {
    return this.subscribe((message) => {
      if (message?.['type'] === 'custom' && message['event'] === event) handler(message['data']);
    });
  }

  /**
   * @param {Message} message
   * @param {string} id
   * @returns {void | Promise<void>} the rest of the work
   */
  #handle(message, id) {
    this.#notify(this.#observers, message);
    const { overlayController, log, receipts, reloader } = this.#parts;
    // Anything may be published, also what is no object.
    switch (message?.action) {
      case 'connected':
        receipts.greet(id, message['receipts'], message['modules']);
        this.#parts.report(message['console']);
        this.#greet(message);
        // After a loss, the missed builds follow. They are applied as one: a file that was changed and changed back
        // must not reload the page.
        this.#gap = this.#parts.pause();
        return undefined;
      case 'building':
        this.#hasBuild = true;
        overlayController.building(message.name ?? '');
        return log.debug(message.name ? `'${message.name}' rebuilding` : 'rebuilding');
      case 'progress':
        return overlayController.building(message.name ?? '', message);
      case 'built':
        this.#hasBuild = true;
        receipts.begin(id);
        return this.#update(message);
      case 'sync':
        return this.#update(message);
      case 'reload':
        receipts.begin(id);
        receipts.leave(receipts.take());
        return reloader.now(message.file ? `${message.file} changed` : 'the server asks for it');
      case 'invalidate':
        return this.#passOn(message);
      case 'lagged':
        return log.warn(`${message.missed} events were lost on the way to this page; catching up`);
      default:
        return this.#notify(this.#handlers, message);
    }
  }

  /** @param {Message} message */
  #greet({ server, heartbeat }) {
    const { connection, reloader } = this.#parts;
    if (typeof heartbeat === 'number' && heartbeat > 0) connection.setHeartbeat(heartbeat);
    if (this.#isGreeted) {
      reloader.retry();
      // After the builds that follow.
      void this.#parts.pause().then(() => this.#loadUnreachable());
    }
    this.#isGreeted = true;
    if (typeof server !== 'string') return;
    const before = this.#server;
    this.#server = server;
    const target = serverTarget(server);
    if (before === undefined || before === server) reloader.reached(target);
    else this.#switchTo('the server was rebuilt', target, true);
  }

  /**
   * @param {Message} message
   * @returns {void | Promise<void>}
   */
  #update(message) {
    const { applier, bundles, connection, overlayController, isBundled, log, receipts, reloader } = this.#parts;
    const event = /** @type {import('./bundles.js').BuildEvent} */ (message);
    const { action, hash, name = '', time } = event;
    if (event.update) applier.learn(event.update);
    overlayController.built(name);
    if (action === 'built') log.debug(`${subjectOf(event)} rebuilt${time === undefined ? '' : ` in ${time}ms`}`);
    this.#report(event);

    const target = targetOf(name, hash);
    const isOvertaken = this.#waiting.some(
      ({ message: later }) => later?.action === 'built' && (later.name ?? '') === name && later['hash'] !== undefined,
    );
    const verdict = bundles.receive(event, isOvertaken);
    // What has changed while the page was away is listed without it.
    if (!event.update && action === 'sync' && verdict.kind !== 'current') {
      applier.learn(undefined, verdict.kind === 'changed' ? verdict.changes.map(({ id }) => id) : undefined);
    }
    switch (verdict.kind) {
      case 'current':
        reloader.reached(target);
        if (action === 'built') reloader.retry();
        // It was loaded after the change.
        receipts.answer(receipts.take(), 'updated');
        return undefined;
      case 'held':
        // The answer to the later build is one to this build too.
        if (!isOvertaken) receipts.drop();
        return undefined;
      case 'ask':
        return connection.ask();
      case 'unknown':
        // The bundle's own runtime applies the update, or reloads the page.
        if (isBundled()) return receipts.drop();
        receipts.leave(receipts.take());
        return this.#reloadFor(`${subjectOf(event)} changed`, target, event, false);
      case 'changed':
        return this.#apply(verdict.changes, event, target);
    }
  }

  /** @param {import('./bundles.js').Change[]} changes */
  #noteUnreachable(changes) {
    for (const change of changes) if (this.#unreachable.size < MOST_UNREACHABLE) this.#unreachable.set(change.id, change);
  }

  /** Applies what could not be loaded before, as the app was going down. */
  async #loadUnreachable() {
    const changes = [...this.#unreachable.values()];
    if (!changes.length) return;
    const versions = changes.map(({ version }) => version).join();
    await this.#apply(changes, { action: 'sync', since: '', changes }, `files ${versions}`);
  }

  /** @param {Message} message */
  async #passOn(message) {
    const { applier, forgetRuntimeErrors, fullReload } = this.#parts;
    const event = /** @type {Parameters<typeof applier.passOn>[0]} */ (/** @type {unknown} */ (message));
    const { reload, unswapped } = await applier.passOn(event);
    forgetRuntimeErrors();
    if (reload !== undefined) fullReload(reload);
    else this.#reloadForAny((await unswapped) ?? []);
  }

  /**
   * @param {import('./bundles.js').Change[]} changes
   * @param {import('./bundles.js').BuildEvent} event
   * @param {string} target
   */
  async #apply(changes, event, target) {
    const { applier, forgetRuntimeErrors, log, receipts, reloader } = this.#parts;
    const events = receipts.take();
    /** @type {import('./apply.js').Outcome} */
    const outcome = await applier.apply(changes).catch((error) => {
      log.error(`Could not update ${subjectOf(event)} in place`, error);
      return { isCurrent: false, isSafe: false, reload: `${subjectOf(event)} changed` };
    });
    const { cause, isCurrent, isInPage = false, isSafe, isSwapped, reload, unreachable = [], unswapped } = outcome;
    for (const { id } of changes) this.#unreachable.delete(id);
    this.#noteUnreachable(unreachable);
    void unswapped?.then((kept) => this.#noteUnreachable(changes.filter(({ id }) => kept.some((one) => one.id === id && !one.needsReload))));
    if (reload !== undefined) {
      receipts.leave(events, isSwapped, cause);
      void unswapped?.then((kept) => this.#reloadForAny(kept));
    }
    forgetRuntimeErrors();
    if (reload === undefined) {
      if (isCurrent) log.debug('up to date');
      reloader.retry();
      await this.#answer(events, outcome);
    } else if (isSafe && event.action === 'built') reloader.reloadAtOnce(reload, target);
    else this.#reloadFor(reload, target, event, isInPage);
  }

  /**
   * Reloads the page if a file can be swapped by a reload only.
   *
   * @param {import('./apply.js').Unswapped[]} kept
   * @param {string[]} [events] the events that the reload is to answer
   */
  #reloadForAny(kept, events = []) {
    const { fullReload, receipts } = this.#parts;
    const cause = kept.find(({ needsReload }) => needsReload);
    if (!cause) return false;
    receipts.leave(events);
    fullReload(`${cause.id} changed`);
    return true;
  }

  /**
   * Answers events once all files are loaded that were to be swapped.
   *
   * @param {string[]} events
   * @param {import('./apply.js').Outcome} outcome
   */
  async #answer(events, { failed, isUnused, loaded, unswapped }) {
    const { receipts } = this.#parts;
    const kept = (await unswapped) ?? [];
    if (this.#reloadForAny(kept, events)) return;
    const [first] = kept;
    if (failed !== undefined) receipts.answer(events, 'failed', `could not update ${failed}`);
    else if (first) receipts.answer(events, 'failed', `could not load ${first.id}`);
    else if (isUnused) receipts.answer(events, 'unused', pathOf(loaded));
    else receipts.answer(events, 'updated');
  }

  /**
   * Updates or reloads the page for a build, or for the state of a server that does not know this page's.
   *
   * @param {string} reason
   * @param {string} target
   * @param {import('./bundles.js').BuildEvent} event
   * @param {boolean} isInPage true if all of the change is in the page's own HTML
   */
  #reloadFor(reason, target, { action, since }, isInPage) {
    if (action === 'sync' && since === undefined) this.#switchTo(reason, target, isInPage);
    else this.#goTo(reason, target, isInPage);
  }

  /**
   * @param {string} reason
   * @param {string} target
   * @param {boolean} isInPage
   */
  #switchTo(reason, target, isInPage) {
    const { connection, reloader } = this.#parts;
    // After an outage or a build, the server may be what it was before.
    if (connection.hadOutage() || this.#hasBuild) this.#goTo(reason, target, isInPage);
    else reloader.switchTo(reason, target, isInPage);
  }

  /**
   * @param {string} reason
   * @param {string} target
   * @param {boolean} isInPage
   */
  #goTo(reason, target, isInPage) {
    const { reloader } = this.#parts;
    if (isInPage) reloader.updateFor(reason, target);
    else reloader.reloadFor(reason, target);
  }

  /**
   * Reports a build's problems in the console and on the overlay.
   *
   * @param {import('./bundles.js').BuildEvent} event
   */
  #report({ changes, name = '', ...event }) {
    const [errors, warnings] = [textsFrom(event.errors), textsFrom(event.warnings)];
    const { emit, overlayController, isBundled, log, overlayWarnings } = this.#parts;
    const subject = subjectOf({ name, changes });
    if (errors.length) log.problems('errors', name, errors, subject);
    else if (warnings.length) log.problems('warnings', name, warnings, subject);
    else log.clean(name);
    // The client of a bundle shows the problems of that bundle.
    if (!changes && isBundled()) return;
    const [first] = errors;
    if (first !== undefined) emit('vite:error', { type: 'error', err: { message: first, stack: '' } });
    overlayController.problems('errors', name, errors);
    overlayController.problems('warnings', name, overlayWarnings ? warnings : []);
  }

  /**
   * @param {Set<Handler>} handlers
   * @param {Message} message
   */
  #notify(handlers, message) {
    for (const handler of handlers) {
      try {
        handler(message);
      } catch (error) {
        this.#parts.log.error('A handler of this page failed', error);
      }
    }
  }
}

/**
 * @param {Set<Handler>} handlers
 * @param {Handler} handler
 */
function subscription(handlers, handler) {
  handlers.add(handler);
  return () => {
    handlers.delete(handler);
  };
}

/**
 * The path of a file's key.
 *
 * @param {string | undefined} key
 */
function pathOf(key) {
  return key === undefined ? undefined : new URL(key).pathname;
}

/**
 * A server's identity as a target of a reload.
 *
 * @param {string} server
 */
export function serverTarget(server) {
  return `server ${server}`;
}

/**
 * Updates of the page in place, from the HTML that the app answers with for it now.
 *
 * The server keeps the HTML that it sent for this page, the base. Only the difference between the base and the new HTML is
 * applied, so that what scripts and the user have changed stays.
 */

import { TimeLimitError } from '../stream/time-limit.js';
import { withoutFragment } from '../stream/url.js';
import { ACCEPT, PAGE } from './page-answer.js';
import { isSame, prepare } from './page/units.js';

/** Asks the layer for HTML that is parsed while scripting is off. */
const NAVIGATION = { 'Hot-Middleware-Navigation': 'document' };

/** Milliseconds before each request for the base, which the server has only once it has sent all of the page. */
const ATTEMPTS = [0, 1_000, 4_000];

/** Milliseconds before the page is requested again: an editor may have been writing a file that the app has read. */
const HALF_WRITTEN = 50;

/**
 * @typedef {import('./document-request.js').DocumentAnswer} DocumentAnswer
 * @typedef {import('./page-answer.js').PageAnswer} PageAnswer
 *
 * @typedef {{ kind: 'same' } | { kind: 'canceled' } | { kind: 'reload', reason: string, isFinal?: boolean }
 *   | { kind: 'updated', changes: number, added: Element[], changed: Element[], rewired: Element[] }} Result
 *
 * A `reload` is final if the page was touched, or if another answer would not prevent it.
 *
 * @typedef {{ next: Document, renew: () => void }} Version an answer
 *
 * @typedef {object} PageTree the page and its base
 * @property {(next: Document) => boolean} shows
 * @property {(next: Document, second?: Document) => Result} update
 * @property {(old: Node, successor: Node) => void} replaced
 *
 * @typedef {object} Parts
 * @property {Document} document
 * @property {Pick<Location, 'href'>} location
 * @property {string | undefined} base the URL of the base, if the server keeps it
 * @property {(url: string, headers: Record<string, string>) => Promise<DocumentAnswer>} request
 * @property {(base: Document, live: Document, options: { beforeUpdate: () => boolean }) => PageTree} treeOf
 * @property {() => Promise<void>} idle
 * @property {(milliseconds: number) => Promise<void>} pause
 * @property {(document: Document) => () => void} renewalBy reads the client's configuration in a document that the page may
 *   become, and returns the function that applies it
 * @property {import('./update-events.js').UpdateEvents} events
 * @property {Pick<import('../overlay/log.js').Log, 'debug' | 'info' | 'error'>} log
 */

export class PageUpdates {
  #parts;
  #url;
  /** @type {PageTree | undefined} */
  #tree;
  /** The request for the base, while there is one. @type {Promise<void> | undefined} */
  #loading;
  /** True where the server has no base of this page. */
  #isUnknown;
  /** True if two answers for one version differ, as with a token in a form. */
  #isNoisy = false;
  /** The page's policy, without its nonces. */
  #policy = '';
  #reason = '';

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#url = withoutFragment(parts.location.href);
    this.#isUnknown = parts.base === undefined || parts.document.contentType !== 'text/html';
  }

  /** True once the page can be compared with its base. */
  get isPossible() {
    return this.#tree !== undefined;
  }

  /** Requests the base early, while the server that has it runs. */
  async start() {
    if (this.#isUnknown) return;
    const { idle, pause } = this.#parts;
    await idle();
    for (const delay of ATTEMPTS) {
      if (delay) await pause(delay);
      if (this.#isUnknown || (await this.#load())) return;
    }
  }

  /**
   * Asks the app for the page, and updates this one in place where that is possible.
   *
   * @param {string} reason
   * @returns {Promise<PageAnswer | undefined>} `undefined` if the answer says nothing about an update
   */
  async ask(reason) {
    if (this.#isElsewhere() || !(await this.#load())) return undefined;
    this.#reason = reason;
    try {
      const outcome = await this.#compare(false);
      if (outcome?.kind !== 'reload' || outcome.isFinal) return this.#rest(outcome);
      // Half of a page lacks what the user has done in the other half.
      await this.#parts.pause(HALF_WRITTEN);
      return this.#rest(await this.#compare(true));
    } catch (error) {
      // Another request would take as long.
      if (error instanceof TimeLimitError) return { isPage: false, isAnswer: false, problem: `GET ${error.message}` };
      this.#parts.log.debug(`Could not compare the page with ${this.#url}: ${error}`);
      return undefined;
    }
  }

  /**
   * Notes that the client has replaced an element of the page by another.
   *
   * @param {Node} old
   * @param {Node} successor
   */
  replaced(old, successor) {
    this.#tree?.replaced(old, successor);
  }

  /**
   * Requests the page, and updates this one in place where that is possible.
   *
   * @param {boolean} isWhole true if the answers are taken for whole pages
   * @returns {Promise<Result | undefined>} `undefined` if the page has become another one meanwhile
   */
  async #compare(isWhole) {
    const noise = this.#isNoisy ? this.#get() : undefined;
    noise?.catch(() => undefined);
    const first = await this.#get();
    if ('cause' in first) return { kind: 'reload', reason: first.cause, isFinal: true };
    if (!noise && this.#tree?.shows(first.next)) return this.#became(first, { kind: 'same' });
    const second = await (noise ?? this.#get());
    if ('cause' in second) return { kind: 'reload', reason: second.cause, isFinal: true };
    if (this.#isElsewhere()) return undefined;
    if (!isWhole && elementsIn(first.next) !== elementsIn(second.next)) return { kind: 'reload', reason: 'half a page' };
    this.#isNoisy ||= !isSame(first.next, second.next);
    return this.#became(first, this.#update(first.next, second.next));
  }

  /**
   * @param {Document} next
   * @param {Document} second
   * @returns {Result}
   */
  #update(next, second) {
    try {
      return /** @type {PageTree} */ (this.#tree).update(next, second);
    } catch (error) {
      this.#parts.log.error('Could not update the page in place', error);
      return { kind: 'reload', reason: 'the update failed', isFinal: true };
    }
  }

  /**
   * @param {Version} version
   * @param {Result} result
   */
  #became({ renew }, result) {
    if (result.kind === 'same' || result.kind === 'updated') renew();
    return result;
  }

  /**
   * @param {Result | undefined} result
   * @returns {PageAnswer | undefined}
   */
  #rest(result) {
    const { events, log } = this.#parts;
    const subject = subjectOf(this.#reason);
    switch (result?.kind) {
      case 'reload':
        return reload(result.reason);
      case 'canceled':
        log.info(`Not updated: ${subject} (the page canceled it)`);
        return { ...reload(''), outcome: 'canceled' };
      case 'same':
        log.info(`Unchanged: ${subject} changes nothing in this page`);
        return { ...reload(''), outcome: 'same' };
      case 'updated':
        log.info(`Updated: ${subject}`);
        events.after({ reason: this.#reason, changes: result.changes, added: result.added, changed: result.changed }, result.rewired);
        return { ...reload(''), outcome: 'updated' };
      default:
        return undefined;
    }
  }

  /** @returns {Promise<Version | { cause: string }>} rejects if there is no page to compare with */
  async #get() {
    const { document, policy, status, type, url } = await this.#parts.request(this.#url, { Accept: ACCEPT, ...NAVIGATION });
    if (status < 200 || status > 299 || !PAGE.test(type)) throw new Error(`the answer is ${status} with ${type || 'no type'}`);
    if (withoutFragment(url) !== this.#url) return { cause: `the app redirects to ${url}` };
    if (!document) return { cause: 'the answer is not HTML' };
    if (withoutNonces(policy) !== this.#policy) return { cause: 'the Content-Security-Policy changed' };
    const renew = this.#parts.renewalBy(document);
    return { next: comparable(document), renew };
  }

  /** @returns {Promise<boolean>} true if there is a base */
  async #load() {
    if (this.#isUnknown || this.#tree) return !this.#isUnknown;
    this.#loading ??= this.#request().finally(() => (this.#loading = undefined));
    await this.#loading;
    return this.#tree !== undefined;
  }

  async #request() {
    const { base = '', document: live, events, log, request, treeOf } = this.#parts;
    try {
      const { document, keptPolicy, status } = await request(base, {});
      if (status !== 200 || !document) return log.debug(`The server does not have the HTML of this page: ${status}`);
      this.#policy = withoutNonces(keptPolicy);
      this.#tree = treeOf(comparable(document), live, { beforeUpdate: () => events.before({ reason: this.#reason }) });
    } catch (error) {
      log.debug(`Could not request the HTML of this page: ${error}`);
    }
  }

  /** True after `history.pushState`: a reload brings another page. */
  #isElsewhere() {
    return withoutFragment(this.#parts.location.href) !== this.#url;
  }
}

/** @param {Document} document */
function elementsIn(document) {
  return document.getElementsByTagName('*').length;
}

/**
 * @param {string} cause
 * @returns {PageAnswer}
 */
function reload(cause) {
  return { isPage: true, isAnswer: true, problem: '', ...(cause && { cause }) };
}

/** @param {string} reason such as `a.html changed` */
function subjectOf(reason) {
  return /^(.+) changed$/s.exec(reason)?.[1] ?? `the page (${reason || 'a new answer'})`;
}

/** @param {string} policy */
function withoutNonces(policy) {
  return policy.replace(/'nonce-[^']*'/g, "'nonce'");
}

/**
 * The document, prepared, and without the client's tag, which the base does not have.
 * White space in a head means nothing, and some of it is there only after a tag.
 *
 * @param {Document} document
 */
function comparable(document) {
  prepare(document);
  for (const tag of document.querySelectorAll('script[data-hot-middleware]')) {
    const { parentNode } = tag;
    tag.remove();
    parentNode?.normalize();
  }
  for (const node of [...(document.head?.childNodes ?? [])]) {
    if (node.nodeType === 3 && !node.nodeValue?.trim()) node.remove();
  }
  return document;
}

/**
 * Stylesheet updates without an unstyled frame, and without losing changes that the page's scripts made.
 *
 * The rules of the existing sheet are rewritten from the text in the event, or else from what the app serves. The document
 * does not change, and references and switches that scripts hold stay valid. (Chromium does not expose whether an
 * alternate sheet is enabled, so a copy can't be either.) Where that is impossible, a copy of the owner element loads next
 * to the old one, which is removed once the copy has loaded.
 */

import { isSameInUtf8, readCss } from './charset.js';
import { rulesOf } from './dom.js';
import { textOf } from '../stream/network.js';
import { Rewriter } from './rewrite.js';
import { keyOf as plainKeyOf, withVersion } from '../stream/url.js';
import { copyOf, hasEffect, importsOf, inherit, ownersIn, placesOf } from './stylesheet-places.js';

const CSS_TYPE = /^text\/css\b/i;

/**
 * @typedef {{ id: string, version: string, text?: string }} Update
 * @typedef {{ id: string, needsReload: boolean }} Unswapped a file of which the page keeps an old version
 * @typedef {'shown' | 'overtaken' | 'failed' | 'reload'} Result of a version in one place
 *
 * @typedef {import('./stylesheet-places.js').Owner} Owner
 * @typedef {import('./stylesheet-places.js').Place} Place
 *
 * @typedef {object} Page
 * @property {Document} document
 * @property {import('../stream/network.js').Fetch} fetch
 * @property {typeof CSSStyleSheet} CSSStyleSheet
 * @property {Pick<import('./images.js').Images, 'freshen' | 'freshenSheet'>} images
 * @property {Pick<import('../overlay/log.js').Log, 'info' | 'warn'>} log
 * @property {() => Promise<void>} frame longer than the next paint takes
 * @property {() => Promise<void>} pause longer than a save and its event take
 * @property {() => Promise<void>} limit the time that a stylesheet may take to load
 * @property {Pick<import('./sheet-sources.js').SheetSources, 'isReloading' | 'restore'>} sources
 * @property {(owner: Node, successor: Node) => void} [replaced] called when a copy has taken an element's place
 * @property {import('../stream/url.js').KeyOf} [keyOf]
 */

/** The stylesheets of a page. */
export class Stylesheets {
  #page;
  #keyOf;
  #rewriter;
  /** The number of updates of each file. Work of an earlier update is dropped. @type {Map<string, number>} */
  #updates = new Map();
  /** Files that the app does not serve as they are on disk. @type {Set<string>} */
  #processed = new Set();
  /** The newest text that is known of each URL. @type {Map<string, string>} */
  #texts = new Map();
  /** Cancels the copy that is loading for an element. @type {WeakMap<Owner, () => void>} */
  #callOff = new WeakMap();
  /**
   * Copies that are loading to replace an element, each with the end of that.
   *
   * @type {WeakMap<Owner, Promise<boolean>>}
   */
  #loading = new WeakMap();

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.#keyOf = page.keyOf ?? plainKeyOf;
    this.#rewriter = new Rewriter(page);
  }

  /**
   * Those of the stylesheets that the page has in a place that can be updated, found in one pass over the document.
   *
   * @param {Set<string>} keys
   * @returns {Set<string>}
   */
  having(keys) {
    /** @type {Set<string>} */
    const found = new Set();
    if (!keys.size) return found;
    for (const owner of ownersIn(this.#page.document)) {
      // Of a copy that is loading, the sheets are known that it imports.
      const places = this.#loading.has(owner) ? this.#importsOf(owner) : placesOf(owner, this.#page.document);
      for (const { url } of places) {
        const key = this.#keyOf(url);
        if (key !== undefined && keys.has(key)) found.add(key);
      }
    }
    return found;
  }

  /**
   * Shows the new versions of stylesheets everywhere, at once where their texts are known.
   *
   * @param {Map<string, Update>} updates by key
   * @returns {Promise<Unswapped[]>} resolves when the others are loaded
   */
  async update(updates) {
    if (!updates.size) return [];
    const places = this.#find(new Set(updates.keys()));
    /** @type {Map<string, Place[]> | undefined} */
    let later;
    const findLater = () => (later ??= this.#find(new Set(updates.keys())));
    const work = [...updates].map(([key, change]) => this.#update(key, change, places.get(key) ?? [], findLater));
    return (await Promise.all(work)).flat();
  }

  /**
   * @param {string} key
   * @param {Update} change
   * @param {Place[]} places
   * @param {() => Map<string, Place[]>} findLater finds the places of all files of the build again, once
   * @returns {Promise<Unswapped[]>}
   */
  async #update(key, change, places, findLater) {
    const update = (this.#updates.get(key) ?? 0) + 1;
    this.#updates.set(key, update);
    const isCurrent = () => this.#updates.get(key) === update;

    if (!places.length) return this.#updateLater(key, change, isCurrent);
    const isUsable = !this.#processed.has(key) && isSameInUtf8(change.text ?? '', this.#encoding());
    const text = isUsable ? change.text?.replace(/^\ufeff/, '') : undefined;
    /** @type {Set<string>} */
    const rewritten = new Set();
    /** @type {Set<string>} */
    const waiting = new Set();
    for (const place of places) {
      (text !== undefined && this.#show(place, text) ? rewritten : waiting).add(place.url);
    }
    const loads = Promise.all([...waiting].map((url) => this.#load(key, url, change, isCurrent)));
    if (rewritten.size) this.#page.log.info(`Updated: ${change.id}`);
    for (const url of rewritten) {
      if (!waiting.has(url)) void this.#verify(key, url, change, text ?? '', isCurrent, findLater);
    }
    const results = (await loads).flat();
    if (!rewritten.size && results.every((result) => result === 'shown')) this.#page.log.info(`Updated: ${change.id}`);
    const needsReload = results.includes('reload');
    return needsReload || results.includes('failed') ? [{ id: change.id, needsReload }] : [];
  }

  /**
   * Updates a stylesheet that only a copy still loading imports. The copy may have read it before the change.
   *
   * @param {string} key
   * @param {Update} change
   * @param {() => boolean} isCurrent
   * @returns {Promise<Unswapped[]>}
   */
  async #updateLater(key, change, isCurrent) {
    const loads = () => [...ownersIn(this.#page.document)].map((owner) => this.#loading.get(owner)).filter(Boolean);
    for (let waiting = loads(); waiting.length; waiting = loads()) await Promise.all(waiting);
    return isCurrent() && this.having(new Set([key])).size ? this.update(new Map([[key, change]])) : [];
  }

  /**
   * Fetches a sheet that was rewritten from the file's text. If the app serves another text, the page gets that.
   *
   * @param {string} key
   * @param {string} url
   * @param {Update} change
   * @param {string} text
   * @param {() => boolean} isCurrent
   * @param {() => Map<string, Place[]>} findLater
   */
  async #verify(key, url, change, text, isCurrent, findLater) {
    // The rest takes longer than the update, so the paint comes first.
    await this.#page.frame();
    if (!isCurrent()) return;
    for (const place of findLater().get(key) ?? []) {
      if (!place.owner.isConnected) continue;
      const isExact = place.url !== url || (place.sheet && this.#rewriter.confirm(place.sheet, text));
      if (!isExact) await this.#succeed(place.owner, change);
    }
    const other = async () => {
      const served = await this.#served(url);
      return served === text || !isCurrent() ? undefined : served;
    };
    if ((await other()) === undefined) return this.#restoreSources(key, url, change, isCurrent);
    // An editor may be writing the file again already, and half of it is not what the app serves.
    await this.#page.pause();
    const served = await other();
    if (served === undefined) return this.#restoreSources(key, url, change, isCurrent);
    this.#processed.add(key);
    this.#page.log.info(`${change.id} is not served as it is on disk; using what is served`);
    for (const place of this.#placesOf(key)) {
      if (place.url === url && !this.#show(place, served)) await this.#succeed(place.owner, change);
    }
    this.#restoreSources(key, url, change, isCurrent);
  }

  /**
   * Shows DevTools the new text of the sheets that were rewritten, once there is time.
   *
   * @param {string} key
   * @param {string} url
   * @param {Update} change
   * @param {() => boolean} isCurrent
   */
  #restoreSources(key, url, { version }, isCurrent) {
    const owners = () =>
      this.#placesOf(key).flatMap((place) => (place.url === url && !place.imported ? [place.owner] : []));
    void this.#page.sources.restore(owners, version, isCurrent, (link) => isCurrent() || this.#catchUp(link));
  }

  /**
   * Updates the places of one URL with the text that the app serves.
   *
   * @param {string} key
   * @param {string} url
   * @param {Update} change
   * @param {() => boolean} isCurrent
   * @returns {Promise<Result[]>}
   */
  async #load(key, url, change, isCurrent) {
    // Even if its result is not used, this puts the new text into the HTTP cache: an owner that is reloaded
    // takes its `@import`s from there, and so does the next load of the page.
    this.#texts.delete(url);
    const served = await this.#served(url);
    if (!isCurrent()) return ['overtaken'];
    if (served !== undefined && served === change.text) this.#processed.delete(key);
    // Searched for only now: an owner may have been replaced meanwhile, for another sheet.
    const places = this.#placesOf(key).filter((place) => place.url === url);
    /** @type {Result[]} */
    const results = await Promise.all(
      places.map(async (place) => {
        if (served !== undefined && this.#show(place, served)) return 'shown';
        if (await this.#succeed(place.owner, change)) return 'shown';
        // An editor may have been writing one of the files again when it was read.
        await this.#page.pause();
        if (!isCurrent()) return 'overtaken';
        // If the owner has gone meanwhile, another was loaded in its place, after the file had changed.
        if (!place.owner.isConnected || (await this.#succeed(place.owner, change))) return 'shown';
        return place.imported ? 'reload' : 'failed';
      }),
    );
    if (served !== undefined) this.#restoreSources(key, url, change, isCurrent);
    return isCurrent() ? results : ['overtaken'];
  }

  /**
   * Rewrites the sheet at one place, if it can be.
   *
   * @param {Place} place
   * @param {string} text
   */
  #show({ url, sheet }, text) {
    this.#texts.set(url, text);
    return sheet !== null && this.#rewriter.rewrite(sheet, text);
  }

  /**
   * Gives a newly loaded sheet and what it imports the newest texts: the browser may have taken them from its HTTP
   * cache before that was brought up to date, or from a cache of parsed sheets (Firefox).
   *
   * @param {Owner} owner
   */
  #catchUp(owner) {
    if (!owner.sheet) return;
    for (const { sheet, url } of [...placesOf(owner, this.#page.document)]) {
      const text = this.#texts.get(url);
      if (sheet && text !== undefined) this.#rewriter.rewriteLoaded(sheet, text);
    }
  }

  /**
   * Loads a copy of a `link` or `style` next to the old one, and removes the old one when the copy has loaded.
   *
   * @param {Owner} owner
   * @param {Update} change
   * @returns {Promise<boolean>} false when it could not be loaded; the old one is still there then
   */
  #succeed(owner, { id, version }) {
    const { log, images } = this.#page;
    const successor = copyOf(owner);
    if ('href' in owner && 'href' in successor) {
      const url = withVersion(owner.getAttribute('href') ?? '', version);
      if (owner.hasAttribute('disabled')) {
        // A disabled link loads nothing until a script enables it.
        owner.href = url;
        return Promise.resolve(true);
      }
      successor.href = url;
      if (owner.hasAttribute('integrity')) {
        successor.removeAttribute('integrity');
        log.info(`${id} has changed, so the integrity attribute of its link no longer holds and is dropped`);
      }
    }
    this.#callOff.get(owner)?.();
    // Enabled in the same task in which the old one is removed.
    successor.media = 'not all';

    let abandon = (/** @type {boolean} */ _loaded) => {};
    const loading = new Promise((/** @type {(loaded: boolean) => void} */ resolve) => {
      /** @param {boolean} loaded */
      const finish = (loaded) => {
        this.#loading.delete(successor);
        this.#callOff.delete(owner);
        resolve(loaded);
      };
      abandon = (loaded) => {
        // Its event may be queued already, and is fired then although the element is gone.
        successor.onload = successor.onerror = null;
        successor.remove();
        finish(loaded);
      };
      this.#callOff.set(owner, () => abandon(true));
      const bringUpToDate = () => {
        this.#catchUp(successor);
        if (successor.sheet) images.freshenSheet(successor.sheet);
      };
      const swap = () => {
        successor.onload = successor.onerror = null;
        const { sheet } = successor;
        bringUpToDate();
        inherit(successor, owner);
        const isDisabled = successor.sheet?.disabled;
        const replace = () => {
          if (owner.isConnected) {
            owner.remove();
            this.#page.replaced?.(owner, successor);
          } else successor.remove();
          finish(true);
        };
        // Firefox and WebKit load a link once more when its media changes, without what was done to its sheet.
        const replaceLater = () => {
          successor.onload = successor.onerror = null;
          bringUpToDate();
          if (successor.sheet && isDisabled) successor.sheet.disabled = true;
          if (this.#loading.has(successor)) replace();
        };
        successor.onload = successor.onerror = replaceLater;
        // Firefox has it again at once. In WebKit it has no effect until it is loaded.
        if (successor.sheet !== sheet) bringUpToDate();
        if (hasEffect(successor)) replace();
      };
      successor.onload = swap;
      successor.onerror = () => {
        // In Chromium a sheet that is there fails as well when one that it imports is missing.
        if (successor.sheet && rulesOf(successor.sheet)?.length) return swap();
        successor.remove();
        log.warn(`Could not load ${id}; the page keeps the stylesheet that it has`);
        finish(false);
      };
    });
    this.#loading.set(successor, loading);
    owner.after(successor);
    void this.#page.limit().then(() => {
      if (!this.#loading.has(successor)) return;
      log.warn(`${id} took too long to load; the page keeps the stylesheet that it has`);
      abandon(false);
    });
    return loading;
  }

  /**
   * The newest text that the app serves at a URL; nothing where that is no stylesheet.
   *
   * @param {string} url
   */
  #served(url) {
    return textOf(this.#page.fetch, url, CSS_TYPE, (response) => readCss(response, this.#encoding()));
  }

  /** The encoding of a stylesheet that says nothing of its own. */
  #encoding() {
    return this.#page.document.characterSet ?? 'UTF-8';
  }

  /** @param {Owner} owner */
  #importsOf(owner) {
    return owner.sheet ? importsOf(owner.sheet, owner, this.#page.document) : [];
  }

  /**
   * Finds the places of stylesheets in one pass over the document.
   *
   * @param {Set<string>} keys
   * @returns {Map<string, Place[]>} by key
   */
  #find(keys) {
    /** @type {Map<string, Place[]>} */
    const found = new Map();
    for (const owner of ownersIn(this.#page.document)) {
      if (this.#loading.has(owner) || this.#page.sources.isReloading(owner)) continue;
      for (const place of placesOf(owner, this.#page.document)) {
        const key = this.#keyOf(place.url);
        if (key === undefined || !keys.has(key)) continue;
        const others = found.get(key);
        if (others) others.push(place);
        else found.set(key, [place]);
      }
    }
    return found;
  }

  /** @param {string} key */
  #placesOf(key) {
    return this.#find(new Set([key])).get(key) ?? [];
  }
}

/**
 * The downloads of webpack's runtime, kept from wedging it.
 *
 * When the manifest of an update or one of its chunks can't be fetched, the runtime stays in the status `check`
 * or `prepare`, and refuses every update from then on. So a failure is kept from it: it is told that there is
 * no update, or that there is one with nothing in it, and is idle again.
 *
 * @typedef {(options: object) => unknown} ApplyHandler
 * @typedef {(chunks: unknown, removedChunks: unknown, removedModules: unknown, promises: unknown[],
 *   handlers: ApplyHandler[], ...rest: unknown[]) => void} Download
 *
 * @typedef {object} Runtime webpack's `__webpack_require__`; what an older one has not got is not guarded
 * @property {() => Promise<unknown>} [hmrM] fetches the manifest
 * @property {Record<string, Download>} [hmrC] fetches the chunks, by their kind
 */

/** Kinds of chunks whose updates stand for themselves: a stylesheet may be new while the scripts are not. */
const STYLES = /css/i;

/** Takes an update in whatever state the modules are, without complaints. */
const UNCONDITIONALLY = { ignoreDeclined: true, ignoreUnaccepted: true, ignoreErrored: true };

export class Downloads {
  #runtime;
  /** Functions of the runtime that are ours. */
  #ours = new WeakSet();
  /** @type {{ error: unknown } | undefined} */
  #failure;

  /** @param {Runtime} runtime */
  constructor(runtime) {
    this.#runtime = runtime;
  }

  /** Guards what the runtime fetches next. Updates may bring parts of the runtime anew, so it is done each time. */
  guard() {
    this.#failure = undefined;
    const { hmrC = {}, hmrM } = this.#runtime;
    if (hmrM && !this.#ours.has(hmrM)) this.#runtime.hmrM = this.#own(() => this.#manifest(hmrM));
    for (const [kind, download] of Object.entries(hmrC)) {
      if (this.#ours.has(download)) continue;
      hmrC[kind] = this.#own((chunks, removedChunks, removedModules, promises, handlers, ...rest) => {
        /** @type {unknown[]} */
        const fetched = [];
        /** @type {ApplyHandler[]} */
        const made = [];
        download(chunks, removedChunks, removedModules, fetched, made, ...rest);
        promises.push(this.#chunks(kind, fetched, made, handlers));
      });
    }
  }

  /** Why the update since the last `guard` could not be fetched, if it could not. */
  get failure() {
    return this.#failure;
  }

  /** @param {() => Promise<unknown>} fetch */
  async #manifest(fetch) {
    try {
      return await fetch();
    } catch (error) {
      this.#failure ??= { error };
      return undefined;
    }
  }

  /**
   * @param {string} kind
   * @param {unknown[]} fetched
   * @param {ApplyHandler[]} made what would apply the update
   * @param {ApplyHandler[]} handlers what will
   */
  async #chunks(kind, fetched, made, handlers) {
    const results = await Promise.allSettled(fetched);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) this.#failure ??= { error: failed.reason };
    handlers.push(...made.map((handler) => this.#unlessFailed(kind, Boolean(failed), handler)));
  }

  /**
   * @param {string} kind
   * @param {boolean} isLost whether one of this very kind could not be fetched
   * @param {ApplyHandler} handler
   * @returns {ApplyHandler}
   */
  #unlessFailed(kind, isLost, handler) {
    return (options) => {
      if (!this.#failure || (STYLES.test(kind) && !isLost)) return handler(options);
      // Having worked out what to do, which is not done, the runtime has forgotten this update.
      handler(UNCONDITIONALLY);
      return {};
    };
  }

  /**
   * @template {Function} F
   * @param {F} guarded
   * @returns {F}
   */
  #own(guarded) {
    this.#ours.add(guarded);
    return guarded;
  }
}

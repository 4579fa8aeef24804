/**
 * Downloads of webpack's runtime, guarded against failures.
 *
 * If the manifest of an update or one of its chunks can't be fetched, the runtime stays in the status `check` or
 * `prepare` and refuses every later update. So a failure is hidden from it: the manifest says that there is no update, or
 * the update is applied without effect, and the runtime is idle again.
 *
 * @typedef {(options: object) => unknown} ApplyHandler
 * @typedef {(chunks: unknown, removedChunks: unknown, removedModules: unknown, promises: unknown[],
 *   handlers: ApplyHandler[], ...rest: unknown[]) => void} Download
 *
 * @typedef {object} Runtime webpack's `__webpack_require__`; older runtimes lack some functions, which are not guarded then
 * @property {() => Promise<unknown>} [hmrM] fetches the manifest
 * @property {Record<string, Download>} [hmrC] fetches the chunks, by their kind
 */

/** Kinds of chunks that may be updated alone: a stylesheet may be new while the scripts are not. */
const STYLES = /css/i;

/** Applies an update without regard to the modules' state. */
const UNCONDITIONALLY = { ignoreDeclined: true, ignoreUnaccepted: true, ignoreErrored: true };

/** @typedef {{ error: unknown }} Failure the reason why an update could not be fetched */

/**
 * Checks for an update, and fetches it if there is one.
 *
 * @template U
 * @param {Runtime} runtime
 * @param {() => Promise<U>} check the runtime's own
 * @param {<T>(step: string, promise: Promise<T>) => Promise<T>} [within] rejects when a download takes too long
 * @returns {Promise<{ updated: U, failure?: Failure, isForLater?: true }>} with a failure, the update is `null` or has to be
 *   applied without effect; `isForLater` says that it lists chunks that the page has not loaded
 */
export async function checkSafely(runtime, check, within = (_, promise) => promise) {
  const { hmrC = {}, hmrM } = runtime;
  const kinds = { ...hmrC };
  const watch = new Watch(within);
  if (hmrM) runtime.hmrM = () => watch.manifest(hmrM);
  for (const [kind, download] of Object.entries(kinds)) {
    hmrC[kind] = (chunks, removedChunks, removedModules, promises, handlers, ...rest) => {
      /** @type {unknown[]} */
      const fetched = [];
      /** @type {ApplyHandler[]} */
      const made = [];
      download(chunks, removedChunks, removedModules, fetched, made, ...rest);
      promises.push(watch.chunks(kind, fetched, made, handlers));
    };
  }
  try {
    const updated = await check();
    return { updated, ...(watch.isForLater && { isForLater: true }), ...(watch.failure && { failure: watch.failure }) };
  } finally {
    if (hmrM) runtime.hmrM = hmrM;
    Object.assign(hmrC, kinds);
  }
}

/** Watches the downloads of one update. */
class Watch {
  #within;
  /** @type {Failure | undefined} */
  failure;
  /** The chunks of the update, and those of scripts that are fetched. */
  #listed = 0;
  #fetched = 0;

  /** @param {<T>(step: string, promise: Promise<T>) => Promise<T>} within */
  constructor(within) {
    this.#within = within;
  }

  /** The runtime fetches only chunks that the page has loaded. */
  get isForLater() {
    return this.#listed > this.#fetched;
  }

  /** @param {() => Promise<unknown>} fetch */
  async manifest(fetch) {
    try {
      const manifest = await this.#within('the manifest of the update', fetch());
      this.#listed = /** @type {{ c?: unknown[] } | undefined} */ (manifest)?.c?.length ?? 0;
      return manifest;
    } catch (error) {
      this.failure = { error };
      return undefined;
    }
  }

  /**
   * @param {string} kind
   * @param {unknown[]} fetched
   * @param {ApplyHandler[]} made handlers that would apply the update
   * @param {ApplyHandler[]} handlers the handlers of the runtime
   */
  async chunks(kind, fetched, made, handlers) {
    if (!STYLES.test(kind)) this.#fetched += fetched.length;
    const results = await Promise.allSettled(
      fetched.map((download) => this.#within('a chunk of the update', Promise.resolve(download))),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) this.failure ??= { error: failed.reason };
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
      if (!this.failure || (STYLES.test(kind) && !isLost)) return handler(options);
      // The runtime computes the update and forgets it. Returning nothing skips its effect.
      handler(UNCONDITIONALLY);
      return {};
    };
  }
}

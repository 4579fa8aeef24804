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

/** Why an update could not be fetched. @typedef {{ error: unknown }} Failure */

/**
 * Checks for an update, and fetches it if there is one.
 *
 * @template U
 * @param {Runtime} runtime
 * @param {() => Promise<U>} check the runtime's own
 * @param {<T>(step: string, promise: Promise<T>) => Promise<T>} [within] rejects when a download takes too long
 * @returns {Promise<{ updated: U, failure?: Failure }>} with a failure, the update is nothing or to be applied
 *   to no effect
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
    return { updated, ...(watch.failure && { failure: watch.failure }) };
  } finally {
    if (hmrM) runtime.hmrM = hmrM;
    Object.assign(hmrC, kinds);
  }
}

/** Over the downloads of one update. */
class Watch {
  #within;
  /** @type {Failure | undefined} */
  failure;

  /** @param {<T>(step: string, promise: Promise<T>) => Promise<T>} within */
  constructor(within) {
    this.#within = within;
  }

  /** @param {() => Promise<unknown>} fetch */
  async manifest(fetch) {
    try {
      return await this.#within('the manifest of the update', fetch());
    } catch (error) {
      this.failure = { error };
      return undefined;
    }
  }

  /**
   * @param {string} kind
   * @param {unknown[]} fetched
   * @param {ApplyHandler[]} made what would apply the update
   * @param {ApplyHandler[]} handlers what will
   */
  async chunks(kind, fetched, made, handlers) {
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
      // Having worked out what to do, which is not done, the runtime has forgotten this update.
      handler(UNCONDITIONALLY);
      return {};
    };
  }
}

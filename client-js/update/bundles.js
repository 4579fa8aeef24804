/**
 * The bundles that a page is made from, and the changes that an event makes to them.
 *
 * @typedef {{ id: string, version?: string, text?: string }} Change
 *   One file of a bundle: without `version` it is gone, `text` is all of a small stylesheet.
 *
 * @typedef {object} BuildEvent
 * @property {'built' | 'sync'} action
 * @property {string} [name]
 * @property {string} [hash]
 * @property {string[]} [errors]
 * @property {string[]} [warnings]
 * @property {number} [time]
 * @property {string} [previous] the hash that `changes` of a `built` start from
 * @property {string} [since] the hash that `changes` of a `sync` start from
 * @property {Change[]} [changes]
 * @property {Record<string, string>} [files]
 * @property {import('./module-graph.js').Update} [update] what the changes reach in the import graph
 *
 * @typedef {{ kind: 'current' } | { kind: 'held' } | { kind: 'unknown' } | { kind: 'ask' }
 *   | { kind: 'changed', changes: Change[] }} Verdict
 *   `current`: nothing to do. `held`: changed, but the build failed or a later one is known. `unknown`:
 *   something changed, and the event does not say which files. `ask`: the server can list the changes on a new connection.
 */

/**
 * One bundle as this page knows it.
 *
 * There are two hashes because a failed build changes files and not the page: `hash` is the build that the page shows,
 * `seen` is the build of the last event, and `pending` has the changes between them.
 *
 * @typedef {object} Bundle
 * @property {string} hash
 * @property {string} seen
 * @property {Map<string, string> | undefined} files versions as of `seen`
 * @property {Map<string, Change & { from: string | undefined }>} pending
 * @property {boolean} lost whether there were changes that no event listed
 * @property {boolean} asked whether the answer to an `ask` is awaited
 */

/** The bundles that this page is made of. */
export class Bundles {
  /** @type {Map<string, Bundle>} */
  #bundles = new Map();

  /** @param {Record<string, string>} hashes the hashes that the page was made from, by bundle name */
  constructor(hashes) {
    for (const [name, hash] of Object.entries(hashes)) this.#adopt(name, hash);
  }

  /** The hashes that the page shows, those of the latest builds first. The server sends the changes since them. */
  hashes() {
    return [...new Set([...this.#bundles.values()].reverse().map(({ hash }) => hash))];
  }

  /** The ids of all files that are known, of which the server reports every change. */
  files() {
    return [...this.#bundles.values()].flatMap(({ files }) => [...(files?.keys() ?? [])]);
  }

  /** The page's state as reload targets, one for each bundle. */
  targets() {
    return [...this.#bundles].map(([name, { hash }]) => targetOf(name, hash));
  }

  /**
   * Applies an event, and returns what the page has to do.
   *
   * The caller does what a `changed` or `unknown` verdict says; the bundle counts as up to date from
   * here on, so that a connection made meanwhile asks for what comes after.
   *
   * @param {BuildEvent} event
   * @param {boolean} [isOvertaken] whether a later build of the bundle is known: the page goes straight to that
   * @returns {Verdict}
   */
  receive(event, isOvertaken = false) {
    const { name = '', hash } = event;
    if (hash === undefined) return { kind: 'current' };
    const bundle = this.#bundles.get(name);
    if (!bundle) {
      this.#adopt(name, hash, event.files);
      return { kind: 'current' };
    }

    if (hash !== bundle.seen && !follow(bundle, event)) {
      if (hash !== bundle.hash && canAsk(bundle, event)) {
        bundle.asked = true;
        return { kind: 'ask' };
      }
      bundle.lost = true;
      bundle.files = undefined;
    }
    bundle.asked = false;
    bundle.seen = hash;
    if (event.files) bundle.files = new Map(Object.entries(event.files));

    // In the order of their latest builds.
    this.#bundles.delete(name);
    this.#bundles.set(name, bundle);
    if (hash === bundle.hash) return this.#settle(bundle, { kind: 'current' });
    if (isOvertaken || event.errors?.length) return { kind: 'held' };
    if (bundle.lost) return this.#settle(bundle, { kind: 'unknown' });
    const changes = [...bundle.pending.values()].map(({ from: _, ...change }) => change);
    return this.#settle(bundle, changes.length ? { kind: 'changed', changes } : { kind: 'current' });
  }

  /**
   * @param {string} name
   * @param {string} hash
   * @param {Record<string, string>} [files]
   */
  #adopt(name, hash, files) {
    this.#bundles.set(name, {
      hash,
      seen: hash,
      files: files && new Map(Object.entries(files)),
      pending: new Map(),
      lost: false,
      asked: false,
    });
  }

  /**
   * @param {Bundle} bundle
   * @param {Verdict} verdict
   */
  #settle(bundle, verdict) {
    bundle.hash = bundle.seen;
    bundle.pending.clear();
    bundle.lost = false;
    return verdict;
  }
}

/**
 * A bundle's state as the target of a reload.
 *
 * @param {string} name
 * @param {string | undefined} hash
 */
export function targetOf(name, hash) {
  return `hash ${name} ${hash}`;
}

/**
 * Brings `pending` and `files` up to the event; false when the event does not say how to get there.
 *
 * @param {Bundle} bundle
 * @param {BuildEvent} event
 */
function follow(bundle, event) {
  const base = event.action === 'built' ? event.previous : event.since;
  if (event.changes && base !== undefined) {
    if (base === bundle.seen) {
      merge(bundle, event.changes);
      return true;
    }
    if (base === bundle.hash) {
      rewind(bundle, event.changes);
      merge(bundle, event.changes);
      bundle.lost = false;
      return true;
    }
  }
  if (!bundle.files || !event.files) return false;
  merge(bundle, difference(bundle.files, new Map(Object.entries(event.files))));
  return true;
}

/**
 * Adds changes to the pending ones, except those that the page has already.
 *
 * @param {Bundle} bundle
 * @param {Change[]} changes
 */
function merge({ files, pending }, changes) {
  for (const change of changes) {
    const { id, version } = change;
    const known = pending.get(id);
    const from = known ? known.from : files?.get(id);
    if (files && files.get(id) === version) {
      if (known && change.text !== undefined) pending.set(id, { ...change, from });
      continue;
    }
    if (version === undefined) files?.delete(id);
    else files?.set(id, version);
    if (known && from !== undefined && version === from) pending.delete(id);
    else pending.set(id, { ...change, from });
  }
}

/**
 * Removes the pending changes that are not in `changes`, which start from the page's own hash: those files were changed
 * back.
 *
 * @param {Bundle} bundle
 * @param {Change[]} changes
 */
function rewind({ files, pending }, changes) {
  const ids = new Set(changes.map(({ id }) => id));
  for (const [id, { from }] of pending) {
    if (ids.has(id)) continue;
    if (from === undefined) files?.delete(id);
    else files?.set(id, from);
    pending.delete(id);
  }
}

/**
 * @param {Map<string, string>} before
 * @param {Map<string, string>} after
 * @returns {Change[]}
 */
function difference(before, after) {
  /** @type {Change[]} */
  const changes = [];
  for (const [id, version] of after) {
    if (before.get(id) !== version) changes.push({ id, version });
  }
  for (const id of before.keys()) {
    if (!after.has(id)) changes.push({ id });
  }
  return changes;
}

/**
 * Returns true if a new connection may bring the changes that this event lacks. The event starts from another hash than
 * the page's, so events were missed. Each answer allows one question: some servers can't answer.
 *
 * @param {Bundle} bundle
 * @param {BuildEvent} event
 */
function canAsk(bundle, event) {
  const base = event.action === 'built' ? event.previous : event.since;
  return !bundle.asked && base !== undefined && base !== bundle.seen && base !== bundle.hash;
}

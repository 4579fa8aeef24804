// Bundled from the modules in client-js/ by client-js/build.mjs.

// stream/text.js
var LONE_SURROGATES = /\p{Surrogate}/gu;
function startOf(text, most) {
  if (text.length <= most) return { start: text, omitted: 0 };
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return { start: text.slice(0, end), omitted: text.length - end };
}
function shorten(text, most) {
  const { start: start2, omitted } = startOf(text, most);
  return omitted ? `${start2}… (${omitted} more characters)` : start2;
}
function textFrom(value) {
  if (typeof value === "string") return value;
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
function textsFrom(list) {
  return Array.isArray(list) ? list.map(textFrom) : [];
}
function firstOf(texts, most) {
  const first2 = [];
  let total = 0;
  for (const text of texts.slice(0, most.texts)) {
    const short = shorten(text, most.characters);
    total += short.length;
    if (first2.length && total > most.total) break;
    first2.push(short);
  }
  return { texts: first2, omitted: texts.length - first2.length };
}
function encode(text) {
  return encodeURIComponent(text.replace(LONE_SURROGATES, "�"));
}

// stream/url.js
var PARAM = "__hot";
var MOST_URL = 16384;
var MOST_HOSTS = 64;
var MOST_SINCE = 64;
var MOST_SINCE_LENGTH = 4096;
var MOST_VALUE = 128;
var RESERVED = /* @__PURE__ */ new Set(["%", "/", "?", "#"]);
function canonicalPath(pathname) {
  return pathname.replace(/%([0-9a-f]{2})?/gi, (escape, hex2) => {
    if (!hex2) return "%25";
    const character = String.fromCharCode(parseInt(hex2, 16));
    return character < "" && !RESERVED.has(character) ? character : escape.toUpperCase();
  });
}
function keyOf(url, base) {
  const parsed = parseHttp(url, base);
  return parsed && parsed.origin + canonicalPath(parsed.pathname);
}
function keyOfApp(app, hosts) {
  const own = new URL(app);
  const names = hosts.slice(0, MOST_HOSTS).map((host) => host.toLowerCase());
  const isNamed2 = (hostname) => names.some((name) => name.startsWith(".") ? `.${hostname}`.endsWith(name) : hostname === name);
  const isOwn = ({ hostname, port }) => {
    if (port === own.port && (hostname === own.hostname || isLoopback(hostname))) return true;
    return (port === own.port || port === "") && isNamed2(hostname);
  };
  return (url, base) => {
    const parsed = parseHttp(url, base);
    if (!parsed) return void 0;
    const origin = parsed.origin === own.origin || isOwn(parsed) ? own.origin : parsed.origin;
    return origin + canonicalPath(parsed.pathname);
  };
}
function isLoopback(hostname) {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
function withVersion(url, version) {
  const { path, query, fragment } = split(withoutVersion(url));
  return `${path}?${query ? `${query}&` : ""}${PARAM}=${encode(version)}${fragment}`;
}
function withoutFragment(url) {
  return url.replace(/#.*$/s, "");
}
function withoutVersion(url) {
  const { path, query, fragment } = split(url);
  if (query === void 0) return url;
  const kept2 = query.split("&").filter((pair) => !pair.startsWith(`${PARAM}=`));
  return kept2.length ? `${path}?${kept2.join("&")}${fragment}` : path + fragment;
}
function absolute(url, base) {
  return parse(url, base)?.href;
}
function extensionOf(path) {
  const name = canonicalPath(path.replace(/[?#].*$/s, "")).split("/").pop() ?? "";
  return /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}
function locate(clientUrl, path) {
  const url = new URL(unversioned(clientUrl));
  const pathname = url.pathname.replace(/\/[^/]*$/, "");
  const prefix = path && pathname.endsWith(path) ? pathname.slice(0, -path.length) : "";
  return { stream: url.origin + pathname, base: url.origin + prefix };
}
function unversioned(clientUrl) {
  return clientUrl.replace(/\/client-[0-9a-f]{16}(?=\/[^/?#]*(?:[?#]|$))/, "");
}
function streamQuery(stream, hashes, lastEventId, client, page = "") {
  let since = "";
  for (const value of hashes.filter(isShort).slice(0, MOST_SINCE)) {
    const parameter = `&since=${encode(value)}`;
    if (since.length + parameter.length > MOST_SINCE_LENGTH) break;
    since += parameter;
  }
  const last = lastEventId && isShort(lastEventId) ? `&lastEventId=${encode(lastEventId)}` : "";
  const path = page && isShort(page) ? `&page=${encode(page)}` : "";
  return `${stream}?ids&changes${since}&client=${client}${path}${last}`;
}
function isShort(value) {
  return new TextEncoder().encode(value).length <= MOST_VALUE;
}
function parseHttp(url, base) {
  const parsed = url.length > MOST_URL ? void 0 : parse(url, base);
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed : void 0;
}
function split(url) {
  const [, path = "", query, fragment = ""] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? [];
  return { path, query, fragment };
}
function parse(url, base) {
  try {
    return new URL(url, base);
  } catch {
    return void 0;
  }
}

// update/dom.js
function* rootsOf(root) {
  const waiting = [root];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    yield next;
    for (const element of next.querySelectorAll("*")) {
      if (element.shadowRoot) waiting.push(element.shadowRoot);
    }
  }
}
function rulesOf(sheet) {
  try {
    return sheet.cssRules;
  } catch {
    return void 0;
  }
}
function baseOf(sheet, document) {
  const parent = sheet.parentStyleSheet;
  return sheet.href ?? (parent ? baseOf(parent, document) : document.baseURI);
}
function visitStyles(sheet, visit, isLeftOut = () => false) {
  const own = rulesOf(sheet);
  if (!own) return;
  const isVisited = !isLeftOut(sheet);
  const waiting = [own];
  for (let rules = waiting.pop(); rules; rules = waiting.pop()) {
    for (const rule of rules) {
      const { cssRules, style, styleSheet } = (
        /** @type {Partial<CSSImportRule & CSSStyleRule>} */
        rule
      );
      if (styleSheet) visitStyles(styleSheet, visit, isLeftOut);
      else if (!isVisited && !("nameList" in rule)) break;
      if (style) visit(style, sheet);
      if (cssRules?.length) waiting.push(cssRules);
    }
  }
}

// update/module-graph.js
var CHANGE = /[?&]__hot=(\d{13})(?=[&#]|$)/;
var MOST = 1e4;
function describeChain({ chain, importer }) {
  const names = chain.map((key) => new URL(key).pathname);
  return [...names, ...importer === void 0 ? [] : [importer]].join(", which is imported by ");
}
var ModuleGraph = class {
  /** @type {Map<string, { change: number, importers: string[], names: Map<string, string[]> }>} */
  #nodes = /* @__PURE__ */ new Map();
  /** The number of the latest change. */
  last = 0;
  /** True if the last build did not list what it reaches. */
  isUnlisted = false;
  /** True if the changes of some modules are no longer known. */
  hasForgotten = false;
  /**
   * @param {Update} update
   * @param {(id: string) => string | undefined} keyOf
   */
  learn({ change, importers, names = {} }, keyOf3) {
    this.last = Math.max(this.last, change);
    this.isUnlisted = !Object.keys(importers).length;
    if (this.isUnlisted) this.forget();
    for (const [id, above] of Object.entries(importers)) {
      const key = keyOf3(id);
      if (key === void 0) continue;
      this.#nodes.delete(key);
      const taken = Object.entries(names[id] ?? {}).map(([id2, names2]) => (
        /** @type {const} */
        [keyOf3(id2) ?? "", names2]
      ));
      const keys = above.map(keyOf3).filter((key2) => key2 !== void 0);
      this.#nodes.set(key, { change, importers: keys, names: new Map(taken) });
    }
    for (const oldest of this.#nodes.keys()) {
      if (this.#nodes.size <= MOST) break;
      this.#nodes.delete(oldest);
      this.hasForgotten = true;
    }
  }
  /** Forgets all: modules have changed, and no build has listed what that reaches. */
  forget() {
    this.hasForgotten = true;
    this.#nodes.clear();
  }
  /**
   * The last change that a module had to run again for, if there was one.
   *
   * @param {string} key
   */
  changeOf(key) {
    return this.#nodes.get(key)?.change;
  }
  /**
   * The modules that import a file which has changed.
   *
   * @param {string} key
   */
  importersOf(key) {
    return this.#nodes.get(key)?.importers ?? [];
  }
  /**
   * The nearest modules above a changed one that accept the change.
   *
   * @param {string} key
   * @param {object} page
   * @param {(key: string) => boolean} page.isLoaded
   * @param {(key: string) => boolean} page.acceptsItself
   * @param {(key: string) => readonly string[] | undefined} page.acceptedExports
   * @param {(key: string, dependency: string) => boolean} page.accepts
   * @param {(key: string) => string | undefined} [page.unseenImporterOf] an importer that is not in the graph
   * @returns {Reach}
   */
  reach(key, { isLoaded, acceptsItself, acceptedExports, accepts, unseenImporterOf = () => void 0 }) {
    const change = this.#nodes.get(key)?.change ?? 0;
    const boundaries = [];
    const seen = /* @__PURE__ */ new Set();
    const climb = (key2, below) => {
      if (seen.has(key2)) return void 0;
      seen.add(key2);
      const chain = [...below, key2];
      const { importers = [], names } = this.#nodes.get(key2) ?? {};
      if (acceptsItself(key2)) {
        boundaries.push({ key: key2, acceptor: void 0 });
        return void 0;
      }
      const importer = unseenImporterOf(key2);
      if (importer !== void 0) return { chain, importer };
      const exports = acceptedExports(key2);
      const takesOthers = (importer2) => !exports || !(names?.get(importer2)?.every((name) => exports.includes(name)) ?? false);
      const loaded = importers.filter(isLoaded);
      if (exports) boundaries.push({ key: key2, acceptor: void 0 });
      else if (!loaded.length) return { chain };
      for (const importer2 of loaded.filter(takesOthers)) {
        if (accepts(importer2, key2)) boundaries.push({ key: key2, acceptor: importer2 });
        else if ((this.changeOf(importer2) ?? 0) < change) return { stopped: key2 };
        else {
          const end2 = climb(importer2, chain);
          if (end2) return end2;
        }
      }
      return void 0;
    };
    const end = climb(key, []);
    if (end) return end;
    return boundaries.length ? { boundaries, path: [...seen] } : { chain: [...seen] };
  }
};
function changeIn(url) {
  return Number(CHANGE.exec(url)?.[1] ?? 0);
}

// update/usage.js
var SCRIPT = /^(?:[cm]?[jt]s|[jt]sx|json|wasm)$/;
var DOCUMENT = /^(?:x?html?|shtml|php|md|markdown)$/;
var EXTENSION = /\.(?:x?html?|shtml|php|md|markdown)$/i;
var INDEX = /\/index\.(?:x?html?|shtml|php|md|markdown)$/i;
var SOURCES = [
  ["[src]", "src"],
  ["object[data]", "data"],
  ['link[rel~="stylesheet"],link[rel~="icon"],link[rel~="manifest"],link[rel~="modulepreload"]', "href"]
];
var EMBEDDED = /^(?:fetch|xmlhttprequest|iframe|frame|object|embed)$/;
var STARTS_WORKER = /\bnew (?:Shared)?Worker\b|\.addModule\b/;
var MOST_FILES = 1e4;
var MOST_QUERIES = 8;
var TIMELINE = 250;
var MOST_INSTANCES = 1e3;
var Usage = class {
  #document;
  #keyOf;
  #location;
  #observer;
  #worker;
  /** @type {Map<string, Loaded>} */
  #loaded = /* @__PURE__ */ new Map();
  #overflowed = false;
  #hasWorkers = false;
  /** The latest change that the page has loaded each module for. @type {Map<string, number>} */
  #instances = /* @__PURE__ */ new Map();
  #workers;
  #own;
  #ignored;
  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {Pick<Location, 'href'>} page.location
   * @param {typeof globalThis.PerformanceObserver | undefined} page.PerformanceObserver
   * @param {Pick<Performance, 'getEntriesByType'>} page.performance
   * @param {Pick<ServiceWorkerContainer, 'controller'> | undefined} page.serviceWorker
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {Set<string>} [page.workers] URLs of the workers and worklets that the page starts
   * @param {string} [page.own] start of the URLs of the client's own files
   * @param {Set<string>} [page.ignored] URLs that the client has fetched for source maps
   */
  constructor({
    document,
    location,
    PerformanceObserver,
    performance,
    serviceWorker,
    keyOf: keyOf3 = keyOf,
    workers = /* @__PURE__ */ new Set(),
    own,
    ignored = /* @__PURE__ */ new Set()
  }) {
    this.#ignored = ignored;
    this.#workers = workers;
    this.#own = own;
    this.#document = document;
    this.#keyOf = keyOf3;
    this.#location = location;
    this.#worker = serviceWorker;
    if (!PerformanceObserver) {
      this.#record(performance.getEntriesByType("resource"));
      this.#overflowed = true;
      return;
    }
    const record = (list, _, options) => {
      if (options?.droppedEntriesCount) this.#overflowed = true;
      this.#record(list.getEntries());
    };
    this.#observer = new PerformanceObserver(record);
    if (performance.getEntriesByType("resource").length >= TIMELINE) this.#overflowed = true;
    this.#observer.observe({ type: "resource", buffered: true });
  }
  /**
   * Those of the files that the page uses, found in one pass over the document.
   *
   * @param {Iterable<string>} keys
   * @returns {Set<string>}
   */
  used(keys) {
    this.#record(this.#observer?.takeRecords() ?? []);
    const referenced = once(() => this.#referenced());
    const framed = once(() => this.#frames());
    const startsWorkers = once(() => this.#startsWorkers());
    const isUsed = (key) => {
      const extension = extensionOf(key);
      if (DOCUMENT.test(extension)) return this.#usesDocument(key, (url) => framed().has(url));
      return this.#isLoaded(key) || referenced().has(key) || SCRIPT.test(extension) && startsWorkers();
    };
    return new Set([...keys].filter(isUsed));
  }
  /**
   * The latest change that the page has loaded each module for.
   *
   * @returns {ReadonlyMap<string, number> | undefined} `undefined` if some may be missing
   */
  instances() {
    this.#record(this.#observer?.takeRecords() ?? []);
    return this.#overflowed || this.#instances.size > MOST_INSTANCES ? void 0 : this.#instances;
  }
  /**
   * Returns true if the page uses the file only because it has a worker, which may import any script: its imports are in
   * its own timeline.
   *
   * @param {string} key
   */
  isGuess(key) {
    const isKnown = this.#isLoaded(key) || this.#referenced().has(key);
    return !isKnown && SCRIPT.test(extensionOf(key)) && this.#startsWorkers();
  }
  /**
   * Returns true if the page's own HTML may be made of this document, and nothing that the page has loaded into itself is.
   *
   * @param {string} key
   */
  isPage(key) {
    if (!this.#isServedHere(key)) return false;
    const here = this.#keyOf(this.#location.href);
    const frames = this.#frames();
    return !addressesOf(key).some((url) => frames.has(url) || url !== here && this.#loaded.get(url)?.isEmbedded);
  }
  /** @param {string} key */
  #isServedHere(key) {
    const here = this.#keyOf(this.#location.href);
    return here !== void 0 && (isServedFrom(here, key) || isFallback(here, key));
  }
  /** @param {string} key */
  #isLoaded(key) {
    return this.#overflowed || this.#loaded.has(key) || this.#workerKeys().has(key);
  }
  /** Returns true if the page has a worker or worklet, or may have one. */
  #startsWorkers() {
    if (this.#hasWorkers || this.#worker?.controller || this.#workerKeys().size) return true;
    const scripts = this.#document.querySelectorAll("script:not([src])");
    return [...scripts].some(({ textContent }) => STARTS_WORKER.test(textContent ?? ""));
  }
  /** The keys of the page's workers; those of a `blob:` URL have the URL itself. */
  #workerKeys() {
    const keys = [...this.#workers].map((url) => this.#keyOf(url) ?? url);
    return new Set(keys.filter((key) => !this.#isOwn(key)));
  }
  /** @param {string} key */
  #isOwn(key) {
    return this.#own !== void 0 && key.startsWith(this.#own);
  }
  /**
   * The URLs, queries and all, that the page may load a file from again. Where the query is another one each time, as of
   * an API that is polled, an earlier one is not needed again: then it is only the latest.
   *
   * @param {string} key
   */
  urlsOf(key) {
    const { urls = [], isPolled = false } = this.#loaded.get(key) ?? {};
    return [...urls].slice(isPolled ? -1 : 0);
  }
  /** The URLs that the page has loaded from, apart from those that its scripts and frames request. */
  resources() {
    this.#record(this.#observer?.takeRecords() ?? []);
    return [...this.#loaded.values()].flatMap(({ isEmbedded, urls }) => isEmbedded ? [] : [...urls].slice(-1));
  }
  /**
   * A loaded file with the same name in another folder, for a prefix that the page does not use.
   *
   * @param {string} key
   * @returns {string | undefined}
   */
  sameNameOf(key) {
    const name = key.slice(key.lastIndexOf("/"));
    for (const loaded of this.#loaded.keys()) {
      if (loaded !== key && name.length > 1 && loaded.endsWith(name)) return loaded;
    }
    return void 0;
  }
  /** @param {string} key */
  #entry(key) {
    const known = this.#loaded.get(key);
    if (known) return known;
    const entry = { urls: /* @__PURE__ */ new Set(), isPolled: false, isEmbedded: false };
    if (this.#loaded.size >= MOST_FILES) this.#overflowed = true;
    else this.#loaded.set(key, entry);
    return entry;
  }
  /**
   * @param {string} key
   * @param {(key: string) => boolean} isFramed
   */
  #usesDocument(key, isFramed) {
    if (this.#isServedHere(key)) return true;
    return addressesOf(key).some((url) => this.#loaded.get(url)?.isEmbedded || isFramed(url));
  }
  /** The frames of the document. */
  #frames() {
    return this.#keysIn(this.#document.querySelectorAll("iframe[src],frame[src]"), "src");
  }
  /** The files that elements refer to. */
  #referenced() {
    const keys = /* @__PURE__ */ new Set();
    for (const root of rootsOf(this.#document)) {
      for (const [selector = "", attribute = ""] of SOURCES) {
        for (const key of this.#keysIn(root.querySelectorAll(selector), attribute)) keys.add(key);
      }
    }
    return keys;
  }
  /**
   * @param {Iterable<Element>} elements
   * @param {string} attribute
   */
  #keysIn(elements, attribute) {
    const { baseURI } = this.#document;
    const keys = Array.from(elements, (element) => this.#keyOf(element.getAttribute(attribute) ?? "", baseURI));
    return new Set(keys.filter((key) => key !== void 0));
  }
  /** @param {PerformanceEntryList} entries */
  #record(entries) {
    for (const entry of entries) {
      const key = this.#keyOf(entry.name);
      if (key === void 0 || this.#isOwn(key)) continue;
      const { initiatorType = "" } = (
        /** @type {Partial<PerformanceResourceTiming>} */
        entry
      );
      if (initiatorType === "fetch" && this.#ignored.has(entry.name)) continue;
      const change = changeIn(entry.name);
      if (change && this.#instances.size <= MOST_INSTANCES) this.#instances.set(key, Math.max(change, this.#instances.get(key) ?? 0));
      const loaded = this.#entry(key);
      const url = withoutVersion(entry.name);
      loaded.urls.delete(url);
      loaded.urls.add(url);
      for (const oldest of loaded.urls) {
        if (loaded.urls.size <= MOST_QUERIES) break;
        loaded.urls.delete(oldest);
        loaded.isPolled = true;
      }
      loaded.isEmbedded ||= EMBEDDED.test(initiatorType);
      if (initiatorType === "other" && SCRIPT.test(extensionOf(key))) this.#hasWorkers = true;
    }
  }
};
function isDocument(extension) {
  return DOCUMENT.test(extension);
}
function isServedFrom(url, file) {
  return addressesOf(file).includes(url);
}
function addressesOf(file) {
  const [folder, bare] = [file.replace(INDEX, ""), file.replace(EXTENSION, "")];
  return [file, folder, `${folder}/`, bare, `${bare}/`];
}
function isFallback(url, file) {
  const folder = /^(.*\/)index\.html?$/i.exec(file)?.[1];
  return folder !== void 0 && url.startsWith(folder) && !DOCUMENT.test(extensionOf(url));
}
function once(compute) {
  let kept2;
  return () => (kept2 ??= { value: compute() }).value;
}

// update/apply.js
var STYLESHEET = /^css$/;
var SCRIPT2 = /^m?js$/;
var IMAGE = /^(?:a?png|jpe?g|jfif|gif|webp|avif|svg|ico|bmp|jxl)$/;
var RELOAD_PATIENCE = 1e3;
var PATIENCE = 6e4;
var MOST_EXPLAINED = 20;
var Applier = class {
  #page;
  #keyOf;
  /** The latest update of each module. @type {Map<string, Promise<boolean>>} */
  #latest = /* @__PURE__ */ new Map();
  /** The latest change of each file. @type {Map<string, Change>} */
  #newest = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {string} page.base the prefix of the paths that name files
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {Pick<import('./usage.js').Usage, 'isGuess' | 'isPage' | 'sameNameOf' | 'used' | 'urlsOf'>} page.usage
   * @param {Pick<import('./stylesheets.js').Stylesheets, 'having' | 'update'>} page.stylesheets
   * @param {Pick<import('./images.js').Images, 'find' | 'swap'>} page.images
   * @param {Pick<import('./modules.js').Modules, 'accepts' | 'acceptsAsset' | 'learn' | 'passedOn' | 'update' | 'wasUnreachable'>} page.modules
   * @param {() => boolean} page.canReload false for the answer to a form
   * @param {Pick<import('./worker-caches.js').WorkerCaches, 'forget' | 'isControlled'>} page.workerCaches
   * @param {() => Promise<void>} page.moment longer than most modules take to load
   * @param {() => Promise<void>} page.frame longer than the next paint takes
   * @param {(urls: string[], patience: number) => Promise<boolean>} page.refresh brings the HTTP cache up to date; resolves to
   *   false if the app may be down
   * @param {Pick<import('../overlay/log.js').Log, 'info'>} page.log
   */
  constructor(page) {
    this.#page = page;
    this.#keyOf = page.keyOf ?? keyOf;
  }
  /**
   * Notes what a build reaches in the import graph.
   *
   * @param {import('./module-graph.js').Update} [update] left out if that is unknown
   * @param {string[]} [missed] the files that have changed then, if they are known
   */
  learn(update, missed) {
    this.#page.modules.learn(update, (id) => this.#keyOf(this.#page.base + id), missed);
  }
  /**
   * Runs the modules again that import one which can't be updated.
   *
   * @param {{ path: string, message?: string, update: import('./module-graph.js').Update }} event
   * @returns {Promise<Outcome>}
   */
  async passOn({ path, message, update }) {
    const { canReload, modules, usage } = this.#page;
    this.learn(update);
    const ids = update.invalidated ?? [];
    const keys = ids.flatMap((id) => this.#keyOf(this.#page.base + id) ?? []);
    const isUsed = usage.used(keys).size > 0;
    const reason = modules.passedOn(this.#keyOf(this.#page.base + path) ?? "", isUsed);
    const version = String(update.change);
    if (isUsed) {
      const outcome = await this.apply(ids.map((id) => ({ id, version })));
      const because2 = message ? `: ${message}` : "";
      return outcome.reload === void 0 ? outcome : { ...outcome, reload: `${path} can't be updated${because2}` };
    }
    return reason === void 0 || !canReload() ? { isCurrent: true } : { isCurrent: false, reload: reason };
  }
  /**
   * Brings the page up to date with the changed files.
   *
   * @param {Change[]} changes
   * @returns {Promise<Outcome>}
   */
  async apply(changes) {
    const { canReload, frame, log, modules, moment, refresh: refresh2, stylesheets, usage, workerCaches } = this.#page;
    for (const change of changes) this.#newest.set(change.id, change);
    const files = changes.map((change) => this.#fileOf(change));
    if (workerCaches.isControlled()) {
      const urls = files.flatMap(({ key }) => key === void 0 ? [] : [key, ...usage.urlsOf(key)]);
      await workerCaches.forget([...new Set(urls)]);
    }
    const { decisions, places } = this.#decide(files);
    const used = decisions.filter(({ action }) => action !== "ignore");
    const urlsOf = (some) => some.flatMap(({ key }) => key === void 0 ? [] : usage.urlsOf(key));
    const reloads = used.filter(({ action }) => action === "reload");
    const [cause] = reloads;
    const others = used.length - 1;
    const guess = cause?.key !== void 0 && usage.isGuess(cause.key) ? ", which a worker of this page may import" : "";
    const reload2 = cause && `${cause.change.id}${others ? ` and ${others} more` : ""} changed${guess}`;
    const isInPage = reloads.every(({ key }) => key === void 0 || usage.isPage(key));
    const isScript = cause?.key !== void 0 && SCRIPT2.test(extensionOf(cause.key));
    const why = isScript ? { cause: "nothing accepts it" } : {};
    if (reload2 !== void 0 && canReload()) {
      const isUp = await refresh2(urlsOf(used), RELOAD_PATIENCE);
      const isSafe = isUp && used.every(({ key }) => key !== void 0 && !isDocument(extensionOf(key)));
      if (!isInPage) return { isCurrent: false, reload: reload2, ...why, isInPage, isSafe: isSafe && !workerCaches.isControlled() };
    }
    let loaded;
    for (const [at2, { change, key }] of decisions.filter(({ action }) => action === "ignore").entries()) {
      const other = key !== void 0 && at2 < MOST_EXPLAINED && usage.sameNameOf(key);
      loaded ??= other || void 0;
      const hint = other ? `. It has loaded ${other}: is that the same file under another prefix than the watcher's?` : "";
      log.info(`${change.id} changed, which this page has not loaded${hint}`);
    }
    const isNewest = ({ change }) => this.#newest.get(change.id) === change;
    const updated = used.filter((one) => one.action === "stylesheet" && isNewest(one));
    const swaps = [
      stylesheets.update(new Map(updated.map(({ change, key = "" }) => [
        key,
        /** @type {Update} */
        change
      ]))),
      ...used.filter(isNewest).flatMap(
        ({ action, change, key = "" }) => action === "image" ? this.#swap(
          key,
          /** @type {Update} */
          change,
          places.get(key) ?? []
        ) : []
      )
    ];
    const unswapped = Promise.all(swaps).then((lists) => lists.flat());
    const updates = [];
    let failed;
    const unreachable = [];
    for (const { change, isModule, key = "" } of used) {
      if (!isModule) continue;
      const update = modules.update(
        key,
        /** @type {Update} */
        change
      ).then((isDone) => {
        if (!isDone && this.#latest.get(change.id) === update) {
          failed ??= change.id;
          if (modules.wasUnreachable(change.id)) unreachable.push(change);
        }
        return isDone;
      });
      this.#latest.set(change.id, update);
      updates.push(update);
      await Promise.race([update, moment()]);
    }
    void frame().then(() => refresh2(urlsOf(used.filter(({ action }) => action !== "stylesheet")), PATIENCE));
    if (reload2 !== void 0) return { isCurrent: false, reload: reload2, ...why, isInPage, isSwapped: used.length > reloads.length, unswapped };
    const isCurrent = (await Promise.all(updates)).every(Boolean);
    return { isCurrent, isUnused: !used.length, unswapped, ...loaded && { loaded }, ...failed !== void 0 && { failed }, ...unreachable.length && { unreachable } };
  }
  /**
   * @param {string} key
   * @param {Update} change
   * @param {import('./images.js').Place[]} places
   * @returns {Promise<Unswapped[]>}
   */
  async #swap(key, { id, version }, places) {
    const { images, log } = this.#page;
    try {
      await images.swap(key, version, places);
    } catch {
      return [{ id, needsReload: true }];
    }
    log.info(`Updated: ${id}`);
    return [];
  }
  /**
   * @param {Change} change
   * @returns {File}
   */
  #fileOf(change) {
    const { id } = change;
    const isTemplate2 = !id.startsWith("/");
    return { change, isTemplate: isTemplate2, key: isTemplate2 ? void 0 : this.#keyOf(this.#page.base + id), extension: extensionOf(id) };
  }
  /**
   * Decides on all files at once: with one pass over the document and its rules, however many have changed.
   *
   * @param {File[]} files
   * @returns {{ decisions: Decision[], places: Map<string, import('./images.js').Place[]> }} and the places of images
   */
  #decide(files) {
    const { images, modules, stylesheets, usage } = this.#page;
    const keysOf = (extensions) => new Set(files.flatMap(({ extension, key }) => key !== void 0 && extensions.test(extension) ? key : []));
    const sheets = stylesheets.having(keysOf(STYLESHEET));
    const places = images.find(keysOf(IMAGE));
    const swapOf = ({ extension, key = "" }) => {
      const imported = modules.acceptsAsset(key) ? "module" : void 0;
      if (STYLESHEET.test(extension)) return sheets.has(key) ? "stylesheet" : imported;
      if (IMAGE.test(extension)) return places.has(key) ? "image" : imported;
      if (isDocument(extension)) return void 0;
      return modules.accepts(key) ? "module" : void 0;
    };
    const swaps = new Map(files.map((file) => [file, file.key === void 0 ? void 0 : swapOf(file)]));
    const used = usage.used(files.flatMap((file) => swaps.get(file) ? [] : file.key ?? []));
    const decisions = files.map((file) => {
      const { change, isTemplate: isTemplate2, key = "" } = file;
      const swap = swaps.get(file);
      let action = isTemplate2 || swap || used.has(key) ? "reload" : "ignore";
      if (swap && change.version !== void 0) action = swap;
      const isAsset = action === "stylesheet" || action === "image";
      return { change, key: file.key, action, isModule: action === "module" || isAsset && modules.acceptsAsset(key) };
    });
    return { decisions, places };
  }
};

// update/popups.js
var KEY = "__hot_middleware_popup__";
var MOST2 = 100;
var ANNOUNCEMENTS = [100, 250, 500, 1e3, 2e3, 4e3, 8e3, 16e3];
var Popups = class {
  #window;
  /** @type {Window[]} */
  #known = [];
  /** @param {GlobalWindow} window */
  constructor(window) {
    this.#window = window;
  }
  /**
   * Remembers the windows that the page opens from now on. No list of them exists, and `window.open` with a name would
   * open a window that was closed, and focus one that was not.
   */
  watch() {
    const window = (
      /** @type {GlobalWindow & { [KEY]?: unknown }} */
      this.#window
    );
    window.open = new Proxy(window.open, {
      apply: (open, self, values) => {
        const popup = Reflect.apply(open, self, values);
        if (popup) this.#remember(popup);
        return popup;
      }
    });
    this.#adopt(window[KEY]);
    Reflect.defineProperty(window, KEY, { configurable: true, set: (popup) => this.#adopt(popup) });
    window.addEventListener("pagehide", () => {
      for (const popup of this.#known) announceLater(popup);
    });
  }
  /**
   * The documents of the windows that are still open.
   *
   * @returns {Document[]}
   */
  documents() {
    this.#known = this.#known.filter(({ closed }) => !closed);
    return this.#known.flatMap((popup) => documentOf(popup) ?? []);
  }
  /** @param {unknown} popup what a popup has announced, or anything that a script of the page has set */
  #adopt(popup) {
    try {
      const { closed, window } = (
        /** @type {Window} */
        Object(popup)
      );
      if (window === popup && closed === false) this.#remember(window);
    } catch {
    }
  }
  /** @param {Window} popup */
  #remember(popup) {
    this.#known = this.#known.filter((other) => !other.closed && other !== popup).slice(1 - MOST2);
    this.#known.push(popup);
  }
};
function announceLater(popup) {
  try {
    if (popup.closed || "__hot_middleware__" in popup) return;
    const { Function: { prototype: ignore }, Reflect: Reflect2 } = (
      /** @type {any} */
      popup
    );
    const { document, opener } = popup;
    const announce = ignore.bind.call(Reflect2.set, void 0, opener, KEY, popup, opener);
    for (const delay2 of ANNOUNCEMENTS) {
      const { finished } = document.documentElement.animate([], delay2);
      finished.then(announce).then(null, ignore);
    }
  } catch {
  }
}
function documentOf(popup) {
  try {
    return popup.document;
  } catch {
    return void 0;
  }
}

// update/documents.js
var CONTAINERS = "iframe,frame,object,embed";
var MOST_DOCUMENTS = 100;
var Documents = class {
  #window;
  #own;
  #partsOf;
  /** @type {WeakMap<Document, Parts>} */
  #parts = /* @__PURE__ */ new WeakMap();
  /** The document's images that found a place. @type {WeakMap<Place, Parts['images']>} */
  #ownerOf = /* @__PURE__ */ new WeakMap();
  #popups;
  /** The documents found in this task. @type {Parts[] | undefined} */
  #found;
  /**
   * @param {Window & typeof globalThis} window
   * @param {Parts} own the parts of the page itself
   * @param {(document: Document, window: Window & typeof globalThis) => Parts} partsOf
   */
  constructor(window, own, partsOf2) {
    this.#window = window;
    this.#popups = new Popups(window);
    this.#own = own;
    this.#partsOf = partsOf2;
  }
  /** Includes the windows that the page opens from now on. */
  watchPopups() {
    this.#popups.watch();
  }
  /** @type {Parts['usage']} */
  usage = {
    used: (keys) => union(this.#each(({ usage }) => usage.used(keys))),
    isGuess: (key) => this.#each(({ usage }) => !uses(usage, key) || usage.isGuess(key)).every(Boolean),
    isPage: (key) => this.#own.usage.isPage(key) && !this.isShared(key),
    urlsOf: (key) => [...new Set(this.#each(({ usage }) => usage.urlsOf(key)).flat())],
    sameNameOf: (key) => this.#own.usage.sameNameOf(key)
  };
  /** @type {Parts['stylesheets']} */
  stylesheets = {
    having: (keys) => union(this.#each(({ stylesheets }) => stylesheets.having(keys))),
    update: async (updates) => {
      const work = this.#each((parts) => {
        const used = parts.stylesheets.having(new Set(updates.keys()));
        const update = parts.stylesheets.update(new Map([...updates].filter(([key]) => used.has(key))));
        return parts === this.#own ? update : update.catch(() => []);
      });
      return (await Promise.all(work)).flat();
    }
  };
  /** @type {Parts['images']} */
  images = {
    find: (keys) => {
      const found = /* @__PURE__ */ new Map();
      this.#each(({ images }) => {
        for (const [key, places] of images.find(keys)) {
          for (const place of places) this.#ownerOf.set(place, images);
          found.set(key, [...found.get(key) ?? [], ...places]);
        }
      });
      return found;
    },
    swap: async (key, version, places) => {
      const byOwner = /* @__PURE__ */ new Map();
      for (const place of places) {
        const owner = this.#ownerOf.get(place) ?? this.#own.images;
        byOwner.set(owner, [...byOwner.get(owner) ?? [], place]);
      }
      await Promise.all([...byOwner].map(([images, own]) => images.swap(key, version, own)));
    }
  };
  /**
   * Returns true if a frame or popup uses the file, beside the page itself.
   *
   * @param {string} key
   */
  isShared(key) {
    return this.#each(
      (parts) => parts !== this.#own && uses(parts.usage, key) && parts.usage.urlsOf(key).length > 0
    ).some(Boolean);
  }
  /**
   * Calls a function with the parts of each document. Frames and popups that it fails for are left out: an element such
   * as `<img name="querySelectorAll">`, in a preview of what users have written, hides the document's own property.
   *
   * @template Result
   * @param {(parts: Parts) => Result} call
   * @returns {Result[]}
   */
  #each(call) {
    return this.#all().flatMap((parts) => parts === this.#own ? [call(parts)] : attempt(() => [call(parts)], []));
  }
  /** The parts of each document, the page's first. */
  #all() {
    if (this.#found) return this.#found;
    const found = [this.#own];
    for (const document of this.#documents()) {
      const parts = this.#parts.get(document) ?? attempt(() => this.#make(document), void 0);
      if (!parts) continue;
      this.#parts.set(document, parts);
      found.push(parts);
      if (found.length > MOST_DOCUMENTS) break;
    }
    this.#found = found;
    queueMicrotask(() => this.#found = void 0);
    return found;
  }
  /** @param {Document} document */
  #make(document) {
    const { defaultView } = document;
    return defaultView ? this.#partsOf(document, defaultView) : void 0;
  }
  /** @returns {Generator<Document>} */
  *#documents() {
    const page = this.#window.document;
    const waiting = [page];
    const seen = new Set(waiting);
    const popups = this.#popups.documents();
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (next !== page) yield next;
      const inside = attempt(() => [...containersIn(next)].map(documentIn), []);
      for (const document of next === page ? [...inside, ...popups] : inside) {
        if (!document || seen.has(document) || !attempt(() => isFilled(document, [page, next]), false)) continue;
        seen.add(document);
        waiting.push(document);
      }
    }
  }
};
function* containersIn(document) {
  for (const root of rootsOf(document)) yield* root.querySelectorAll(CONTAINERS);
}
function documentIn(container) {
  return attempt(() => (
    /** @type {Partial<HTMLIFrameElement>} */
    container.contentDocument ?? null
  ), null);
}
function isFilled(document, owners) {
  const { defaultView: window } = document;
  if (!window || "__hot_middleware__" in window || document.querySelectorAll("script[data-hot-middleware]").length) return false;
  return /^(?:about|blob):/.test(document.URL) || owners.some(({ URL: URL2 }) => isSame(URL2, document.URL));
}
function isSame(one, other) {
  const [first2, second] = [one, other].map(withoutFragment);
  return first2 === second;
}
function attempt(call, otherwise) {
  try {
    return call();
  } catch {
    return otherwise;
  }
}
function uses(usage, key) {
  return usage.used([key]).has(key);
}
function union(sets) {
  return new Set(sets.flatMap((set) => [...set]));
}

// stream/config.js
function readConfig(document, clientUrl, console) {
  const tags = (
    /** @type {NodeListOf<HTMLScriptElement>} */
    document.querySelectorAll("script[data-hot-middleware]")
  );
  const client = unversioned(clientUrl);
  const own = [...tags].find(({ src }) => src && unversioned(new URL("client.js", src).href) === client) ?? tags[0];
  const text = own?.dataset["hotMiddleware"];
  let given = {};
  try {
    given = Object(JSON.parse(text || "{}"));
  } catch (error) {
    console.warn(`[HMR] data-hot-middleware is not JSON: ${text}`, error);
  }
  const { path, hashes, hosts, page, server, token, log } = given;
  return {
    ...typeof path === "string" && { path },
    ...typeof server === "string" && { server },
    ...typeof token === "string" && { token },
    ...typeof page === "string" && page && { page },
    hashes: Object.fromEntries(
      Object.entries(Object(hashes)).filter(([, hash]) => typeof hash === "string")
    ),
    hosts: Array.isArray(hosts) ? hosts.filter((host) => typeof host === "string") : [],
    isError: Number(given["status"]) >= 400,
    isPost: given["method"] === "POST",
    log,
    worker: given["worker"] !== false,
    update: given["update"] !== false,
    keep: given["keep"] !== false,
    overlay: given["overlay"] !== false,
    indicator: given["indicator"] !== false,
    overlayWarnings: given["overlayWarnings"] === true,
    overlayRuntimeErrors: given["overlayRuntimeErrors"] === true,
    editor: given["editor"] === true,
    overlayStyles: Object(given["overlayStyles"]),
    ansiColors: Object(given["ansiColors"])
  };
}

// stream/connection.js
var HEARTBEAT = "💓";
var DEFAULT_HEARTBEAT = 1e4;
var FIRST_DELAY = 250;
var LAST_DELAY = 5e3;
var EAGER_DELAY = 50;
var EAGER_DELAY_LATER = 100;
var EAGER_AT_FIRST = 6e4;
var EAGER_FOR = 15 * 6e4;
var ANSWERED_DELAY = 1e3;
var MARGIN = 2e3;
var SETTLED = 1e3;
var HIDDEN_FOR = 1e4;
var CLOSED = 2;
var Connection = class {
  #wiring;
  /** @type {Source | undefined} */
  #source;
  /** @type {unknown} */
  #retry;
  /** @type {unknown} */
  #watchdog;
  #heartbeat = DEFAULT_HEARTBEAT;
  #wanted = false;
  #isAsleep = false;
  #attempts = 0;
  #lostAt = 0;
  #startedAt = 0;
  #lastMessageAt = 0;
  #hasMessage = false;
  #opened = false;
  #lost = false;
  #refused = false;
  /** True if the last attempt was refused. */
  #isRefused = false;
  #outage = false;
  #isOpen = false;
  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }
  /** Opens the stream and keeps it open until `disconnect`. */
  connect() {
    this.#isAsleep = false;
    if (this.#wanted) return;
    this.#wanted = true;
    this.#attempts = 0;
    this.#start(true);
  }
  /**
   * Closes the stream and leaves it closed.
   *
   * @returns {boolean} whether it was connected, or connecting
   */
  disconnect() {
    const wanted = this.#wanted;
    this.#wanted = this.#isAsleep = false;
    this.#outage = true;
    this.#stop();
    return wanted;
  }
  /** Closes the stream until `connect`, while the page is frozen, hidden or in the back/forward cache. */
  sleep() {
    const isAsleep = this.#isAsleep;
    this.#isAsleep = this.disconnect() || isAsleep;
  }
  /** True in a page that would be connected if it were awake. */
  get isAsleep() {
    return this.#isAsleep;
  }
  /**
   * Sets the interval of the server's heartbeat.
   *
   * @param {number} milliseconds
   */
  setHeartbeat(milliseconds) {
    this.#heartbeat = milliseconds;
    if (this.#source) this.#watch();
  }
  /** Milliseconds without an event after which an open stream counts as dead when the page wakes. */
  silence() {
    return this.#heartbeat + MARGIN;
  }
  /**
   * Opens another stream that continues after the last event.
   *
   * @returns {boolean} whether there is to be a stream
   */
  reopen() {
    if (this.#wanted) this.#start(true);
    return this.#wanted;
  }
  /** Reconnects without a replay: the server then sends the changes since the page's hashes. */
  ask() {
    if (this.#wanted) this.#start(false);
  }
  /** Reconnects at once if needed, when the page wakes, is shown or focused, or the network is back. */
  wake() {
    if (!this.#wanted) return;
    const silent = this.#wiring.clock.now() - this.#lastMessageAt;
    if (!this.#source || silent > this.silence()) this.#start(true);
  }
  /** Returns true if, since the page was loaded, the server did not respond or the stream was closed. */
  hadOutage() {
    return this.#outage;
  }
  /** Returns true if the server's last answer was no event stream. */
  isRefused() {
    return this.#isRefused;
  }
  /** @param {boolean} replay */
  #start(replay) {
    this.#stop();
    const { clock, log, open, url, onMessage, onRefused } = this.#wiring;
    this.#startedAt = this.#lastMessageAt = clock.now();
    this.#hasMessage = false;
    this.#isOpen = false;
    const source = open(url(replay));
    this.#source = source;
    source.onopen = () => {
      if (this.#source !== source) return;
      this.#touch();
      this.#isOpen = true;
      if (clock.now() - this.#startedAt > SETTLED) this.#outage = true;
      if (!this.#opened) log.info("connected");
      else if (this.#lost) log.info("reconnected");
      this.#opened = true;
      this.#lost = false;
      this.#wiring.onOpen?.();
    };
    source.onmessage = ({ data, lastEventId }) => {
      if (this.#source !== source) return;
      this.#hasMessage = true;
      this.#touch();
      if (data !== HEARTBEAT) onMessage(data, lastEventId);
    };
    source.onerror = () => {
      if (this.#source !== source) return;
      const refused = source.readyState === CLOSED;
      this.#isRefused = refused;
      this.#lose(refused);
      if (refused && !this.#refused) {
        this.#refused = true;
        onRefused();
      }
    };
    this.#watch();
  }
  #stop() {
    const { clock } = this.#wiring;
    clock.clearTimeout(this.#retry);
    clock.clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#source = void 0;
  }
  #touch() {
    this.#lastMessageAt = this.#wiring.clock.now();
    this.#refused = this.#isRefused = false;
    this.#watch();
  }
  #watch() {
    const { clock } = this.#wiring;
    clock.clearTimeout(this.#watchdog);
    this.#watchdog = clock.setTimeout(() => this.#lose(), 2 * this.#heartbeat);
  }
  /** @param {boolean} [isAnswered] whether the server answered something else than an event stream */
  #lose(isAnswered = false) {
    this.#stop();
    const { clock, log } = this.#wiring;
    const now = clock.now();
    const wasOpen = this.#isOpen;
    if (!wasOpen) this.#outage = true;
    if (this.#hasMessage && now - this.#startedAt >= SETTLED) this.#attempts = 0;
    if (wasOpen || !this.#attempts) this.#lostAt = now;
    if (this.#opened && !this.#lost) {
      this.#lost = true;
      log.info("disconnected, reconnecting");
      this.#wiring.onLost();
    }
    this.#retry = clock.setTimeout(() => this.#start(true), this.#delay(wasOpen, isAnswered));
    this.#attempts += 1;
  }
  /**
   * The delay before the next attempt. A server that accepts connections and ends them is never called eagerly.
   *
   * @param {boolean} wasOpen
   * @param {boolean} isAnswered
   */
  #delay(wasOpen, isAnswered) {
    const { clock, isEager: isEager2 } = this.#wiring;
    const backoff = delay(this.#attempts, clock.random());
    const absence = clock.now() - this.#lostAt;
    if (wasOpen || !isEager2?.() || absence > EAGER_FOR) return backoff;
    const eager = absence > EAGER_AT_FIRST ? EAGER_DELAY_LATER : EAGER_DELAY;
    return Math.min(backoff, isAnswered ? ANSWERED_DELAY : eager);
  }
};
function delay(attempts, random) {
  if (attempts === 0) return 0;
  const full = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** Math.min(attempts - 1, 16));
  return Math.max(FIRST_DELAY, full * (1 - random / 2));
}
function followPage(connection, window, document, hidden) {
  let timer;
  const sleep = () => connection.sleep();
  const wake = () => {
    hidden?.clock.clearTimeout(timer);
    if (connection.isAsleep) connection.connect();
    else connection.wake();
  };
  const hide = () => {
    hidden?.clock.clearTimeout(timer);
    timer = hidden?.clock.setTimeout(() => hidden.yields() && sleep(), HIDDEN_FOR);
  };
  window.addEventListener("pagehide", sleep);
  document.addEventListener("freeze", sleep);
  window.addEventListener("pageshow", () => connection.isAsleep && connection.connect());
  window.addEventListener("online", () => connection.isAsleep || wake());
  window.addEventListener("focus", wake);
  document.addEventListener("resume", wake);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") wake();
    else hide();
  });
  if (document.visibilityState !== "visible") hide();
}
function isEager(url, document) {
  return document.visibilityState === "visible" && isLocal(new URL(url).hostname);
}
function isLocal(host) {
  const [first2 = 0, second = 0] = /^[\d.]+$/.test(host) ? host.split(".").map(Number) : [];
  return (
    // Loopback, private use (RFC 1918) and link-local.
    first2 === 127 || first2 === 10 || first2 === 172 && second >= 16 && second < 32 || first2 === 192 && second === 168 || first2 === 169 && second === 254 || // The same of IPv6: loopback, unique local and link-local.
    /^\[(?:::1\]|f[cd]|fe[89ab])/.test(host) || // Reserved names (RFC 2606, 6761, 6762, 8375, `internal`) and those of the local network, which have no dot.
    /(?:^|\.)(?:localhost|local|test|internal|home\.arpa)$/.test(host) || /^[^.:]+$/.test(host)
  );
}
function clockOf(window) {
  return {
    // Not performance.now(), which stops in some browsers while the machine sleeps.
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (task, delay2) => window.setTimeout(task, delay2),
    clearTimeout: (timer) => window.clearTimeout(timer)
  };
}

// overlay/controller.js
var PATIENCE2 = 300;
var AWAY_PATIENCE = 1e3;
var AWAY = "Server not reachable, reconnecting";
var MOST_NAME = 100;
var MOST_MESSAGE = 200;
var MOST_BUILDS = 100;
var OverlayController = class {
  #wiring;
  /** @type {OverlayHost | undefined} */
  #host;
  /** The text for each running build, by bundle. @type {Map<string, string>} */
  #builds = /* @__PURE__ */ new Map();
  /** @type {unknown} */
  #timer;
  #isIndicating = false;
  /** The line that is shown while no build is running. */
  #notice = "";
  /** @type {unknown} */
  #awayTimer;
  #isAway = false;
  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }
  /**
   * Shows the problems of one kind and bundle; an empty list clears them.
   *
   * @param {import('./problem-store.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   */
  problems(kind, name, texts) {
    if (!this.#wiring.isShown("overlay")) return;
    if (texts.length || this.#host) this.#use((host) => host.problems(kind, name, texts));
  }
  /**
   * Shows that a build is running, with its progress.
   *
   * @param {string} name
   * @param {{ percent?: unknown, message?: unknown }} [progress]
   */
  building(name, { percent, message } = {}) {
    if (!this.#wiring.isShown("indicator")) return;
    const parts = ["Rebuilding"];
    if (name) parts.push(shorten(name, MOST_NAME));
    if (typeof percent === "number") parts.push(`${Math.round(percent)} %`);
    if (typeof message === "string" && message) parts.push(`(${shorten(message, MOST_MESSAGE)})`);
    this.#builds.set(name, parts.join(" "));
    for (const oldest of this.#builds.keys()) {
      if (this.#builds.size <= MOST_BUILDS) break;
      this.#builds.delete(oldest);
    }
    if (this.#isIndicating) this.#indicate();
    else this.#timer ??= this.#wiring.clock.setTimeout(() => this.#indicate(), PATIENCE2);
  }
  /**
   * Handles the end of a build, which also ends one without a name: that was of all bundles.
   *
   * @param {string} name
   */
  built(name) {
    this.#builds.delete(name);
    this.#builds.delete("");
    if (!this.#builds.size) this.idle();
    else if (this.#isIndicating) this.#indicate();
  }
  /**
   * Shows a line in the corner until the page is left.
   *
   * @param {string} text
   */
  notice(text) {
    if (!this.#wiring.isShown("indicator")) return;
    this.#notice = shorten(text, MOST_MESSAGE);
    if (!this.#isIndicating) this.#indicate();
  }
  /** Handles an unreachable server: all builds end, and a line is shown after a moment. */
  away() {
    this.idle();
    if (!this.#wiring.isShown("indicator")) return;
    this.#awayTimer ??= this.#wiring.clock.setTimeout(() => {
      this.#isAway = true;
      this.#indicate();
    }, AWAY_PATIENCE);
  }
  /** Handles the return of the server. */
  back() {
    this.#wiring.clock.clearTimeout(this.#awayTimer);
    this.#awayTimer = void 0;
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#indicate();
  }
  /** Clears the builds from the indicator. */
  idle() {
    this.#wiring.clock.clearTimeout(this.#timer);
    this.#timer = void 0;
    this.#builds.clear();
    if (this.#isIndicating) this.#indicate();
  }
  #indicate() {
    this.#timer = void 0;
    this.#isIndicating = this.#isAway || this.#builds.size > 0;
    this.#use((host) => host.indicate(this.#isAway ? AWAY : [...this.#builds.values()].at(-1) ?? this.#notice));
  }
  /** @param {(host: OverlayHost) => void} task */
  #use(task) {
    try {
      this.#host ??= this.#wiring.host();
      task(this.#host);
    } catch (error) {
      this.#wiring.log.warn("Could not show the overlay", error);
    }
  }
};

// overlay/ansi.js
var ESCAPE = /\x1b(?:\[([0-?]*)([ -/]*[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\))/g;
var COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
var LOOKS = /* @__PURE__ */ new Map([
  [1, "bold"],
  [2, "dim"],
  [3, "italic"],
  [4, "underline"],
  [7, "inverse"],
  [9, "strike"]
]);
var ENDS = /* @__PURE__ */ new Map([
  [22, ["bold", "dim"]],
  [23, ["italic"]],
  [24, ["underline"]],
  [27, ["inverse"]],
  [29, ["strike"]]
]);
var MOST_PARAMETERS = 256;
var STEPS = [0, 95, 135, 175, 215, 255];
function plain(text) {
  return text.replace(ESCAPE, "");
}
function runsOf(text) {
  const runs = [];
  const pen = new Pen();
  let from = 0;
  const cut = (to) => {
    if (to > from) runs.push({ text: text.slice(from, to), ...pen.look() });
  };
  for (const escape of text.matchAll(ESCAPE)) {
    cut(escape.index);
    from = escape.index + escape[0].length;
    const [, parameters = "", final] = escape;
    if (final === "m" && parameters.length <= MOST_PARAMETERS) pen.obey(parametersOf(parameters));
  }
  cut(text.length);
  return runs;
}
var Pen = class {
  #looks = /* @__PURE__ */ new Set();
  /** @type {string | undefined} */
  #colour;
  /** @type {string | undefined} */
  #background;
  look() {
    return { looks: [...this.#looks], colour: this.#colour, background: this.#background };
  }
  /** @param {number[]} parameters */
  obey(parameters) {
    for (let at2 = 0; at2 < parameters.length; at2 += 1) {
      const code = (
        /** @type {number} */
        parameters[at2]
      );
      if (code === 0) this.#reset();
      else if (LOOKS.has(code)) this.#looks.add(LOOKS.get(code));
      else if (ENDS.has(code)) for (const look of ENDS.get(code) ?? []) this.#looks.delete(look);
      else if (code === 38 || code === 48) {
        const { colour: colour2, length } = extended(parameters.slice(at2 + 1, at2 + 5));
        if (code === 38) this.#colour = colour2;
        else this.#background = colour2;
        at2 += length;
      } else this.#paint(code);
    }
  }
  /** @param {number} code */
  #paint(code) {
    if (code === 39) this.#colour = void 0;
    else if (code === 49) this.#background = void 0;
    else if (code >= 30 && code <= 37) this.#colour = COLOURS[code - 30];
    else if (code >= 90 && code <= 97) this.#colour = `bright-${COLOURS[code - 90]}`;
    else if (code >= 40 && code <= 47) this.#background = COLOURS[code - 40];
    else if (code >= 100 && code <= 107) this.#background = `bright-${COLOURS[code - 100]}`;
  }
  #reset() {
    this.#looks.clear();
    this.#colour = void 0;
    this.#background = void 0;
  }
};
function parametersOf(text) {
  return text.replace(/([34]8:2):\d*:(\d+:\d+:\d+)/g, "$1:$2").split(/[;:]/).map(Number);
}
function extended([kind, ...rest]) {
  if (kind === 2) return { colour: hex(rest.slice(0, 3)), length: 4 };
  if (kind === 5) return { colour: indexed(rest[0] ?? 0), length: 2 };
  return { colour: void 0, length: 1 };
}
function indexed(index) {
  if (index < 8) return COLOURS[index];
  if (index < 16) return `bright-${COLOURS[index - 8]}`;
  if (index > 255) return void 0;
  if (index >= 232) return hex(Array(3).fill(8 + 10 * (index - 232)));
  const cube = index - 16;
  return hex([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => STEPS[step] ?? 0));
}
function hex([red = 0, green = 0, blue = 0]) {
  return `#${[red, green, blue].map((part) => Math.min(255, part).toString(16).padStart(2, "0")).join("")}`;
}

// overlay/problem.js
var MOST_LINE = 1e3;
var MOST_PLACE = 64;
var PLACE = /[\s:]+(\d+:\d+(?:-\d+(?::\d+)?)?)$/;
var FILE = /^(?:\S.*[\\/])?[^\\/]*\.[A-Za-z][\w-]*$/;
function readProblem(problem) {
  const end = problem.indexOf("\n");
  const { file, place } = end === -1 || end > MOST_LINE ? NOWHERE : locate2(plain(problem.slice(0, end)).trim());
  if (!file) return { file, place, text: withoutBlankLines(problem) };
  return { file, place, text: problem.slice(end + 1) };
}
var NOWHERE = { file: "", place: "" };
function locate2(line) {
  const match = PLACE.exec(line.slice(-MOST_PLACE));
  const named = (match ? line.slice(0, line.length - match[0].length) : line).trim();
  const [path = "", ...query] = named.split("?");
  const isFile = FILE.test(path) && !/\s/.test(query.join("?"));
  return isFile ? { file: named, place: match?.[1] ?? "" } : NOWHERE;
}
function withoutBlankLines(text) {
  const blank = text.length - text.trimStart().length;
  return text.slice(text.lastIndexOf("\n", blank - 1) + 1);
}

// overlay/problem-store.js
var KINDS = (
  /** @type {const} */
  ["errors", "page", "update", "runtime", "warnings"]
);
var ProblemStore = class {
  /** @type {Map<string, Slot>} */
  #store = /* @__PURE__ */ new Map();
  /**
   * Stores the problems of one kind and bundle; an empty list removes them.
   *
   * @param {Kind} kind
   * @param {string} name the bundle's
   * @param {readonly string[]} texts
   * @returns {boolean} whether that changes anything
   */
  set(kind, name, texts) {
    const key = JSON.stringify([kind, name]);
    const before = this.#store.get(key)?.texts ?? [];
    if (before.length === texts.length && before.every((text, at2) => text === texts[at2])) return false;
    if (texts.length) this.#store.set(key, { kind, name, texts });
    else this.#store.delete(key);
    return true;
  }
  /**
   * Removes all problems of a kind.
   *
   * @param {Kind} kind
   */
  drop(kind) {
    for (const slot of this.all()) {
      if (slot.kind === kind) this.set(kind, slot.name, []);
    }
  }
  /** All problems, the most severe kind first. */
  all() {
    return [...this.#store.values()].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  }
};

// overlay/overlay.js
var MOST3 = { texts: 50, characters: 2e4, total: 1e5 };
var MOST_NAME2 = 100;
var MOST_REASON = 500;
var LABELS = { errors: "Error", page: "Page error", update: "Update error", runtime: "Runtime error", warnings: "Warning" };
var POINTED_AT = /^\s*>/;
var OVERLAY_TAG = "hot-middleware-overlay";
var NAMED = /(?:^\s*(?:--> |at )?|\()(?:[^\s@():]*@)?((?:\.{0,2}\/)?[\w.@+~-][^\s():?]*\.[A-Za-z]\w{0,9})(?:\?[^\s():]*)?:(\d+)(?::(\d+))?\)?\s*$/;
var MOST_NAMED = 500;
var Overlay = class {
  /** Opens a file in an editor, where the server does that. @type {Open | undefined} */
  open;
  #document;
  #style;
  #store = new ProblemStore();
  /** @type {{ host: HTMLElement, dialog: HTMLDialogElement, title: HTMLElement, list: HTMLElement, footer: HTMLElement } | undefined} */
  #open;
  /**
   * @param {Document} document
   * @param {Pick<import('./style.js').Style, 'sheet' | 'classOf'>} style
   */
  constructor(document, style) {
    this.#document = document;
    this.#style = style;
  }
  /**
   * Shows the problems of one kind and bundle, and opens the overlay for new ones. An empty list clears them, and the
   * overlay closes with the last problem.
   *
   * @param {import('./problem-store.js').Kind} kind
   * @param {string} name the bundle's
   * @param {readonly string[]} texts
   */
  set(kind, name, texts) {
    if (!this.#store.set(kind, name, texts)) return;
    const slots = this.#store.all();
    if (!slots.length) return this.#remove();
    if (texts.length && !this.#open?.host.isConnected) this.#build();
    this.#fill(slots);
  }
  /** Closes the overlay until there is a new problem. */
  #dismiss() {
    this.#open?.host.remove();
    this.#open = void 0;
    this.#store.drop("runtime");
  }
  #remove() {
    const open = this.#open;
    this.#open = void 0;
    open?.dialog.close();
    open?.host.remove();
  }
  #build() {
    const document = this.#document;
    const host = document.createElement(OVERLAY_TAG);
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [this.#style.sheet];
    const title = this.#make("h1", "");
    title.id = "title";
    const close = this.#make("button", "close", "×");
    close.setAttribute("type", "button");
    close.setAttribute("aria-label", "Close");
    const header = this.#make("header", "", title, close);
    const list = this.#make("ol", "");
    const footer = this.#make("footer", "", "Press Escape to close. It closes by itself once everything is fixed.");
    footer.setAttribute("role", "status");
    const dialog = (
      /** @type {HTMLDialogElement} */
      this.#make("dialog", "", header, list, footer)
    );
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.addEventListener("close", () => {
      if (this.#open?.dialog === dialog) this.#dismiss();
    });
    close.addEventListener("click", () => dialog.close());
    root.append(dialog);
    document.documentElement.append(host);
    this.#open = { host, dialog, title, list, footer };
    dialog.showModal();
  }
  /** @param {import('./problem-store.js').Slot[]} slots */
  #fill(slots) {
    if (!this.#open) return;
    const { list, title } = this.#open;
    const problems = slots.flatMap(({ kind, name, texts: texts2 }) => texts2.map((text) => ({ kind, name, text })));
    title.textContent = countsOf(problems);
    const { omitted, texts } = firstOf(
      problems.map(({ text }) => text),
      MOST3
    );
    const shown = texts.map((text, at2) => this.#item({ ...problems[at2], text }));
    if (omitted) shown.push(this.#make("li", "", `and ${omitted} more`));
    list.replaceChildren(...shown);
  }
  /** @param {{ kind: import('./problem-store.js').Kind, name: string, text: string }} problem */
  #item({ kind, name, text }) {
    const problem = readProblem(text);
    const heading = this.#make("h2", "", this.#make("span", "badge", LABELS[kind]));
    const file = problem.file && this.#make("span", "file", problem.file);
    const place = problem.place && this.#make("span", "place", problem.place);
    const [line, column] = problem.place.split(/\D/).map(Number);
    if (file) heading.append(" ", this.#link(problem.file, line, column, file, ...place ? [" ", place] : []));
    if (name) heading.append(" ", this.#make("span", "bundle", `in bundle '${shorten(name, MOST_NAME2)}'`));
    const lines = linesOf(problem.text);
    return this.#make(
      "li",
      kind,
      heading,
      this.#make("pre", "", ...lines.flatMap((line2) => [...this.#line(line2), "\n"]))
    );
  }
  /**
   * @param {import('./ansi.js').Run[]} runs
   * @returns {(Node | string)[]}
   */
  #line(runs) {
    const line = runs.map((run) => {
      const classes = this.#style.classOf(run);
      return classes ? this.#make("span", classes, run.text) : run.text;
    });
    const text = runs.map(({ text: text2 }) => text2).join("");
    if (POINTED_AT.test(text)) return [this.#make("span", "pointed", ...line)];
    const [, file, row, column] = this.open && text.length < MOST_NAMED && NAMED.exec(text) || [];
    return file ? [...line, " ", this.#link(file, Number(row), Number(column || 1), "↗")] : line;
  }
  /**
   * A button that opens a file in the editor, or only its label where the server opens none.
   *
   * @param {string} file
   * @param {number} [line]
   * @param {number} [column]
   * @param {(Node | string)[]} label
   */
  #link(file, line = 1, column = 1, ...label) {
    const { open } = this;
    if (!open) return this.#make("span", "", ...label);
    const button = this.#make("button", "open", ...label);
    button.setAttribute("type", "button");
    button.setAttribute("title", "Open in the editor");
    if (label[0] === "↗") button.setAttribute("aria-label", `Open ${file}:${line} in the editor`);
    button.addEventListener("click", () => {
      void open(file, line, column).then(
        () => this.#say(`Opened ${file}:${line}`),
        (error) => this.#say(shorten(error instanceof Error ? error.message : String(error), MOST_REASON))
      );
    });
    return button;
  }
  /** @param {string} text */
  #say(text) {
    if (this.#open) this.#open.footer.textContent = text;
  }
  /**
   * @param {string} tag
   * @param {string} classes
   * @param {(Node | string)[]} children
   */
  #make(tag, classes, ...children) {
    const element = this.#document.createElement(tag);
    if (classes) element.className = classes;
    element.append(...children);
    return element;
  }
};
function countsOf(problems) {
  const counts = /* @__PURE__ */ new Map();
  for (const { kind } of problems) counts.set(LABELS[kind], (counts.get(LABELS[kind]) ?? 0) + 1);
  return [...counts].map(([label, count3]) => `${count3} ${label.toLowerCase()}${count3 === 1 ? "" : "s"}`).join(", ");
}
function linesOf(text) {
  const lines = [[]];
  for (const run of runsOf(text.trimEnd())) {
    run.text.split("\n").forEach((piece, at2) => {
      if (at2 > 0) lines.push([]);
      if (piece) lines.at(-1)?.push({ ...run, text: piece });
    });
  }
  return lines;
}

// overlay/style.js
var CSS2 = `
:host { all: initial !important; }
@media print { :host { display: none !important; } }

:host {
  --back: #fff; --text: #1f2328; --faint: #59636e; --edge: #d1d9e0; --frame: #f6f8fa; --pointed: #ffebe9;
  --error: #b42318; --warning: #8a5a00;
  --black: #1f2328; --red: #b42318; --green: #1a7f37; --yellow: #8a5a00;
  --blue: #0757ba; --magenta: #8250df; --cyan: #136e75; --white: #59636e;
  --bright-black: #59636e; --bright-red: #cf222e; --bright-green: #116329; --bright-yellow: #7d4e00;
  --bright-blue: #0969da; --bright-magenta: #6639ba; --bright-cyan: #0f5f66; --bright-white: #1f2328;
}
@media (prefers-color-scheme: dark) {
  :host {
    --back: #16181d; --text: #e8e8e8; --faint: #a2a9b4; --edge: #3a3f4a; --frame: #0d0f12; --pointed: #4a1d22;
    --error: #ff8087; --warning: #ffd30e;
    --black: #8b93a1; --red: #ff8087; --green: #5fdd6c; --yellow: #ffd30e;
    --blue: #6cb8f5; --magenta: #f08ee0; --cyan: #4dd9ea; --white: #ebe7e3;
    --bright-black: #a2a9b4; --bright-red: #ffa3a8; --bright-green: #8ceb95; --bright-yellow: #ffe46b;
    --bright-blue: #9acfff; --bright-magenta: #f8b5ee; --bright-cyan: #8ce9f5; --bright-white: #fff;
  }
}

dialog {
  box-sizing: border-box; width: min(64rem, calc(100% - 2rem)); max-width: none; max-height: calc(100% - 2rem);
  margin: 1rem auto auto; padding: 0; border: 1px solid var(--edge); border-top: 4px solid var(--error);
  border-radius: 8px; overflow: auto; overscroll-behavior: contain;
  color: var(--text); background: var(--back); box-shadow: 0 12px 48px #0008;
  font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace; text-align: left; direction: ltr; cursor: auto;
}
dialog::backdrop { background: #000a; }
header {
  position: sticky; top: 0; display: flex; align-items: center; justify-content: space-between;
  padding: 8px 16px; border-bottom: 1px solid var(--edge); background: inherit;
}
h1, h2 { margin: 0; font: inherit; font-weight: 600; }
.close {
  width: 32px; height: 32px; padding: 0; border: 0; border-radius: 6px; color: inherit; background: none;
  font: 22px/1 system-ui, sans-serif; cursor: pointer;
}
.close:hover { background: var(--edge); }
.close:focus-visible { outline: 2px solid var(--blue); outline-offset: 1px; }
ol { margin: 0; padding: 16px; list-style: none; }
li + li { margin-top: 20px; }
h2 { overflow-wrap: anywhere; }
.badge { padding: 1px 8px; border-radius: 4px; color: var(--back); background: var(--error); }
.warnings .badge { background: var(--warning); }
.place { color: var(--cyan); }
.open {
  padding: 0; border: 0; color: inherit; background: none; font: inherit; text-align: inherit; overflow-wrap: anywhere;
  text-decoration: underline; text-decoration-color: var(--faint); text-underline-offset: 3px; cursor: pointer;
}
.open:hover { text-decoration-color: currentcolor; }
.open:focus-visible { outline: 2px solid var(--blue); outline-offset: 1px; }
.bundle, footer { color: var(--faint); font-weight: 400; }
footer { padding: 8px 16px; border-top: 1px solid var(--edge); }
pre {
  margin: 8px 0 0; padding: 12px; border-radius: 6px; overflow: auto; background: var(--frame);
  font: inherit; white-space: pre; tab-size: 4;
}
.pointed { display: inline-block; min-width: 100%; background: var(--pointed); }

.bold { font-weight: 700; } .dim { opacity: 0.7; } .italic { font-style: italic; }
.underline { text-decoration: underline; } .strike { text-decoration: line-through; }
.inverse { color: var(--frame); background: var(--text); }

.building {
  position: fixed; right: 16px; bottom: 16px; z-index: 2147483647; display: flex; align-items: center; gap: 8px;
  max-width: calc(100% - 64px); padding: 6px 14px; border: 1px solid var(--edge); border-radius: 999px;
  color: var(--text); background: var(--back); box-shadow: 0 2px 12px #0004; pointer-events: none;
  font: 13px/1.5 system-ui, sans-serif; text-align: left; direction: ltr;
}
.building::before {
  flex: none; width: 10px; height: 10px; border: 2px solid var(--edge); border-top-color: var(--blue);
  border-radius: 50%; content: ''; animation: turn 0.9s linear infinite;
}
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .building::before { animation: none; } }
`;
var MOST_COLOURS = 256;
var COLOURS2 = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"].flatMap((name) => [
  name,
  `bright-${name}`
]);
var OTHER_NAMES = /* @__PURE__ */ new Map([
  ["lightgrey", "white"],
  ["darkgrey", "bright-black"]
]);
var Style = class {
  /** @type {CSSStyleSheet} */
  sheet;
  /** Colours beyond a terminal's 16 that have a rule. @type {Set<string>} */
  #made = /* @__PURE__ */ new Set();
  /**
   * @param {Window & typeof globalThis} window
   * @param {object} [own]
   * @param {Record<string, unknown>} [own.overlayStyles] properties of the overlay, as scripts spell them
   * @param {Record<string, unknown>} [own.ansiColors] colours by name; `reset` is the pair of text and background
   */
  constructor(window, { overlayStyles = {}, ansiColors = {} } = {}) {
    this.sheet = new window.CSSStyleSheet();
    this.sheet.replaceSync(CSS2);
    for (const name of COLOURS2) {
      this.#add(`.text-${name} { color: var(--${name}); }`);
      this.#add(`.over-${name} { background: var(--${name}); }`);
    }
    const host = this.#add(":host {}").style;
    for (const [name, value] of Object.entries(ansiColors)) {
      if (name === "reset") {
        const [text, back] = Array.isArray(value) ? value : [value];
        host.setProperty("--text", colour(text));
        if (back !== void 0) host.setProperty("--frame", colour(back));
      } else host.setProperty(`--${OTHER_NAMES.get(name) ?? name}`, colour(value));
    }
    const dialog = (
      /** @type {Record<string, any>} */
      this.#add("dialog {}").style
    );
    for (const [name, value] of Object.entries(overlayStyles)) dialog[name] = String(value);
  }
  /**
   * The CSS classes for a run of text.
   *
   * @param {import('./ansi.js').Run} run
   */
  classOf({ looks, colour: colour2, background }) {
    const classes = [...looks];
    if (colour2) classes.push(this.#classFor("text", "color", colour2));
    if (background) classes.push(this.#classFor("over", "background", background));
    return classes.filter(Boolean).join(" ");
  }
  /**
   * @param {string} prefix
   * @param {string} property
   * @param {string} value
   */
  #classFor(prefix, property, value) {
    const name = `${prefix}-${value.replace("#", "")}`;
    if (value.startsWith("#") && !this.#made.has(name)) {
      if (this.#made.size >= MOST_COLOURS) return "";
      this.#made.add(name);
      this.#add(`.${name} { ${property}: ${value}; }`);
    }
    return name;
  }
  /** @param {string} rule */
  #add(rule) {
    const at2 = this.sheet.insertRule(rule, this.sheet.cssRules.length);
    return (
      /** @type {CSSStyleRule} */
      this.sheet.cssRules[at2]
    );
  }
};
function colour(value) {
  const text = String(value);
  return /^(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.test(text) ? `#${text}` : text;
}

// overlay/host.js
var KEY2 = /* @__PURE__ */ Symbol.for("tower-hot-middleware.overlay");
var INDICATOR_TAG = "hot-middleware-indicator";
var OverlayHost = class {
  #document;
  #style;
  #overlay;
  /** @type {{ host: HTMLElement, status: HTMLElement } | undefined} */
  #indicator;
  /**
   * @param {Document} document
   * @param {Style} style
   */
  constructor(document, style) {
    this.#document = document;
    this.#style = style;
    this.#overlay = new Overlay(document, style);
  }
  /**
   * Makes the places on the overlay links that open an editor.
   *
   * @param {import('./overlay.js').Open} open
   */
  opensBy(open) {
    this.#overlay.open = open;
  }
  /**
   * Shows the problems of one kind and bundle; see `Overlay`.
   *
   * @param {import('./problem-store.js').Kind} kind
   * @param {string} name
   * @param {readonly string[]} texts
   */
  problems(kind, name, texts) {
    this.#overlay.set(kind, name, texts);
  }
  /**
   * Shows the build indicator, or removes it.
   *
   * @param {string} text empty to remove it
   */
  indicate(text) {
    if (!text) {
      this.#indicator?.host.remove();
      this.#indicator = void 0;
      return;
    }
    if (!this.#indicator?.host.isConnected) this.#indicator = this.#makeIndicator();
    this.#indicator.status.textContent = text;
  }
  #makeIndicator() {
    const host = this.#document.createElement(INDICATOR_TAG);
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [this.#style.sheet];
    const status = this.#document.createElement("div");
    status.className = "building";
    status.setAttribute("role", "status");
    root.append(status);
    this.#document.documentElement.append(host);
    return { host, status };
  }
};
function overlayHostOf(window, own) {
  const page = (
    /** @type {{ [KEY]?: OverlayHost }} */
    window
  );
  return page[KEY2] ??= new OverlayHost(window.document, new Style(window, own));
}

// overlay/code-frame.js
var AROUND = 2;
var MOST_LINE2 = 160;
var BEFORE_COLUMN = 60;
function codeFrame(text, line, column) {
  const lines = text.split("\n", line + AROUND);
  const pointed = lines[line - 1];
  if (pointed === void 0) return "";
  const from = pointed.length > MOST_LINE2 ? Math.max(0, column - 1 - BEFORE_COLUMN) : 0;
  const width = String(lines.length).length;
  const first2 = Math.max(1, line - AROUND);
  return lines.slice(first2 - 1).flatMap((source, at2) => {
    const row = first2 + at2;
    const shown = source.slice(from, from + MOST_LINE2).trimEnd();
    const numbered = `${row === line ? ">" : " "} ${String(row).padStart(width)} | ${shown}`.trimEnd();
    if (row !== line) return [numbered];
    const indent = source.slice(from, Math.max(from, column - 1)).replace(/[^\t]/g, " ");
    return [numbered, `  ${" ".repeat(width)} | ${indent}^`];
  }).join("\n");
}

// overlay/stack.js
var MOST_LINES = 100;
var MOST_LINE3 = 4e3;
var PLACE2 = /:(\d{1,9}):(\d{1,9})\)?\s*$/;
var MOST_PLACE2 = 32;
var OPENED = / \((?=[a-z][a-z\d+.-]*:)/i;
function framesOf(stack) {
  return stack.split("\n", MOST_LINES).map(frameOf).flatMap((frame, at2) => frame ? [{ ...frame, at: at2 }] : []);
}
function frameOf(line) {
  if (line.length > MOST_LINE3) return void 0;
  const found = PLACE2.exec(line.slice(-MOST_PLACE2));
  if (!found) return void 0;
  const [all, row = "", column = ""] = found;
  const url = urlIn(line.slice(0, line.length - all.length));
  if (/\s/.test(url) || !/^[a-z][a-z\d+.-]*:/i.test(url) || !URL.canParse(url)) return void 0;
  return { url, line: Number(row), column: Number(column), place: `${url}:${row}:${column}` };
}
function urlIn(frame) {
  const call = /^\s*at (?:async )?/.exec(frame)?.[0];
  if (call !== void 0) {
    const opened = OPENED.exec(frame);
    return frame.slice(opened ? opened.index + 2 : call.length);
  }
  const named = frame.indexOf("@");
  const scheme = frame.search(/[a-z][a-z\d+.-]*:\/\//i);
  return frame.slice(named >= 0 && (scheme < 0 || named < scheme) ? named + 1 : 0).trim();
}

// overlay/mapped-errors.js
var MOST_FRAMES = 20;
async function mapped(maps, described, place) {
  const frames = framesOf(described).slice(0, MOST_FRAMES);
  const [first2, ...rest] = await Promise.all(
    (frames.length ? frames : place ? [place] : []).map((frame2) => maps.placeOf(frame2))
  );
  if (!first2) return void 0;
  const lines = described.split("\n");
  const message = lines.slice(0, frames[0]?.at ?? lines.length).join("\n").trim();
  frames.forEach((frame2, at2) => {
    const original = [first2, ...rest][at2];
    const line = lines[frame2.at] ?? "";
    if (original) lines[frame2.at] = line.replace(frame2.place, () => `${original.file}:${original.line}:${original.column}`);
  });
  const calls = frames[0] ? lines.slice(frames[0].at).map((line) => line.trim()).filter(Boolean).map((line) => `    ${line}`) : [];
  const frame = first2.text === void 0 ? "" : codeFrame(first2.text, first2.line, first2.column);
  return [`${first2.file} ${first2.line}:${first2.column}
${message}`, frame, calls.join("\n")].filter(Boolean).join("\n\n");
}

// overlay/console-text.js
var MOST_TEXT = 2e3;
var MOST_DEPTH = 2;
var MOST_ITEMS = 12;
var MOST_STRING = 200;
var SPECIFIER = /%([sdifoOc%])/g;
function textOfLine(values) {
  const [first2, ...rest] = values;
  const parts = [];
  let after = values;
  if (typeof first2 === "string") {
    let used = 0;
    parts.push(
      shorten(first2, 2 * MOST_TEXT).replace(SPECIFIER, (written, kind) => {
        if (kind === "%") return "%";
        if (used >= rest.length) return written;
        const value = rest[used++];
        if (kind === "c") return "";
        return kind === "s" && typeof value !== "object" ? safely(() => String(value)) : textOf(value);
      })
    );
    after = rest.slice(used);
  }
  for (const value of after.slice(0, 2 * MOST_ITEMS)) parts.push(textOf(value));
  return shorten(parts.join(" ").trim(), MOST_TEXT);
}
function textOf(value) {
  return typeof value === "string" ? value : shorten(safely(() => inner(value, 0)), MOST_TEXT);
}
function errorText(error, depth = 0) {
  const { cause, message, name } = error;
  const own = [name, message].filter((part) => typeof part === "string" && part).join(": ") || "Error";
  return cause === void 0 || depth >= MOST_DEPTH ? own : `${own} (cause: ${safely(() => inner(cause, depth + 1))})`;
}
function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
function inner(value, depth) {
  if (typeof value === "string") return JSON.stringify(shorten(value, MOST_STRING));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (isError(value)) return errorText(value, depth);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind === "Date" || kind === "RegExp") return String(value);
  if (/Element$/.test(kind)) return tagOf(
    /** @type {Element} */
    value
  );
  if (kind === "Map" || kind === "Set") return `${kind}(${/** @type {Map<any, any>} */
  value.size})`;
  const isList = Array.isArray(value);
  if (depth >= MOST_DEPTH) return isList ? `Array(${value.length})` : "{…}";
  const names = Object.keys(value);
  const items = names.slice(0, MOST_ITEMS).map((name) => {
    const property = Object.getOwnPropertyDescriptor(value, name);
    const text = property && "value" in property ? inner(property.value, depth + 1) : "[getter]";
    return isList ? text : `${name}: ${text}`;
  });
  if (names.length > MOST_ITEMS) items.push(`… ${names.length - MOST_ITEMS} more`);
  if (isList) return `[${items.join(", ")}]`;
  return `${kind === "Object" ? "" : `${kind} `}{ ${items.join(", ")} }`.replace("{  }", "{}");
}
function tagOf(element) {
  const id = element.getAttribute("id");
  const classes = element.getAttribute("class")?.trim().split(/\s+/).slice(0, 3).join(".");
  return `<${element.localName}${id ? `#${id}` : ""}${classes ? `.${classes}` : ""}>`;
}
function safely(text) {
  try {
    return text();
  } catch {
    return "[unreadable]";
  }
}

// overlay/source-map.js
var MOST_SECTIONS = 1e3;
var MOST_SOURCES = 1e5;
var MOST_SEGMENTS = 5e6;
var ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
var DIGITS = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 64; digit += 1) DIGITS[ALPHABET.charCodeAt(digit)] = digit;
var [COMMA, SEMICOLON] = [44, 59];
var SourceMap = class {
  /** @type {Section[]} */
  #sections;
  /** @param {unknown} given the parsed JSON */
  constructor(given) {
    const { sections } = Object(given);
    if (!Array.isArray(sections)) {
      this.#sections = [{ line: 0, column: 0, map: new Table(given) }];
      return;
    }
    if (sections.length > MOST_SECTIONS) throw new Error(`more than ${MOST_SECTIONS} sections`);
    this.#sections = sections.map((section) => {
      const { map, offset } = Object(section);
      const { line, column } = Object(offset);
      if (!Number.isInteger(line) || !Number.isInteger(column)) throw new Error("a section without an offset");
      return { line, column, map: new Table(map) };
    });
  }
  /**
   * The original of a place.
   *
   * @param {number} line from 1
   * @param {number} column from 1
   * @returns {Original | undefined}
   */
  originalOf(line, column) {
    let [row, last] = [line - 1, column - 1];
    let isBefore2 = false;
    for (let at2 = this.#sections.length - 1; at2 >= 0; at2 -= 1) {
      const { line: first2, column: offset, map } = (
        /** @type {Section} */
        this.#sections[at2]
      );
      if (first2 > row || first2 === row && offset > last) continue;
      const segment = map.segmentAt(row - first2, first2 === row ? last - offset : last, isBefore2);
      if (segment) return map.originalOf(segment);
      if (first2 < row) return void 0;
      last = offset - 1;
      isBefore2 = true;
    }
    return void 0;
  }
};
var Table = class {
  #sources;
  #contents;
  #mappings;
  /** @type {Segment[][] | undefined} */
  #lines;
  /** @param {unknown} given */
  constructor(given) {
    const { mappings, sourceRoot, sources, sourcesContent } = Object(given);
    if (typeof mappings !== "string" || !Array.isArray(sources)) throw new Error("not a source map");
    if (sources.length > MOST_SOURCES) throw new Error(`more than ${MOST_SOURCES} sources`);
    const root = typeof sourceRoot === "string" && sourceRoot ? `${sourceRoot.replace(/\/$/, "")}/` : "";
    this.#sources = sources.map((source) => typeof source === "string" ? root + source : "");
    this.#contents = Array.isArray(sourcesContent) ? sourcesContent : [];
    this.#mappings = mappings;
  }
  /**
   * The segment that a place is in: the last one that begins at or before it, and the first of several that begin exactly
   * there.
   *
   * @param {number} line from 0
   * @param {number} column from 0
   * @param {boolean} isBefore true if the place itself is after that column
   * @returns {Segment | undefined}
   */
  segmentAt(line, column, isBefore2) {
    this.#lines ??= decode(this.#mappings);
    const segments = this.#lines[line] ?? [];
    let [low, high] = [0, segments.length];
    while (low < high) {
      const middle = low + high >> 1;
      if (columnOf(segments[middle]) <= column) low = middle + 1;
      else high = middle;
    }
    let at2 = low - 1;
    while (!isBefore2 && at2 > 0 && columnOf(segments[at2]) === column && columnOf(segments[at2 - 1]) === column) at2 -= 1;
    return segments[at2];
  }
  /**
   * @param {Segment} segment
   * @returns {Original | undefined}
   */
  originalOf([, source = -1, line = 0, column = 0]) {
    const name = this.#sources[source];
    if (!name) return void 0;
    const text = this.#contents[source];
    return { source: name, line: line + 1, column: column + 1, text: typeof text === "string" ? text : void 0 };
  }
};
function columnOf(segment) {
  return segment?.[0] ?? 0;
}
function decode(mappings) {
  const lines = [];
  let segments = [];
  let [at2, count3] = [0, 0];
  let [source, line, column] = [0, 0, 0];
  let generated = 0;
  let isSorted = true;
  const next = () => {
    let [value, shift, digit] = [0, 0, 32];
    while (digit & 32) {
      digit = DIGITS[mappings.charCodeAt(at2)] ?? -1;
      if (digit < 0 || shift > 30) throw new Error(`an invalid number at ${at2} of the mappings`);
      at2 += 1;
      value |= (digit & 31) << shift;
      shift += 5;
    }
    const size = value >>> 1;
    return value & 1 ? -size : size;
  };
  const isEnd = () => at2 >= mappings.length || mappings.charCodeAt(at2) === COMMA || mappings.charCodeAt(at2) === SEMICOLON;
  const endLine = () => {
    if (!isSorted) segments.sort((one, other) => columnOf(one) - columnOf(other));
    lines.push(segments);
    [segments, generated, isSorted] = [[], 0, true];
  };
  while (at2 < mappings.length) {
    const code = mappings.charCodeAt(at2);
    if (code === SEMICOLON) endLine();
    if (code === SEMICOLON || code === COMMA) {
      at2 += 1;
      continue;
    }
    if ((count3 += 1) > MOST_SEGMENTS) throw new Error(`more than ${MOST_SEGMENTS} segments`);
    const before = generated;
    generated += next();
    isSorted &&= segments.length === 0 || generated >= before;
    if (isEnd()) {
      segments.push([generated]);
      continue;
    }
    source += next();
    line += next();
    column += next();
    segments.push([generated, source, line, column]);
    if (!isEnd()) next();
    if (!isEnd()) throw new Error(`a segment that is too long at ${at2} of the mappings`);
  }
  endLine();
  return lines;
}

// overlay/source-maps.js
var MOST_SCRIPT = 16 << 20;
var MOST_MAP = 32 << 20;
var MOST_KEPT = 32;
var MOST_SHOWN = 1 << 20;
var MOST_REQUESTED = 1e3;
var LIMIT = 5e3;
var COMMENT = /(?:\/\/|\/\*)[#@]\s*$/;
var NAME = "sourceMappingURL=";
var MOST_COMMENT = 16;
var SourceMaps = class {
  #page;
  /** @type {Map<string, Promise<SourceMap | undefined>>} */
  #maps = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {Set<string>} [page.requested] gets the URLs that are requested: they are no files that the page uses
   * @param {import('../stream/network.js').Fetch} page.fetch
   * @param {string} page.origin only this origin's scripts and maps are requested
   * @param {Pick<import('../stream/connection.js').Clock, 'setTimeout' | 'clearTimeout'>} page.clock
   */
  constructor(page) {
    this.#page = page;
  }
  /**
   * The original of a place in a script, or `undefined`: without a map, for another origin, and for a map that is invalid,
   * too large or does not arrive in time. Never rejects.
   *
   * @param {Pick<import('./stack.js').Frame, 'url' | 'line' | 'column'>} place
   * @returns {Promise<Place | undefined>}
   */
  async originalOf({ url, line, column }) {
    try {
      const original = (await this.#mapOf(url))?.originalOf(line, column);
      return original && { ...original, file: fileOf(original.source) };
    } catch {
      return void 0;
    }
  }
  /**
   * The original of a place, or the place itself in a script of this origin that has no map. Never rejects.
   *
   * @param {Pick<import('./stack.js').Frame, 'url' | 'line' | 'column'>} place
   * @returns {Promise<Pick<Place, 'file' | 'line' | 'column' | 'text'> | undefined>}
   */
  async placeOf({ url, line, column }) {
    const original = await this.originalOf({ url, line, column });
    if (original) return original;
    try {
      if (!this.#isOwn(url)) return void 0;
      const script = await this.#read(url, MOST_SHOWN);
      return { file: new URL(url).pathname, line, column, text: script?.text };
    } catch {
      return void 0;
    }
  }
  /** @param {string} url */
  #mapOf(url) {
    const known = this.#maps.get(url);
    if (known) return known;
    const map = this.#load(url).catch(() => void 0);
    this.#maps.set(url, map);
    for (const oldest of this.#maps.keys()) {
      if (this.#maps.size <= MOST_KEPT) break;
      this.#maps.delete(oldest);
    }
    return map;
  }
  /** @param {string} url */
  async #load(url) {
    if (!this.#isOwn(url)) return void 0;
    const script = await this.#read(url, MOST_SCRIPT);
    const named = script && (script.header ?? mappingUrl(script.text));
    if (!script || !named) return void 0;
    if (/^data:/i.test(named)) return new SourceMap(parse2(textOfData(named)));
    const location = new URL(named, url).href;
    if (!this.#isOwn(location)) return void 0;
    const map = await this.#read(location, MOST_MAP);
    return map && new SourceMap(parse2(map.text));
  }
  /** @param {string} url */
  #isOwn(url) {
    const { origin, protocol } = new URL(url);
    return /^https?:$/.test(protocol) && origin === this.#page.origin;
  }
  /**
   * @param {string} url
   * @param {number} most
   */
  async #read(url, most) {
    const { clock, fetch, requested } = this.#page;
    requested?.add(url);
    for (const oldest of requested ?? []) if (requested && requested.size > MOST_REQUESTED) requested.delete(oldest);
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(), LIMIT);
    try {
      const response = await fetch(url, { cache: "force-cache", signal: abort.signal });
      if (!response.ok) return void 0;
      const text = await textOf2(response, most);
      if (text === void 0) return void 0;
      return { text, header: response.headers.get("SourceMap") ?? response.headers.get("X-SourceMap") };
    } finally {
      clock.clearTimeout(timer);
      abort.abort();
    }
  }
};
async function textOf2(response, most) {
  const reader = response.body?.getReader();
  if (!reader) return void 0;
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > most) return void 0;
    text += decoder.decode(value, { stream: true });
  }
}
function mappingUrl(script) {
  const at2 = script.lastIndexOf(NAME);
  if (at2 < 0 || !COMMENT.test(script.slice(Math.max(0, at2 - MOST_COMMENT), at2))) return void 0;
  const [first2 = "", ...rest] = script.slice(at2 + NAME.length).split("\n");
  if (rest.some((line) => line.trim() && !line.trim().startsWith("//"))) return void 0;
  return /^[^\s'"`]+?(?=\s*(?:\*\/\s*)?$)/.exec(first2.trim())?.[0];
}
function textOfData(url) {
  const comma = url.indexOf(",");
  const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
  if (body.length > MOST_MAP) throw new Error("a map that is too large");
  if (!/;base64$/i.test(head)) return decodeURIComponent(body);
  return new TextDecoder().decode(Uint8Array.from(atob(body), (character) => character.charCodeAt(0)));
}
function parse2(text) {
  return JSON.parse(text.startsWith(")]}'") ? text.slice(text.indexOf("\n") + 1) : text);
}
function fileOf(source) {
  const url = /^([a-z][a-z\d+.-]+):\/\/([^/]*)\/(.*)$/is.exec(source);
  const [, scheme = "", , below = ""] = url ?? [];
  const isFile = /^file$/i.test(scheme);
  const path = url ? (isFile ? `/${below}` : below).replace(/[?#].*$/s, "") : source;
  return (isFile ? path : path.replace(/^(?:\.{0,2}\/)+/, "")) || source;
}
var KEY3 = /* @__PURE__ */ Symbol.for("tower-hot-middleware.source-maps");
function sourceMapsOf(window, requested) {
  const page = (
    /** @type {{ [KEY]?: SourceMaps }} */
    window
  );
  return page[KEY3] ??= new SourceMaps({
    fetch: window.fetch.bind(window),
    origin: window.location.origin,
    ...requested && { requested },
    clock: { setTimeout: window.setTimeout.bind(window), clearTimeout: window.clearTimeout.bind(window) }
  });
}

// overlay/reports.js
var MOST_ENTRIES = 64;
var MOST_TEXT2 = 2e3;
var MOST_BODY = 2e4;
var FIRST = 50;
var PAUSE = 500;
var MOST_SEEN = 2e3;
var PATIENCE3 = 2e3;
var TOOLS = /^(?:%c)?\[(?:HMR|vite|rsbuild|webpack-dev-server|rspack-dev-server|Fast Refresh)\]|^(?:%c)?Download the React DevTools/i;
var Reports = class {
  #parts;
  #key = "";
  /** Events that were dispatched a moment ago: a listener of the page may still prevent their default. @type {Event[]} */
  #events = [];
  /** @type {Map<string, Entry>} */
  #entries = /* @__PURE__ */ new Map();
  #omitted = 0;
  #seen = { since: 0, count: 0 };
  /** @type {unknown} */
  #timer;
  #isSending = false;
  /** True while an item is read: what that logs or throws is not reported. */
  #isReading = false;
  /**
   * @param {object} parts
   * @param {import('../stream/network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string} parts.own the folder of the client's files
   * @param {Pick<Location, 'origin' | 'pathname'>} parts.location
   * @param {Pick<import('../stream/connection.js').Clock, 'now' | 'setTimeout'>} parts.clock
   * @param {Pick<import('./source-maps.js').SourceMaps, 'originalOf'>} parts.maps
   * @param {Requested} parts.requested
   */
  constructor(parts) {
    this.#parts = parts;
  }
  /**
   * Notes the key of the server that this page is connected to. Another process has another one.
   *
   * @param {string} key
   */
  greet(key) {
    this.#key = key;
    this.#plan();
  }
  /** The stream was lost. What is reported until the next greeting waits for it: another process may answer then. */
  lost() {
    this.#key = "";
  }
  /**
   * Takes an event or a line of the console. Never throws.
   *
   * @param {Reported} item
   */
  take(item) {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      if (!this.#isAllowed()) this.#omitted += 1;
      else if (!("event" in item)) this.#add(lineOf(item, this.#parts.location.pathname));
      else if (this.#events.length < MOST_ENTRIES) this.#events.push(item.event);
      else this.#omitted += 1;
      this.#plan();
    } catch {
    } finally {
      this.#isReading = false;
    }
  }
  /** Sends what is there at once, as the page is left. Source maps are not waited for. */
  leave() {
    this.#read();
    void this.#post(this.#batch(), (place) => Promise.resolve(this.#nameOf(place)));
  }
  #isAllowed() {
    const now = this.#parts.clock.now();
    if (now - this.#seen.since >= 1e3) this.#seen = { since: now, count: 0 };
    this.#seen.count += 1;
    return this.#seen.count <= MOST_SEEN;
  }
  #plan() {
    if (!this.#key || this.#isSending || !(this.#events.length + this.#entries.size + this.#omitted)) return;
    this.#timer ??= this.#parts.clock.setTimeout(() => void this.#send(), FIRST);
  }
  /** One request at a time, which collects entries for the next. */
  async #send() {
    this.#timer = void 0;
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      this.#read();
      if (this.#key) await this.#post(this.#batch(), (place) => this.#originalOf(place));
      await new Promise((resolve) => void this.#parts.clock.setTimeout(() => resolve(void 0), PAUSE));
    } finally {
      this.#isSending = false;
      this.#plan();
    }
  }
  /** Turns the events into entries. */
  #read() {
    this.#isReading = true;
    for (const event of this.#events.splice(0)) {
      try {
        if (!event.defaultPrevented) this.#add(entryOf(event, this.#parts));
      } catch {
        this.#omitted += 1;
      }
    }
    this.#isReading = false;
  }
  /** @param {Omit<Entry, 'count'> | undefined} entry */
  #add(entry) {
    if (!entry || entry.place && entry.place.url.startsWith(this.#parts.own)) return;
    const { kind, level, page, place } = entry;
    const text = shorten(entry.text, MOST_TEXT2);
    const key = JSON.stringify([page, kind, level, text, place]);
    this.#put(key, { ...entry, text, count: 1 });
  }
  /**
   * @param {string} key
   * @param {Entry} entry
   */
  #put(key, entry) {
    const known = this.#entries.get(key);
    if (known) known.count += entry.count;
    else if (this.#entries.size < MOST_ENTRIES) this.#entries.set(key, entry);
    else this.#omitted += entry.count;
  }
  /** Takes as many entries as fit into a request. */
  #batch() {
    const batch = [];
    let size = 0;
    for (const [key, entry] of this.#entries) {
      size += entry.text.length + entry.page.length + (entry.place?.url.length ?? 0) + 100;
      if (batch.length && size > MOST_BODY) break;
      this.#entries.delete(key);
      batch.push([key, entry]);
    }
    const omitted = this.#omitted;
    this.#omitted = 0;
    return { batch, omitted };
  }
  /**
   * @param {{ batch: [string, Entry][], omitted: number }} sent
   * @param {(place: Place) => Promise<string>} nameOf
   */
  async #post({ batch, omitted }, nameOf2) {
    const { fetch, url } = this.#parts;
    if (!(batch.length + omitted)) return;
    const entries = await Promise.all(
      batch.map(async ([, { place, ...entry }]) => ({ ...entry, ...place && { place: await nameOf2(place) } }))
    );
    const key = this.#key;
    const keep = () => {
      for (const [key2, entry] of batch) this.#put(key2, entry);
      this.#omitted += omitted;
    };
    if (!key) return keep();
    const headers = { "Content-Type": "application/json", "Hot-Middleware-Receipts": key };
    const body = JSON.stringify({ type: "console", entries, omitted });
    const answer = await fetch(`${url}?receipts`, { method: "POST", headers, body, keepalive: true }).catch(() => void 0);
    void answer?.arrayBuffer().catch(() => void 0);
    if (answer?.status !== 403) return;
    if (this.#key === key) this.#key = "";
    keep();
  }
  /** @param {Place} place */
  async #originalOf(place) {
    const { clock, maps } = this.#parts;
    const late = new Promise((resolve) => void clock.setTimeout(() => resolve(void 0), PATIENCE3));
    const original = await Promise.race([maps.originalOf(place), late]);
    return original ? `${original.file}:${original.line}:${original.column}` : this.#nameOf(place);
  }
  /** @param {Place} place */
  #nameOf({ url, line, column }) {
    return `${shortUrl(url, this.#parts.location.origin)}:${line}:${column}`;
  }
};
function lineOf({ level, stack, values }, page) {
  const text = textOfLine(values);
  if (!text || TOOLS.test(text) || TOOLS.test(String(values[0]))) return void 0;
  const error = values.find(isError);
  const [place] = framesOf(String(error?.stack ?? "")).slice(0, 1).concat(framesOf(stack).slice(1, 2));
  return { page, kind: "console", level, text, place: place && placeOf(place) };
}
function entryOf(event, { location, requested }) {
  const page = location.pathname;
  if (event.type === "unhandledrejection") {
    const { reason } = (
      /** @type {PromiseRejectionEvent} */
      event
    );
    return { page, kind: "rejection", level: "error", ...thrown(reason) };
  }
  if (event.type === "securitypolicyviolation") {
    const violation = (
      /** @type {SecurityPolicyViolationEvent} */
      event
    );
    const { blockedURI, columnNumber, disposition, effectiveDirective, lineNumber, sourceFile } = violation;
    const isStyle = blockedURI === "inline" && effectiveDirective.startsWith("style-src");
    if (isStyle && requested.isParsing(event.timeStamp)) return void 0;
    const isReport = disposition === "report";
    return {
      page,
      kind: "policy",
      level: isReport ? "warn" : "error",
      text: `${effectiveDirective} ${shortUrl(blockedURI, location.origin)}${isReport ? " (report only)" : ""}`,
      place: sourceFile && lineNumber ? placeOf({ url: sourceFile, line: lineNumber, column: columnNumber || 1 }) : void 0
    };
  }
  if (!("lineno" in event)) {
    const element = (
      /** @type {Element & { currentSrc?: unknown, src?: unknown, href?: unknown, data?: unknown }} */
      event.target
    );
    const { currentSrc, data, href, src } = element;
    const url = [currentSrc, src, href, data].find((url2) => typeof url2 === "string" && url2);
    if (typeof url !== "string") return void 0;
    return { page, kind: "resource", level: "error", text: `<${element.localName}> ${shortUrl(url, location.origin)}`, place: void 0 };
  }
  const { colno, error, filename, lineno, message } = (
    /** @type {ErrorEvent} */
    event
  );
  const known = error === void 0 || error === null ? { text: message, place: void 0 } : thrown(error);
  const place = known.place ?? (URL.canParse(filename) && lineno ? placeOf({ url: filename, line: lineno, column: colno || 1 }) : void 0);
  return { page, kind: "error", level: "error", text: known.text, place };
}
function thrown(value) {
  if (!isError(value)) return { text: textOf(value), place: void 0 };
  const [place] = framesOf(String(value.stack ?? ""));
  return { text: errorText(value), place: place && placeOf(place) };
}
function placeOf({ url, line, column }) {
  return { url, line, column };
}
function shortUrl(url, origin) {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return shorten(url, 200);
  const parsed = new URL(withoutVersion(url));
  return shorten(parsed.origin === origin ? parsed.pathname + parsed.search : parsed.href, 500);
}
function reportsOf(window, source, parts) {
  const page = (
    /** @type {{ [KEY]?: Reports }} */
    source
  );
  if (page[KEY4]) return page[KEY4];
  const maps = sourceMapsOf(window, parts.requested.urls);
  const reports = page[KEY4] = new Reports({ ...parts, location: window.location, maps });
  source.take((item) => reports.take(item));
  window.addEventListener("pagehide", () => reports.leave());
  const { document } = window;
  const watch = (frame) => {
    try {
      const view = (
        /** @type {HTMLIFrameElement} */
        frame.contentWindow
      );
      if (view && /^(?:about|blob):/.test(view.document.URL) && !("__hot_middleware__" in view)) source.watch(
        /** @type {any} */
        view
      );
    } catch {
    }
  };
  for (const frame of document.querySelectorAll("iframe, frame")) watch(frame);
  document.addEventListener("load", ({ target }) => watch(target), { capture: true, passive: true });
  return reports;
}
var KEY4 = /* @__PURE__ */ Symbol.for("tower-hot-middleware.reports");

// overlay/runtime-errors.js
var MOST4 = 10;
var MOST_CHARACTERS = 2e4;
function watchRuntimeErrors(window, report, earlier = [], isShown = () => false, explain = async () => void 0) {
  const texts = /* @__PURE__ */ new Map();
  const reportAll = () => report([...texts.values()]);
  const add2 = (error, place) => {
    const described = describe(error);
    const text = shorten((place ? `${pathOf(place.url)} ${place.line}:${place.column}
` : "") + described, MOST_CHARACTERS);
    if (!texts.has(text)) {
      if (texts.size >= MOST4) return;
      texts.set(text, text);
      void explain(described, place).then(
        (explained) => {
          if (explained === void 0 || texts.get(text) !== text) return;
          texts.set(text, shorten(explained, MOST_CHARACTERS));
          reportAll();
        },
        () => void 0
      );
    }
    reportAll();
  };
  const handle = (event) => {
    if (isShown(event)) return;
    if (event.type === "unhandledrejection") return add2(
      /** @type {PromiseRejectionEvent} */
      event.reason
    );
    const { colno, error, filename, lineno } = (
      /** @type {ErrorEvent} */
      event
    );
    if (error) add2(error, filename ? { url: filename, line: lineno, column: colno } : void 0);
  };
  for (const event of earlier) handle(event);
  for (const type of ["error", "unhandledrejection"]) window.addEventListener(type, handle);
  return () => {
    texts.clear();
    report([]);
  };
}
function describe(error) {
  if (!(error instanceof Error)) return textFrom(error);
  const [message, name, stack] = [error.message, error.name, error.stack ?? ""].map(textFrom);
  return stack.includes(message) ? stack : `${name}: ${message}
${stack}`;
}
function pathOf(url) {
  try {
    return new URL(url).pathname;
  } catch {
    return url;
  }
}

// update/module-sheets.js
var TYPES = (
  /** @type {const} */
  { css: "css", json: "json" }
);
function typeOf(url) {
  return (
    /** @type {Partial<Record<string, 'css' | 'json'>>} */
    TYPES[extensionOf(url)]
  );
}
async function importModule(url) {
  const type = typeOf(url);
  if (!type) return import(url);
  const { importWith } = await import("./import-with.js");
  return importWith(url, type);
}
var ModuleSheets = class {
  #page;
  /**
   * @param {object} page
   * @param {(url: string) => Promise<Record<string, unknown>>} page.load `import()`
   * @param {(url: string) => Promise<string | undefined>} page.source the text of a file
   * @param {(key: string) => string[]} page.urlsOf the URLs from which the page has loaded a file
   */
  constructor(page) {
    this.#page = page;
  }
  /**
   * Replaces the rules of all sheets of a file.
   *
   * @param {string} key
   * @param {string} [text] the new rules, if the event had them
   * @returns {Promise<boolean>} false if the page has none
   */
  async replace(key, text) {
    const { load, source, urlsOf } = this.#page;
    const rules = text ?? await source(key);
    if (rules === void 0) return false;
    let isDone = false;
    for (const url of urlsOf(key)) {
      const { default: sheet } = await load(url);
      if (!(sheet instanceof CSSStyleSheet)) continue;
      sheet.replaceSync(rules);
      isDone = true;
    }
    return isDone;
  }
};

// update/handover.js
async function handOver(instances, base, send) {
  const modules = [...instances ?? []].filter(([key]) => key.startsWith(`${base}/`));
  if (!instances || modules.length < instances.size || modules.some(([key]) => typeOf(key))) return false;
  return send(Object.fromEntries(modules.map(([key, change]) => [key.slice(base.length), change])));
}

// update/idle.js
var FEW_ELEMENTS = 1e3;
function idle(window, pause) {
  if (window.document.getElementsByTagName("*").length <= FEW_ELEMENTS) return Promise.resolve();
  if (!window.requestIdleCallback) return pause(50);
  return new Promise((resolve) => void window.requestIdleCallback(() => resolve(void 0), { timeout: 1e3 }));
}

// update/split-rules.js
var TOKEN = /["'\\{}()[\];]|\/\*|(?<![\w-])url\(/gi;
var BLANK = /\s*/y;
var PLAIN = { '"': /[^"\\\n]*/y, "'": /[^'\\\n]*/y, ")": /[^)\\\n]*/y };
var CLOSERS = /* @__PURE__ */ new Map([
  ["{", "}"],
  ["(", ")"],
  ["[", "]"]
]);
function splitRules(css) {
  const statements = [];
  const open = [];
  let start2 = 0;
  const pattern = new RegExp(TOKEN);
  for (let match = pattern.exec(css); match; match = pattern.exec(css)) {
    const token = match[0];
    const hidden = endOfHidden(css, token, pattern.lastIndex);
    if (hidden === -1) return void 0;
    pattern.lastIndex = hidden ?? pattern.lastIndex;
    const closer = hidden === void 0 && CLOSERS.get(token.at(-1) ?? "");
    if (closer) open.push(closer);
    else if (/^[})\]]$/.test(token) && open.pop() !== token) return void 0;
    if (open.length || token !== ";" && token !== "}") continue;
    if (token === ";" && css[endOfSpace(css, start2)] !== "@") return void 0;
    statements.push(css.slice(start2, match.index + 1));
    start2 = match.index + 1;
  }
  return open.length || endOfSpace(css, start2) < css.length ? void 0 : { statements, rest: css.slice(start2) };
}
function endOfHidden(css, token, from) {
  if (token === "\\") return from + 1;
  if (token === '"' || token === "'") return endOfString(css, token, from, "\n");
  if (token === "/*") {
    const end = css.indexOf("*/", from);
    return end === -1 ? -1 : end + 2;
  }
  if (token.length === 1) return void 0;
  const first2 = endOfBlank(css, from);
  return first2 < css.length && !`"')`.includes(css.charAt(first2)) ? endOfString(css, ")", first2) : void 0;
}
function endOfString(css, closer, from, forbidden) {
  const plain2 = PLAIN[closer];
  for (let at2 = from; at2 < css.length; at2 += 2) {
    at2 = skip(css, at2, plain2);
    const character = css.charAt(at2);
    if (character === closer) return at2 + 1;
    if (character === forbidden) return -1;
    if (character !== "\\") at2 -= 1;
  }
  return -1;
}
function skip(text, from, pattern) {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}
function endOfBlank(css, from) {
  return skip(css, from, BLANK);
}
function endOfSpace(css, from) {
  let at2 = endOfBlank(css, from);
  while (css.startsWith("/*", at2)) at2 = endOfBlank(css, css.indexOf("*/", at2 + 2) + 2);
  return at2;
}
function diffRules({ statements, rest }, css) {
  let start2 = 0;
  let from = 0;
  for (let piece = statements[0]; piece !== void 0 && css.startsWith(piece, from); piece = statements[start2]) {
    from += piece.length;
    start2 += 1;
  }
  let end = statements.length;
  let to = css.length;
  const keepsRest = css.endsWith(rest) && css.length - rest.length >= from;
  if (keepsRest) {
    to -= rest.length;
    for (let piece = statements[end - 1] ?? ""; end > start2; piece = statements[end - 1] ?? "") {
      if (to - piece.length < from || !css.startsWith(piece, to - piece.length)) break;
      to -= piece.length;
      end -= 1;
    }
  }
  const pieces = splitRules(css.slice(from, to));
  if (!pieces) return void 0;
  const after = statements.slice(end);
  let last = keepsRest ? rest : "";
  if (after.length) after[0] = pieces.rest + after[0];
  else last = pieces.rest + last;
  return {
    start: start2,
    deleted: end - start2,
    inserted: pieces.statements,
    next: { statements: [...statements.slice(0, start2), ...pieces.statements, ...after], rest: last }
  };
}

// update/images.js
var XLINK = "http://www.w3.org/1999/xlink";
var ELEMENTS = 'img,source,input[type="image" i],video[poster],link[rel~="icon" i],link[rel~="apple-touch-icon" i],link[imagesrcset],object[data],embed,image,use,feImage,[background]';
var URL_ATTRIBUTES = ["src", "href", "poster", "data", "background"];
var SRCSET_ATTRIBUTES = ["srcset", "imagesrcset"];
var CSS_URL = /url\(/gi;
var HAS_URL = /url\(/i;
var BARE = /[^\s"'()\\]*/y;
var ESCAPE2 = /\\(?:[0-9a-f]{1,6}\s?|[^])/iy;
var SEPARATORS = /[\s,]*/y;
var NOT_BLANK = /\S*/y;
var Images = class {
  #document;
  #preload;
  #keyOf;
  /** Versions that were swapped in, by key, for stylesheets that are loaded later. @type {Map<string, string>} */
  #versions = /* @__PURE__ */ new Map();
  /** The number of images that are loading. */
  #loading = 0;
  /** The sheets that were searched since then, each with its rules. @type {WeakMap<CSSStyleSheet, CSSRule[]>} */
  #seen = /* @__PURE__ */ new WeakMap();
  #pause;
  /** The pause after the last swap. @type {Promise<void> | undefined} */
  #rest;
  /**
   * @param {Document} document
   * @param {(url: string) => Promise<unknown>} preload settles when the image is decoded
   * @param {object} [page]
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {() => Promise<void>} [page.pause] a few frames
   */
  constructor(document, preload2, { keyOf: keyOf3 = keyOf, pause = () => Promise.resolve() } = {}) {
    this.#pause = pause;
    this.#document = document;
    this.#preload = preload2;
    this.#keyOf = keyOf3;
  }
  /**
   * Finds where the document or a stylesheet shows any of the images, in one pass over them.
   *
   * @param {Set<string>} keys
   * @returns {Map<string, Place[]>} the places of each image that is shown
   */
  find(keys) {
    const found = /* @__PURE__ */ new Map();
    if (!keys.size) return found;
    this.#visit(
      (renaming) => renaming((url, base) => {
        const key = this.#keyOf(url, base);
        if (key === void 0 || !keys.has(key)) return void 0;
        const places = found.get(key) ?? [];
        places.push({ url: absolute(url, base) ?? url, renaming });
        found.set(key, places);
        return void 0;
      }),
      (sheet) => {
        this.#seen.set(sheet, [...rulesOf(sheet) ?? []]);
        return false;
      }
    );
    return found;
  }
  /**
   * Shows the image's new version, once it is loaded, at the places that `find` found, and at those that the page added
   * meanwhile.
   *
   * @param {string} key
   * @param {string} version
   * @param {Place[]} places
   */
  async swap(key, version, places) {
    const [first2] = places;
    if (!first2) return;
    this.#versions.set(key, version);
    this.#loading += 1;
    await this.#preload(withVersion(first2.url, version)).catch(() => void 0);
    if (this.#rest) await this.#rest;
    this.#rest ??= this.#pause().then(() => this.#rest = void 0);
    this.#loading -= 1;
    try {
      if (this.#versions.get(key) !== version) return;
      for (const renaming of new Set(places.map((place) => place.renaming))) {
        renaming((url, base) => this.#keyOf(url, base) === key ? this.#current(url, base) : void 0);
      }
    } finally {
      if (!this.#loading) this.#catchUp();
    }
  }
  /**
   * The text of a CSS rule with the images in it that were swapped since the page was loaded.
   *
   * @param {string} css
   * @param {string} base
   */
  freshen(css, base) {
    return this.#versions.size ? renameInCss(css, base, this.#current) : css;
  }
  /**
   * Does the same as `freshen` for a whole sheet.
   *
   * @param {CSSStyleSheet} sheet
   */
  freshenSheet(sheet) {
    if (!this.#versions.size) return;
    visitSheet(sheet, this.#document, (renaming) => renaming(this.#current));
  }
  /** @type {Rename} */
  #current = (url, base) => {
    const version = this.#versions.get(this.#keyOf(url, base) ?? "");
    const next = version === void 0 ? url : withVersion(url, version);
    return next === url ? void 0 : next;
  };
  /** Shows the new versions where the page has put the old ones while they were loading, in one pass for all. */
  #catchUp() {
    const seen = this.#seen;
    this.#seen = /* @__PURE__ */ new WeakMap();
    this.#visit(
      (renaming) => {
        try {
          renaming(this.#current);
        } catch {
        }
      },
      (sheet) => isAsSeen(sheet, seen.get(sheet))
    );
  }
  /**
   * Visits every element and style of the page that has the URL of an image.
   *
   * @param {(renaming: Renaming) => void} visit
   * @param {(sheet: CSSStyleSheet) => boolean} isLeftOut returns true for a sheet whose own styles are not visited
   */
  #visit(visit, isLeftOut) {
    const document = this.#document;
    const { baseURI } = document;
    for (const root of rootsOf(document)) {
      for (const element of root.querySelectorAll(ELEMENTS)) {
        visit((rename) => renameInElement(element, baseURI, rename));
      }
      for (const element of root.querySelectorAll('[style*="url(" i]')) {
        visit((rename) => renameInStyle(
          /** @type {HTMLElement} */
          element.style,
          baseURI,
          rename
        ));
      }
      for (const sheet of [...root.styleSheets, ...root.adoptedStyleSheets ?? []]) {
        visitSheet(sheet, document, visit, isLeftOut);
      }
    }
  }
};
function isAsSeen(sheet, seen) {
  const rules = rulesOf(sheet);
  return seen !== void 0 && rules?.length === seen.length && seen.every((rule, index) => rule === rules[index]);
}
function renameInElement(element, base, rename) {
  for (const name of URL_ATTRIBUTES) {
    const next = renamed(element.getAttribute(name), base, rename);
    if (next !== void 0) element.setAttribute(name, next);
  }
  const link = renamed(element.getAttributeNS(XLINK, "href"), base, rename);
  if (link !== void 0) element.setAttributeNS(XLINK, "xlink:href", link);
  for (const name of SRCSET_ATTRIBUTES) {
    const value = element.getAttribute(name);
    const next = value && renameInSrcset(value, base, rename);
    if (next && next !== value) element.setAttribute(name, next);
  }
}
function renamed(url, base, rename) {
  return url ? rename(url, base) : void 0;
}
function visitSheet(sheet, document, visit, isLeftOut) {
  const visitStyle = (style, owner) => {
    if (HAS_URL.test(style.cssText)) visit((rename) => renameInStyle(style, baseOf(owner, document), rename));
  };
  visitStyles(sheet, visitStyle, isLeftOut);
}
function renameInStyle(style, base, rename) {
  const text = style.cssText;
  const next = renameInCss(text, base, rename);
  if (next !== text) style.cssText = next;
}
function renameInCss(css, base, rename) {
  let renamed2 = "";
  let from = 0;
  const pattern = new RegExp(CSS_URL);
  for (let match = pattern.exec(css); match; match = pattern.exec(css)) {
    const found = readUrl(css, pattern.lastIndex);
    if (!found) continue;
    pattern.lastIndex = found.end;
    const next = rename(unescapeCss(found.text), base);
    if (next === void 0) continue;
    const quoted = next.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\a ");
    renamed2 += `${css.slice(from, match.index)}url("${quoted}")`;
    from = found.end;
  }
  return renamed2 + css.slice(from);
}
function readUrl(css, from) {
  const start2 = endOfBlank(css, from);
  const quote = css.charAt(start2);
  const isQuoted = quote === '"' || quote === "'";
  const after = isQuoted ? endOfString(css, quote, start2 + 1) : endOfBare(css, start2);
  if (after === -1 || after === start2) return void 0;
  const end = endOfBlank(css, after);
  if (css.charAt(end) !== ")") return void 0;
  return { text: isQuoted ? css.slice(start2 + 1, after - 1) : css.slice(start2, after), end: end + 1 };
}
function endOfBare(css, from) {
  let at2 = skip(css, from, BARE);
  while (css.charAt(at2) === "\\" && at2 + 1 < css.length) at2 = skip(css, skip(css, at2, ESCAPE2), BARE);
  return at2;
}
function unescapeCss(text) {
  return text.replace(/\\(?:([0-9a-f]{1,6})\s?|\n|([^]))/gi, (_, hex2, character) => {
    if (character !== void 0) return character;
    const code = hex2 === void 0 ? void 0 : parseInt(hex2, 16);
    if (code === void 0) return "";
    return code > 0 && code <= 1114111 ? String.fromCodePoint(code) : "�";
  });
}
function renameInSrcset(srcset, base, rename) {
  let renamed2 = "";
  for (let at2 = 0; at2 < srcset.length; ) {
    const start2 = skip(srcset, at2, SEPARATORS);
    const end = skip(srcset, start2, NOT_BLANK);
    let urlEnd = end;
    while (urlEnd > start2 && srcset.charAt(urlEnd - 1) === ",") urlEnd -= 1;
    const url = srcset.slice(start2, urlEnd);
    const next = urlEnd < end ? end : endOfDescriptors(srcset, end);
    renamed2 += srcset.slice(at2, start2) + (url && (rename(url, base) ?? url)) + srcset.slice(urlEnd, next);
    at2 = next;
  }
  return renamed2;
}
function endOfDescriptors(srcset, from) {
  let isOpen = false;
  for (let at2 = from; at2 < srcset.length; at2 += 1) {
    const character = srcset.charAt(at2);
    if (character === "," && !isOpen) return at2 + 1;
    if (character === "(") isOpen = true;
    if (character === ")") isOpen = false;
  }
  return srcset.length;
}

// overlay/log.js
var MOST_LINE4 = 1e4;
var MOST_NAME3 = 100;
var MOST_PROBLEMS = { texts: 100, characters: 2e4, total: 2e5 };
var LEVELS = ["debug", "info", "warn", "error", "none"];
var DEFAULT = LEVELS.indexOf("info");
var STYLES = { errors: "color: #ff0000;", warnings: "color: #999933;" };
function deferredConsole(console, later) {
  const lines = [];
  const flush = () => {
    for (const line of lines.splice(0)) console.log(...line);
  };
  const after = (method) => (...line) => {
    flush();
    console[method](...line);
  };
  return {
    log(...line) {
      if (lines.push(line) === 1) later(flush);
    },
    warn: after("warn"),
    error: after("error"),
    group: after("group"),
    groupEnd: after("groupEnd"),
    flush
  };
}
function createLog(console, level) {
  const shows = (wanted) => {
    const given = LEVELS.indexOf(String(level()));
    return LEVELS.indexOf(wanted) >= (given < 0 ? DEFAULT : given);
  };
  const reported = /* @__PURE__ */ new Map();
  return {
    debug(line) {
      if (shows("debug")) console.log(`[HMR] ${shorten(line, MOST_LINE4)}`);
    },
    info(line) {
      if (shows("info")) console.log(`[HMR] ${shorten(line, MOST_LINE4)}`);
    },
    warn(line, ...details) {
      if (shows("warn")) console.warn(`[HMR] ${shorten(line, MOST_LINE4)}`, ...details);
    },
    error(line, ...details) {
      if (shows("error")) console.error(`[HMR] ${shorten(line, MOST_LINE4)}`, ...details);
    },
    problems(kind, name, problems, subject = bundle(name)) {
      if (!shows(kind === "errors" ? "error" : "warn")) return;
      const slot = JSON.stringify([kind, name]);
      const text = consoleText(problems);
      if (reported.get(slot) === text) return;
      reported.set(slot, text);
      console.group(
        `%c[HMR] ${subject} has ${problems.length} ${problems.length === 1 ? kind.slice(0, -1) : kind}`,
        STYLES[kind]
      );
      console[kind === "errors" ? "error" : "warn"](text);
      console.groupEnd();
    },
    clean(name) {
      reported.delete(JSON.stringify(["errors", name]));
      reported.delete(JSON.stringify(["warnings", name]));
    }
  };
}
function consoleText(problems) {
  const { omitted, texts } = firstOf(problems, MOST_PROBLEMS);
  return texts.map(plain).join("\n") + (omitted ? `
and ${omitted} more` : "");
}
function subjectOf({ name, changes }) {
  if (changes === void 0) return bundle(name);
  return name ? `'${shorten(name, MOST_NAME3)}'` : "the build";
}
function bundle(name) {
  return name ? `bundle '${shorten(name, MOST_NAME3)}'` : "bundle";
}

// update/custom-elements.js
var LITERAL = /\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\[^])*`/g;
var PRIVATE = /[.\s{;(!]#[\p{ID_Start}$_]/u;
var KEPT = /* @__PURE__ */ new Set(["constructor", "prototype", "length", "name"]);
var CustomElements = class {
  #registry;
  #document;
  #log;
  #fullReload;
  #updates = 0;
  #isWrapped = false;
  /**
   * @param {object} page
   * @param {CustomElementRegistry} page.registry
   * @param {Document} page.document
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'error'>} page.log
   * @param {(reason: string) => void} page.fullReload
   */
  constructor({ registry, document, log, fullReload }) {
    this.#fullReload = fullReload;
    this.#registry = registry;
    this.#document = document;
    this.#log = log;
  }
  /**
   * Lets modules define elements again until a promise is settled.
   *
   * @template T
   * @param {() => Promise<T>} load
   * @returns {Promise<T>}
   */
  async during(load) {
    if (!this.#isWrapped) this.#wrap();
    this.#updates += 1;
    try {
      return await load();
    } finally {
      this.#updates -= 1;
    }
  }
  /** At the first update: until then, the page has the browser's own function. */
  #wrap() {
    const registry = this.#registry;
    const define = registry.define;
    this.#isWrapped = true;
    registry.define = (name, next, options) => {
      const current = registry.get(name);
      if (!current || current === next || !this.#updates) return define.call(registry, name, next, options);
      this.#redefine(name, current, next);
    };
  }
  /**
   * @param {string} name
   * @param {CustomElementConstructor} current
   * @param {CustomElementConstructor} next
   */
  #redefine(name, current, next) {
    if (PRIVATE.test(`${current}${next}`.replace(LITERAL, ""))) return this.#fullReload(`<${name}> has private members, so its class can’t be replaced`);
    void /** @type {{ observedAttributes?: unknown }} */
    /** @type {unknown} */
    next.observedAttributes;
    const kept2 = litProperties(current, next);
    replace(current, next);
    replace(current.prototype, next.prototype, kept2);
    stand(current, next);
    for (const root of rootsOf(this.#document)) {
      for (const element of root.querySelectorAll(CSS.escape(name))) {
        if (!(element instanceof current)) continue;
        const { hotReplacedCallback, requestUpdate } = (
          /** @type {Record<string, any>} */
          /** @type {unknown} */
          element
        );
        try {
          if (typeof hotReplacedCallback === "function") hotReplacedCallback.call(element);
          else if (typeof requestUpdate === "function") updateLit(element, current, requestUpdate);
        } catch (error) {
          this.#log.error(`An update of <${name}> failed`, error);
        }
      }
    }
    this.#log.info(`Redefined: <${name}>`);
  }
};
function litProperties(current, next) {
  const [before, after] = [current, next].map((one) => (
    /** @type {{ elementProperties?: unknown }} */
    one.elementProperties
  ));
  if (!(before instanceof Map && after instanceof Map)) return /* @__PURE__ */ new Set();
  return new Set([...before.keys()].filter((name) => after.has(name)));
}
function updateLit(element, registered, requestUpdate) {
  const { elementStyles } = (
    /** @type {{ elementStyles?: { styleSheet?: CSSStyleSheet }[] }} */
    registered
  );
  const sheets = elementStyles?.map((style) => style.styleSheet ?? style).filter((sheet) => sheet instanceof CSSStyleSheet);
  if (sheets && element.shadowRoot) element.shadowRoot.adoptedStyleSheets = sheets;
  requestUpdate.call(element);
}
function stand(current, next) {
  const bridge = new Proxy(Object.getPrototypeOf(next), {
    construct: (base, values, target) => Reflect.construct(base, values, target === next ? current : target)
  });
  Object.setPrototypeOf(next, bridge);
  if (Object.hasOwn(next, Symbol.hasInstance)) return;
  Object.defineProperty(next, Symbol.hasInstance, {
    configurable: true,
    /** @param {unknown} value */
    value(value) {
      const isOne = Function.prototype[Symbol.hasInstance];
      return isOne.call(this, value) || this === next && isOne.call(current, value);
    }
  });
}
function replace(target, source, kept2 = /* @__PURE__ */ new Set()) {
  for (const key of Reflect.ownKeys(target)) {
    if (!KEPT.has(
      /** @type {string} */
      key
    ) && !Object.hasOwn(source, key)) Reflect.deleteProperty(target, key);
  }
  for (const key of Reflect.ownKeys(source)) {
    const descriptor = Object.getOwnPropertyDescriptor(source, key);
    if (descriptor && !KEPT.has(
      /** @type {string} */
      key
    ) && !kept2.has(key)) Reflect.defineProperty(target, key, descriptor);
  }
  Object.setPrototypeOf(target, Object.getPrototypeOf(source));
}

// stream/network.js
var MOST_REFRESHED = 256;
var MOST_AT_ONCE = 4;
function refresh(fetch, clock, urls, patience) {
  if (!urls.length) return Promise.resolve(true);
  return new Promise((resolve) => {
    let isUp = true;
    const abort = new AbortController();
    const timer = clock.setTimeout(() => {
      abort.abort();
      resolve(isUp);
    }, patience);
    const waiting = urls.slice(0, MOST_REFRESHED);
    const load = async () => {
      for (let url = waiting.shift(); url !== void 0 && !abort.signal.aborted; url = waiting.shift()) {
        try {
          const response = await fetch(url, { cache: "reload", signal: abort.signal });
          if (response.status >= 500) isUp = false;
          await response.arrayBuffer();
        } catch {
          if (!abort.signal.aborted) isUp = false;
        }
      }
    };
    void Promise.all(Array.from({ length: MOST_AT_ONCE }, load)).then(() => {
      clock.clearTimeout(timer);
      resolve(isUp);
    });
  });
}
function readingFrom(fetch, origins) {
  return (url, init) => fetch(url, origins.includes(new URL(url).origin) ? init : { ...init, mode: "no-cors" });
}
function fetchingModules(fetch, origin) {
  const isScript = (url) => new URL(url).origin === origin && /^m?js$/.test(extensionOf(url));
  return (url, init) => fetch(url, isScript(url) ? { ...init, headers: { "Hot-Middleware-Module": "1" } } : init);
}
function discard(response) {
  void response?.body?.cancel().catch(() => void 0);
}
async function textOf3(fetch, url, type = /^/, read = (response) => response.text()) {
  try {
    const response = await fetch(url, { cache: "reload" });
    const wanted = response.ok && type.test(response.headers.get("content-type") ?? "");
    if (wanted) return await read(response);
    discard(response);
    return void 0;
  } catch {
    return void 0;
  }
}
async function explainRefusal(fetch, url, log, persists) {
  const abort = new AbortController();
  try {
    const asked = `${url}${url.includes("?") ? "&" : "?"}ids`;
    const response = await fetch(asked, { cache: "no-store", signal: abort.signal });
    if (response.status === 204) {
      if (await persists()) log.info(`${url} was closed by the app. Trying again until it is open.`);
      return;
    }
    const type = response.headers.get("content-type");
    const reason = response.ok ? `with ${type ?? "no Content-Type"} instead of an event stream` : `${response.status} ${(await response.text()).trim().slice(0, 1e3)}`;
    if (type?.startsWith("text/event-stream")) return;
    log.warn(`${url} answers ${reason.trim()}. Trying again until it does not.`);
  } catch {
  } finally {
    abort.abort();
  }
}

// update/module-problems.js
var FRAME = /(?:^|[\s(@])([^\s(@]+?):(\d+):(\d+)\)?$/m;
var LIMIT2 = 2e3;
var ModuleProblems = class {
  #page;
  /** The URLs whose syntax errors are being located. @type {Set<string>} */
  #located = /* @__PURE__ */ new Set();
  /** The last failure of each module. @type {Map<string, object>} */
  #attempts = /* @__PURE__ */ new Map();
  /** @type {Map<string, string>} */
  #texts = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {Window & typeof globalThis} page.window
   * @param {(texts: string[]) => void} page.show shows all problems
   * @param {import('../stream/network.js').Fetch} page.fetch
   * @param {() => Promise<void>} page.pause
   * @param {(event: string, data: unknown) => void} page.emit
   */
  constructor(page) {
    this.#page = page;
  }
  /** Returns true for the event of an error that is located here, and shown with the module's name. */
  isOwn = (event) => event.type === "error" && this.#located.has(
    /** @type {ErrorEvent} */
    event.filename
  );
  /**
   * Shows why a module could not be imported again.
   *
   * @param {string} url
   * @param {string} instance the URL that was imported
   * @param {unknown} error
   */
  async failed(url, instance, error) {
    const { emit, show } = this.#page;
    const attempt2 = {};
    this.#attempts.set(url, attempt2);
    const place = await this.#placeOf(instance, error).catch(() => void 0);
    const reason = await this.#reason(instance, error);
    if (this.#attempts.get(url) !== attempt2) return;
    const path = new URL(url).pathname;
    this.#texts.set(url, place ? `${place.file} ${place.line}:${place.column}
${reason}` : `${path}
${reason}`);
    show([...this.#texts.values()]);
    const { message = String(error), stack = "" } = error instanceof Error ? error : {};
    emit("vite:error", { type: "error", err: { message, stack, id: path, ...place && { loc: place } } });
  }
  /**
   * Removes what was shown of a module.
   *
   * @param {string} url
   */
  done(url) {
    this.#attempts.delete(url);
    if (this.#texts.delete(url)) this.#page.show([...this.#texts.values()]);
  }
  /**
   * Removes what was shown of modules that nothing imports any more.
   *
   * @param {(url: string) => boolean} isPruned
   */
  forget(isPruned) {
    for (const url of [...this.#texts.keys(), ...this.#attempts.keys()]) if (isPruned(url)) this.done(url);
  }
  /**
   * @param {string} url
   * @param {unknown} error
   * @returns {Promise<Place | undefined>}
   */
  async #placeOf(url, error) {
    if (!(error instanceof Error)) return void 0;
    if (error instanceof SyntaxError || error.name === "SyntaxError") return this.#locate(url);
    const [, file = "", line, column] = FRAME.exec(error.stack ?? "") ?? [];
    if (!file || !URL.canParse(file)) return void 0;
    return { file: new URL(withoutVersion(file)).pathname, line: Number(line), column: Number(column) };
  }
  /**
   * The place of a syntax error. The browser has it: it reports the error of a script element, which it has parsed before.
   *
   * @param {string} url
   * @returns {Promise<Place | undefined>}
   */
  async #locate(url) {
    const { window, pause } = this.#page;
    const { document } = window;
    const script = document.createElement("script");
    script.type = "module";
    script.nonce = /** @type {HTMLScriptElement | null} */
    document.querySelector("script[data-hot-middleware]")?.nonce ?? "";
    script.src = url;
    let note = () => {
    };
    const found = new Promise((resolve) => {
      note = ({ colno, filename, lineno, message }) => {
        if (!message?.includes("SyntaxError") || !URL.canParse(filename)) return;
        this.#located.add(filename);
        resolve({ file: new URL(withoutVersion(filename)).pathname, line: lineno, column: Math.max(colno, 1) });
      };
      script.onload = script.onerror = () => resolve(void 0);
      window.setTimeout(() => resolve(void 0), LIMIT2);
    });
    window.addEventListener("error", note, { capture: true });
    document.head.append(script);
    const place = await found;
    script.remove();
    window.removeEventListener("error", note, { capture: true });
    void pause().then(() => this.#located.clear());
    return place;
  }
  /**
   * The text of an error; for a module that could not be loaded, with the server's answer.
   *
   * @param {string} url
   * @param {unknown} error
   */
  async #reason(url, error) {
    const text = describe(error);
    if (!(error instanceof TypeError) || FRAME.test((error.stack ?? "").split("\n")[0] ?? "")) return text;
    const response = await this.#page.fetch(url, {}).catch(() => void 0);
    discard(response);
    if (!response || response.ok) return text;
    return `${response.status} ${response.statusText}
${text}`;
  }
};

// update/module-preloads.js
var MODULE = /^m?js$/;
var MOST5 = 100;
function modulePreloads(document, urlsOf) {
  const nonce = (
    /** @type {HTMLScriptElement | null} */
    document.querySelector("script[data-hot-middleware]")?.nonce
  );
  return (modules) => {
    if (modules.length < 2) return;
    for (const { key, change } of modules.slice(0, MOST5)) {
      const urls = new Set(urlsOf(key).map(withoutVersion));
      const [url] = urls;
      if (url === void 0 || urls.size > 1 || !change || !MODULE.test(extensionOf(url))) continue;
      const link = document.createElement("link");
      link.rel = "modulepreload";
      link.href = withVersion(url, String(change));
      if (nonce) link.nonce = nonce;
      link.onload = link.onerror = () => link.remove();
      document.head.append(link);
    }
  };
}

// update/hot-contexts.js
var HotContexts = class {
  #keyOf;
  #log;
  #messages;
  #orderOf;
  #invalidate;
  /** @type {Map<string, Context>} */
  #contexts = /* @__PURE__ */ new Map();
  /** Versions that asked for the hot API after a later one. @type {Map<string, Context>} */
  #stale = /* @__PURE__ */ new Map();
  /** The data of instances that have ended without a successor, by URL. @type {Map<string, any>} */
  #left = /* @__PURE__ */ new Map();
  /** @type {Map<string, Set<(data: any) => void>>} */
  #listeners = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {import('../stream/url.js').KeyOf} page.keyOf
   * @param {Pick<import('../overlay/log.js').Log, 'error'>} page.log
   * @param {Messages | undefined} page.messages
   * @param {(instance: string) => number} page.orderOf larger for a later instance
   * @param {(context: { key: string, url: string, instance: string }, message: string | undefined) => void} page.invalidate
   *   passes the update of a module on to those that import it
   */
  constructor({ keyOf: keyOf3, log, messages, orderOf, invalidate }) {
    this.#keyOf = keyOf3;
    this.#log = log;
    this.#invalidate = invalidate;
    this.#messages = messages;
    this.#orderOf = orderOf;
  }
  /**
   * The hot API of one module.
   *
   * @param {string} instance the module's `import.meta.url`
   * @param {object} [data] that of a first instance which ran before the client was loaded
   * @param {(specifier: string) => string} [resolve] the module's `import.meta.resolve`
   * @returns {Hot}
   */
  hot(instance, data = {}, resolve) {
    const url = withoutVersion(instance);
    const known = this.#contexts.get(url);
    if (known?.instance === instance) return known.hot;
    if (known && this.#orderOf(known.instance) > this.#orderOf(instance)) {
      const stale = this.#stale.get(instance) ?? this.#context(url, instance, {}, resolve);
      this.#stale.set(instance, stale);
      return stale.hot;
    }
    if (known) this.dispose(known);
    for (const { end } of known?.subscriptions ?? []) end();
    const context = this.#context(url, instance, known ? known.hot.data : this.#left.get(url) ?? data, resolve);
    this.#left.delete(url);
    if (known) known.previous = void 0;
    context.previous = known;
    this.#contexts.set(url, context);
    return context.hot;
  }
  /** @param {string} key */
  own(key) {
    return [...this.#contexts.values()].filter((context) => context.key === key);
  }
  /**
   * The modules that accept this one as a dependency, each with the URL that it imports.
   *
   * @param {string} key
   */
  acceptors(key) {
    return [...this.#contexts.values()].flatMap(
      ({ key: acceptor, dependencies }) => dependencies.flatMap(
        ({ urls, keys, callback }) => urls.flatMap((url, index) => {
          if (keys[index] !== key) return [];
          const deliver = (module) => callback(urls.length > 1 ? urls.map((_, at2) => at2 === index ? module : void 0) : module);
          return [{ key: acceptor, url, deliver }];
        })
      )
    );
  }
  /** What the modules accept, for the import graph. */
  acceptances = {
    acceptsItself: (key) => {
      const own = this.own(key);
      return own.length > 0 && own.every(({ accepted }) => accepted);
    },
    acceptedExports: (key) => {
      const [first2] = this.own(key);
      return first2?.acceptedExports && [...first2.acceptedExports.keys()];
    },
    accepts: (key, dependency) => this.own(key).some(({ dependencies }) => dependencies.some(({ keys }) => keys.includes(dependency)))
  };
  /** @param {Context} context */
  dispose(context) {
    this.#call(context.disposers.splice(0), context);
  }
  /**
   * @param {((data: any) => void)[]} handlers
   * @param {Context} context
   */
  #call(handlers, context) {
    for (const handler of handlers) {
      try {
        handler(context.hot.data);
      } catch (error) {
        this.#log.error(`A dispose handler of ${context.url} failed`, error);
      }
    }
  }
  /**
   * @param {string} event one of Vite's, or one that the app sends
   * @param {(data: any) => void} listener
   * @returns {() => void} ends that
   */
  #listen(event, listener) {
    if (!event.startsWith("vite:")) return this.#messages?.on(event, listener) ?? (() => {
    });
    const listeners = this.#listeners.get(event) ?? /* @__PURE__ */ new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }
  /**
   * @param {string} event
   * @param {any} data
   */
  emit(event, data) {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(data);
      } catch (error) {
        this.#log.error(`A listener of ${event} failed`, error);
      }
    }
  }
  /**
   * Makes the instance before a failed one the current one again. The next update disposes what the failed one had started.
   *
   * @param {Context} before the current one when the failed one was requested
   * @param {string} instance the failed one
   */
  restore(before, instance) {
    const failed = this.#contexts.get(before.url);
    if (failed && failed !== before && failed.instance !== instance) return;
    const old = failed?.previous && failed !== before ? failed.previous : before;
    if (failed !== before) {
      old.disposers.push(...failed?.disposers ?? []);
      if (failed?.accepted) old.accepted = failed.accepted;
      for (const { end } of failed?.subscriptions ?? []) end();
      for (const subscription2 of old.subscriptions) {
        if (!subscription2.isOff) subscription2.end = this.#listen(subscription2.event, subscription2.listener);
      }
    }
    this.#contexts.set(old.url, old);
  }
  /**
   * @param {string} url
   * @param {string} instance
   * @param {any} data
   * @param {((specifier: string) => string) | undefined} resolve
   * @returns {Context}
   */
  #context(url, instance, data, resolve) {
    const keyOf3 = this.#keyOf;
    const urlOf = (dependency) => {
      const specifier = String(dependency);
      try {
        if (resolve) return withoutVersion(resolve(specifier));
      } catch {
      }
      return absolute(specifier, url) ?? specifier;
    };
    const context = {
      key: keyOf3(url) ?? url,
      url,
      instance,
      accepted: void 0,
      dependencies: [],
      acceptedExports: void 0,
      disposers: [],
      pruners: [],
      subscriptions: [],
      isPruned: false,
      previous: void 0,
      hot: {
        data,
        /**
         * @param {unknown} [first]
         * @param {(modules: any) => void} [callback]
         */
        accept(first2, callback) {
          if (first2 === void 0 || typeof first2 === "function") {
            context.accepted ??= [];
            if (first2) context.accepted.push(
              /** @type {(module: any) => void} */
              first2
            );
            return;
          }
          const list = Array.isArray(first2) ? first2 : [first2];
          const urls = list.map(urlOf);
          const isList = Array.isArray(first2);
          context.dependencies.push({
            urls,
            keys: urls.map((url2) => keyOf3(url2)),
            callback: (modules) => callback?.(isList && urls.length === 1 ? [modules] : modules)
          });
        },
        acceptExports(names, callback) {
          context.acceptedExports ??= /* @__PURE__ */ new Map();
          for (const name of [names].flat()) context.acceptedExports.set(name, callback);
        },
        dispose(disposer) {
          context.disposers.push(disposer);
        },
        prune(pruner) {
          context.pruners.push(pruner);
        },
        // As in Vite, where a module that accepts nothing declines by that.
        decline() {
        },
        invalidate: (message) => {
          const path = new URL(url).pathname;
          this.emit("vite:invalidate", { path, message, firstInvalidatedBy: path });
          this.#invalidate(context, message);
        },
        on: (event, listener) => void context.subscriptions.push({ event, listener, end: this.#listen(event, listener), isOff: false }),
        off: (event, listener) => {
          for (const subscription2 of context.subscriptions) {
            if (subscription2.event !== event || subscription2.listener !== listener) continue;
            subscription2.isOff = true;
            subscription2.end();
          }
        },
        send: (event, data2) => this.#messages?.send(event, data2) ?? Promise.resolve()
      }
    };
    return context;
  }
  /** @param {Set<string>} keys */
  prune(keys) {
    const pruned = [...this.#contexts.values()].filter(({ key, isPruned }) => keys.has(key) && !isPruned);
    if (!pruned.length) return;
    this.emit("vite:beforePrune", { type: "prune", paths: pruned.map(({ url }) => new URL(url).pathname) });
    for (const context of pruned) {
      context.isPruned = true;
      this.dispose(context);
      this.#call(context.pruners.splice(0), context);
    }
  }
  /**
   * Disposes a version that was loaded so late that a later one runs already.
   *
   * @param {string} instance
   */
  disposeStale(instance) {
    const stale = this.#stale.get(instance);
    this.#stale.delete(instance);
    if (stale) this.dispose(stale);
    return false;
  }
  /**
   * The newest instance of the module with this URL.
   *
   * @param {string} url
   */
  get(url) {
    return this.#contexts.get(url);
  }
  /**
   * Ends an instance whose successor does not use the hot API.
   *
   * @param {Context} context
   */
  end(context) {
    if (this.#contexts.get(context.url) !== context) return;
    this.dispose(context);
    for (const { end } of context.subscriptions) end();
    this.#contexts.delete(context.url);
    this.#left.set(context.url, context.hot.data);
  }
  /**
   * Ends the instances of a module that a change has left behind.
   *
   * @param {string} key
   * @param {number} order that of the change
   */
  endBefore(key, order) {
    for (const context of this.own(key)) if (this.#orderOf(context.instance) < order) this.end(context);
  }
};

// update/invalidations.js
var Invalidations = class {
  #passOn;
  #fullReload;
  #log;
  /** Modules that this page can't update, until that is passed on. @type {Map<string, string>} */
  #waiting = /* @__PURE__ */ new Map();
  /** The change of each module that was passed on last, and whether importers have run again here. @type {Map<string, { change: number, isApplied: boolean }>} */
  #passed = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {((key: string, change: number, message: string | undefined) => Promise<void>) | undefined} page.passOn asks the server
   * @param {(reason: string) => void} page.fullReload reloads the page
   * @param {Pick<import('../overlay/log.js').Log, 'info'>} page.log
   */
  constructor({ passOn, fullReload, log }) {
    this.#passOn = passOn;
    this.#fullReload = fullReload;
    this.#log = log;
  }
  /**
   * Has an update passed on.
   *
   * @param {string} key the module that can't be updated
   * @param {number} change that of the instance
   * @param {string} reason
   * @param {string} [message]
   */
  begin(key, change, reason, message) {
    const passed = this.#passed.get(key);
    const isPassed = passed?.change === change;
    if (isPassed && passed.isApplied) return this.#log.info(reason);
    if (!this.#passOn || isPassed) return this.#fullReload(reason);
    this.#log.info(reason);
    this.#waiting.set(key, reason);
    this.#passOn(key, change, message).catch(() => this.#fullReload(reason));
  }
  /**
   * Notes that the server has passed an update on.
   *
   * @param {string} key the module that can't be updated
   * @param {number} change its last one
   * @param {boolean} isApplied true if modules of this page run again for that
   * @returns {string | undefined} the reason for a reload, if this page has asked for that
   */
  passedOn(key, change, isApplied) {
    const reason = this.#waiting.get(key);
    this.#passed.set(key, { change, isApplied });
    this.#waiting.delete(key);
    return reason;
  }
};

// stream/time-limit.js
var STEP_LIMIT = 1e4;
var TimeLimitError = class extends Error {
  /** @param {string} step */
  constructor(step) {
    super(`${step} took longer than ${STEP_LIMIT / 1e3} s`);
    this.name = "TimeLimitError";
  }
};
function withinLimit(clock, step, promise) {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(new TimeLimitError(step)), STEP_LIMIT);
    promise.then(resolve, reject).finally(() => clock.clearTimeout(timer));
  });
}
function limitedFetch(fetch, clock) {
  return (url, init) => {
    const abort = new AbortController();
    clock.setTimeout(() => abort.abort(new TimeLimitError(url)), STEP_LIMIT);
    init.signal?.addEventListener("abort", () => abort.abort(), { once: true });
    return fetch(url, { ...init, signal: abort.signal });
  };
}

// update/module-replacements.js
var UNREACHABLE = /dynamically imported module|Importing a module script failed/;
var Replacements = class {
  #page;
  /** The change that each version was imported for. @type {Map<string, number>} */
  #instances = /* @__PURE__ */ new Map();
  /** The change of the newest version that runs, by URL. @type {Map<string, number>} */
  #newest = /* @__PURE__ */ new Map();
  /** Files whose last version could not be loaded, as the app was away. @type {Set<string>} */
  unreachable = /* @__PURE__ */ new Set();
  /**
   * @param {object} page
   * @param {import('./hot-contexts.js').HotContexts} page.contexts
   * @param {(url: string) => Promise<Namespace>} page.load `import()`
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'error'>} page.log
   * @param {Pick<import('./module-problems.js').ModuleProblems, 'done' | 'failed'> | undefined} page.problems
   * @param {<T>(step: string, promise: Promise<T>) => Promise<T>} page.within rejects with a `TimeLimitError` in time
   */
  constructor(page) {
    this.#page = page;
  }
  /**
   * Larger for a later version.
   *
   * @param {string} instance
   */
  orderOf(instance) {
    return this.#instances.get(instance) ?? changeIn(instance);
  }
  /**
   * Imports the new version of one URL, and hands it to the modules that accept it.
   *
   * @param {string} url
   * @param {{ id: string, instance: string, order: number, deliver: (module: Namespace | undefined) => void }} update
   * @returns {Promise<boolean>} whether that was done
   */
  async replace(url, { id, instance, order, deliver }) {
    const { contexts, load, log, problems, within } = this.#page;
    const old = contexts.get(url);
    this.#instances.set(instance, order);
    this.unreachable.delete(id);
    const isOvertaken = () => (this.#newest.get(url) ?? 0) > order;
    const tell = (module2) => {
      for (const callback of [...old?.accepted ?? []]) callback(module2);
      for (const callback of new Set(old?.acceptedExports?.values())) callback?.(module2);
      deliver(module2);
    };
    const accept = (module2) => {
      if (isOvertaken()) return contexts.disposeStale(instance);
      if (this.#newest.get(url) === order) return true;
      this.#newest.set(url, order);
      if (old) contexts.end(old);
      problems?.done(url);
      tell(module2);
      return true;
    };
    const restore = () => old && contexts.restore(old, instance);
    const fail = (error) => {
      log.error(`Could not update ${id}; the next change of it is tried again`, error);
      void problems?.failed(url, instance, error);
    };
    const loading = load(instance);
    let module;
    try {
      module = await within(id, loading);
    } catch (error) {
      if (isOvertaken()) return false;
      fail(error);
      if (isUnreachable(error)) this.unreachable.add(id);
      if (error instanceof TimeLimitError) {
        const late = (module2) => {
          this.unreachable.delete(id);
          if (accept(module2)) log.info(`Updated: ${id}`);
        };
        void loading.then(late, restore);
        return false;
      }
      restore();
      try {
        tell(void 0);
      } catch {
        log.info(`A callback that accepts ${id} takes no failed update`);
      }
      return false;
    }
    try {
      return accept(module);
    } catch (error) {
      if (!isOvertaken()) {
        fail(error);
        restore();
      }
      return false;
    }
  }
};
function isUnreachable(error) {
  return error instanceof TimeLimitError || error instanceof TypeError && UNREACHABLE.test(error.message);
}

// update/unlisted-modules.js
var LITERAL2 = /(["'`])((?:(?!\1)[^\\\n])+)\1/g;
var UnlistedModules = class {
  #keyOf;
  #source;
  /** Modules of which the page holds more than one version. @type {Set<string>} */
  #updated = /* @__PURE__ */ new Set();
  /** The number of imports of each URL: a second import has the outcome of the first. @type {Map<string, number>} */
  #imports = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {(url: string) => Promise<string | undefined>} page.source the text of a module
   * @param {import('../stream/url.js').KeyOf} page.keyOf
   */
  constructor({ source, keyOf: keyOf3 }) {
    this.#source = source;
    this.#keyOf = keyOf3;
  }
  /**
   * Notes that a module is updated.
   *
   * @param {string} key
   */
  updated(key) {
    this.#updated.add(key);
  }
  /**
   * Returns true if the new text of a module imports another one that was updated before.
   *
   * @param {string} url
   * @param {string} key
   */
  async importsOld(url, key) {
    if (![...this.#updated].some((other) => other !== key)) return false;
    const imported = importedUrls(await this.#source(url) ?? "", url, this.#keyOf);
    return imported.some((other) => other !== key && this.#updated.has(other));
  }
  /**
   * The URL under which a version of a module is imported.
   *
   * @param {string} url
   * @param {string} version
   */
  fresh(url, version) {
    const first2 = withVersion(url, version);
    const imports = this.#imports.get(first2) ?? 0;
    this.#imports.set(first2, imports + 1);
    return imports ? withVersion(url, `${version}.${imports}`) : first2;
  }
};
function importedUrls(text, url, keyOf3 = keyOf) {
  return Array.from(
    text.matchAll(LITERAL2),
    ([, , specifier = ""]) => /^(?:\.{0,2}\/|https?:)/.test(specifier) ? keyOf3(specifier, url) : void 0
  ).filter((key) => key !== void 0);
}

// update/modules.js
var Modules = class {
  #log;
  #fullReload;
  #keyOf;
  #moment;
  #contexts;
  #replacements;
  #unlisted;
  /** The number of changes of each module so far. @type {Map<string, number>} */
  #orders = /* @__PURE__ */ new Map();
  /** The last update of each module. @type {Map<string, Promise<boolean>>} */
  #updating = /* @__PURE__ */ new Map();
  #graph = new ModuleGraph();
  /** True until the app has taken over the page's instances after a restart. */
  #isTorn = false;
  /** Files that have changed during the last restart. @type {Set<string>} */
  #missed = /* @__PURE__ */ new Set();
  #hasMissedUnknown = false;
  /** The number of restarts of the app. */
  #restarts = 0;
  #isLoaded;
  #lastOrder = 0;
  #problems;
  #sheets;
  #invalidations;
  #preload;
  #unseen;
  /**
   * The last import for a change, by URL, with the files for which it did not arrive so far.
   *
   * @type {Map<string, { change: number, done: Promise<boolean>, missing: Set<string>, isMissing: boolean }>}
   */
  #runs = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {(url: string) => Promise<Namespace>} page.load `import()`
   * @param {(url: string) => Promise<string | undefined>} page.source the text of a module
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'error'>} page.log
   * @param {(reason: string) => void} page.fullReload reloads the page
   * @param {<T>(step: string, promise: Promise<T>) => Promise<T>} page.within rejects with a `TimeLimitError` in time
   * @param {() => Promise<void>} page.moment longer than most modules take to load
   * @param {import('../stream/url.js').KeyOf} [page.keyOf]
   * @param {(key: string) => boolean} [page.isLoaded] whether the page has loaded a file
   * @param {import('./hot-contexts.js').Messages} [page.messages]
   * @param {Pick<import('./module-problems.js').ModuleProblems, 'done' | 'failed' | 'forget'>} [page.problems]
   * @param {Pick<import('./module-sheets.js').ModuleSheets, 'replace'>} [page.sheets]
   * @param {(key: string, change: number, message: string | undefined) => Promise<void>} [page.passOn] has the server
   *   pass the update of a module on to those that import it
   * @param {import('./module-preloads.js').Preload} [page.preload]
   * @param {Pick<import('./unseen-importers.js').UnseenImporters, 'isUsed' | 'learn' | 'of'>} [page.unseen]
   */
  constructor({
    load,
    source,
    log,
    fullReload,
    within,
    moment,
    keyOf: keyOf3 = keyOf,
    isLoaded = () => true,
    messages,
    problems,
    sheets,
    passOn,
    preload: preload2,
    unseen
  }) {
    this.#unseen = unseen;
    this.#preload = preload2;
    this.#problems = problems;
    this.#sheets = sheets;
    this.#invalidations = new Invalidations({ passOn, fullReload, log });
    this.#isLoaded = isLoaded;
    this.#keyOf = keyOf3;
    this.#unlisted = new UnlistedModules({ source, keyOf: keyOf3 });
    this.#log = log;
    this.#fullReload = fullReload;
    this.#moment = moment;
    this.#contexts = new HotContexts({
      keyOf: keyOf3,
      log,
      messages,
      orderOf: (instance) => this.#replacements.orderOf(instance),
      invalidate: ({ key, url, instance }, message) => {
        const change = this.#graph.changeOf(key);
        const reason = `${url} can't be updated${message === void 0 ? "" : `: ${message}`}`;
        if (change === void 0 && this.#graph.hasForgotten) return this.#fullReload(reason);
        this.#invalidate(key, change ?? changeIn(instance), reason, message);
      }
    });
    this.#replacements = new Replacements({ contexts: this.#contexts, load, log, problems, within });
  }
  /**
   * The hot API of one module.
   *
   * @param {string} instance the module's `import.meta.url`
   * @param {object} [data] that of a first instance which ran before the client was loaded
   * @param {(specifier: string) => string} [resolve] the module's `import.meta.resolve`
   * @returns {Hot}
   */
  hot(instance, data, resolve) {
    return this.#contexts.hot(instance, data, resolve);
  }
  /**
   * Calls the listeners of one of Vite's events.
   *
   * @param {string} event
   * @param {unknown} data
   */
  emit(event, data) {
    this.#contexts.emit(event, data);
  }
  /**
   * Returns true if a module accepts changes of a stylesheet or an image that it imports, or if a stylesheet was imported as a
   * module.
   *
   * @param {string} key
   */
  acceptsAsset(key) {
    if (this.#isTorn || this.#graph.changeOf(key) === void 0 || !this.#graph.importersOf(key).some(this.#isLoaded)) return false;
    return "boundaries" in this.#reach(key) || typeOf(key) === "css";
  }
  /**
   * Returns true if a change of the module can be applied without a reload.
   *
   * @param {string} key
   */
  accepts(key) {
    const own = this.#contexts.own(key);
    if (this.#isTorn) {
      if (this.#isLoaded(key)) this.#log.info("The app was restarted after this page had updated modules, so it can’t update others");
      return false;
    }
    if (this.#graph.changeOf(key) !== void 0) {
      if (!this.#isLoaded(key)) return false;
      const reach = this.#reach(key);
      if (!("chain" in reach)) return true;
      this.#log.info(`No module accepts ${describeChain(reach)}`);
      return false;
    }
    if (this.#restarts) return false;
    if (own.length && own.every(({ accepted }) => accepted)) return true;
    return !this.#graph.isUnlisted && this.#contexts.acceptors(key).length > 0;
  }
  /**
   * Brings a module up to date for which `accepts` returned true.
   *
   * A change waits a moment for the one before it of the same module. A module that never loads holds up no other
   * change.
   *
   * @param {string} key
   * @param {{ id: string, version: string, text?: string | undefined }} change
   * @returns {Promise<boolean>} whether the page runs the new version now
   */
  update(key, change) {
    const number = this.#graph.changeOf(key);
    const order = number ?? Math.max(this.#lastOrder, this.#graph.last) + 1;
    this.#lastOrder = Math.max(this.#lastOrder, order);
    this.#orders.set(key, order);
    const before = this.#updating.get(key);
    const updating = (async () => {
      if (before) await Promise.race([before, this.#moment()]);
      if (this.#orders.get(key) !== order) return false;
      return number === void 0 ? this.#update(key, change, order) : this.#propagate(key, change);
    })();
    this.#updating.set(key, updating);
    return updating;
  }
  /**
   * Returns true if the last version of a file did not arrive.
   *
   * @param {string} id
   */
  wasUnreachable(id) {
    return this.#replacements.unreachable.has(id);
  }
  /**
   * Notes what a build reaches, before its files are applied.
   *
   * @param {import('./module-graph.js').Update | undefined} update `undefined` if that is unknown
   * @param {(id: string) => string | undefined} keyOf
   * @param {string[]} [missed] files that have changed while the page was away; left out if they are unknown
   */
  learn(update, keyOf3, missed) {
    if (!update) {
      for (const id of missed ?? []) this.#missed.add(keyOf3(id) ?? id);
      if (!missed) this.#hasMissedUnknown = true;
      return this.#graph.forget();
    }
    this.#graph.learn(update, keyOf3);
    this.#unseen?.learn(update.unresolved ?? {}, keyOf3);
    const listed = (update.pruned ?? []).map(keyOf3).filter((key) => key !== void 0);
    const pruned = new Set(listed.filter((key) => !this.#unseen?.isUsed(key, this.#isLoaded)));
    this.#contexts.prune(pruned);
    if (pruned.size) this.#problems?.forget((url) => pruned.has(this.#keyOf(url) ?? ""));
  }
  /**
   * The app was restarted, and does not know the instances that the page has of its modules.
   *
   * @param {ReadonlyMap<string, number> | undefined} instances the change of each module's; `undefined` if some may be missing
   * @param {Promise<unknown>} greeted settles when the page knows what has changed meanwhile
   * @param {() => Promise<boolean>} handOver has the app take the instances over
   */
  async restarted(instances, greeted, handOver2) {
    const restart = this.#restarts += 1;
    this.#isTorn = true;
    this.#missed.clear();
    this.#hasMissedUnknown = false;
    await greeted;
    const isOld = this.#hasMissedUnknown || !instances || [...instances.keys()].some((key) => this.#missed.has(key));
    if (!isOld && await handOver2() && restart === this.#restarts) this.#isTorn = false;
  }
  /**
   * Notes that the server has passed an update on.
   *
   * @param {string} key the module that can't be updated
   * @param {boolean} isApplied true if modules of this page run again for that
   * @returns {string | undefined} the reason for a reload, if this page has asked for that
   */
  passedOn(key, isApplied) {
    return this.#invalidations.passedOn(key, this.#graph.changeOf(key) ?? 0, isApplied);
  }
  /**
   * @param {string} key
   * @param {number} change that of the instance
   * @param {string} reason
   * @param {string} [message]
   */
  #invalidate(key, change, reason, message) {
    if (this.#isTorn) this.#fullReload(reason);
    else this.#invalidations.begin(key, change, reason, message);
  }
  /** @param {string} key */
  #reach(key) {
    return this.#graph.reach(key, {
      isLoaded: this.#isLoaded,
      unseenImporterOf: (key2) => this.#unseen?.of(key2, this.#isLoaded),
      ...this.#contexts.acceptances
    });
  }
  /**
   * Imports the modules again that accept a change, each with what is between it and the change.
   *
   * @param {string} key
   * @param {{ id: string, text?: string | undefined }} change
   */
  async #propagate(key, { id, text }) {
    const change = this.#graph.changeOf(key) ?? 0;
    const reach = this.#reach(key);
    if (!("boundaries" in reach)) {
      if (typeOf(key) === "css" && await this.#sheets?.replace(key, text)) {
        this.#log.info(`Updated: ${id}`);
        return true;
      }
      if (!("stopped" in reach)) {
        this.#fullReload(`${id} changed`);
        return false;
      }
      const { stopped } = reach;
      this.#invalidate(stopped, this.#graph.changeOf(stopped) ?? 0, `${new URL(stopped).pathname} accepts no update now`);
      return true;
    }
    const updates = reach.boundaries.map(({ key: key2, acceptor = key2 }) => ({
      type: "js-update",
      path: new URL(acceptor).pathname,
      acceptedPath: new URL(key2).pathname,
      timestamp: this.#graph.changeOf(key2)
    }));
    this.#contexts.emit("vite:beforeUpdate", { type: "update", updates });
    this.#preload?.(reach.path.map((key2) => ({ key: key2, change: this.#graph.changeOf(key2) ?? 0 })));
    let failed = false;
    for (const target of new Set(reach.boundaries.map(({ key: key2 }) => key2))) {
      const order = this.#graph.changeOf(target) ?? 0;
      const accepting = new Set(reach.boundaries.filter(({ key: key2 }) => key2 === target).map(({ acceptor }) => acceptor));
      const acceptors = this.#contexts.acceptors(target).filter(({ key: key2 }) => accepting.has(key2));
      const urls = accepting.has(void 0) ? this.#contexts.own(target) : acceptors;
      for (const url of new Set(urls.map(({ url: url2 }) => url2))) {
        const deliver = (module) => {
          for (const acceptor of acceptors) if (acceptor.url === url) acceptor.deliver(module);
        };
        failed = !await this.#again(url, { id, order, deliver }) || failed;
      }
    }
    if (!failed) this.#contexts.endBefore(key, change);
    this.#contexts.emit("vite:afterUpdate", { type: "update", updates });
    if (!failed) this.#log.info(`Updated: ${id}`);
    return !failed;
  }
  /**
   * Imports a module for a change, once: another file of the same change may reach it too. One that did not arrive is
   * imported again.
   *
   * @param {string} url
   * @param {{ id: string, order: number, deliver: (module: Namespace | undefined) => void }} update
   * @returns {Promise<boolean>}
   */
  #again(url, { id, order, deliver }) {
    const last = this.#runs.get(url);
    const before = last?.change === order ? last : void 0;
    if (before && !before.isMissing) return before.done;
    const instance = withVersion(url, String(order));
    const run = { change: order, missing: before?.missing ?? /* @__PURE__ */ new Set(), isMissing: false, done: Promise.resolve(false) };
    run.done = this.#replacements.replace(url, { id, instance, order, deliver }).then((isDone) => {
      run.isMissing = !isDone && this.wasUnreachable(id);
      if (run.isMissing && run.missing.has(id)) this.#fullReload(`${id} changed`);
      if (run.isMissing) run.missing.add(id);
      return isDone;
    });
    this.#runs.set(url, run);
    return run.done;
  }
  /**
   * @param {string} key
   * @param {{ id: string, version: string }} change
   * @param {number} order
   */
  async #update(key, { id, version }, order) {
    const own = this.#contexts.own(key);
    const isSelfAccepted = own.length > 0 && own.every(({ accepted }) => accepted);
    const acceptors = isSelfAccepted ? [] : this.#contexts.acceptors(key);
    const urls = /* @__PURE__ */ new Set([...own.map(({ url }) => url), ...acceptors.map(({ url }) => url)]);
    if (!urls.size) {
      this.#fullReload(`${id} changed`);
      return false;
    }
    for (const url of urls) {
      if (await this.#unlisted.importsOld(url, key)) {
        this.#fullReload(`${id} imports a module that was updated before`);
        return false;
      }
    }
    this.#unlisted.updated(key);
    let failed = false;
    for (const url of urls) {
      const deliver = (module) => {
        for (const acceptor of acceptors) {
          if (acceptor.url === url) acceptor.deliver(module);
        }
      };
      failed = !await this.#replacements.replace(url, { id, instance: this.#unlisted.fresh(url, version), order, deliver }) || failed;
    }
    if (!failed) this.#log.info(`Updated: ${id}`);
    return !failed;
  }
};

// update/document-request.js
var UNCACHED = { "Cache-Control": "no-cache", "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT" };
var REPORTED_WITHIN = 200;
var MOST_PARSED = 16;
var OwnRequests = class {
  /** URLs that were fetched for source maps. @type {Set<string>} */
  urls = /* @__PURE__ */ new Set();
  #performance;
  /** The times of the latest requests whose answers are parsed. @type {{ from: number, to: number }[]} */
  #parsed = [];
  /** @param {Pick<Performance, 'now'>} performance */
  constructor(performance) {
    this.#performance = performance;
  }
  /**
   * Notes the time of a request whose answer is parsed.
   *
   * @template T
   * @param {Promise<T>} request
   * @returns {Promise<T>}
   */
  async during(request) {
    const time = { from: this.#performance.now(), to: Infinity };
    if (this.#parsed.push(time) > MOST_PARSED) this.#parsed.shift();
    try {
      return await request;
    } finally {
      time.to = this.#performance.now() + REPORTED_WITHIN;
    }
  }
  /**
   * Returns true if a violation of the page's policy at this time may be one of such an answer: Chromium reports the nonces of
   * its styles, which are other ones, as the page's.
   *
   * @param {number} time the event's
   */
  isParsing(time) {
    return this.#parsed.some(({ from, to }) => time >= from && time <= to);
  }
};
function requestDocument(XMLHttpRequest, url, headers) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.timeout = STEP_LIMIT;
    for (const [name, value] of Object.entries({ ...UNCACHED, ...headers })) request.setRequestHeader(name, value);
    request.onload = () => resolve({
      status: request.status,
      url: request.responseURL,
      type: request.getResponseHeader("Content-Type") ?? "",
      document: request.responseXML,
      policy: request.getResponseHeader("Content-Security-Policy") ?? "",
      keptPolicy: request.getResponseHeader("Hot-Middleware-Policy") ?? ""
    });
    request.ontimeout = () => reject(new TimeLimitError(url));
    request.onerror = request.onabort = () => reject(new Error(`no answer from ${url}`));
    request.send();
  });
}

// update/form-fields.js
var FIELDS = "input,textarea,select";
var UNKEPT = /* @__PURE__ */ new Set(["password", "file", "hidden", "submit", "reset", "button", "image"]);
var SECRET = /\b(?:current-password|new-password|one-time-code|cc-[a-z-]+)\b/i;
var PASSWORD = /passw/i;
var STARTING = ["min", "max", "step", "value", "type"];
function fieldsIn(root) {
  return (
    /** @type {NodeListOf<Field>} */
    root.querySelectorAll(FIELDS)
  );
}
function stateOf(field) {
  const autocomplete = field.getAttribute("autocomplete") ?? "";
  if (UNKEPT.has(field.type) || SECRET.test(autocomplete) || PASSWORD.test(field.name + field.id)) return void 0;
  if (isUnchanged(field)) return void 0;
  const value = valueOf(field);
  if (field.type === "radio" && value !== true) return void 0;
  return { kind: field.type, name: field.name, value };
}
function restoreState(element, { kind, name, value }) {
  if (!element.matches(FIELDS)) return false;
  const field = (
    /** @type {Field} */
    element
  );
  if (field.type !== kind || field.name !== name || !groupOf(field).every(isUnchanged)) return false;
  if (!setValue(field, value)) return false;
  const { defaultView: view } = field.ownerDocument;
  if (view) field.dispatchEvent(new view.Event("input", { bubbles: true }));
  return true;
}
function isUnchanged(field) {
  if ("options" in field) {
    const start2 = startOf2(field);
    return Array.from(field.options).every((option, at2) => option.selected === start2.has(at2));
  }
  if (isChecked(field)) return field.checked === field.defaultChecked;
  return field.value === startingValue(field);
}
function valueOf(field) {
  if ("options" in field) return Array.from(field.selectedOptions, ({ value }) => value);
  return isChecked(field) ? field.checked : field.value;
}
function setValue(field, value) {
  if ("options" in field) {
    if (!Array.isArray(value)) return false;
    const options = [...field.options];
    if (!value.every((wanted) => options.some((option) => option.value === wanted))) return false;
    for (const option of options) option.selected = value.includes(option.value);
    return true;
  }
  const name = isChecked(field) ? "checked" : "value";
  if (typeof value !== (name === "checked" ? "boolean" : "string")) return false;
  return Reflect.set(Object.getPrototypeOf(field), name, value, field);
}
function startingValue(field) {
  if (field.localName !== "input") return field.defaultValue;
  const fresh = field.ownerDocument.createElement("input");
  for (const name of STARTING) {
    const value = field.getAttribute(name);
    if (value !== null) fresh.setAttribute(name, value);
  }
  return fresh.value;
}
function startOf2({ multiple, options, size }) {
  const all = [...options];
  const selected = all.flatMap(({ defaultSelected }, at2) => defaultSelected ? [at2] : []);
  if (multiple) return new Set(selected);
  const first2 = size > 1 ? -1 : all.findIndex((option) => !option.disabled);
  return /* @__PURE__ */ new Set([selected.at(-1) ?? first2]);
}
function isChecked(field) {
  return field.type === "checkbox" || field.type === "radio";
}
function groupOf(field) {
  if (field.type !== "radio" || !field.name) return [field];
  const root = (
    /** @type {Document | ShadowRoot} */
    field.getRootNode()
  );
  return [...fieldsIn(root)].filter(({ type, name, form }) => type === "radio" && name === field.name && form === field.form);
}

// update/locator.js
var MOST_STEPS = 200;
function locatorOf(element) {
  const locator = [];
  let next = element;
  while (next) {
    const root = (
      /** @type {Document | ShadowRoot} */
      next.getRootNode()
    );
    const steps = stepsTo(next, root);
    if (!steps) return void 0;
    locator.unshift(steps);
    next = "host" in root ? root.host : void 0;
  }
  return locator;
}
function elementAt(document, locator) {
  if (!Array.isArray(locator)) return void 0;
  let root = document;
  let element;
  for (const steps of locator) {
    if (!root || !Array.isArray(steps)) return void 0;
    element = follow(root, steps);
    root = element?.shadowRoot;
  }
  return element;
}
function stepsTo(element, root) {
  const steps = [];
  let next = element;
  for (; next; next = next.parentElement) {
    if (next.id && root.getElementById(next.id) === next) break;
    if (steps.length >= 2 * MOST_STEPS) return void 0;
    steps.unshift(next.localName, placeOf2(next));
  }
  return [next?.id ?? "", ...steps];
}
function follow(root, [id = "", ...steps]) {
  let next = id === "" ? root : root.getElementById(String(id));
  for (let at2 = 0; next && at2 < steps.length; at2 += 2) {
    const [tag, place] = [steps[at2], Number(steps[at2 + 1])];
    next = [...next.children].filter(({ localName }) => localName === tag)[place];
  }
  return next && "localName" in next ? next : void 0;
}
function placeOf2(element) {
  let place = 0;
  for (let before = element.previousElementSibling; before; before = before.previousElementSibling) {
    if (before.localName === element.localName) place += 1;
  }
  return place;
}

// update/keep.js
var KEPT2 = "tower-hot-middleware:kept";
var LONGEST_LOAD = 3e4;
var MOST_FIELDS = 256;
var MOST_DETAILS = 256;
var MOST_SCROLLERS = 64;
var MOST_CHARACTERS2 = 5e4;
var MOST_TOTAL = 2e5;
var ATTEMPTS = [0, 100, 300, 1e3];
var PATIENCE4 = 3e3;
var KeptState = class {
  #page;
  /** The `<details>` as the page was loaded. @type {WeakMap<Element, boolean>} */
  #details;
  /**
   * @param {object} page
   * @param {Window & typeof globalThis} page.window
   * @param {() => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} page.storage
   * @param {Pick<import('../stream/connection.js').Clock, 'now'>} page.clock
   * @param {(milliseconds: number) => Promise<void>} page.pause
   */
  constructor(page) {
    this.#page = page;
    this.#details = new WeakMap(Array.from(page.window.document.querySelectorAll("details"), (each) => [each, each.open]));
  }
  /** Notes the state of the page, right before a reload. */
  save() {
    const { clock, storage, window } = this.#page;
    try {
      const focus = window.document.hasFocus() || window === window.top ? focusIn(window.document) : void 0;
      const kept2 = {
        at: clock.now(),
        scroll: [window.scrollX, window.scrollY],
        scrollers: [],
        fields: [],
        details: [],
        ...focus && { focus }
      };
      let total = 0;
      for (const root of rootsOf(window.document)) {
        this.#addScrollers(root, kept2);
        this.#addDetails(root, kept2);
        total = addFields(root, kept2, total);
      }
      storage().setItem(this.#slot(), JSON.stringify(kept2));
    } catch {
    }
  }
  /**
   * Restores the state that the page before the reload left, once this page is loaded. What this page has changed by then
   * stays as it is.
   */
  async restore() {
    const kept2 = this.#take();
    if (!kept2) return;
    const { pause, window } = this.#page;
    const { document } = window;
    let isMoved = false;
    const move2 = () => void (isMoved = true);
    const gestures = (
      /** @type {const} */
      ["wheel", "touchmove", "keydown", "pointerdown"]
    );
    for (const type of gestures) window.addEventListener(type, move2, { capture: true, passive: true });
    if (document.readyState !== "complete") {
      await Promise.race([new Promise((resolve) => window.addEventListener("load", resolve, { once: true })), pause(PATIENCE4)]);
    }
    for (const [locator, isOpen] of listOf(kept2.details, MOST_DETAILS)) this.#open(elementAt(document, locator), isOpen);
    for (const [locator, state] of listOf(kept2.fields, MOST_FIELDS)) {
      const field = elementAt(document, locator);
      if (field && state) restoreState(field, state);
    }
    let isFirst = true;
    for (const delay2 of ATTEMPTS) {
      if (delay2) await pause(delay2);
      if (isMoved) break;
      if (this.#scroll(kept2, isFirst)) break;
      isFirst = false;
    }
    for (const type of gestures) window.removeEventListener(type, move2, { capture: true });
  }
  /** @returns {Partial<Kept> | undefined} */
  #take() {
    const { clock, storage } = this.#page;
    try {
      const text = storage().getItem(this.#slot());
      if (text === null) return void 0;
      storage().removeItem(this.#slot());
      const kept2 = Object(JSON.parse(text));
      return clock.now() - kept2.at < LONGEST_LOAD ? kept2 : void 0;
    } catch {
      return void 0;
    }
  }
  /** Frames of a page share its storage. */
  #slot() {
    return `${KEPT2}:${withoutFragment(this.#page.window.location.href)}`;
  }
  /**
   * @param {Document | ShadowRoot} root
   * @param {Kept} kept
   */
  #addScrollers(root, { scrollers }) {
    const { documentElement, body } = this.#page.window.document;
    for (const element of root.querySelectorAll("*")) {
      if (scrollers.length >= MOST_SCROLLERS) return;
      const { scrollLeft, scrollTop } = element;
      if (!scrollLeft && !scrollTop || element === documentElement || element === body) continue;
      const locator = locatorOf(element);
      if (locator) scrollers.push([locator, scrollLeft, scrollTop]);
    }
  }
  /**
   * @param {Document | ShadowRoot} root
   * @param {Kept} kept
   */
  #addDetails(root, { details }) {
    for (const each of root.querySelectorAll("details")) {
      if (details.length >= MOST_DETAILS) return;
      const locator = this.#details.get(each) === each.open ? void 0 : locatorOf(each);
      if (locator) details.push([locator, each.open]);
    }
  }
  /**
   * @param {Element | undefined} element
   * @param {boolean} isOpen
   */
  #open(element, isOpen) {
    if (element?.localName !== "details") return;
    const details = (
      /** @type {HTMLDetailsElement} */
      element
    );
    const isUntouched = (this.#details.get(details) ?? details.open) === details.open;
    if (isUntouched && details.open !== isOpen) details.open = isOpen;
  }
  /**
   * Restores the positions and the focus.
   *
   * @param {Partial<Kept>} kept
   * @param {boolean} isFirst
   * @returns {boolean} true if each position could be reached
   */
  #scroll({ focus, scroll, scrollers }, isFirst) {
    const { window } = this.#page;
    const { document } = window;
    if (isFirst && focus) restoreFocus(window, focus);
    let isReached = true;
    for (const [locator, left2, top2] of listOf(scrollers, MOST_SCROLLERS)) {
      const element = elementAt(document, locator);
      if (!element || element.scrollLeft || element.scrollTop) continue;
      element.scrollTo({ left: left2, top: top2, behavior: "instant" });
      isReached &&= Math.abs(element.scrollTop - top2) < 2 && Math.abs(element.scrollLeft - left2) < 2;
    }
    const [left, top] = scroll ?? [0, 0];
    if (!window.scrollX && !window.scrollY && (left || top)) window.scrollTo({ left, top, behavior: "instant" });
    return isReached && Math.abs(window.scrollY - top) < 2 && Math.abs(window.scrollX - left) < 2;
  }
};
function addFields(root, { fields }, total) {
  for (const field of fieldsIn(root)) {
    if (fields.length >= MOST_FIELDS) break;
    const state = stateOf(field);
    const locator = state && locatorOf(field);
    if (!locator) continue;
    const { length } = JSON.stringify(state.value);
    if (length > MOST_CHARACTERS2 || total + length > MOST_TOTAL) continue;
    total += length;
    fields.push([locator, state]);
  }
  return total;
}
function focusIn(document) {
  let active = document.activeElement;
  for (; active?.shadowRoot?.activeElement; active = active.shadowRoot.activeElement) ;
  if (!active || active === document.body || active.localName.startsWith("hot-middleware-")) return void 0;
  const locator = locatorOf(active);
  const { selectionStart = null, selectionEnd = null, selectionDirection = null } = (
    /** @type {Partial<HTMLInputElement>} */
    active
  );
  return locator && [locator, selectionStart, selectionEnd, selectionDirection];
}
function restoreFocus({ document }, [locator, start2, end, direction]) {
  const { activeElement } = document;
  if (activeElement && activeElement !== document.body && !activeElement.hasAttribute("autofocus")) return;
  const element = (
    /** @type {HTMLInputElement | undefined} */
    elementAt(document, locator)
  );
  if (!element || typeof element.focus !== "function") return;
  element.focus({ preventScroll: true });
  if (start2 === null || end === null || typeof element.setSelectionRange !== "function") return;
  try {
    element.setSelectionRange(
      start2,
      end,
      /** @type {'forward' | 'backward' | 'none'} */
      direction ?? "none"
    );
  } catch {
  }
}
function listOf(list, most) {
  return Array.isArray(list) ? list.filter(Array.isArray).slice(0, most) : [];
}

// update/page/reasons.js
var MOST_TEXT3 = 40;
var CannotUpdate = class extends Error {
};
function nameOf(element) {
  const tag = element.localName;
  const id = element.getAttribute("id");
  if (id) return `<${tag} id="${shorten2(id)}">`;
  const name = element.getAttribute("name") ?? element.getAttribute("class");
  return name ? `<${tag} ${element.hasAttribute("name") ? "name" : "class"}="${shorten2(name)}">` : `<${tag}>`;
}
function shorten2(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MOST_TEXT3 ? `${line.slice(0, MOST_TEXT3)}…` : line;
}

// update/page/units.js
var TWINS = /* @__PURE__ */ new Map([["noframes", "noscript"]]);
var KEEP = "data-hot-keep";
function isElement(node) {
  return node.nodeType === 1;
}
function isTemplate(node) {
  return isElement(node) && node.localName === "template" && "content" in node;
}
function isShadowTemplate(node) {
  return isTemplate(node) && node.hasAttribute("shadowrootmode");
}
function shadowTemplateOf(host) {
  for (let child = host.firstElementChild; child; child = child.nextElementSibling) {
    if (isShadowTemplate(child)) return child;
  }
  return void 0;
}
function unitsOf(parent, isOwn, isParsed) {
  const units = [];
  const shadow = isParsed && isElement(parent) ? shadowTemplateOf(parent) : void 0;
  let run;
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === 10 || node === shadow || isOwn(node)) continue;
    if (node.nodeType !== 3) {
      run = void 0;
      units.push({ node, nodes: [node], text: void 0 });
    } else if (run) {
      run.nodes.push(node);
      run.text += node.nodeValue ?? "";
    } else {
      run = { node, nodes: [node], text: node.nodeValue ?? "" };
      units.push(run);
    }
  }
  return units;
}
function unitOf(node) {
  const child = (
    /** @type {ChildNode} */
    node
  );
  return { node: child, nodes: [child], text: void 0 };
}
function tagOf2(element) {
  return TWINS.get(element.localName) ?? element.localName;
}
function isBlank(text) {
  return text !== void 0 && !/[^\t\n\f\r ]/.test(text);
}
function isSame2(a, b) {
  if (!a.isEqualNode(b)) return false;
  const others = templatesIn(b);
  return templatesIn(a).every(({ content }, index) => {
    const other = others[index];
    return other !== void 0 && isSame2(content, other.content);
  });
}
function prepare(root) {
  root.normalize();
  for (const element of root.querySelectorAll("[nonce]")) element.removeAttribute("nonce");
  for (const { content } of templatesIn(root)) prepare(content);
}
function templatesIn(node) {
  if (isTemplate(node)) return [node];
  if (!("querySelectorAll" in node) || !/** @type {Parent} */
  node.firstElementChild) return [];
  return [.../** @type {Parent} */
  node.querySelectorAll("template")].filter(isTemplate);
}
function* elementsIn(root, isLeftOut = () => false) {
  let node = (
    /** @type {Element | null} */
    isElement(root) ? root : (
      /** @type {Parent} */
      root.firstElementChild
    )
  );
  while (node) {
    let next = null;
    if (!isLeftOut(node)) {
      yield node;
      next = node.firstElementChild;
    }
    while (!next && node && node !== root) {
      next = node.nextElementSibling;
      if (!next) {
        node = node.parentElement;
        if (node === root) break;
      }
    }
    node = next;
  }
}

// update/page/insert.js
function checkInsertable(element, live) {
  for (const inside of elementsIn(element)) {
    if (inside.localName === "script") throw new CannotUpdate("a script was added");
    const registry = live.defaultView?.customElements;
    if (inside.localName.includes("-") && registry?.get(inside.localName) && shadowTemplateOf(inside)) {
      throw new CannotUpdate(`${nameOf(inside)} was added, a custom element with a declarative shadow root`);
    }
  }
}
function made(node, document, live, { isDeep, nonce }) {
  const copy = document.importNode(node, isDeep);
  if (!isDeep) {
    live.set(node, [copy]);
  } else {
    live.setAll(node, copy);
    if (isElement(node)) finish(node, live);
  }
  if (!isElement(copy)) return copy;
  for (const element of [copy, ...copy.querySelectorAll("style,link")]) giveNonce(element, nonce);
  return (
    /** @type {Node} */
    live.known(node)[0]
  );
}
function finish(node, live) {
  for (const template of templatesIn(node)) {
    const copy = live.known(template)[0];
    if (copy && isTemplate(copy)) live.setAll(template.content, copy.content);
    for (const child of template.content.children) finish(child, live);
  }
  for (const element of [...elementsIn(node)]) {
    const copy = live.known(element)[0];
    if (!copy || !isElement(copy)) continue;
    const template = shadowTemplateOf(element);
    if (template) attachShadow(copy, template, live);
    if (copy.localName === "noframes") becomeNoscript(element, copy, live);
  }
}
function attachShadow(host, template, live) {
  const copy = live.known(template)[0];
  const mode = template.getAttribute("shadowrootmode");
  if (!copy || !isTemplate(copy) || mode !== "open" && mode !== "closed") return;
  try {
    const has = (name) => template.hasAttribute(name);
    const root = host.attachShadow({
      mode,
      delegatesFocus: has("shadowrootdelegatesfocus"),
      // @ts-ignore The library's types lack them.
      clonable: has("shadowrootclonable"),
      serializable: has("shadowrootserializable")
    });
    root.append(copy.content);
    copy.remove();
    live.set(template.content, [root]);
  } catch {
  }
}
function becomeNoscript(node, copy, live) {
  const noscript = copy.ownerDocument.createElementNS(copy.namespaceURI, "noscript");
  for (const { name, value } of copy.attributes) noscript.setAttribute(name, value);
  noscript.append(...copy.childNodes);
  copy.replaceWith(noscript);
  live.set(node, [noscript]);
}
function nonceOf(live) {
  for (const element of live.querySelectorAll("[nonce]")) {
    const { nonce } = (
      /** @type {HTMLElement} */
      element
    );
    if (nonce) return nonce;
  }
  return "";
}
function giveNonce(element, nonce) {
  if (nonce && /^(?:style|link)$/.test(element.localName)) element.nonce = nonce;
}

// update/page/moves.js
var LOSSES = (
  /** @type {const} */
  [
    ["iframe,frame,object,embed", "a frame"],
    ["dialog:modal", "an open dialog"],
    [":popover-open", "an open popover"],
    [":fullscreen", "the fullscreen element"],
    [":picture-in-picture", "a video in picture-in-picture"],
    ["select:open", "an open select"]
  ]
);
function canMove(document) {
  return "moveBefore" in document.documentElement;
}
function lossOf(element) {
  for (const root of rootsIn(element)) {
    for (const [selector, name] of LOSSES) if (finds(root, selector)) return name;
    const media = (
      /** @type {HTMLMediaElement[]} */
      [...root.querySelectorAll("video,audio")]
    );
    if (root === element && element.matches("video,audio")) media.push(
      /** @type {HTMLMediaElement} */
      element
    );
    if (media.some(({ paused }) => !paused)) return "playing media";
  }
  const isRunning = element.getAnimations?.({ subtree: true }).some(({ playState }) => playState === "running");
  return isRunning ? "a running animation" : void 0;
}
function finds(root, selector) {
  try {
    return "matches" in root && root.matches(selector) || root.querySelector(selector) !== null;
  } catch {
    return false;
  }
}
function* rootsIn(element) {
  const waiting = [element];
  if (element.shadowRoot) waiting.push(element.shadowRoot);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    yield next;
    for (const { shadowRoot } of next.querySelectorAll("*")) if (shadowRoot) waiting.push(shadowRoot);
  }
}
function move(parent, node, before) {
  if ("moveBefore" in parent && node.isConnected && parent.isConnected) {
    try {
      parent.moveBefore?.(node, before);
      return;
    } catch {
    }
  }
  const restore = node.nodeType === 1 ? saveView(
    /** @type {Element} */
    node
  ) : () => {
  };
  parent.insertBefore(node, before);
  restore();
}
function saveScroll(elements) {
  const scrolled = elements.flatMap((element) => [element, ...[...rootsIn(element)].flatMap((root) => [...root.querySelectorAll("*")])]).filter(({ scrollTop, scrollLeft }) => scrollTop || scrollLeft).map((scroller) => ({ scroller, top: scroller.scrollTop, left: scroller.scrollLeft }));
  return () => {
    for (const { scroller, top, left } of scrolled) {
      scroller.scrollTop = top;
      scroller.scrollLeft = left;
    }
  };
}
function saveView(element) {
  const { activeElement } = element.ownerDocument;
  const focused = activeElement && element.contains(activeElement) ? deepest(activeElement) : void 0;
  const refocus = focused ? focusOf(
    /** @type {HTMLInputElement} */
    focused
  ) : () => {
  };
  const selection = element.ownerDocument.getSelection?.();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection ?? {};
  const hasSelection = anchorNode && focusNode && !focused?.matches("input,textarea") && (element.contains(anchorNode) || element.contains(focusNode));
  return () => {
    refocus();
    if (hasSelection) selection?.setBaseAndExtent(anchorNode, anchorOffset ?? 0, focusNode, focusOffset ?? 0);
  };
}
function focusOf(focused) {
  const { selectionStart, selectionEnd, selectionDirection } = focused;
  return () => {
    focused.focus?.({ preventScroll: true });
    if (typeof selectionStart === "number") focused.setSelectionRange(selectionStart, selectionEnd, selectionDirection ?? void 0);
  };
}
function deepest(element) {
  const inside = element.shadowRoot?.activeElement;
  return inside ? deepest(inside) : element;
}

// update/page/widgets.js
function withWrapper(node, live) {
  let outer = node;
  for (let parent = node.parentElement; parent && live.isForeign(parent) && parent.childNodes.length === 1; parent = parent.parentElement) outer = parent;
  return outer;
}
function widgetOf(base, live) {
  const element = live.element(base);
  if (!element) return void 0;
  const outer = withWrapper(element, live);
  const parent = outer.parentElement;
  if (!parent) return void 0;
  if (live.isForeign(parent)) return parent;
  const isSource = isTemplate(element);
  if (!isSource && haveSameAttributes(element, base)) return void 0;
  const siblings = isSource ? [outer.nextSibling] : [outer.previousSibling, outer.nextSibling];
  return (
    /** @type {Element | undefined} */
    siblings.find((node) => node && isElement(node) && live.isForeign(node)) ?? void 0
  );
}
function haveSameAttributes(live, parsed) {
  const names = (element) => element.getAttributeNames().filter((name) => name !== "nonce");
  const all = names(live);
  return all.length === names(parsed).length && all.every((name) => live.getAttribute(name) === parsed.getAttribute(name));
}

// update/page/apply.js
function applyToPage({ writes, arrangements, removals, forms, media }, live, document) {
  const nonce = nonceOf(document);
  const added = [];
  forms.save();
  const rescroll = saveScroll(arrangements.flatMap(({ items }) => movedIn(items, live)));
  for (const write of writes) write.live();
  for (const { live: parent, items } of arrangements) new Arranger(live, nonce, added).arrange(parent, items);
  removals.removeLive();
  rescroll();
  forms.restore();
  for (const element of media) reloadMedia(
    /** @type {HTMLMediaElement} */
    element
  );
  return added;
}
function movedIn(items, live) {
  return items.flatMap(({ kind, partner, items: inside }) => {
    if (inside.length) return movedIn(inside, live);
    return kind === "moved" && partner ? live.of(partner.node).filter(isElement) : [];
  });
}
function applyToBase({ writes, arrangements, removals }) {
  for (const write of writes) write.base();
  for (const { base, items } of arrangements) arrangeBase(base, items);
  removals.removeBase();
}
var Arranger = class {
  #live;
  #nonce;
  #added;
  /**
   * @param {LiveNodes} live
   * @param {string} nonce
   * @param {Element[]} added
   */
  constructor(live, nonce, added) {
    this.#live = live;
    this.#nonce = nonce;
    this.#added = added;
  }
  /**
   * @param {Parent} parent
   * @param {Item[]} items
   */
  arrange(parent, items) {
    let previous;
    for (const [index, item] of items.entries()) {
      if (item.kind === "stable") {
        const anchor = this.#anchor(item, parent, previous, items, index);
        previous = anchor ? this.#lastOf(anchor, item) : previous;
        continue;
      }
      const nodes = item.partner ? this.#movable(item.partner.node) : [this.#make(item, parent)];
      if (!nodes.length) continue;
      const before = previous ? previous.nextSibling : this.#first(parent, items, index);
      for (const node of nodes) this.#place(parent, node, before, item);
      previous = nodes.at(-1);
    }
  }
  /**
   * The child of a parent that belongs to a stable unit in it: the unit's last node, or an element of a script around it.
   *
   * @param {Item} item
   * @param {Parent} parent
   * @param {Node | undefined} previous
   * @param {Item[]} items
   * @param {number} index
   * @param {boolean} [isFirst] true for the unit's first node
   * @returns {Node | undefined}
   */
  #anchor({ partner }, parent, previous, items, index, isFirst = false) {
    const nodes = partner ? this.#live.of(partner.node) : [];
    const direct = nodes.filter((node2) => node2.parentNode === parent).at(isFirst ? 0 : -1);
    if (direct) return direct;
    const [node] = nodes;
    const wrapper = node && this.#wrapperOf(node, parent);
    if (!wrapper || previous && !isBefore(previous, wrapper)) return void 0;
    const next = this.#firstDirect(parent, items, index + 1);
    return next && !isBefore(wrapper, next) ? void 0 : wrapper;
  }
  /**
   * The last node that belongs to a stable unit: libraries put what they render for a template, for a comment, or for an element
   * that they have changed for it, right after that.
   *
   * @param {Node} anchor
   * @param {Item} item
   * @returns {Node}
   */
  #lastOf(anchor, { unit: { node } }) {
    const isElements = isElement(anchor) && isElement(node);
    const isPlain = isElements ? !isTemplate(anchor) && haveSameAttributes(anchor, node) : anchor.nodeType !== 8;
    if (isPlain || !this.#live.baseOf(anchor)) return anchor;
    let last = anchor;
    for (let next = last.nextSibling; next && this.#isForeign(next); next = next.nextSibling) last = next;
    return last;
  }
  /**
   * Returns true for a node of a script without any of the template's in it.
   *
   * @param {Node} node
   */
  #isForeign(node) {
    if (this.#live.baseOf(node)) return false;
    return !isElement(node) || ![...elementsIn(node)].some((inside) => this.#live.baseOf(inside));
  }
  /**
   * The child of a parent that a script has put around a node.
   *
   * @param {Node} node
   * @param {Parent} parent
   * @returns {ChildNode | undefined}
   */
  #wrapperOf(node, parent) {
    let at2 = node.parentNode;
    for (; at2 && at2.parentNode !== parent; at2 = at2.parentNode) if (this.#live.baseOf(at2)) return void 0;
    return at2 && !this.#live.baseOf(at2) ? (
      /** @type {ChildNode} */
      /** @type {Node} */
      at2
    ) : void 0;
  }
  /**
   * The nodes to move of a unit. A script's element around them moves with them, and nothing moves that a script has put into
   * another place, where it would again.
   *
   * @param {Node} base
   * @returns {Node[]}
   */
  #movable(base) {
    const [old] = base.parentNode ? (
      /** @type {Parent[]} */
      this.#live.known(base.parentNode)
    ) : [];
    if (!old) return [];
    return this.#live.of(base).flatMap((node) => {
      if (node.parentNode === old) return [node];
      const wrapper = this.#wrapperOf(node, old);
      if (!wrapper) return [];
      const outer = withWrapper(
        /** @type {ChildNode} */
        node,
        this.#live
      );
      return [outer === wrapper ? wrapper : node];
    });
  }
  /**
   * The node before which the first unit is put.
   *
   * @param {Parent} parent
   * @param {Item[]} items
   * @param {number} index
   * @returns {Node | null}
   */
  #first(parent, items, index) {
    for (let at2 = index; at2 < items.length; at2 += 1) {
      const item = (
        /** @type {Item} */
        items[at2]
      );
      if (item.kind !== "stable") continue;
      const anchor = this.#anchor(item, parent, void 0, items, at2, true);
      if (anchor) return anchor;
    }
    return parent.firstChild;
  }
  /**
   * The first node of a stable unit from an index on, where no script has moved it.
   *
   * @param {Parent} parent
   * @param {Item[]} items
   * @param {number} index
   */
  #firstDirect(parent, items, index) {
    for (let at2 = index; at2 < items.length; at2 += 1) {
      const item = items[at2];
      const [node] = item?.partner && item.kind === "stable" ? this.#live.of(item.partner.node) : [];
      if (node?.parentNode === parent) return node;
    }
    return void 0;
  }
  /**
   * @param {Item} item
   * @param {Parent} parent
   */
  #make({ unit, kind }, parent) {
    const { node, text } = unit;
    const document = parent.ownerDocument ?? /** @type {Document} */
    parent;
    if (text !== void 0) {
      const made2 = document.createTextNode(text);
      this.#live.set(node, [made2]);
      return made2;
    }
    return made(node, document, this.#live, { isDeep: kind === "fresh", nonce: this.#nonce });
  }
  /**
   * @param {Parent} parent
   * @param {Node} node
   * @param {Node | null} before
   * @param {Item} item
   */
  #place(parent, node, before, { kind, items }) {
    if (kind === "moved") {
      if (before !== node) move(parent, node, before);
      return;
    }
    parent.insertBefore(node, before);
    if (isElement(node)) this.#added.push(node);
    if (kind === "shell") this.arrange(
      /** @type {Element} */
      node,
      items
    );
  }
};
function isBefore(a, b) {
  return Boolean(a.compareDocumentPosition(b) & 4);
}
function arrangeBase(parent, items) {
  let previous = null;
  for (const { unit, partner, kind, items: inside } of items) {
    const nodes = (partner ?? unit).nodes;
    for (const node of nodes) {
      const before = (
        /** @type {Node | null} */
        previous ? previous.nextSibling : parent.firstChild
      );
      if (kind !== "stable" && node !== before) parent.insertBefore(node, before);
      previous = node;
    }
    if (kind === "shell") {
      for (const item of inside) if (item.partner) item.unit.nodes.forEach((node) => node.remove());
      arrangeBase(
        /** @type {Element} */
        unit.node,
        inside
      );
    }
  }
}
function reloadMedia(media) {
  const sources = [media, ...media.querySelectorAll("source")].map((element) => element.src).filter(Boolean);
  if (sources.length && !sources.includes(media.currentSrc)) media.load();
}

// update/page/overlaps.js
function sharedEnds(a, b) {
  const [one, other] = [a.trim(), b.trim()];
  const most = Math.min(one.length, other.length);
  let start2 = 0;
  while (start2 < most && one[start2] === other[start2]) start2 += 1;
  let end = 0;
  while (end < most - start2 && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return (start2 + end) / (Math.max(one.length, other.length) || 1);
}
function overlap(a, b) {
  let both = 0;
  for (const value of a) if (b.has(value)) both += 1;
  const all = a.size + b.size - both;
  return all ? both / all : 1;
}
function kept(before, after) {
  let both = 0;
  for (const value of before) if (after.has(value)) both += 1;
  return before.size ? both / before.size : 1;
}
function keptCounts(before, after) {
  let both = 0;
  let all = 0;
  for (const [tag, count3] of before) {
    both += Math.min(count3, after.get(tag) ?? 0);
    all += count3;
  }
  return all ? both / all : 1;
}
function overlapOfCounts(a, b) {
  let both = 0;
  let all = 0;
  for (const tag of /* @__PURE__ */ new Set([...a.keys(), ...b.keys()])) {
    const [here, there] = [a.get(tag) ?? 0, b.get(tag) ?? 0];
    both += Math.min(here, there);
    all += Math.max(here, there);
  }
  return all ? both / all : 1;
}

// update/page/similarity.js
var KEYS = ["id", "data-key", "key", "data-id"];
var SINGLE = /* @__PURE__ */ new Set(["html", "head", "body", "title"]);
var NAMED2 = new Map(
  Object.entries({
    input: ["name"],
    select: ["name"],
    textarea: ["name"],
    button: ["name"],
    iframe: ["name"],
    slot: ["name"],
    meta: ["name", "property", "itemprop"]
  })
);
var OTHER_MODES = /* @__PURE__ */ new Set(["hidden", "submit", "image", "reset", "button", "checkbox", "radio", "file"]);
var MOST_TEXT4 = 2e3;
var MOST_CHILDREN = 8;
var MOST_NAMED2 = 50;
var NAMES = ["id", "name", "for", "href", "src", "action", "data-id", "data-key"];
var NAMED_ELEMENTS = NAMES.map((name) => `[${name}]`).join();
var LEAST = 0.1;
function modeOf(element) {
  if (element.localName !== "input") return "";
  const type = element.getAttribute("type")?.toLowerCase() ?? "text";
  return OTHER_MODES.has(type) ? type : "value";
}
function isCompatible({ node: a }, { node: b }) {
  if (!isElement(a) || !isElement(b)) return a.nodeType === b.nodeType;
  return tagOf2(a) === tagOf2(b) && a.namespaceURI === b.namespaceURI && modeOf(a) === modeOf(b) && a.getAttribute("is") === b.getAttribute("is");
}
function keyOf2(node) {
  if (!isElement(node)) return void 0;
  if (SINGLE.has(node.localName)) return node.localName;
  if (!node.hasAttributes()) return void 0;
  for (const name of KEYS) {
    const value = node.getAttribute(name);
    if (value) return `${tagOf2(node)} ${name} ${value}`;
  }
  for (const name of NAMED2.get(node.localName) ?? []) {
    const value = node.getAttribute(name);
    if (value) return `${tagOf2(node)} ${modeOf(node)} ${name} ${value} ${isChoice(node) ? node.getAttribute("value") : ""}`;
  }
  return void 0;
}
function isChoice(element) {
  return modeOf(element) === "radio" || modeOf(element) === "checkbox" || element.localName === "button";
}
function shallowKeyOf(element) {
  const attributes = element.getAttributeNames().filter((name) => name !== "nonce");
  return `${tagOf2(element)} ${attributes.sort().map((name) => `${name}=${element.getAttribute(name)}`).join("\0")}`;
}
var Similarity = class {
  #isLive;
  /** @type {WeakMap<Node, Features>} */
  #features = /* @__PURE__ */ new WeakMap();
  /** @param {boolean} isLive true where the second document is a page with scripts */
  constructor(isLive) {
    this.#isLive = isLive;
  }
  /**
   * The likeness of two units, from 0 for different ones to 1.
   *
   * @param {Unit} a
   * @param {Unit} b
   */
  of(a, b) {
    if (!isCompatible(a, b)) return 0;
    if (a.text !== void 0 || b.text !== void 0) return this.#ofTexts(a.text ?? "", b.text ?? "");
    if (!isElement(a.node) || !isElement(b.node)) return a.node.nodeValue === b.node.nodeValue ? 1 : 0.2;
    const [idA, idB] = [a.node.getAttribute("id"), b.node.getAttribute("id")];
    if (idA && idA === idB) return 1;
    if (idA && idB && this.#isLive) return 0;
    if (idA !== idB && (idA && isTaken(idA, b.node) || idB && isTaken(idB, a.node))) return 0;
    return this.#ofElements(a.node, b.node);
  }
  /** @param {Element} element */
  wordsOf(element) {
    return this.#featuresOf(element).words;
  }
  /**
   * The words in an element and its tag; nothing if it has no words.
   *
   * @param {Node} node
   */
  contentOf(node) {
    if (!isElement(node)) return "";
    const { words } = this.#featuresOf(node);
    return words.size ? `${tagOf2(node)} ${[...words].join(" ")}` : "";
  }
  /**
   * @param {string} a
   * @param {string} b
   */
  #ofTexts(a, b) {
    if (a === b) return 1;
    const isBlankA = !/\S/.test(a);
    if (isBlankA !== !/\S/.test(b)) return this.#isLive ? 0 : 0.05;
    return 0.3 + 0.6 * Math.max(overlap(wordsOf(a), wordsOf(b)), 0.9 * sharedEnds(a, b));
  }
  /**
   * @param {Element} a
   * @param {Element} b
   */
  #ofElements(a, b) {
    const [before, after] = [this.#featuresOf(a), this.#featuresOf(b)];
    const likeness = this.#ofFeatures(before, after);
    if (likeness === 1 && (!this.#isLive || a.attributes.length === b.attributes.length)) return 1;
    const isInside = (outer, inner2) => this.#isInside(outer, inner2, likeness, outer === b);
    return isInside(b, a) || isInside(a, b) ? 0 : likeness;
  }
  /**
   * Returns true if a child of an element is more like another element than it is itself.
   *
   * @param {Element} outer
   * @param {Element} inner
   * @param {number} likeness
   * @param {boolean} isOuterSecond
   */
  #isInside(outer, inner2, likeness, isOuterSecond) {
    const hasAttributes = outer.attributes.length > 0 || inner2.attributes.length > 0;
    let seen = 0;
    for (let child = outer.firstElementChild; child && seen < MOST_CHILDREN; child = child.nextElementSibling, seen += 1) {
      if (tagOf2(child) !== tagOf2(inner2)) continue;
      if ((hasAttributes || this.#isLive) && child.isEqualNode(inner2)) return true;
      const [one, other] = [this.#featuresOf(inner2), this.#featuresOf(child)];
      const own = isOuterSecond ? this.#ofFeatures(one, other) : this.#ofFeatures(other, one);
      if (hasAttributes && own > likeness + 0.2) return true;
      if (this.#isLive && isOuterSecond && outer.attributes.length > inner2.attributes.length && own >= likeness - 0.05) return true;
    }
    return false;
  }
  /**
   * @param {Features} before
   * @param {Features} after
   */
  #ofFeatures(before, after) {
    const attributes = this.#ofAttributes(before, after);
    if (this.#isLive) {
      const [words2, tags] = [kept(before.words, after.words), keptCounts(before.tags, after.tags)];
      const isEmpty = !before.words.size && !before.tags.size;
      if (isEmpty && !before.attributes.size && !before.classes.size) {
        const [isFilled3, isNamed2] = [after.words.size + after.tags.size > 0, after.attributes.size + after.classes.size > 0];
        return isFilled3 && isNamed2 ? 0 : isFilled3 || isNamed2 ? 0.8 : 1;
      }
      if (attributes === 0 && (words2 < 1 || isEmpty)) return 0;
      const likeness2 = 0.4 * attributes + 0.35 * words2 + 0.2 * tags + 0.05 * Number(before.text === after.text);
      return likeness2 < 0.3 ? 0 : likeness2;
    }
    const words = Math.max(overlap(before.words, after.words), 0.9 * sharedEnds(before.text, after.text));
    const likeness = 0.4 * attributes + 0.35 * words + 0.25 * overlapOfCounts(before.tags, after.tags);
    return Math.max(LEAST, likeness);
  }
  /**
   * @param {Features} before
   * @param {Features} after
   */
  #ofAttributes(before, after) {
    let equal = 0;
    let all = before.attributes.size;
    for (const [name, value] of before.attributes) {
      const other = after.attributes.get(name);
      if (other === value) equal += 1;
      else if (other !== void 0 && this.#isLive) equal += 0.5;
    }
    if (before.classes.size) {
      all += 1;
      equal += this.#isLive ? kept(before.classes, after.classes) : overlap(before.classes, after.classes);
    }
    if (!this.#isLive) {
      for (const name of after.attributes.keys()) if (!before.attributes.has(name)) all += 1;
      if (after.classes.size && !before.classes.size) all += 1;
    }
    return all ? equal / all : 1;
  }
  /**
   * @param {Element} element
   * @returns {Features}
   */
  #featuresOf(element) {
    const known = this.#features.get(element);
    if (known) return known;
    const attributes = new Map(element.getAttributeNames().map((name) => [name, element.getAttribute(name) ?? ""]));
    attributes.delete("class");
    attributes.delete("nonce");
    const tags = /* @__PURE__ */ new Map();
    const shadow = shadowTemplateOf(element);
    for (const child of element.children) {
      if (child !== shadow) tags.set(tagOf2(child), (tags.get(tagOf2(child)) ?? 0) + 1);
    }
    const text = textOf4(element);
    const features = {
      attributes,
      classes: new Set(element.classList),
      text,
      words: this.#isLive ? wordsOf(text) : /* @__PURE__ */ new Set([...wordsOf(text), ...namesIn(element)]),
      tags
    };
    this.#features.set(element, features);
    return features;
  }
};
function isTaken(id, other) {
  const root = other.getRootNode();
  return "getElementById" in root && /** @type {Document} */
  root.getElementById(id) !== null;
}
function textOf4(element) {
  const walker = element.ownerDocument.createTreeWalker(element, 4);
  let text = "";
  for (let node = walker.nextNode(); node && text.length < MOST_TEXT4; node = walker.nextNode()) {
    text += `${node.nodeValue?.slice(0, MOST_TEXT4)} `;
  }
  return text;
}
function namesIn(element) {
  const named = element.childElementCount ? [...element.querySelectorAll(NAMED_ELEMENTS)].slice(0, MOST_NAMED2) : [];
  return named.flatMap((one) => NAMES.flatMap((name) => one.hasAttribute(name) ? [`${name}=${one.getAttribute(name)}`] : []));
}
function wordsIn({ node, text }) {
  return wordsOf(text ?? (isElement(node) ? textOf4(node) : ""));
}
function wordsOf(text) {
  return new Set(text.match(/\S+/g) ?? []);
}

// update/page/choices.js
var HTML = "http://www.w3.org/1999/xhtml";
var Choices = class {
  /** @type {WeakSet<HTMLSelectElement>} */
  #set = /* @__PURE__ */ new WeakSet();
  #chosen;
  /**
   * @param {Document} document
   * @param {WeakSet<EventTarget>} [chosen] controls that sent an event of a choice before
   */
  constructor(document, chosen = /* @__PURE__ */ new WeakSet()) {
    this.#chosen = chosen;
    for (const select of document.querySelectorAll("select")) this.note(select);
    const listen = (event) => {
      const [target] = event.composedPath();
      if (isSelect(target)) this.#set.add(target);
    };
    for (const type of ["input", "change"]) document.addEventListener(type, listen, { capture: true, passive: true });
  }
  /**
   * Notes a select that has another choice than its default.
   *
   * @param {HTMLSelectElement} select
   */
  note(select) {
    if (select.namespaceURI !== HTML) return;
    const defaults = new Set(defaultOptions(select));
    if ([...select.options].some((option) => option.selected !== defaults.has(option))) this.#set.add(select);
  }
  /**
   * Returns true for a select that has, or had, another choice than its default, or that sent an event of a choice.
   *
   * @param {HTMLSelectElement} select
   */
  has(select) {
    this.note(select);
    return this.#set.has(select) || this.#chosen.has(select);
  }
};
function checkOptions(select, live, match) {
  const base = (
    /** @type {HTMLSelectElement | undefined} */
    live.baseOf(select)
  );
  if (!base?.options) return;
  const equal = new Set(match.equal.map(([a]) => a));
  const fates = /* @__PURE__ */ new Map();
  for (const option of base.options) {
    const element = (
      /** @type {HTMLOptionElement | undefined} */
      live.element(option)
    );
    if (!element) continue;
    const group = (
      /** @type {Element} */
      option.parentElement
    );
    const key = `${group === base ? "" : shallowKeyOf(group)}\0${option.outerHTML}`;
    const fate = successorOf(option, match, equal)?.outerHTML;
    const [chosen, others] = fates.get(key) ?? [/* @__PURE__ */ new Set(), /* @__PURE__ */ new Set()];
    fates.set(key, [chosen, others]);
    (element.selected ? chosen : others).add(fate);
    if (chosen.size && others.size && (/* @__PURE__ */ new Set([...chosen, ...others])).size > 1) {
      throw new CannotUpdate(`one of several equal options of ${nameOf(base)} changed: ${shorten2(option.text)}`);
    }
  }
}
function defaultOptions(select) {
  const options = [...select.options];
  const selected = options.filter(({ defaultSelected }) => defaultSelected);
  if (select.multiple) return selected;
  if (selected.length) return selected.slice(-1);
  const isEnabled = (option) => !option.disabled && !option.closest("optgroup")?.disabled;
  return select.size > 1 ? [] : options.filter(isEnabled).slice(0, 1);
}
function successorOf(option, match, equal) {
  const partner = match.ofA.get(option)?.node;
  if (partner) return (
    /** @type {Element} */
    /** @type {Node} */
    partner
  );
  return option.parentElement?.localName === "optgroup" && equal.has(option.parentElement) ? option : void 0;
}
function isSelect(target) {
  const element = (
    /** @type {Partial<Element>} */
    target ?? {}
  );
  return element.localName === "select" && element.namespaceURI === HTML;
}

// update/page/rare-words.js
function pairsByWords(a, b, wordsOfA, wordsOfB) {
  const [inA, inB] = [uniqueWords(a, wordsOfA), uniqueWords(b, wordsOfB)];
  const ofA = /* @__PURE__ */ new Map();
  const ofB = /* @__PURE__ */ new Map();
  for (const [word, i] of inA) {
    const j = inB.get(word);
    if (i === void 0 || j === void 0) continue;
    count(ofA, i, j);
    count(ofB, j, i);
  }
  return [...ofA].flatMap(([i, votes]) => {
    const j = first(votes);
    return j !== void 0 && first(ofB.get(j) ?? /* @__PURE__ */ new Map()) === i ? [
      /** @type {[number, number]} */
      [i, j]
    ] : [];
  });
}
function uniqueWords(indices, wordsOf3) {
  const found = /* @__PURE__ */ new Map();
  for (const index of indices) for (const word of wordsOf3(index)) found.set(word, found.has(word) ? void 0 : index);
  return found;
}
function count(votes, one, other) {
  const own = votes.get(one) ?? /* @__PURE__ */ new Map();
  own.set(other, (own.get(other) ?? 0) + 1);
  votes.set(one, own);
}
function first(votes) {
  const most = Math.max(...votes.values());
  const [one, other] = [...votes].filter(([, number]) => number === most);
  return other ? void 0 : one?.[0];
}

// update/page/sequences.js
var SHORT = 600;
var MOST_DIFFERENCES = 400;
function commonPairs(a, b) {
  const pairs = [];
  const waiting = [[0, a.length, 0, b.length]];
  for (let range = waiting.pop(); range; range = waiting.pop()) {
    let [fromA, toA, fromB, toB] = range;
    while (fromA < toA && fromB < toB && a[fromA] === b[fromB]) pairs.push([fromA++, fromB++]);
    while (fromA < toA && fromB < toB && a[toA - 1] === b[toB - 1]) pairs.push([--toA, --toB]);
    if (fromA === toA || fromB === toB) continue;
    const anchors = toA - fromA + toB - fromB > SHORT ? uniquePairs(a, b, fromA, toA, fromB, toB) : [];
    if (!anchors.length) {
      const inside = shortest(a.slice(fromA, toA), b.slice(fromB, toB));
      for (const [i, j] of inside) pairs.push([fromA + i, fromB + j]);
      continue;
    }
    for (const [i, j] of anchors) {
      pairs.push([i, j]);
      waiting.push([fromA, i, fromB, j]);
      fromA = i + 1;
      fromB = j + 1;
    }
    waiting.push([fromA, toA, fromB, toB]);
  }
  return pairs.sort(([i], [j]) => i - j);
}
function uniquePairs(a, b, fromA, toA, fromB, toB) {
  const places = (values, from, to) => {
    const found = /* @__PURE__ */ new Map();
    for (let at2 = from; at2 < to; at2 += 1) found.set(values[at2], found.has(values[at2]) ? -1 : at2);
    return found;
  };
  const inA = places(a, fromA, toA);
  const pairs = [];
  for (const [value, j] of places(b, fromB, toB)) {
    const i = inA.get(value) ?? -1;
    if (i >= 0 && j >= 0) pairs.push([i, j]);
  }
  pairs.sort(([, i], [, j]) => i - j);
  const kept2 = increasing(pairs.map(([i]) => i));
  return pairs.filter((_, index) => kept2[index]);
}
function shortest(a, b) {
  const most = Math.min(a.length + b.length, Math.max(SHORT, MOST_DIFFERENCES));
  const offset = most + 1;
  const ends = new Int32Array(2 * most + 3);
  const steps = [];
  for (let d = 0; d <= most; d += 1) {
    steps.push(ends.slice(offset - d - 1, offset + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || k !== d && at(ends, offset + k - 1) < at(ends, offset + k + 1);
      let x = isDown ? at(ends, offset + k + 1) : at(ends, offset + k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      ends[offset + k] = x;
      if (x >= a.length && x - k >= b.length) return traced(steps, a, b);
    }
  }
  return greedy(a, b);
}
function traced(steps, a, b) {
  const pairs = [];
  let x = a.length;
  let y = b.length;
  for (let d = steps.length - 1; d >= 0; d -= 1) {
    const ends = (
      /** @type {Int32Array} */
      steps[d]
    );
    const end = (k2) => at(ends, k2 + d + 1);
    const k = x - y;
    const isDown = k === -d || k !== d && end(k - 1) < end(k + 1);
    const startX = d === 0 ? 0 : isDown ? end(k + 1) : end(k - 1) + 1;
    const startY = startX - k;
    while (x > startX && y > startY) pairs.push([--x, --y]);
    if (d === 0) break;
    x = isDown ? startX : startX - 1;
    y = isDown ? startY - 1 : startY;
  }
  return pairs.reverse();
}
function greedy(a, b) {
  const places = /* @__PURE__ */ new Map();
  b.forEach((value, j) => places.set(value, [...places.get(value) ?? [], j]));
  const pairs = [];
  let next = 0;
  a.forEach((value, i) => {
    const j = places.get(value)?.find((place) => place >= next);
    if (j === void 0 || j - next > MOST_DIFFERENCES) return;
    pairs.push([i, j]);
    next = j + 1;
  });
  return pairs;
}
function at(values, index) {
  return values[index] ?? 0;
}
function increasing(values, weight = () => 1) {
  if (values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0))) return values.map(() => true);
  const order = values.map((_, index) => index).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const ranks = new Int32Array(values.length);
  order.forEach((index, rank) => ranks[index] = rank + 1);
  const sums = new Float64Array(values.length + 1);
  const ends = new Int32Array(values.length + 1).fill(-1);
  const before = new Int32Array(values.length);
  let best = -1;
  let most = 0;
  for (let index = 0; index < values.length; index += 1) {
    let sum = 0;
    let last = -1;
    for (let rank = (ranks[index] ?? 0) - 1; rank > 0; rank -= rank & -rank) {
      if ((sums[rank] ?? 0) > sum) [sum, last] = [sums[rank] ?? 0, ends[rank] ?? -1];
    }
    sum += weight(index);
    before[index] = last;
    if (sum > most) [most, best] = [sum, index];
    for (let rank = ranks[index] ?? 0; rank <= values.length; rank += rank & -rank) {
      if (sum > (sums[rank] ?? 0)) [sums[rank], ends[rank]] = [sum, index];
    }
  }
  const kept2 = values.map(() => false);
  for (let index = best; index >= 0; index = before[index] ?? -1) kept2[index] = true;
  return kept2;
}
function bestOf(values) {
  const best = { at: -1, value: 0, second: 0 };
  for (const [at2, value] of values.entries()) {
    if (value > best.value) Object.assign(best, { at: at2, value, second: best.value });
    else if (value > best.second) best.second = value;
  }
  return best;
}
function uniqueIn(indices, textOf7) {
  const found = /* @__PURE__ */ new Map();
  for (const index of indices) {
    const text = textOf7(index);
    if (text) found.set(text, found.has(text) ? void 0 : index);
  }
  return found;
}
function unpaired(partners, from, to) {
  const found = [];
  for (let at2 = from; at2 < to; at2 += 1) if (partners[at2] === -1) found.push(at2);
  return found;
}
function heaviestPairs(lengthA, lengthB, value) {
  const best = Array.from({ length: lengthA + 1 }, () => new Float64Array(lengthB + 1));
  const sum = (i, j) => best[i]?.[j] ?? 0;
  const both = (i, j) => value(i, j) && value(i, j) + sum(i + 1, j + 1);
  for (let i = lengthA - 1; i >= 0; i -= 1) {
    for (let j = lengthB - 1; j >= 0; j -= 1) {
      best[i][j] = Math.max(both(i, j), sum(i + 1, j), sum(i, j + 1));
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < lengthA && j < lengthB; ) {
    const own = both(i, j);
    if (own && own >= sum(i + 1, j) && own >= sum(i, j + 1)) pairs.push([i++, j++]);
    else if (sum(i + 1, j) >= sum(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}
function put(groups, name, item) {
  const group = groups.get(name);
  if (group) group.push(item);
  else groups.set(name, [item]);
}

// update/page/align.js
var MOST_COMPARED = 2500;
var MOVED = 0.6;
var BLANK2 = 0.2;
var CERTAIN_LIVE = 0.85;
var CERTAIN = 0.5;
var MARGIN2 = 0.1;
var AMBIGUOUS = 0.05;
function align(a, b, rules) {
  return new Alignment(a, b, rules).run();
}
var Alignment = class {
  #a;
  #b;
  #rules;
  /** @type {number[]} */
  #ofA;
  /** @type {number[]} */
  #ofB;
  /** @type {Map<string, number>} */
  #numbers = /* @__PURE__ */ new Map();
  /**
   * @param {Unit[]} a
   * @param {Unit[]} b
   * @param {Rules} rules
   */
  constructor(a, b, rules) {
    this.#a = a;
    this.#b = b;
    this.#rules = rules;
    this.#ofA = a.map(() => -1);
    this.#ofB = b.map(() => -1);
  }
  run() {
    const [from, toA, toB] = this.#pairEnds(0, this.#a.length, 0, this.#b.length);
    if (toA - from === 1 && toB - from === 1 && this.#isPlainPair(from)) {
      this.#pair(from, from);
    } else if (from < toA && from < toB) {
      this.#pairKeys(from, toA, toB);
      if (this.#rules.isLive) {
        this.#pairUnique();
        this.#pairCertain();
      }
      const withWords = (all, units) => all.filter((at2) => hasWords(
        /** @type {Unit} */
        units[at2]
      ));
      if (!this.#rules.isLive) this.#inGaps((a, b) => this.#pairEqual(withWords(a, this.#a), withWords(b, this.#b)));
      this.#inGaps((a, b) => this.#rules.isLive && a.length * b.length <= MOST_COMPARED ? this.#pairAlike(a, b) : this.#pairEqual(a, b));
      this.#pairMoved();
      if (!this.#rules.isLive) this.#pairCertain();
      this.#inGaps((a, b) => this.#pairAlike(a, b));
      this.#pairMovedAlike();
    }
    return this.#ofB;
  }
  /** @param {number} i @param {number} j */
  #pair(i, j) {
    this.#ofA[i] = j;
    this.#ofB[j] = i;
  }
  /** @param {number} i */
  #unitA(i) {
    return (
      /** @type {Unit} */
      this.#a[i]
    );
  }
  /** @param {number} j */
  #unitB(j) {
    return (
      /** @type {Unit} */
      this.#b[j]
    );
  }
  /**
   * Pairs equal units at both ends of two ranges: those without words where the next ones are equal too.
   *
   * @param {number} fromA
   * @param {number} toA
   * @param {number} fromB
   * @param {number} toB
   * @returns {[number, number, number]} the ranges between, which begin at one index where the given ones do
   */
  #pairEnds(fromA, toA, fromB, toB) {
    while (fromA < toA && fromB < toB && this.#isEqualEnd(fromA, fromB, 1)) this.#pair(fromA++, fromB++);
    while (fromA < toA && fromB < toB && this.#isEqualEnd(toA - 1, toB - 1, -1)) this.#pair(--toA, --toB);
    return [fromA, toA, toB];
  }
  /**
   * @param {number} i
   * @param {number} j
   * @param {1 | -1} step
   */
  #isEqualEnd(i, j, step) {
    if (!this.#isEqual(i, j)) return false;
    if (this.#rules.isLive || hasWords(this.#unitA(i))) return true;
    const [a, b] = [this.#a[i + step], this.#b[j + step]];
    return a && b ? this.#isEqual(i + step, j + step) : a === b;
  }
  /** @param {number} i @param {number} j */
  #isEqual(i, j) {
    const [a, b] = [this.#unitA(i), this.#unitB(j)];
    if (a.text !== void 0 || b.text !== void 0) return a.text === b.text;
    return this.#rules.decided(a, b) ?? this.#rules.areEqual(a.node, b.node);
  }
  /**
   * Returns true if the only units left are of one kind: nothing else could be compared.
   *
   * @param {number} at
   */
  #isPlainPair(at2) {
    const [a, b] = [this.#unitA(at2), this.#unitB(at2)];
    if (this.#rules.isLive || !this.#canPair(at2, at2)) return false;
    return !isElement(a.node) || !isElement(b.node) || keyOf2(a.node) === keyOf2(b.node) && shallowKeyOf(a.node) === shallowKeyOf(b.node);
  }
  /**
   * Pairs units whose key is unique in both ranges.
   *
   * @param {number} from
   * @param {number} toA
   * @param {number} toB
   */
  #pairKeys(from, toA, toB) {
    const places = (units, to) => {
      const found = /* @__PURE__ */ new Map();
      for (let at2 = from; at2 < to; at2 += 1) {
        const key = keyOf2(
          /** @type {Unit} */
          units[at2].node
        );
        if (key !== void 0) found.set(key, found.has(key) ? -1 : at2);
      }
      return found;
    };
    const inA = places(this.#a, toA);
    for (const [key, j] of inA.size ? places(this.#b, toB) : []) {
      const i = inA.get(key) ?? -1;
      if (i >= 0 && j >= 0 && this.#canPair(i, j)) this.#pair(i, j);
    }
    for (let i = from; i < toA; i += 1) {
      if (this.#ofA[i] !== -1 || !isElement(this.#unitA(i).node) || tagOf2(
        /** @type {Element} */
        this.#unitA(i).node
      ) !== "script") continue;
      for (let j = from; j < toB; j += 1) {
        if (this.#ofB[j] === -1 && this.#rules.decided(this.#unitA(i), this.#unitB(j))) this.#pair(i, j);
      }
    }
  }
  /** @param {number} i @param {number} j */
  #canPair(i, j) {
    const [a, b] = [this.#unitA(i), this.#unitB(j)];
    return this.#rules.decided(a, b) ?? isCompatible(a, b);
  }
  /**
   * Calls a function with the unpaired units between each two pairs that are in the same order in both lists.
   *
   * @param {(a: number[], b: number[]) => void} visit
   */
  #inGaps(visit) {
    const paired = this.#ofB.flatMap((i, j) => i === -1 ? [] : [
      /** @type {[number, number]} */
      [i, j]
    ]);
    const inOrder = increasing(paired.map(([i]) => i));
    const anchors = paired.filter((_, index) => inOrder[index]);
    let [fromA, fromB] = [0, 0];
    for (const [toA, toB] of [
      ...anchors,
      /** @type {[number, number]} */
      [this.#a.length, this.#b.length]
    ]) {
      if (fromA < toA && fromB < toB) {
        const a = unpaired(this.#ofA, fromA, toA);
        const b = unpaired(this.#ofB, fromB, toB);
        while (!this.#rules.isLive && a.length && b.length && this.#isEqual(a[0] ?? 0, b[0] ?? 0)) this.#pair(a.shift() ?? 0, b.shift() ?? 0);
        if (a.length && b.length) visit(a, b);
      }
      [fromA, fromB] = [toA + 1, toB + 1];
    }
  }
  /** Pairs elements of the same text that are unique on both sides, in any order. */
  #pairUnique() {
    const [a, b] = this.#unpairedElements();
    const textOf7 = this.#textsOf(a, b);
    const inB = uniqueIn(b, (j) => textOf7(this.#unitB(j)));
    for (const [text, i] of a.length && b.length ? uniqueIn(a, (i2) => textOf7(this.#unitA(i2))) : []) {
      const j = inB.get(text);
      if (i !== void 0 && j !== void 0 && this.#canPair(i, j)) this.#pair(i, j);
    }
  }
  /**
   * Pairs equal units in order. White space pairs with what is around it: there is more of it than of anything else, all of it equal.
   *
   * @param {number[]} a
   * @param {number[]} b
   */
  #pairEqual(a, b) {
    const isSolid2 = ({ text }) => this.#rules.isLive || !isBlank(text);
    const [one, other] = [a.filter((i) => isSolid2(this.#unitA(i))), b.filter((j) => isSolid2(this.#unitB(j)))];
    this.#pairBy(one, other, this.#textsOf(one, other));
  }
  /** Pairs elements that are much more like each other than like any other, in any order. */
  #pairCertain() {
    let [a, b] = this.#unpairedElements();
    const { isLive, similarity } = this.#rules;
    const least = isLive ? CERTAIN_LIVE : CERTAIN;
    const wordsOf3 = ({ node }) => similarity.wordsOf(
      /** @type {Element} */
      /** @type {Node} */
      node
    );
    for (const [i, j] of isLive ? [] : pairsByWords(a, b, (i2) => wordsOf3(this.#unitA(i2)), (j2) => wordsOf3(this.#unitB(j2)))) {
      if (this.#likeness(i, j) >= least) this.#pair(i, j);
    }
    [a, b] = this.#unpairedElements();
    if (a.length * b.length > MOST_COMPARED) {
      const [inA, inB] = [uniqueIn(a, (i) => similarity.contentOf(this.#unitA(i).node)), uniqueIn(b, (j) => similarity.contentOf(this.#unitB(j).node))];
      for (const [content, i] of inA) {
        const j = inB.get(content);
        if (i !== void 0 && j !== void 0 && this.#likeness(i, j) >= least) this.#pair(i, j);
      }
      return;
    }
    const likeness = a.map((i) => b.map((j) => this.#likeness(i, j)));
    const columns = b.map((_, at2) => bestOf(likeness.map((row) => row[at2] ?? 0)));
    for (const [at2, row] of likeness.entries()) {
      const best = bestOf(row);
      const column = columns[best.at];
      if (best.value < least || !column || column.at !== at2) continue;
      if (Math.max(best.second, column.second) > best.value - MARGIN2) continue;
      this.#pair(
        /** @type {number} */
        a[at2],
        /** @type {number} */
        b[best.at]
      );
    }
  }
  /**
   * Pairs units with the same text in the order of both.
   *
   * @param {number[]} a
   * @param {number[]} b
   * @param {(unit: Unit) => string} textOf
   */
  #pairBy(a, b, textOf7) {
    const numbers = [a.map((i) => this.#numberOf(textOf7(this.#unitA(i)))), b.map((j) => this.#numberOf(textOf7(this.#unitB(j))))];
    for (const [i, j] of commonPairs(numbers[0] ?? [], numbers[1] ?? [])) {
      const [at2, other] = [
        /** @type {number} */
        a[i],
        /** @type {number} */
        b[j]
      ];
      if (this.#canPair(at2, other)) this.#pair(at2, other);
    }
  }
  /**
   * Returns a function for everything of a unit as text, by which equal ones are found. An element is not written out if none of
   * the other list is of its kind, as it may be most of the page.
   *
   * @param {number[]} a
   * @param {number[]} b
   * @returns {(unit: Unit) => string}
   */
  #textsOf(a, b) {
    const kindOf3 = ({ node }) => isElement(node) ? `${node.childElementCount} ${shallowKeyOf(node)}` : "";
    const kinds = [a.map((i) => kindOf3(this.#unitA(i))), b.map((j) => kindOf3(this.#unitB(j)))].map((all) => new Set(all));
    let lone = 0;
    return (unit) => kinds.every((all) => all.has(kindOf3(unit))) ? this.#textOf(unit) : `lone ${lone += 1}`;
  }
  /** @param {Unit} unit */
  #textOf({ node, text }) {
    if (text !== void 0) return `"${text}`;
    if (!isElement(node)) return `${node.nodeType} ${node.nodeValue}`;
    return this.#rules.isLive ? node.outerHTML.replaceAll(' nonce=""', "") : node.outerHTML;
  }
  /** @param {string} text */
  #numberOf(text) {
    const known = this.#numbers.get(text);
    if (known !== void 0) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }
  /** Pairs elements with the same text out of order, the first with the first. */
  #pairMoved() {
    const [a, b] = this.#unpairedElements();
    if (!a.length || !b.length) return;
    const textOf7 = this.#textsOf(a, b);
    const places = /* @__PURE__ */ new Map();
    for (const i of a.reverse()) {
      put(places, textOf7(this.#unitA(i)), i);
    }
    for (const j of b) {
      const i = places.get(textOf7(this.#unitB(j)))?.pop();
      if (i !== void 0 && this.#canPair(i, j)) this.#pair(i, j);
    }
  }
  /** @returns {[number[], number[]]} */
  #unpairedElements() {
    return [
      unpaired(this.#ofA, 0, this.#a.length).filter((i) => isElement(this.#unitA(i).node)),
      unpaired(this.#ofB, 0, this.#b.length).filter((j) => isElement(this.#unitB(j).node))
    ];
  }
  /**
   * Pairs what is most alike in one gap, in order.
   *
   * @param {number[]} a
   * @param {number[]} b
   */
  #pairAlike(a, b) {
    if (a.length * b.length > MOST_COMPARED) {
      const shallow = ({ node, text }) => isElement(node) ? shallowKeyOf(node) : text === void 0 ? `${node.nodeType}` : `${isBlank(text)}`;
      this.#pairBy(a, b, shallow);
      const [restA, restB] = [a.filter((i) => this.#ofA[i] === -1), b.filter((j) => this.#ofB[j] === -1)];
      if (!this.#rules.isLive && restA.length === restB.length) this.#pairBy(restA, restB, ({ node }) => node.nodeName);
      return;
    }
    const likeness = a.map((i) => b.map((j) => this.#likeness(i, j)));
    const value = (i, j) => likeness[i]?.[j] ?? 0;
    for (const [i, j] of heaviestPairs(a.length, b.length, value)) {
      if (!this.#isAmbiguous(likeness, i, j)) this.#pair(
        /** @type {number} */
        a[i],
        /** @type {number} */
        b[j]
      );
    }
  }
  /** @param {number} i @param {number} j */
  #likeness(i, j) {
    const [a, b] = [this.#unitA(i), this.#unitB(j)];
    const decided = this.#rules.decided(a, b);
    if (decided !== void 0) return Number(decided);
    return this.#rules.isLive && isBlank(a.text) && isBlank(b.text) ? BLANK2 : this.#rules.similarity.of(a, b);
  }
  /**
   * Returns true if another node of the page is as much like the parsed one: one of them is a script's.
   *
   * @param {number[][]} likeness
   * @param {number} i
   * @param {number} j
   */
  #isAmbiguous(likeness, i, j) {
    if (!this.#rules.isLive) return false;
    const row = likeness[i] ?? [];
    const least = (row[j] ?? 0) - AMBIGUOUS;
    const candidates = row.filter((other) => other >= least).length;
    const claimants = likeness.filter((others) => (others[j] ?? 0) >= least).length;
    return candidates > claimants;
  }
  #pairMovedAlike() {
    const [a, b] = this.#unpairedElements();
    if (a.length * b.length > MOST_COMPARED) return;
    const found = a.flatMap((i) => b.map((j) => ({ i, j, likeness: this.#likeness(i, j) }))).filter(({ likeness }) => likeness >= MOVED).sort((one, other) => other.likeness - one.likeness);
    for (const { i, j } of found) if (this.#ofA[i] === -1 && this.#ofB[j] === -1) this.#pair(i, j);
  }
};
function hasWords({ node, text }) {
  return isBlank(text) || /\S/.test(text ?? node.textContent ?? "");
}

// update/page/moved.js
var MOST_NESTED = 1e3;
var NESTED = 0.7;
var MOST_CHILDREN2 = 20;
var MOST_TEXT5 = 200;
var STATEFUL = /* @__PURE__ */ new Set(["form", "input", "select", "textarea", "video", "audio", "canvas", "iframe", "details", "dialog"]);
function nestedPairs(gone, fresh, similarity) {
  const elements = (units) => units.map(({ node }) => (
    /** @type {Node} */
    node
  )).filter(isElement);
  const inside = (roots) => roots.flatMap((root) => childrenOf(root).flatMap((child) => [child, ...childrenOf(child)]));
  const [goneRoots, freshRoots] = [elements(gone), elements(fresh)];
  const [goneInside, freshInside] = [inside(goneRoots), inside(freshRoots)];
  if (goneRoots.length * freshInside.length + goneInside.length * freshRoots.length > MOST_NESTED) return [];
  const likenessOf = (a, b) => {
    const [one, other] = [unitOf(a), unitOf(b)];
    return isCompatible(one, other) && hasContent(a) ? similarity.of(one, other) : 0;
  };
  const pairs = (some, others) => some.flatMap((a) => others.map((b) => ({ a, b, likeness: likenessOf(a, b) })));
  const found = [...pairs(goneRoots, freshInside), ...pairs(goneInside, freshRoots)].filter(({ likeness }) => likeness >= NESTED);
  found.sort((one, other) => other.likeness - one.likeness);
  return found.map(({ a, b }) => [a, b]);
}
function equalPairs(gone, fresh, areEqual) {
  const cheap = (element) => {
    const { childNodes, textContent } = element;
    return `${shallowKeyOf(element)} ${childNodes.length} ${textContent?.length} ${textContent?.slice(0, MOST_TEXT5)}`;
  };
  const places = /* @__PURE__ */ new Map();
  for (const a of gone.filter(hasContent)) put(places, cheap(a), a);
  const claims = /* @__PURE__ */ new Map();
  for (const b of fresh.filter(hasContent)) {
    const others = places.get(cheap(b)) ?? [];
    const at2 = others.findIndex((element) => areEqual(element, b));
    const a = others[at2];
    if (a && !others.slice(at2 + 1).some((element) => areEqual(element, b))) put(claims, a, b);
  }
  return [...claims].flatMap(([a, [b, ...others]]) => b && !others.length ? [
    /** @type {[Element, Element]} */
    [a, b]
  ] : []);
}
function uniqueBy(elements, nameOf2) {
  const found = /* @__PURE__ */ new Map();
  for (const element of elements) {
    const name = nameOf2(element);
    if (!name) continue;
    const key = `${element.localName} ${modeOf(element)} ${name}`;
    found.set(key, found.has(key) ? void 0 : element);
  }
  return found;
}
function hasContent(element) {
  return element.firstElementChild !== null || !isBlank(element.textContent ?? "") || element.attributes.length > 0;
}
function isTelling(element) {
  return STATEFUL.has(element.localName) || element.attributes.length > 0;
}
function childrenOf(element) {
  const found = [];
  for (let child = element.firstElementChild; child && found.length < MOST_CHILDREN2; child = child.nextElementSibling) found.push(child);
  return found;
}

// update/page/match.js
var MOST_MOVED = 2e4;
var MOST_WRAPPED = 1e3;
var WRAPPED = 0.75;
var MOST_ROUNDS = 8;
var Match = class {
  /** Partners by the unit's first node, and by fragments. @type {Map<Node, Unit>} */
  ofA = /* @__PURE__ */ new Map();
  /** @type {Map<Node, Unit>} */
  ofB = /* @__PURE__ */ new Map();
  /** Children of matched parents that differ. @type {Siblings[]} */
  siblings = [];
  /** Matched elements that are equal, with all in them. @type {[Node, Node][]} */
  equal = [];
  /** Matched elements of both documents whose content is not compared. @type {Set<Node>} */
  #closed = /* @__PURE__ */ new Set();
  /** Elements of `b` without a partner that have a matched element in them. @type {Set<Node>} */
  shells = /* @__PURE__ */ new Set();
  /** Templates of the first document by their content. @type {Map<Node, Element>} */
  hosts = /* @__PURE__ */ new Map();
  /** Units whose parent is matched and that have no partner. @type {Unit[]} */
  #goneA = [];
  /** @type {Unit[]} */
  #freshB = [];
  #options;
  #similarity;
  /** True where both documents have templates, whose content `isEqualNode` does not compare. */
  #hasTemplates;
  #isAcross = false;
  /** The second document's partners of decided pairs. @type {Map<Node, Node>} */
  #decidedB;
  /** @type {[Parent, Parent][]} */
  #waiting = [];
  /**
   * @param {Document} a
   * @param {Document} b
   * @param {Options} options
   */
  constructor(a, b, options) {
    this.#options = options;
    this.#similarity = new Similarity(options.isLive ?? false);
    this.#decidedB = new Map([...options.decided ?? []].map(([one, other]) => [other, one]));
    this.#hasTemplates = a.querySelector("template") !== null;
    this.#waiting.push([a, b]);
    this.#run();
    this.#isAcross = true;
    for (let round = 0; round < MOST_ROUNDS && this.#pairAcross(); round += 1) this.#run();
  }
  #run() {
    const { isOwn, isLive = false } = this.#options;
    const rules = { similarity: this.#similarity, isLive, decided: this.#decided, areEqual: this.#areEqual };
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) {
      const [a, b] = next;
      const unitsA = unitsOf(a, isOwn, true);
      const unitsB = unitsA.length || !isLive ? unitsOf(b, isOwn, !isLive) : [];
      this.siblings.push({ a, b, unitsA, unitsB });
      const partners = this.#aligned(unitsA, unitsB, rules);
      for (const [unit, partner] of partners) this.#pair(partner, unit);
      this.#goneA.push(...unitsA.filter(({ node }) => !this.ofA.has(node)));
      this.#freshB.push(...unitsB.filter(({ node }) => !this.ofB.has(node)));
    }
  }
  /**
   * Aligns siblings, in a page also with those that scripts have put into elements of their own.
   *
   * @param {Unit[]} unitsA
   * @param {Unit[]} unitsB
   * @param {import('./align.js').Rules} rules
   * @returns {Map<Unit, Unit>} partners by unit of the second document
   */
  #aligned(unitsA, unitsB, rules) {
    const partners = partnersOf(unitsA, unitsB, align(unitsA, unitsB, rules));
    if (!rules.isLive) return partners;
    const paired = new Set(partners.values());
    const isMissing = unitsA.some((unit) => isElement(unit.node) && !paired.has(unit));
    const wrappers = new Set(unitsB.filter((unit) => isElement(unit.node) && unit.node.firstElementChild && !partners.has(unit)));
    if (!isMissing || !wrappers.size) return partners;
    const direct = new Set(unitsB);
    const flat = unitsB.flatMap((unit) => wrappers.has(unit) ? unitsOf(
      /** @type {Element} */
      unit.node,
      this.#options.isOwn,
      false
    ) : [unit]);
    if (flat.length > MOST_WRAPPED) return partners;
    const others = partnersOf(unitsA, flat, align(unitsA, flat, rules));
    for (const [unit, partner] of others) if (!direct.has(unit) && !this.#isWrapped(partner, unit)) others.delete(unit);
    return others.size > partners.size ? others : partners;
  }
  /**
   * Returns true if an element of the page is certainly one that a script has put into another.
   *
   * @param {Unit} a
   * @param {Unit} b
   */
  #isWrapped(a, b) {
    if (!isElement(a.node)) return false;
    if (a.node.isEqualNode(b.node)) return true;
    const isCertain = hasContent(a.node) || b.node.parentElement?.localName !== a.node.localName;
    return isCertain && this.#similarity.of(a, b) >= WRAPPED;
  }
  /** @param {Unit} a @param {Unit} b */
  #decided = (a, b) => {
    const partner = this.#options.decided?.get(a.node);
    if (partner) return partner === b.node;
    return this.#decidedB.has(b.node) || this.ofA.has(a.node) || this.ofB.has(b.node) ? false : void 0;
  };
  /** @param {Unit} a @param {Unit} b */
  #pair(a, b) {
    this.ofA.set(a.node, b);
    this.ofB.set(b.node, a);
    if (!isElement(a.node) || !isElement(b.node)) return;
    if (this.#options.isLeftOut?.(a.node, b.node)) {
      this.#close(a.node, b.node);
    } else if (this.#areEqual(a.node, b.node) && !this.#hasPairsIn(a.node, b.node)) {
      this.equal.push([a.node, b.node]);
      this.#close(a.node, b.node);
      if (this.#options.isLive) this.#pairTemplates(a.node, b.node);
    } else {
      this.#descend(a.node, b.node);
    }
  }
  /**
   * Returns true if nodes in two elements have partners already, which may be elsewhere.
   *
   * @param {Element} a
   * @param {Element} b
   */
  #hasPairsIn(a, b) {
    if (!this.#isAcross) return false;
    return [...a.querySelectorAll("*")].some((one) => this.ofA.has(one)) || [...b.querySelectorAll("*")].some((one) => this.ofB.has(one));
  }
  /** @param {Element} a @param {Element} b */
  #close(a, b) {
    this.#closed.add(a).add(b);
  }
  /** @param {Element} a @param {Element} b */
  #pairTemplates(a, b) {
    const others = templatesIn(b);
    templatesIn(a).forEach(({ content }, index) => {
      const other = others[index];
      if (other) this.#pairParents(content, other.content);
    });
  }
  /** @param {Element} a @param {Element} b */
  #descend(a, b) {
    this.#waiting.push([a, b]);
    if (isTemplate(a) && isTemplate(b)) {
      this.hosts.set(a.content, a);
      this.#pairParents(a.content, b.content);
    }
    const shadow = shadowTemplateOf(a)?.content;
    const other = this.#options.isLive ? b.shadowRoot : shadowTemplateOf(b)?.content;
    if (shadow && other) this.#pairParents(shadow, other);
  }
  /** @param {DocumentFragment} a @param {DocumentFragment} b */
  #pairParents(a, b) {
    this.ofA.set(a, unitOf(b));
    this.ofB.set(b, unitOf(a));
    this.#waiting.push([a, b]);
  }
  /**
   * Pairs elements that have got another parent.
   *
   * @returns {boolean} true if there are any
   */
  #pairAcross() {
    const before = this.ofA.size;
    if (!this.#options.isLive) this.#pairNested();
    if (this.ofA.size > before) return true;
    const gone = this.#elements(this.#goneA, this.ofA, true);
    if (!gone.length) return false;
    const fresh = this.#elements(this.#freshB, this.ofB, false);
    if (!fresh.length) return false;
    this.#pairUnique(gone, fresh, (element) => element.getAttribute("id") ?? "");
    this.#pairUnique(gone, fresh, (element) => keyOf2(element) ?? "");
    for (const [a, b] of equalPairs(gone, fresh, this.#areEqual)) this.#pairMoved(a, b);
    this.#pairUnique(gone, fresh, (element) => isTelling(element) ? shallowKeyOf(element) : "");
    return this.ofA.size > before;
  }
  /** Pairs an element with one that is as like as can be at another depth: it was put into a new element, or taken out of one. */
  #pairNested() {
    const gone = this.#goneA.filter(({ node }) => !this.ofA.has(node));
    const fresh = this.#freshB.filter(({ node }) => !this.ofB.has(node));
    for (const [a, b] of nestedPairs(gone, fresh, this.#similarity)) {
      if (!this.ofA.has(a) && !this.ofB.has(b)) this.#pairMoved(a, b);
    }
  }
  /**
   * The elements without a partner in a list of units, except those in elements that have one.
   *
   * @param {Unit[]} units
   * @param {Map<Node, Unit>} partners
   * @param {boolean} isParsed
   */
  #elements(units, partners, isParsed) {
    const found = [];
    const isLeftOut = (element) => partners.has(element) || this.#options.isOwn(element);
    for (const { node } of units) {
      if (!isElement(node)) continue;
      for (const element of elementsIn(node, isLeftOut)) {
        if (found.length >= MOST_MOVED) return found;
        if (!isParsed || !isShadowTemplate(element)) found.push(element);
      }
    }
    return found;
  }
  /**
   * @param {Element[]} gone
   * @param {Element[]} fresh
   * @param {(element: Element) => string} nameOf
   */
  #pairUnique(gone, fresh, nameOf2) {
    const inA = uniqueBy(gone, nameOf2);
    for (const [name, b] of uniqueBy(fresh, nameOf2)) {
      const a = inA.get(name);
      if (a && b) this.#pairMoved(a, b);
    }
  }
  /** @param {Node} a @param {Node} b */
  #areEqual = (a, b) => this.#options.isLive || !this.#hasTemplates ? a.isEqualNode(b) : isSame2(a, b);
  /** @param {Element} a @param {Element} b */
  #pairMoved(a, b) {
    const [one, other] = [unitOf(a), unitOf(b)];
    if (!isCompatible(one, other) || this.#decided(one, other) === false) return;
    const [rootA, rootB] = [a.getRootNode(), b.getRootNode()];
    if ((rootA.nodeType === 9 && rootB.nodeType === 9) === (this.ofA.get(rootA)?.node === rootB)) return;
    const option = a.localName === "option" ? a : a.querySelector("option");
    const select = option?.closest("select");
    const list = select ? this.ofA.get(select)?.node : null;
    if (option && !(select && a.contains(select)) && list !== b.closest("select")) return;
    if (this.#isInClosed(a, this.ofA) || this.#isInClosed(b, this.ofB)) return;
    this.#pair(one, other);
    for (let parent = b.parentNode; parent && !this.ofB.has(parent); parent = parent.parentNode) this.shells.add(parent);
  }
  /**
   * Returns true below an element whose content is not compared, as it has its partners already.
   *
   * @param {Element} element
   * @param {Map<Node, Unit>} partners
   */
  #isInClosed(element, partners) {
    for (let parent = element.parentNode; parent; parent = parent.parentNode) {
      if (partners.has(parent)) return this.#closed.has(parent);
    }
    return false;
  }
};
function partnersOf(unitsA, unitsB, indices) {
  const partners = /* @__PURE__ */ new Map();
  indices.forEach((i, j) => {
    const [a, b] = [unitsA[i], unitsB[j]];
    if (a && b) partners.set(b, a);
  });
  return partners;
}

// update/page/noise.js
var TOKENS = /[\w-]+|[^]/g;
var JOINTS = /^[+/=]*$/;
var MOST_TEXT6 = 1e6;
var Noise = class {
  #match;
  /** Nodes that the other answer lacks. @type {Set<Node>} */
  #units = /* @__PURE__ */ new Set();
  /** Nodes of the other answer that this one lacks, by parent. @type {Map<Node, Unit[]>} */
  #missing = /* @__PURE__ */ new Map();
  /** Parents whose children the other answer has in another order. @type {Set<Node>} */
  #reordered = /* @__PURE__ */ new Set();
  /**
   * @param {Document} next
   * @param {Document} second
   * @param {import('./units.js').IsOwn} isOwn
   */
  constructor(next, second, isOwn) {
    this.#match = new Match(next, second, { isOwn });
    for (const { a, unitsA, unitsB } of this.#match.siblings) {
      for (const { node } of unitsA) if (!this.#match.ofA.has(node)) this.#units.add(node);
      const missing = unitsB.filter(({ node }) => !this.#match.ofB.has(node));
      if (missing.length) this.#missing.set(a, missing);
      const places = new Map(unitsB.map(({ node }, index) => [node, index]));
      const order = unitsA.flatMap(({ node }) => places.get(
        /** @type {ChildNode} */
        this.#match.ofA.get(node)?.node
      ) ?? []);
      if (order.some((place, index) => index > 0 && place < (order[index - 1] ?? 0))) this.#reordered.add(a);
    }
  }
  /**
   * The other answer's value of an attribute; `undefined` if it has the same, or lacks the element.
   *
   * @param {Element} element
   * @param {string} name
   * @returns {string | null | undefined}
   */
  attribute(element, name) {
    const other = this.#match.ofA.get(element)?.node;
    if (!other || !isElement(other)) return void 0;
    const value = other.getAttribute(name);
    return value === element.getAttribute(name) ? void 0 : value;
  }
  /**
   * The other answer's text; `undefined` if it is the same.
   *
   * @param {Unit} unit
   * @returns {string | undefined}
   */
  text({ node, text }) {
    const other = this.#match.ofA.get(node);
    const value = other && (other.text ?? other.node.nodeValue ?? void 0);
    return value === (text ?? node.nodeValue) ? void 0 : value;
  }
  /**
   * Returns true for a node that only this answer has, or that is in one.
   *
   * @param {Node} node
   */
  has(node) {
    if (!this.#units.size) return false;
    for (let at2 = (
      /** @type {Node | null} */
      node
    ); at2; at2 = at2.parentNode) if (this.#units.has(at2)) return true;
    return false;
  }
  /**
   * Returns true for a parent whose children are in another order in each answer.
   *
   * @param {Parent} parent
   */
  isReordered(parent) {
    return this.#reordered.has(parent);
  }
  /**
   * Returns true for a unit of the base that looks like one that some answers have below this parent.
   *
   * @param {Unit} unit
   * @param {Parent} parent
   */
  isLike({ node, text }, parent) {
    const missing = this.#missing.get(parent) ?? [];
    const own = [...parent.childNodes].filter((child) => this.#units.has(child));
    return [...missing.map((other) => other.node), ...own].some((other) => {
      if (!isElement(node) || !isElement(other)) return text !== void 0 && other.nodeType === 3;
      return node.localName === other.localName && node.className === other.className;
    });
  }
};
function isOnlyNoise(base, next, second) {
  if (base === next) return true;
  if (next === second || Math.max(base.length, next.length, second.length) > MOST_TEXT6) return false;
  const [before, after, other] = [tokensOf(base), tokensOf(next), tokensOf(second)];
  const numbers = /* @__PURE__ */ new Map();
  const numbered = (tokens) => tokens.map((token) => {
    const number = numbers.get(token) ?? numbers.size;
    numbers.set(token, number);
    return number;
  });
  const [a, b, c] = [numbered(before), numbered(after), numbered(other)];
  const noise = joined(gapsIn(commonPairs(c, b), c.length, b.length), after);
  return gapsIn(commonPairs(a, b), a.length, b.length).every(
    ([from, to]) => noise.some(([start2, end]) => start2 <= from && to <= end)
  );
}
function tokensOf(text) {
  return text.match(TOKENS) ?? [];
}
function gapsIn(pairs, lengthA, lengthB) {
  const gaps = [];
  let [atA, atB] = [0, 0];
  for (const [i, j] of [
    ...pairs,
    /** @type {[number, number]} */
    [lengthA, lengthB]
  ]) {
    if (i > atA || j > atB) gaps.push([atB, j]);
    [atA, atB] = [i + 1, j + 1];
  }
  return gaps;
}
function joined(ranges, tokens) {
  const found = [];
  for (const [from, to] of ranges) {
    const last = found.at(-1);
    if (last && JOINTS.test(tokens.slice(last[1], from).join(""))) last[1] = to;
    else found.push([from, to]);
  }
  return found;
}

// update/page/gate.js
var NONCE = /'nonce-[^']*'/g;
function reasonToReload(base, next, second, isOwn) {
  if (doctypeOf(base) !== doctypeOf(next)) return "the doctype changed";
  if (base.contentType !== next.contentType) return "the content type changed";
  return reasonInList(base, next, second, "base", () => "<base> changed") ?? reasonInList(base, next, second, "meta[http-equiv]", (element) => `<meta http-equiv="${shorten2(element.getAttribute("http-equiv") ?? "")}"> changed`) ?? reasonInList(base, next, second, "meta[charset]", () => "<meta charset> changed") ?? reasonInScripts(scriptsIn(base, isOwn), scriptsIn(next, isOwn), second && scriptsIn(second, isOwn));
}
function scriptsIn(document, isOwn) {
  return [...document.querySelectorAll("script")].filter((script) => !isOwn(script) && !script.closest(`[${KEEP}]`));
}
function doctypeOf({ doctype }) {
  return doctype && [doctype.name, doctype.publicId, doctype.systemId].join(" ");
}
function reasonInList(base, next, second, selector, reasonOf) {
  const [before, after, others] = [base, next, second].map((document) => [...document?.querySelectorAll(selector) ?? []]);
  for (let index = 0; index < Math.max(before?.length ?? 0, after?.length ?? 0); index += 1) {
    const [a, b] = [before?.[index], after?.[index]];
    if (!a || !b || !areAlike(a, b, others?.[index])) return reasonOf(
      /** @type {Element} */
      b ?? a
    );
  }
  return void 0;
}
function areAlike(a, b, other) {
  const text = textOf5(a);
  return text === textOf5(b) || other !== void 0 && isOnlyNoise(text, textOf5(b), textOf5(other));
}
function textOf5(element) {
  const names = element.getAttributeNames().filter((name) => name !== "nonce");
  const attributes = names.sort().map((name) => `${name}=${element.getAttribute(name)}`);
  return `${attributes.join("\n")}

${element.textContent}`.replace(NONCE, "");
}
function reasonInScripts(before, after, second) {
  const others = second?.length === after.length ? second : [];
  const differs = (index) => {
    const [a2, b2] = [before[index], after[index]];
    return !a2 || !b2 || !areAlike(a2, b2, others[index]);
  };
  let first2 = 0;
  while (first2 < before.length && first2 < after.length && !differs(first2)) first2 += 1;
  const [a, b] = [before[first2], after[first2]];
  if (!a && !b) return void 0;
  const texts = { before: before.map(textOf5), after: after.map(textOf5) };
  if (before.length === after.length && a && b) {
    const isMoved = [...texts.before].sort().join("\n") === [...texts.after].sort().join("\n");
    return isMoved ? "the order of scripts changed" : `${kindOf(b)} changed`;
  }
  if (before.length < after.length) {
    const added = after.find((script) => !texts.before.includes(textOf5(script)));
    return `${kindOf(
      /** @type {Element} */
      added ?? b ?? a
    )} was added`;
  }
  const removed = before.find((script) => !texts.after.includes(textOf5(script)));
  return `${kindOf(
    /** @type {Element} */
    removed ?? a ?? b
  )} was removed`;
}
function kindOf(script) {
  const type = script.getAttribute("type")?.toLowerCase() ?? "";
  if (type === "importmap") return "an import map";
  const url = script.getAttribute("src") ?? script.getAttribute("href");
  if (url) return `the script ${shorten2(url)}`;
  const isCode = type === "" || type === "module" || /(?:java|ecma)script/.test(type);
  return isCode ? "an inline script" : "a data block";
}

// update/page/live-nodes.js
var MOST_NODES = 100;
var LiveNodes = class {
  /** @type {WeakMap<Node, Node[]>} */
  #live = /* @__PURE__ */ new WeakMap();
  /** @type {WeakMap<Node, Node>} */
  #base = /* @__PURE__ */ new WeakMap();
  /** @type {WeakSet<Node>} */
  #doubtful = /* @__PURE__ */ new WeakSet();
  #isOwn;
  /**
   * @param {Document} base
   * @param {Document} live
   * @param {IsOwn} isOwn
   */
  constructor(base, live, isOwn) {
    this.#isOwn = isOwn;
    this.set(base, [live]);
    const match = new Match(base, live, { isOwn, isLive: true });
    for (const [node, unit] of match.ofA) {
      this.set(node, nodesOf(node, unit));
      if (isDoubtful(node, unit.node)) this.#doubtful.add(node);
    }
    for (const [a, b] of match.equal) this.setAll(a, b);
  }
  /**
   * @param {Node} base
   * @param {Node[]} nodes
   */
  set(base, nodes) {
    this.#live.set(base, nodes);
    for (const node of nodes) this.#base.set(node, base);
  }
  /**
   * Sets the nodes of a whole subtree, from one that is equal.
   *
   * @param {Node} base
   * @param {Node} live
   */
  setAll(base, live) {
    const waiting = [
      /** @type {[Node, Node]} */
      [base, live]
    ];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [a, b] = next;
      this.set(a, [b]);
      for (let [one, other] = [a.firstChild, b.firstChild]; one && other; [one, other] = [one.nextSibling, other.nextSibling]) {
        waiting.push([one, other]);
      }
    }
  }
  /**
   * The nodes that the page got for a node of the base, even if scripts have removed them.
   *
   * @param {Node} base
   * @returns {Node[]}
   */
  known(base) {
    return this.#live.get(base) ?? [];
  }
  /**
   * The nodes that the page has for a node of the base.
   *
   * @param {Node} base
   * @returns {Node[]}
   */
  of(base) {
    const nodes = this.known(base);
    if (nodes.every((node) => node.isConnected)) return nodes;
    return nodes.filter((node) => node.isConnected || base.getRootNode().nodeType === 11 && (node.nodeType === 11 || node.parentNode));
  }
  /**
   * @param {Node} base
   * @returns {Element | undefined}
   */
  element(base) {
    const [node] = this.of(base);
    return node && isElement(node) ? node : void 0;
  }
  /**
   * Returns true for a node of the base that an unknown one of the page may be: one without any likeness to it, or one that a script
   * has put into its place.
   *
   * @param {Node} base
   */
  isUncertain(base) {
    if (this.of(base).length) return false;
    const [parent] = base.parentNode ? this.of(base.parentNode) : [];
    if (!parent) return false;
    if (!this.known(base).length) return [...parent.childNodes].some((node) => this.isForeign(node));
    for (let node = this.#after(base, parent); node && !this.#base.has(node); node = node.nextSibling) if (this.isForeign(node)) return true;
    return false;
  }
  /**
   * Returns true for a node of the page that a script has made, but for white space.
   *
   * @param {Node} node
   */
  isForeign(node) {
    return !this.#base.has(node) && !this.#isOwn(node) && !isBlank(node.nodeType === 3 ? node.nodeValue ?? "" : void 0);
  }
  /**
   * The first node of the page in the place of a removed one.
   *
   * @param {Node} base
   * @param {Node} parent
   */
  #after(base, parent) {
    for (let before = base.previousSibling; before; before = before.previousSibling) {
      const node = this.of(before).findLast(({ parentNode }) => parentNode === parent);
      if (node) return node.nextSibling;
    }
    return parent.firstChild;
  }
  /**
   * Returns true for an element of the base that has only its tag and class in common with the page's: a script has written another text into it,
   * or has put one of its own into its place.
   *
   * @param {Node} base
   */
  isDoubtful(base) {
    return this.#doubtful.has(base);
  }
  /** @param {Node} live */
  baseOf(live) {
    return this.#base.get(live);
  }
  /**
   * Notes that this client has replaced a node of the page by another.
   *
   * @param {Node} old
   * @param {Node} successor
   */
  replace(old, successor) {
    const base = this.#base.get(old);
    if (base) this.set(base, [successor]);
  }
  /**
   * Returns true for an element that is never touched.
   *
   * @param {Node} base
   */
  isKept(base) {
    return isElement(base) && (base.hasAttribute(KEEP) || this.element(base)?.hasAttribute(KEEP) === true);
  }
};
function isDoubtful(base, live) {
  if (!isElement(base) || !isElement(live) || base.getAttributeNames().some((name) => name !== "class")) return false;
  const words = wordsIn(unitOf(base));
  if (!words.size) return false;
  const others = wordsIn(unitOf(live));
  return others.size > 0 && ![...words].some((word) => others.has(word));
}
function nodesOf(base, { nodes, text }) {
  const wanted = base.nodeValue;
  if (text === void 0 || text === wanted || nodes.length > MOST_NODES) return nodes;
  for (let from = 0; from < nodes.length; from += 1) {
    let found = "";
    for (let to = from; to < nodes.length && found.length < (wanted?.length ?? 0); to += 1) {
      found += nodes[to]?.nodeValue;
      if (found === wanted) return nodes.slice(from, to + 1);
    }
  }
  return nodes;
}

// update/page/styles.js
function differingStyles(live, before, after) {
  const [old, next] = [styleOf(live, before), styleOf(live, after)];
  const writes = [];
  for (const name of /* @__PURE__ */ new Set([...old, ...next])) {
    const [from, to, current] = [valueOf2(old, name), valueOf2(next, name), valueOf2(live.style, name)];
    if ([...old].includes(name) && !from.value) return void 0;
    if ([...next].includes(name) && !to.value) return void 0;
    if (isEqual(from, to) || isEqual(current, to)) continue;
    if (!isEqual(current, from)) return void 0;
    writes.push(() => {
      if (to.value) live.style.setProperty(name, to.value, to.priority);
      else live.style.removeProperty(name);
    });
  }
  return () => writes.forEach((write) => write());
}
function styleOf(live, text) {
  const { style } = live.ownerDocument.createElement("div");
  style.cssText = text;
  return style;
}
function valueOf2(style, name) {
  const value = withoutVersions(style.getPropertyValue(name));
  return { value, priority: style.getPropertyPriority(name) };
}
function isEqual(a, b) {
  return a.value === b.value && a.priority === b.priority;
}
function hasRulesOfScripts({ sheet, textContent, ownerDocument }) {
  const { CSSStyleSheet: CSSStyleSheet2 } = (
    /** @type {Partial<typeof globalThis>} */
    ownerDocument.defaultView ?? {}
  );
  const text = textContent ?? "";
  if (!sheet || !CSSStyleSheet2 || text.includes("@import")) return false;
  try {
    const parsed = new CSSStyleSheet2();
    parsed.replaceSync(text);
    return rulesIn(sheet) !== rulesIn(parsed);
  } catch {
    return false;
  }
}
function keepDisabled(style, change) {
  const isDisabled = style.sheet?.disabled ?? false;
  change();
  if (isDisabled && style.sheet) style.sheet.disabled = true;
}
function stylesIn(element) {
  const all = [element, ...element.querySelectorAll("style")];
  return (
    /** @type {HTMLStyleElement[]} */
    all.filter(({ localName }) => localName === "style")
  );
}
function rulesIn({ cssRules }) {
  return withoutVersions([...cssRules].map(({ cssText }) => cssText).join("\n"));
}
var VERSION = /([?&])__hot=[^&#\s,"')]*(&?)/g;
function withoutVersions(text) {
  if (!text.includes("__hot=")) return text;
  return text.replace(VERSION, (_, start2, end) => end ? start2 : "");
}

// update/page/attributes.js
var STATE = /* @__PURE__ */ new Set(["open", "value", "checked", "selected"]);
var OF_FRAMES = /* @__PURE__ */ new Set(["sandbox", "allow", "allowfullscreen", "credentialless", "csp", "referrerpolicy"]);
var NAME2 = /^[a-z_][\w.-]*$/i;
var EARLY = /^on(?:load|error|pageshow|readystatechange)$/;
function attributeWrites(base, next, live, { originalAttribute, noise, baseOf: baseOf2 }) {
  const writes = [];
  for (const name of /* @__PURE__ */ new Set([...base.getAttributeNames(), ...next.getAttributeNames()])) {
    const [before, after] = [base.getAttribute(name), next.getAttribute(name)];
    if (before === after || name === "nonce") continue;
    const other = noise?.attribute(next, name);
    if (other !== void 0 && isOnlyNoise(before ?? "", after ?? "", other ?? "")) continue;
    if (!live) throw new CannotUpdate(`${nameOf(base)} changed, which a script has removed or replaced`);
    const set = setterOf(next, name);
    const isUsers = name === "open" && isOpenedElse(live, after !== null, baseOf2);
    writes.push({
      live: isUsers ? () => {
      } : liveWrite(live, name, before, after, originalAttribute(live, name), set),
      base: () => set(base, after)
    });
  }
  return writes;
}
function liveWrite(live, name, before, after, current, set) {
  const nothing = () => {
  };
  if (EARLY.test(name)) throw new CannotUpdate(`${name} of ${nameOf(live)} changed`);
  if (OF_FRAMES.has(name) && /^(?:iframe|frame)$/.test(live.localName)) {
    throw new CannotUpdate(`${name} of ${nameOf(live)} changed`);
  }
  if (current === after) return nothing;
  if (name === "popover" && live.matches(":popover-open")) throw new CannotUpdate(`popover of ${nameOf(live)} changed, which is open`);
  if (STATE.has(name) && live.localName.includes("-") && hasOwnState(live, name, before)) return nothing;
  if (live.localName === "canvas" && (name === "width" || name === "height")) {
    throw new CannotUpdate(`${name} of ${nameOf(live)} changed, which clears it`);
  }
  if (name === "muted" && "muted" in live && live.muted === (before !== null)) {
    return () => {
      set(live, after);
      live.muted = after !== null;
    };
  }
  if (current === before) {
    if (after !== null && isForbidden(live, name, after)) {
      throw new CannotUpdate(`${name} of ${nameOf(live)} changed, which Trusted Types forbid to set`);
    }
    return () => set(live, after);
  }
  if (name === "class") return () => changeTokens(live, before ?? "", after ?? "", set);
  if (name === "style" && "style" in live) {
    const write = differingStyles(
      /** @type {HTMLElement} */
      live,
      before ?? "",
      after ?? ""
    );
    if (write) return write;
  }
  if (name === "integrity" && current === null) return nothing;
  if (STATE.has(name)) return nothing;
  throw new CannotUpdate(`${name} of ${nameOf(live)} changed, which a script has changed too`);
}
function hasOwnState(live, name, before) {
  const value = (
    /** @type {any} */
    live[name]
  );
  if (typeof value === "boolean") return value !== (before !== null);
  return (typeof value === "string" || typeof value === "number") && String(value) !== (before ?? "");
}
function isOpenedElse(live, isOpen, baseOf2) {
  if (live.localName === "dialog") return live.matches(":modal");
  const group = live.getAttribute("name");
  if (live.localName !== "details" || !isOpen || !group) return false;
  const others = (
    /** @type {Document | ShadowRoot} */
    live.getRootNode().querySelectorAll("details[open]")
  );
  return [...others].some((other) => {
    const base = (
      /** @type {Element | undefined} */
      baseOf2(other)
    );
    return other !== live && other.getAttribute("name") === group && !base?.hasAttribute("open");
  });
}
function setterOf(next, name) {
  const parsed = next.getAttributeNode(name);
  return (element, value) => {
    if (value === null) {
      element.removeAttribute(name);
    } else if (parsed && (parsed.namespaceURI || !NAME2.test(name))) {
      const attribute = element.ownerDocument.importNode(parsed, true);
      attribute.value = value;
      element.setAttributeNodeNS(attribute);
    } else {
      element.setAttribute(name, value);
    }
  };
}
function changeTokens(live, before, after, set) {
  const tokens = (text) => text.split(/[\t\n\f\r ]+/).filter(Boolean);
  const [removed, added] = [new Set(tokens(before)), new Set(tokens(after))];
  const current = tokens(live.getAttribute("class") ?? "");
  const kept2 = current.filter((token) => !removed.has(token) || added.has(token));
  const fresh = [...added].filter((token) => !removed.has(token) && !kept2.includes(token));
  const value = [...kept2, ...fresh].join(" ");
  if (value !== current.join(" ")) set(live, value || null);
}
function isForbidden(live, name, value) {
  const { trustedTypes } = (
    /** @type {{ trustedTypes?: any }} */
    live.ownerDocument.defaultView ?? {}
  );
  if (!trustedTypes?.getAttributeType?.(live.localName, name, live.namespaceURI ?? "")) return false;
  try {
    live.ownerDocument.createElementNS(live.namespaceURI, live.localName).setAttribute(name, value);
    return false;
  } catch {
    return true;
  }
}

// update/page/words.js
var TELLING = /^(?:id|name|for|href|src|srcset|action|formaction|value|title|alt|style|aria-label|on.+|[@:].+|x-.+|data-.+|hx-.+)$/;
var MOST_ELEMENTS = 100;
var VALUE = "value=";
var Words = class {
  /** @type {Map<Unit, Set<string>>} */
  #words = /* @__PURE__ */ new Map();
  /** @type {Map<Unit, string>} */
  #texts = /* @__PURE__ */ new Map();
  /** @type {Map<Unit[], Map<string, number>>} */
  #tellings = /* @__PURE__ */ new Map();
  /**
   * The words in a unit, or the names and values of the fields in one without words.
   *
   * @param {Unit} unit
   */
  of(unit) {
    const known = this.#words.get(unit);
    if (known) return known;
    const own = wordsIn(unit);
    const words = own.size || !isElement(unit.node) ? own : /* @__PURE__ */ new Set([...namesIn(unit.node), ...valuesIn(unit.node)]);
    this.#words.set(unit, words);
    return words;
  }
  /**
   * The same words in one text, without their order.
   *
   * @param {Unit} unit
   */
  text(unit) {
    const known = this.#texts.get(unit);
    if (known !== void 0) return known;
    const text = [...this.of(unit)].sort().join(" ");
    this.#texts.set(unit, text);
    return text;
  }
  /**
   * Returns true if no other unit of the list has the same telling attributes.
   *
   * @param {Unit} unit
   * @param {Unit[]} units
   */
  isTold(unit, units) {
    let counts = this.#tellings.get(units);
    if (!counts) {
      counts = /* @__PURE__ */ new Map();
      for (const text of units.map(tellingOf)) counts.set(text, (counts.get(text) ?? 0) + 1);
      this.#tellings.set(units, counts);
    }
    const own = tellingOf(unit);
    return own !== "" && counts.get(own) === 1;
  }
};
function isValue(word) {
  return word.startsWith(VALUE);
}
function valuesIn(element) {
  const fields = [...element.querySelectorAll("input[value]:not([type=hidden i])")].slice(0, MOST_ELEMENTS);
  return fields.flatMap((field) => field.getAttribute("value") ? [`${VALUE}${field.getAttribute("value")}`] : []);
}
function hasSameTellingAttributes(a, b, noise) {
  if (!isElement(a) || !isElement(b)) return true;
  const [some, others] = [partsOf(a), partsOf(b)];
  return some.length === others.length && some.every((one, at2) => haveSame(
    one,
    /** @type {Element} */
    others[at2],
    noise
  ));
}
function tellingOf({ node }) {
  const parts = isElement(node) ? partsOf(node) : [];
  return parts.flatMap((one) => tellingNames(one).map((name) => `${name}=${one.getAttribute(name)}`)).join("\n");
}
function tellingNames(element) {
  return element.getAttributeNames().filter((name) => TELLING.test(name)).sort();
}
function partsOf(element) {
  return [element, ...[...element.querySelectorAll("*")].slice(0, MOST_ELEMENTS)];
}
function haveSame(a, b, noise) {
  const names = /* @__PURE__ */ new Set([...tellingNames(a), ...tellingNames(b)]);
  return [...names].every((name) => a.getAttribute(name) === b.getAttribute(name) || noise?.attribute(b, name) !== void 0);
}

// update/page/certainty.js
var MOST_COMPARED2 = 1e4;
var COMMON = 0.5;
var Pairs = class {
  #match;
  #noise;
  #a;
  #b;
  #words = new Words();
  /** Units that are certain by key and content. @type {Set<Unit>} */
  #closed = /* @__PURE__ */ new Set();
  /** @type {Map<Unit, boolean>} */
  #certain = /* @__PURE__ */ new Map();
  /** @type {Map<Node, Unit>} */
  #unitsB;
  /** @type {Map<string, { elements: Element[], isSole: boolean, isInOrder: boolean }>} */
  #like = /* @__PURE__ */ new Map();
  /** The place of the label of an element without words, from there. */
  #step;
  /**
   * @param {Siblings} siblings
   * @param {import('./match.js').Match} match
   * @param {import('./noise.js').Noise | undefined} noise
   */
  constructor({ unitsA, unitsB }, match, noise) {
    this.#match = match;
    this.#noise = noise;
    const [solidA, solidB] = [unitsA.filter(isSolid), unitsB.filter(isSolid)];
    const [a, b] = areInPlace(solidA, solidB, match) ? [[], []] : differing(solidA, solidB, match, this.#words);
    this.#step = labelsAreAfter(solidA) ? 1 : -1;
    this.#unitsB = new Map(b.map((unit) => [unit.node, unit]));
    const isOpen = (unit) => !this.#closed.has(unit);
    for (const unit of a) {
      const partner = this.#partnerOf(unit);
      const key = partner && keyOf2(unit.node);
      const isKeyed = key !== void 0 && partner && key === keyOf2(partner.node);
      if (isKeyed && hasWords2(unit) && unit.node.isEqualNode(partner.node)) this.#closed.add(unit).add(partner);
    }
    this.#a = sideOf(a, isOpen, this.#words);
    this.#b = sideOf(b, isOpen, this.#words);
  }
  /**
   * The elements of the base whose partner may be another one's, each with those of the same words, itself among them.
   *
   * @returns {Generator<{ element: Element, alike: Element[] }>}
   */
  *uncertain() {
    for (const [at2, unit] of this.#a.units.entries()) {
      const partner = this.#partnerOf(unit);
      if (!partner || !isElement(unit.node) || this.#closed.has(unit) || this.#isCertain(unit, partner, at2)) continue;
      yield { element: unit.node, alike: this.#likeOf(unit).elements };
    }
  }
  /** @param {Unit | undefined} unit */
  #partnerOf(unit) {
    const partner = unit && this.#match.ofA.get(unit.node);
    return partner && this.#unitsB.get(partner.node);
  }
  /**
   * @param {Unit} unit
   * @param {Unit} partner
   * @param {number} at
   * @returns {boolean}
   */
  #isCertain(unit, partner, at2) {
    const known = this.#closed.has(unit) || this.#certain.get(unit);
    if (known !== void 0) return known;
    this.#certain.set(unit, false);
    const isCertain = this.#decide(unit, partner, at2);
    this.#certain.set(unit, isCertain);
    return isCertain;
  }
  /**
   * @param {Unit} unit
   * @param {Unit} partner
   * @param {number} at
   */
  #decide(unit, partner, at2) {
    const [words, others] = [this.#words.of(unit), this.#words.of(partner)];
    const [key, other] = [keyOf2(unit.node), keyOf2(partner.node)];
    const [text, otherText] = [this.#words.text(unit), this.#words.text(partner)];
    if (key !== void 0 && key === other) return text ? text === otherText || !this.#b.texts.has(text) : !this.#isLabelElsewhere(partner, at2);
    const isRenamed = key !== void 0 && other !== void 0;
    if (!words.size || !others.size) return this.#isInPlace(unit, partner, at2, isRenamed);
    if (text === otherText) {
      const [count3, counted] = [this.#a, this.#b].map(({ texts }) => texts.get(text)?.length);
      return count3 === counted && (count3 === 1 && !isRenamed || this.#isInPlace(unit, partner, at2, isRenamed));
    }
    if (this.#b.texts.has(text) || this.#a.texts.has(otherText) || this.#hasBetter(unit, partner)) return false;
    if ([...words].some((word) => isValue(word) && this.#isElsewhere(word, partner))) return false;
    const isOwn = (word) => this.#a.unique.get(word) === unit && this.#b.unique.get(word) === partner;
    return !isRenamed && ([...words].some(isOwn) || this.#hasSameNeighbours(unit, partner));
  }
  /**
   * Returns true if a word is in another unit now, and in no other.
   *
   * @param {string} word
   * @param {Unit} partner
   */
  #isElsewhere(word, partner) {
    const other = this.#b.unique.get(word);
    return other !== void 0 && other !== partner;
  }
  /**
   * Returns true if the words at an element are at another one now, or were.
   *
   * @param {Unit} partner
   * @param {number} at
   */
  #isLabelElsewhere(partner, at2) {
    const [old, label] = this.#labelsOf(partner, at2);
    if (!old || !label || !this.#words.of(old).size || !this.#words.of(label).size) return false;
    const [now, was] = [this.#partnerOf(old), this.#match.ofB.get(label.node)];
    const isElsewhere = now !== void 0 && now !== label && this.#words.text(now) === this.#words.text(old);
    return isElsewhere || was !== void 0 && was.node !== old.node && this.#words.text(was) === this.#words.text(label);
  }
  /**
   * Returns the units at the place of an element's label, in the base and in the next version.
   *
   * @param {Unit} partner
   * @param {number} at
   */
  #labelsOf(partner, at2) {
    return [this.#a.units[at2 + this.#step], this.#b.units[placeOf3(this.#b, partner) + this.#step]];
  }
  /**
   * Returns true for elements without words of their own that are known by their place.
   *
   * @param {Unit} unit
   * @param {Unit} partner
   * @param {number} at
   * @param {boolean} isRenamed
   */
  #isInPlace(unit, partner, at2, isRenamed) {
    const { isSole, isInOrder } = this.#likeOf(unit);
    if (isSole && !isRenamed) return true;
    if (this.#isLabelElsewhere(partner, at2)) return false;
    const hasSame = hasSameTellingAttributes(unit.node, partner.node, this.#noise);
    if (hasSame && this.#words.isTold(unit, this.#a.units) && this.#words.isTold(partner, this.#b.units)) return true;
    const [old, label] = this.#labelsOf(partner, at2);
    if (old && label && this.#partnerOf(old) === label && this.#words.of(old).size) {
      return isRenamed ? this.#words.text(old) === this.#words.text(label) : this.#isCertain(old, label, at2 + this.#step);
    }
    return isInOrder && !isRenamed && hasSame;
  }
  /**
   * The units of one kind and words: tells if each version has one only, and if all are paired in order.
   *
   * @param {Unit} unit
   */
  #likeOf(unit) {
    const text = this.#words.text(unit);
    const name = `${kindOf2(unit)} ${text}`;
    const known = this.#like.get(name);
    if (known) return known;
    const alike = ({ texts }) => (texts.get(text) ?? []).filter((one) => kindOf2(one) === kindOf2(unit));
    const [some, others] = [alike(this.#a), alike(this.#b)];
    const isInOrder = some.length === others.length && some.every((one, index) => this.#partnerOf(one) === others[index]);
    const elements = some.flatMap(({ node }) => isElement(node) ? [node] : []);
    const like = { elements, isSole: some.length === 1 && others.length === 1, isInOrder };
    this.#like.set(name, like);
    return like;
  }
  /**
   * Returns true if another unit has more of the words.
   *
   * @param {Unit} unit
   * @param {Unit} partner
   */
  #hasBetter(unit, partner) {
    const [a, b] = [this.#a, this.#b];
    const [words, others] = [this.#words.of(unit), this.#words.of(partner)];
    if (a.units.length * b.units.length > MOST_COMPARED2) {
      const isOther = (word) => {
        const [one, other] = [a.unique.get(word), b.unique.get(word)];
        return one !== void 0 && other !== void 0 && one === unit !== (other === partner);
      };
      return [...words, ...others].some(isOther);
    }
    const shared = sharedBy(words, others);
    const isBetter = (count3) => count3 > 0 && count3 >= shared;
    const kind = kindOf2(unit);
    const [some, more] = [a, b].map(({ kinds }) => kinds.get(kind) ?? []);
    return Boolean(
      more?.some((one) => one !== partner && isBetter(sharedBy(words, this.#words.of(one))) && !a.texts.has(this.#words.text(one))) || some?.some((one) => one !== unit && isBetter(sharedBy(others, this.#words.of(one))) && !b.texts.has(this.#words.text(one)))
    );
  }
  /**
   * @param {Unit} unit
   * @param {Unit} partner
   */
  #hasSameNeighbours(unit, partner) {
    const [at2, other] = [placeOf3(this.#a, unit), placeOf3(this.#b, partner)];
    return [-1, 1].every((step) => {
      const [one, two] = [this.#a.units[at2 + step], this.#b.units[other + step]];
      return one === void 0 ? two === void 0 : two !== void 0 && this.#partnerOf(one) === two;
    });
  }
};
function isSolid({ node, text }) {
  return node.nodeType !== 8 && !isBlank(text);
}
function labelsAreAfter(units) {
  for (const [at2, { node }] of units.entries()) {
    const id = isElement(node) ? node.getAttribute("for") : void 0;
    if (!id) continue;
    if ([-1, 1].some((step) => idOf(units[at2 + step]) === id)) return idOf(units[at2 - 1]) === id;
  }
  const [first2] = units;
  return first2 !== void 0 && isElement(first2.node) && !wordsIn(first2).size;
}
function idOf(unit) {
  return unit && isElement(unit.node) ? unit.node.id : void 0;
}
function areInPlace(a, b, match) {
  if (a.length !== b.length) return false;
  let changed = 0;
  return a.every((unit, at2) => {
    const other = b[at2];
    if (!other || match.ofA.get(unit.node)?.node !== other.node) return false;
    if (unit.text !== void 0 ? unit.text === other.text : unit.node.isEqualNode(other.node)) return true;
    changed += 1;
    return changed === 1 && keyOf2(unit.node) === keyOf2(other.node);
  });
}
function differing(a, b, match, words) {
  const isSame3 = (one, other) => one !== void 0 && other !== void 0 && match.ofA.get(one.node)?.node === other.node && hasWords2(one) && one.node.isEqualNode(other.node);
  let start2 = 0;
  while (isSame3(a[start2 + 1], b[start2 + 1]) && isSame3(a[start2], b[start2])) start2 += 1;
  let end = 0;
  while (start2 + end + 1 < Math.min(a.length, b.length) && isSame3(a.at(-2 - end), b.at(-2 - end)) && isSame3(a.at(-1 - end), b.at(-1 - end))) end += 1;
  const differ = [...a.slice(start2, a.length - end), ...b.slice(start2, b.length - end)].filter((unit) => isElement(unit.node));
  const texts = new Set(differ.map((unit) => words.text(unit)));
  const looksLikeOne = (unit) => unit !== void 0 && texts.has(words.text(unit));
  while (start2 > 0 && looksLikeOne(a[start2 - 1])) start2 -= 1;
  while (end > 0 && looksLikeOne(a[a.length - end])) end -= 1;
  return [a.slice(start2, a.length - end), b.slice(start2, b.length - end)];
}
function hasWords2({ node, text }) {
  return /\S/.test(text ?? node.textContent ?? "");
}
function sideOf(units, isOpen, words) {
  const kinds = /* @__PURE__ */ new Map();
  const texts = /* @__PURE__ */ new Map();
  const unique = /* @__PURE__ */ new Map();
  for (const unit of units.filter(isOpen)) {
    put(kinds, kindOf2(unit), unit);
    put(texts, words.text(unit), unit);
    for (const word of words.of(unit)) unique.set(word, unique.has(word) ? void 0 : unit);
  }
  return { units, places: new Map(units.map((unit, at2) => [unit, at2])), kinds, texts, unique };
}
function placeOf3(side, unit) {
  return (
    /** @type {number} */
    side.places.get(unit)
  );
}
function sharedBy(some, others) {
  let shared = 0;
  for (const word of some) if (others.has(word)) shared += 1;
  return shared;
}
function kindOf2({ node }) {
  return isElement(node) ? `${tagOf2(node)} ${modeOf(node)}` : "";
}
function isDoubtfulMove(element, partner, match) {
  if (wordsIn(unitOf(element)).size || isNamed(element, partner)) return false;
  const [words, others] = [outermost(element, match.ofA), outermost(partner, match.ofB)].map((one) => wordsIn(unitOf(one)));
  return Boolean(words?.size && others?.size && overlap(words, others) < COMMON);
}
function outermost(element, partners) {
  let found = element;
  for (let parent = element.parentElement; parent && !partners.has(parent); parent = parent.parentElement) found = parent;
  return found;
}
function isNamed(element, partner) {
  if (element.id) return element.id === partner.id;
  const name = element.getAttribute("name");
  if (!name || name !== partner.getAttribute("name")) return false;
  return [element, partner].every(({ ownerDocument }) => {
    const named = [...ownerDocument.querySelectorAll("[name]")];
    return named.filter((one) => one.getAttribute("name") === name).length === 1;
  });
}

// update/page/forms.js
var HTML2 = "http://www.w3.org/1999/xhtml";
var Forms = class {
  #document;
  /** @type {Set<Field>} */
  #fields = /* @__PURE__ */ new Set();
  /** @type {Set<HTMLSelectElement>} */
  #selects = /* @__PURE__ */ new Set();
  #hasRadios = false;
  /** @type {Restore[]} */
  #restores = [];
  #choices;
  /**
   * @param {Document} document
   * @param {import('./choices.js').Choices} choices
   */
  constructor(document, choices) {
    this.#document = document;
    this.#choices = choices;
  }
  /**
   * Notes that an update changes an element, its text or its children.
   *
   * @param {Element} live
   */
  touch(live) {
    if (live.namespaceURI !== HTML2) return;
    if (modeOf(live) === "radio") this.#hasRadios = true;
    else if (live.localName === "input" || live.localName === "textarea") this.#fields.add(
      /** @type {Field} */
      live
    );
    const select = live.closest("select");
    if (select?.namespaceURI === HTML2) this.#selects.add(select);
  }
  /**
   * Notes that an update inserts an element.
   *
   * @param {Element} element
   */
  insert(element) {
    if (element.localName === "input" || element.querySelector("input")) this.#hasRadios = true;
  }
  /**
   * Refuses an update after which the user's choice could be another.
   *
   * @param {import('./live-nodes.js').LiveNodes} live
   * @param {import('./match.js').Match} match of the base and the next version
   */
  check(live, match) {
    for (const select of this.#selects) if (this.#choices.has(select)) checkOptions(select, live, match);
  }
  /** Notes the state of the controls. */
  save() {
    for (const field of this.#fields) this.#restores.push(saveField(field));
    for (const select of this.#selects) this.#restores.push(saveSelect(select, this.#choices.has(select)));
    if (this.#hasRadios) this.#restores.push(this.#saveRadios());
  }
  /** Gives the controls the user's state, or the new default where it was the default. */
  restore() {
    for (const restore of this.#restores) restore();
  }
  /**
   * Inserting a checked radio button, or making it the default, clears the user's choice.
   *
   * @returns {Restore}
   */
  #saveRadios() {
    const groups = [...radioGroupsIn(this.#document).values()];
    const chosen = groups.filter((radios) => radios.some(isDirty)).map((radios) => radios.find(({ checked }) => checked));
    const known = new Set(groups.flat());
    return () => {
      for (const radios of radioGroupsIn(this.#document).values()) {
        const choice = radios.find((radio) => chosen.includes(radio));
        if (choice) choose(radios, choice);
        else if (!radios.every((radio) => !known.has(radio))) choose(radios, radios.findLast(({ defaultChecked }) => defaultChecked));
      }
    };
  }
};
function saveField(field) {
  if (!isDirty(field)) {
    return () => {
      const value2 = modeOf(field) === "value" ? field.getAttribute("value") : null;
      if (value2 === null || field.value === value2) return;
      field.removeAttribute("value");
      field.setAttribute("value", value2);
    };
  }
  if (modeOf(field) === "checkbox") {
    const input = (
      /** @type {HTMLInputElement} */
      field
    );
    const { checked } = input;
    return () => {
      if (input.checked !== checked) input.checked = checked;
    };
  }
  const { value } = field;
  return () => {
    if (field.value !== value) field.value = value;
  };
}
function isDirty(field) {
  const mode = modeOf(field);
  const copy = (
    /** @type {HTMLInputElement} */
    field.cloneNode(true)
  );
  if (mode === "checkbox" || mode === "radio") {
    copy.defaultChecked = !copy.checked;
    return copy.checked !== copy.defaultChecked;
  }
  if (mode !== "" && mode !== "value") return false;
  if (mode === "value") copy.type = "text";
  copy.defaultValue = `${copy.value}?`;
  return copy.value !== copy.defaultValue;
}
function radioGroupsIn(document) {
  const groups = /* @__PURE__ */ new Map();
  const forms = /* @__PURE__ */ new Map();
  for (
    const radio of
    /** @type {NodeListOf<HTMLInputElement>} */
    document.querySelectorAll("input[type=radio i]")
  ) {
    if (radio.namespaceURI !== HTML2) continue;
    const form = forms.get(radio.form) ?? forms.size;
    forms.set(radio.form, form);
    const key = radio.name ? `${form} ${radio.name}` : `${form} ${groups.size} alone`;
    groups.set(key, [...groups.get(key) ?? [], radio]);
  }
  return groups;
}
function choose(radios, choice) {
  for (const radio of radios) if (radio.checked !== (radio === choice)) radio.checked = radio === choice;
}
function saveSelect(select, isSet) {
  const chosen = new Set([...select.options].filter(({ selected }) => selected));
  return () => {
    const left = [...select.options].filter((option) => chosen.has(option));
    const isKept = isSet && (select.multiple || left.length || !chosen.size);
    const wanted = new Set(isKept ? left : defaultOptions(select));
    if ([...select.options].every((option) => option.selected === wanted.has(option))) return;
    if (!wanted.size) select.selectedIndex = -1;
    for (const option of select.options) if (option.selected !== wanted.has(option)) option.selected = wanted.has(option);
  };
}

// update/page/states.js
var HTML3 = "http://www.w3.org/1999/xhtml";
var SHAPES = "area,br,col,embed,hr,img,input,link,meta,source,track,wbr,circle,ellipse,line,path,polygon,polyline,rect";
var OPAQUE = "canvas,iframe,object,embed";
function stateIn(root, context, isLeftOut) {
  for (const element of elementsIn(root, isLeftOut)) {
    const live = context.live.element(element);
    if (!live) continue;
    const { choices } = context;
    if (hasInput(element, live, choices) || isFilled2(element, live) || hasOthers(live, context.live) || isMarked(element, live)) return element;
  }
  return void 0;
}
function haveSameState(alike, { live, choices }) {
  const states = alike.map((base) => {
    const element = live.element(base);
    const isUsed = [...elementsIn(base)].some((one) => hasInputIn(one, live, choices));
    return element && !isUsed ? [...marksOf(base, element), element.innerHTML].join("\n") : void 0;
  });
  return states[0] !== void 0 && states.every((state) => state === states[0]);
}
function hasInputIn(base, live, choices) {
  const element = live.element(base);
  return element !== void 0 && hasInput(base, element, choices);
}
function hasInput(base, live, choices) {
  if (live.namespaceURI !== HTML3) return false;
  switch (live.localName) {
    case "input":
    case "textarea":
      return hasValue(
        /** @type {HTMLInputElement} */
        live
      );
    case "select":
      return choices.has(
        /** @type {HTMLSelectElement} */
        live
      );
    case "details":
    case "dialog":
      return live.hasAttribute("open") !== base.hasAttribute("open");
    case "video":
    case "audio":
      return !/** @type {HTMLMediaElement} */
      live.paused || /** @type {HTMLMediaElement} */
      live.currentTime > 0;
    default:
      return live.matches(OPAQUE) || live.hasAttribute("contenteditable") && live.textContent !== base.textContent;
  }
}
function hasValue(field) {
  return isDirty(field) || "files" in field && (field.indeterminate || Boolean(field.files?.length));
}
function isFilled2(base, live) {
  const wasEmpty = !base.matches(SHAPES) && !base.firstElementChild && isBlank(base.textContent ?? "");
  return wasEmpty && (live.firstElementChild !== null || !isBlank(live.textContent ?? ""));
}
function isMarked(base, live) {
  return marksOf(base, live).length > 0 || !base.firstElementChild && !live.firstElementChild && wordsOf2(base) !== wordsOf2(live);
}
function marksOf(base, live) {
  const names = /* @__PURE__ */ new Set([...base.getAttributeNames(), ...live.getAttributeNames()]);
  return [...names].flatMap((name) => {
    const value = valueOf3(live, name);
    return name === "nonce" || value === valueOf3(base, name) ? [] : [`${name}=${value}`];
  });
}
function valueOf3(element, name) {
  const value = element.getAttribute(name);
  return value === null ? null : withoutVersions(value).trim();
}
function wordsOf2({ textContent }) {
  return (textContent ?? "").trim().replace(/\s+/g, " ");
}
function hasOthers(element, live) {
  for (let child = element.firstChild; child; child = child.nextSibling) if (isElement(child) && live.isForeign(child)) return true;
  return false;
}
function isOfKind(live, fresh) {
  const [one, other] = [live, fresh].map((element) => {
    if (element.hasAttribute("contenteditable")) return "text";
    return /^(?:input|textarea)$/.test(element.localName) ? "text" : element.localName;
  });
  return one === other;
}

// update/page/removals.js
var Removals = class {
  #live;
  #match;
  /** Nodes of the page. @type {Set<ChildNode>} */
  #nodes = /* @__PURE__ */ new Set();
  /** Nodes of the base. @type {ChildNode[]} */
  #base = [];
  /**
   * @param {import('./live-nodes.js').LiveNodes} live
   * @param {import('./match.js').Match} match of the base and the next version
   */
  constructor(live, match) {
    this.#live = live;
    this.#match = match;
  }
  /**
   * Plans the removal of a unit of the base.
   *
   * @param {Unit} unit
   * @returns {number} the number of changes in the page
   */
  add({ node, nodes }) {
    if (this.#live.isKept(node)) return 0;
    const widget = isElement(node) ? widgetOf(node, this.#live) : void 0;
    if (widget && isElement(node)) {
      throw new CannotUpdate(`${nameOf(node)} was removed, but not ${nameOf(widget)}, which a script has put beside or around it`);
    }
    this.#base.push(...nodes);
    const live = (
      /** @type {ChildNode[]} */
      this.#live.of(node)
    );
    for (const one of live) this.#nodes.add(withWrapper(one, this.#live));
    if (!isElement(node)) return live.length;
    const isMoved = (element) => element !== node && this.#match.ofA.has(element);
    const elements = [...elementsIn(node, isMoved)];
    for (const element of elements) {
      if (element !== node && this.#live.isKept(element)) {
        throw new CannotUpdate(`${nameOf(node)} was removed, and ${nameOf(element)} in it must be kept`);
      }
      const [elsewhere] = element === node ? [] : (
        /** @type {ChildNode[]} */
        this.#live.of(element)
      );
      if (elsewhere && !live[0]?.contains(elsewhere)) this.#nodes.add(elsewhere);
    }
    for (const removed of live) if (isElement(removed)) this.#check(removed, node);
    return live.length;
  }
  /**
   * Refuses to remove what a script has moved into a removed element.
   *
   * @param {Element} removed
   * @param {Element} base
   */
  #check(removed, base) {
    for (const element of elementsIn(removed)) {
      const known = this.#live.baseOf(element);
      if (known && known.isConnected && !base.contains(known)) {
        throw new CannotUpdate(`${nameOf(base)} was removed, into which a script has moved ${nameOf(element)}`);
      }
    }
  }
  /**
   * Refuses to remove an element with what a script has put into it, if the template has another in its place: what is in it belongs
   * there.
   *
   * @param {Element} node of the base
   * @param {Element[]} successors elements of the next version that are new beside it
   */
  checkReplaced(node, successors) {
    for (const element of elementsIn(node, this.#isMoved)) {
      const live = this.#live.element(element);
      if (!live) continue;
      if (isFilled2(element, live)) throw new CannotUpdate(`${nameOf(element)} was replaced, which a script has filled`);
      const hasSuccessor = element.id && successors.some((one) => one.id === element.id);
      if (hasSuccessor && hasOthers(live, this.#live)) {
        throw new CannotUpdate(`${nameOf(element)} was replaced, into which a script has put elements`);
      }
    }
  }
  /**
   * Refuses to remove an element into which a user has put something that may belong into a new one.
   *
   * @param {Element[]} fresh the elements of the next version that the page gets
   * @param {import('./choices.js').Choices} choices
   */
  checkLost(fresh, choices) {
    if (!fresh.length) return;
    for (const root of this.#base) {
      if (!isElement(root)) continue;
      for (const element of elementsIn(root, this.#isMoved)) {
        const live = this.#live.element(element);
        if (!live || !hasInput(element, live, choices)) continue;
        const isSuccessor = (one) => isOfKind(live, one);
        if (fresh.some((one) => [...elementsIn(one)].some(isSuccessor))) {
          throw new CannotUpdate(`${nameOf(element)} was replaced, into which a user has put something`);
        }
      }
    }
  }
  #isMoved = (element) => this.#match.ofA.has(element);
  removeLive() {
    for (const node of this.#nodes) node.remove();
  }
  removeBase() {
    for (const node of this.#base) node.remove();
  }
};

// update/page/places.js
function checkChildren({ items, unitsA, gone, parent }, live) {
  const [doubtful, another] = unitsA.filter(({ node }) => live.isDoubtful(node));
  if (doubtful && another && (gone.some((unit) => !isTrifle(unit)) || items.some(isPut))) throw new CannotUpdate(replaced(doubtful.node));
  checkPlaces(items, live);
  checkDetached(items, live);
  checkWrappers(items, parent, live);
  checkTwins(items, parent, live);
  if (items.some(({ kind }) => kind === "moved")) checkOrder(unitsA, parent, live);
}
function checkAbsent(element, document, live) {
  if (!element.id) return;
  const same2 = document.getElementById(element.id);
  if (same2 && live.isForeign(same2)) throw new CannotUpdate(`${nameOf(element)} was added, which a script has added before`);
}
function isTrifle({ node, text }) {
  return node.nodeType === 8 || isBlank(text);
}
function replaced(node) {
  const name = isElement(node) ? nameOf(node) : `the text of ${node.parentElement ? nameOf(node.parentElement) : "a template"}`;
  return `${name} changed, which a script has removed or replaced`;
}
function isPut({ kind, unit }) {
  return kind !== "stable" && !isTrifle(unit);
}
function checkPlaces(items, live) {
  let isBeside = false;
  let uncertain;
  for (const item of items) {
    const { partner, kind } = item;
    if (kind !== "stable") isBeside ||= isPut(item);
    else if (partner && isElement(partner.node) && live.isUncertain(partner.node)) uncertain = partner.node;
    else if (partner && live.of(partner.node).length) [isBeside, uncertain] = [false, void 0];
    if (isBeside && uncertain) throw new CannotUpdate(replaced(uncertain));
  }
}
function checkDetached(items, live) {
  const tags = new Set(items.filter(isPut).map(({ unit: { node } }) => node.nodeName));
  const isDetached = ({ partner }) => {
    const node = partner?.node;
    return node && isElement(node) && !live.of(node).length;
  };
  const taken = items.filter((item) => item.kind === "stable" && tags.has(item.unit.node.nodeName) && isDetached(item));
  const [first2, another] = taken.map(({ unit }) => (
    /** @type {Element} */
    /** @type {Node} */
    unit.node
  ));
  if (first2 && another) {
    throw new CannotUpdate(`${nameOf(first2)} and others beside a new one are not in the page, from which a script has taken them`);
  }
}
function checkWrappers(items, parent, live) {
  const wrapperOf = ({ kind, partner }) => {
    const element = kind === "stable" && partner ? live.element(partner.node) : void 0;
    const wrapper = element?.parentElement;
    return wrapper && wrapper !== parent && !live.baseOf(wrapper) ? wrapper : void 0;
  };
  const solid = items.filter(({ unit }) => !isTrifle(unit));
  const wrappers = solid.map(wrapperOf);
  const counts = /* @__PURE__ */ new Map();
  for (const wrapper of wrappers) counts.set(wrapper, (counts.get(wrapper) ?? 0) + 1);
  const check = (places2) => {
    let beside;
    for (const at2 of places2) {
      if (solid[at2]?.kind === "stable") beside = wrappers[at2];
      else if (beside && (counts.get(beside) ?? 0) > 1) throw new CannotUpdate(`a script has put the elements beside a new one into ${nameOf(beside)}`);
    }
  };
  const places = [...solid.keys()];
  check(places);
  check(places.reverse());
}
function checkTwins(items, parent, live) {
  const fresh = items.filter(({ kind, unit }) => kind === "fresh" && isElement(unit.node));
  const foreign = fresh.length ? [...parent.children].filter((child) => live.isForeign(child)) : [];
  for (const { unit } of foreign.length ? fresh : []) {
    const element = (
      /** @type {Element} */
      /** @type {Node} */
      unit.node
    );
    if (foreign.some((child) => isTwin(child, element))) throw new CannotUpdate(`${nameOf(element)} was added, which a script has added before`);
  }
}
function isTwin(own, element) {
  if (own.isEqualNode(element)) return true;
  const [words, others] = [own, element].map((one) => [...wordsIn(unitOf(one))].sort().join(" "));
  return own.localName === element.localName && words !== "" && words === others;
}
function checkOrder(unitsA, parent, live) {
  let last;
  for (const { node } of unitsA) {
    const [own] = isElement(node) ? live.of(node) : [];
    if (own?.parentNode !== parent) continue;
    if (last && last.compareDocumentPosition(own) & 2) {
      throw new CannotUpdate(`the order of elements in ${isElement(parent) ? nameOf(parent) : "the page"} changed, which a script has changed too`);
    }
    last = own;
  }
}

// update/page/texts.js
function planText(base, before, after, live, parent) {
  const write = { live: () => {
  }, base: () => void (base.nodeValue = after) };
  const isComment = base.nodeType !== 3;
  const nodes = isComment ? (
    /** @type {CharacterData[]} */
    live.of(base)
  ) : runOf(base, before, live);
  const current = nodes.map(({ data }) => data).join("");
  if (nodes.length && current === before) return { ...write, live: () => splice(nodes, before, after) };
  if (isComment || nodes.length && current === after || isBlank(before) && isBlank(after)) return write;
  throw new CannotUpdate(`the text of ${placeOf4(base, parent)} changed, which a script has changed too: ${shorten2(after)}`);
}
function checkRemovable({ node, text = "" }, live, parent) {
  const current = runOf(node, text, live).map(({ data }) => data).join("");
  if (current === text || isBlank(current)) return;
  throw new CannotUpdate(`the text of ${placeOf4(node, parent)} was removed, which a script has changed: ${shorten2(current)}`);
}
function placeOf4(base, parent) {
  const element = parent && isElement(parent) ? parent : base.parentElement;
  return element ? nameOf(element) : "a shadow root or template";
}
function runOf(base, before, live) {
  const nodes = (
    /** @type {CharacterData[]} */
    live.of(base)
  );
  const run = [...nodes];
  let length = run.reduce((sum, node) => sum + node.length, 0);
  for (let node = run.at(-1)?.nextSibling; node?.nodeType === 3 && length < before.length; node = node.nextSibling) {
    if (live.baseOf(node)) break;
    run.push(
      /** @type {Text} */
      node
    );
    length += /** @type {Text} */
    node.length;
  }
  if (run.length === nodes.length || run.map(({ data }) => data).join("") !== before) return nodes;
  live.set(base, run);
  return run;
}
function splice(nodes, before, after) {
  const most = Math.min(before.length, after.length);
  let start2 = 0;
  while (start2 < most && before[start2] === after[start2]) start2 += 1;
  let tail = 0;
  while (tail < most - start2 && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  let inserted = after.slice(start2, after.length - tail);
  const end = before.length - tail;
  let from = 0;
  for (const [index, node] of nodes.entries()) {
    const to = from + node.length;
    const isHere = start2 < to || index === nodes.length - 1;
    if (isHere && (inserted || end > from)) {
      const at2 = Math.max(start2, from);
      const deleted = Math.max(0, Math.min(end, to) - at2);
      if (inserted || deleted) node.replaceData(at2 - from, deleted, inserted);
      inserted = "";
    }
    from = to;
  }
}

// update/page/plan.js
var RELOAD = "data-hot-reload";
var OF_HTMX = /^(?:data-)?hx-/;
var LIGHT = 0.25;
var STATEFUL2 = 1e3;
var FIXED = 1e6;
var STATE2 = "input,select,textarea,iframe,object,embed,video,audio,canvas,details,dialog,[contenteditable]";
function planUpdate(context) {
  return new Planner(context).run();
}
var Planner = class {
  #context;
  #forms;
  #removals;
  /** Elements of the next version that the page gets. @type {Element[]} */
  #fresh = [];
  /** @type {Plan} */
  #plan;
  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#forms = new Forms(context.document, context.choices);
    this.#removals = new Removals(context.live, context.match);
    this.#plan = {
      writes: [],
      arrangements: [],
      removals: this.#removals,
      forms: this.#forms,
      changed: /* @__PURE__ */ new Set(),
      rewired: /* @__PURE__ */ new Set(),
      media: /* @__PURE__ */ new Set(),
      styles: [],
      changes: 0
    };
  }
  run() {
    const { match, noise, document } = this.#context;
    const equal = new Set(match.equal.map(([, b]) => b));
    for (const [node, partner] of match.ofB) {
      if (isElement(node) && isElement(partner.node) && !equal.has(node) && !noise?.has(node)) this.#planElement(partner.node, node);
    }
    const siblings = match.siblings.filter(({ b }) => !noise?.has(b)).map((one) => ({ one, depth: depthOf(one.b) }));
    for (const { one } of siblings.sort((a, b) => a.depth - b.depth)) this.#planChildren(one);
    this.#forms.check(this.#context.live, match);
    if (!this.#plan.changes) return this.#plan;
    for (const { one } of siblings) this.#checkStates(one);
    this.#checkMoves();
    this.#removals.checkLost(this.#fresh, this.#context.choices);
    if (document.body?.hasAttribute(RELOAD)) throw new CannotUpdate(`<body> has ${RELOAD}`);
    return this.#plan;
  }
  /**
   * Refuses to show what a user or a script has put into an element in another one.
   *
   * @param {Siblings} siblings
   */
  #checkStates(siblings) {
    const { match, live, choices, noise } = this.#context;
    const states = /* @__PURE__ */ new Map();
    for (const { element, alike } of new Pairs(siblings, match, noise).uncertain()) {
      const partner = match.ofA.get(element)?.node;
      const isElsewhere = (one) => match.ofA.has(one) && !partner?.contains(match.ofA.get(one)?.node ?? null);
      let state = states.get(alike);
      if (!state) {
        const gone = alike.filter((one) => !match.ofA.has(one));
        state = { ofGone: gone.map((one) => stateIn(one, { live, choices })).find(Boolean) };
        states.set(alike, state);
      }
      const found = stateIn(element, { live, choices }, isElsewhere) ?? state.ofGone;
      if (found && !(state.isSame ??= haveSameState(alike, { live, choices }))) throw new CannotUpdate(mistaken(found));
    }
  }
  /** The same for elements that have got another parent. */
  #checkMoves() {
    const { match, live, choices } = this.#context;
    for (const [node, { node: partner }] of match.ofA) {
      if (!isElement(node) || !isElement(partner) || !node.parentNode) continue;
      const around = (
        /** @type {Node | undefined} */
        match.ofA.get(node.parentNode)?.node
      );
      if (around === partner.parentNode || !isDoubtfulMove(node, partner, match)) continue;
      const found = stateIn(node, { live, choices });
      if (found) throw new CannotUpdate(mistaken(found));
    }
  }
  /** @param {Element} a @param {Element} b */
  #isLeftOut(a, b) {
    return this.#context.live.isKept(a) || b.hasAttribute(KEEP);
  }
  /** @param {Element} a @param {Element} b */
  #planElement(a, b) {
    if (this.#isLeftOut(a, b)) return;
    const { live, noise, originalAttribute } = this.#context;
    const [shadowA, shadowB] = [shadowTemplateOf(a), shadowTemplateOf(b)];
    if (!shadowA !== !shadowB || shadowA && shadowB && !shadowA.cloneNode(false).isEqualNode(shadowB.cloneNode(false))) {
      throw new CannotUpdate(`the shadow root of ${nameOf(b)} changed`);
    }
    if (a.localName === "script") return;
    const element = live.element(a);
    const writes = attributeWrites(a, b, element, { originalAttribute, noise, baseOf: (node) => live.baseOf(node) });
    if (!writes.length || !element) return;
    if (a.parentElement) this.#checkShown(a.parentElement);
    this.#touch(element, a, b, writes.length);
    this.#plan.writes.push(...writes);
    this.#plan.changed.add(element);
    const names = [...a.getAttributeNames(), ...b.getAttributeNames()];
    if (names.some((name) => OF_HTMX.test(name) && a.getAttribute(name) !== b.getAttribute(name))) this.#plan.rewired.add(element);
    this.#forms.touch(element);
  }
  /**
   * Notes a change.
   *
   * @param {Node} live
   * @param {Node} a
   * @param {Node} b
   * @param {number} count
   */
  #touch(live, a, b, count3) {
    for (const node of [live, a, b]) {
      const element = isElement(node) ? node : node.parentElement;
      const marked = element?.closest(`[${RELOAD}]`);
      if (marked) throw new CannotUpdate(`${nameOf(marked)} has ${RELOAD}`);
      const media = element?.closest("video,audio");
      if (media && "load" in media && node === live) this.#plan.media.add(media);
    }
    const own = isElement(live) ? live : live.parentElement;
    for (const element of [own, ...this.#templatesOf(a)]) {
      if (element?.localName === "template" && element.getAttributeNames().some((name) => name.startsWith("x-"))) {
        throw new CannotUpdate(`${nameOf(element)} changed, from which Alpine has rendered`);
      }
    }
    this.#plan.changes += count3;
  }
  /**
   * Refuses other options where a library shows them in elements of its own.
   *
   * @param {Node} base
   */
  #checkShown(base) {
    const select = isElement(base) ? base.closest("select") : null;
    if (select && widgetOf(select, this.#context.live)) throw new CannotUpdate(`${nameOf(select)} changed, which a script shows in another way`);
  }
  /**
   * The templates that a node of the base is in the content of.
   *
   * @param {Node} node
   */
  #templatesOf(node) {
    const found = [];
    const { hosts } = this.#context.match;
    for (let host = hosts.get(node.getRootNode()); host; host = hosts.get(host.getRootNode())) found.push(host);
    return found;
  }
  /** @param {Siblings} siblings */
  #planChildren({ a, b, unitsA, unitsB }) {
    const { match, live, noise } = this.#context;
    const [parent] = (
      /** @type {Parent[]} */
      live.of(a)
    );
    for (const unit of unitsB) {
      const partner = match.ofB.get(unit.node);
      if (partner && !isElement(unit.node)) this.#planText(partner, unit, a, b, parent);
    }
    const items = this.#itemsOf(unitsA, unitsB, noise?.isReordered(b) ?? false);
    const isArranged = items.some(({ kind }) => kind !== "stable");
    const gone = unitsA.filter((unit) => !match.ofA.has(unit.node) && !noise?.isLike(unit, b));
    if (!isArranged && !gone.length) return;
    this.#checkShown(a);
    const isTrivial = [...items.filter(({ kind }) => kind !== "stable").map(({ unit }) => unit), ...gone].every(isTrifle);
    if (!parent && !isTrivial) throw new CannotUpdate(`${nameOfParent(a)} changed, which a script has removed or replaced`);
    const successors = items.flatMap(({ kind, unit }) => (kind === "fresh" || kind === "shell") && isElement(unit.node) ? [unit.node] : []);
    for (const unit of gone) {
      if (unit.text !== void 0) checkRemovable(unit, live, parent);
      if (!isTrifle(unit) && live.isUncertain(unit.node)) throw new CannotUpdate(replaced(unit.node));
      if (isElement(unit.node) && successors.length) this.#removals.checkReplaced(unit.node, successors);
      const removed = this.#removals.add(unit);
      if (removed && parent) this.#touch(parent, a, b, removed);
    }
    if (parent && isElement(parent)) this.#forms.touch(parent);
    if (parent && !isTrivial) checkChildren({ items, unitsA, gone, parent }, live);
    if (!isArranged || !parent) return;
    this.#touch(parent, a, b, count2(items));
    this.#plan.arrangements.push({ base: a, live: parent, items });
  }
  /**
   * @param {Unit} partner
   * @param {Unit} unit
   * @param {Parent} a
   * @param {Parent} b
   * @param {Parent | undefined} parent
   */
  #planText(partner, unit, a, b, parent) {
    const { live, noise } = this.#context;
    const [before, after] = [textOf6(partner), textOf6(unit)];
    if (before === after) return;
    const other = noise?.text(unit);
    if (other !== void 0 && isOnlyNoise(before, after, other)) return;
    if (isElement(a) && a.localName === "script") return;
    this.#checkShown(a);
    const style = parent && isElement(parent) && parent.localName === "style" ? (
      /** @type {HTMLStyleElement} */
      parent
    ) : void 0;
    if (style && hasRulesOfScripts(style)) throw new CannotUpdate(`the text of ${nameOf(style)} changed, whose rules a script has changed`);
    const write = planText(partner.node, before, after, live, parent);
    this.#plan.writes.push(style ? { ...write, live: () => keepDisabled(style, write.live) } : write);
    if (!parent) return;
    this.#touch(parent, a, b, 1);
    if (!isElement(parent)) return;
    this.#forms.touch(parent);
    if (style) this.#plan.styles.push(style);
  }
  /**
   * The units of a parent, each with its kind. The fewest and lightest are moved.
   *
   * @param {Unit[]} unitsA
   * @param {Unit[]} unitsB
   * @param {boolean} isOrderNoise true if their order is another in each answer
   * @returns {Item[]}
   */
  #itemsOf(unitsA, unitsB, isOrderNoise) {
    const { match } = this.#context;
    const places = new Map(unitsA.map(({ node }, index) => [node, index]));
    const stay = [];
    for (const unit of unitsB) {
      const partner = match.ofB.get(unit.node);
      if (partner && places.has(partner.node)) stay.push(partner);
    }
    const order = stay.map(({ node }) => places.get(node) ?? 0);
    const isSorted = isOrderNoise || order.every((place, index) => index === 0 || place > (order[index - 1] ?? 0));
    const kept2 = isSorted ? void 0 : increasing(order, (index) => this.#weightOf(
      /** @type {Unit} */
      stay[index]
    ));
    const moved = new Set(stay.filter((_, index) => kept2 && !kept2[index]).map(({ node }) => node));
    return unitsB.flatMap((unit) => this.#itemOf(unit, (partner) => places.has(partner.node) && !moved.has(partner.node)));
  }
  /**
   * @param {Unit} unit
   * @param {(partner: Unit) => boolean} isStable
   * @returns {Item[]}
   */
  #itemOf(unit, isStable) {
    const { match, noise, document, live } = this.#context;
    const partner = match.ofB.get(unit.node);
    if (partner) {
      const kind = isStable(partner) ? "stable" : "moved";
      if (kind === "moved") this.#checkMove(partner);
      return [{ unit, partner, kind, items: [] }];
    }
    if (noise?.has(unit.node)) return [];
    if (match.shells.has(unit.node) && isElement(unit.node)) {
      this.#fresh.push(
        /** @type {Element} */
        unit.node.cloneNode(false)
      );
      const children = [...unit.node.childNodes].map((node) => ({ node, nodes: [node], text: node.nodeType === 3 ? node.nodeValue ?? "" : void 0 }));
      return [{ unit, partner: void 0, kind: "shell", items: children.flatMap((child) => this.#itemOf(child, () => false)) }];
    }
    if (isElement(unit.node)) {
      checkInsertable(unit.node, document);
      checkAbsent(unit.node, document, live);
      this.#fresh.push(unit.node);
      this.#forms.insert(unit.node);
    }
    return [{ unit, partner: void 0, kind: "fresh", items: [] }];
  }
  /** @param {Unit} unit of the base */
  #checkMove({ node }) {
    if (!isElement(node)) return;
    if (node.localName === "script") throw new CannotUpdate("a script was moved");
    const { live, document } = this.#context;
    if (live.isUncertain(node)) throw new CannotUpdate(replaced(node));
    const widget = widgetOf(node, live);
    if (widget) {
      throw new CannotUpdate(`${nameOf(node)} was moved, but not ${nameOf(widget)}, which a script has put beside or around it`);
    }
    if (live.isKept(node)) throw new CannotUpdate(`${nameOf(node)} was moved, which has ${KEEP}`);
    const element = live.element(node);
    for (const style of element ? stylesIn(element) : []) {
      if (style.sheet?.disabled || hasRulesOfScripts(style)) throw new CannotUpdate(`${nameOf(style)} was moved, whose rules a script has changed`);
    }
    const loss = element && !canMove(document) ? lossOf(element) : void 0;
    if (loss) throw new CannotUpdate(`${nameOf(node)} was moved, and this browser can't move ${loss}`);
    if (element?.querySelector("input[type=radio i]") || element?.matches("input[type=radio i]")) this.#forms.insert(element);
  }
  /** @param {Unit} unit */
  #weightOf({ node }) {
    if (!isElement(node)) return LIGHT;
    const { live, document } = this.#context;
    if (node.localName === "script" || live.isKept(node)) return FIXED;
    const element = live.element(node);
    if (!element) return LIGHT;
    const hasState = element.matches(STATE2) || element.querySelector(STATE2) || element.contains(document.activeElement);
    return hasState || element.shadowRoot ? STATEFUL2 : 1;
  }
};
function mistaken(element) {
  return `${nameOf(element)} may be another one now, and a user or a script has put something into it`;
}
function depthOf(node) {
  let depth = 0;
  for (let at2 = node.parentNode; at2; at2 = at2.parentNode) depth += 1;
  return depth;
}
function textOf6({ node, text }) {
  return text ?? node.nodeValue ?? "";
}
function nameOfParent(parent) {
  return isElement(parent) ? nameOf(parent) : parent.nodeType === 11 ? "the content of a shadow root or template" : "the document";
}
function count2(items) {
  return items.reduce((sum, { kind, items: inside }) => sum + Number(kind !== "stable") + count2(inside), 0);
}

// update/page/page-tree.js
var PageTree = class {
  #base;
  #beforeUpdate;
  #document;
  #live;
  #isOwn;
  #originalAttribute;
  #choices;
  #isTouched = false;
  /**
   * Matches the page with the document that it was parsed from: the earlier, the less scripts have changed.
   *
   * @param {Document} base without a browsing context, and not used by anything else from then on
   * @param {Document} live
   * @param {Options} [options]
   */
  constructor(base, live, { isOwn = isOwnNode, originalAttribute = originalOf, chosen, beforeUpdate = () => true } = {}) {
    prepare(base);
    this.#base = base;
    this.#document = live;
    this.#isOwn = isOwn;
    this.#originalAttribute = originalAttribute;
    this.#beforeUpdate = beforeUpdate;
    this.#choices = new Choices(live, chosen);
    this.#live = new LiveNodes(base, live, isOwn);
  }
  /**
   * Notes that this client has replaced a node of the page by another.
   *
   * @param {Node} old
   * @param {Node} successor
   */
  replaced(old, successor) {
    this.#live.replace(old, successor);
  }
  /**
   * Returns true if a document equals the version that the page shows.
   *
   * @param {Document} next
   */
  shows(next) {
    prepare(next);
    return isSame2(this.#base, next);
  }
  /**
   * Shows the next version of the template.
   *
   * @param {Document} next not used by anything else from then on
   * @param {Document} [second] another answer of that version: what differs between the two is no change
   * @returns {Outcome}
   */
  update(next, second) {
    this.#isTouched = false;
    try {
      return this.#update(next, second);
    } catch (error) {
      const reason = error instanceof CannotUpdate ? error.message : `the update failed: ${error}`;
      return { kind: "reload", reason, isFinal: this.#isTouched };
    }
  }
  /**
   * Returns true if a document differs from the version that the page shows, noise included.
   *
   * @param {Document} next
   */
  differs(next) {
    try {
      return this.#plan(next, void 0).changes > 0;
    } catch {
      return true;
    }
  }
  /**
   * @param {Document} next
   * @param {Document | undefined} second
   * @returns {Outcome}
   */
  #update(next, second) {
    const plan = this.#plan(next, second);
    if (!plan.changes) {
      applyToBase(plan);
      return { kind: "same" };
    }
    if (!this.#beforeUpdate()) return { kind: "canceled" };
    this.#isTouched = true;
    const added = applyToPage(plan, this.#live, this.#document);
    applyToBase(plan);
    const blocked = [...plan.styles, ...added.flatMap(stylesIn)].find((style) => isBlocked(style));
    if (blocked) throw new CannotUpdate("the Content-Security-Policy blocks a changed <style>");
    return { kind: "updated", changes: plan.changes, added: outermost2(added), changed: [...plan.changed], rewired: [...plan.rewired] };
  }
  /**
   * @param {Document} next
   * @param {Document | undefined} second
   */
  #plan(next, second) {
    prepare(next);
    if (second) prepare(second);
    const reason = reasonToReload(this.#base, next, second, this.#isOwn);
    if (reason) throw new CannotUpdate(reason);
    const noise = second && !isSame2(next, second) ? new Noise(next, second, this.#isOwn) : void 0;
    const [scripts, others] = [scriptsIn(this.#base, this.#isOwn), scriptsIn(next, this.#isOwn)];
    const match = new Match(this.#base, next, {
      isOwn: this.#isOwn,
      decided: new Map(scripts.map((script, index) => [
        script,
        /** @type {Node} */
        others[index]
      ])),
      isLeftOut: (a, b) => this.#live.isKept(a) || isElement(b) && b.hasAttribute(KEEP)
    });
    return planUpdate({
      document: this.#document,
      match,
      live: this.#live,
      noise,
      originalAttribute: this.#originalAttribute,
      choices: this.#choices
    });
  }
};
function isOwnNode(node) {
  if (!isElement(node)) return false;
  if (node.localName === "script") return node.hasAttribute("data-hot-middleware");
  return node.localName.startsWith("hot-middleware-");
}
function originalOf(element, name) {
  const value = element.getAttribute(name);
  return value === null ? null : withoutVersions(value);
}
function isBlocked(style) {
  const { sheet, isConnected, textContent } = (
    /** @type {HTMLStyleElement} */
    style
  );
  const type = style.getAttribute("type")?.toLowerCase();
  return isConnected && sheet === null && Boolean(textContent?.trim()) && (!type || type === "text/css");
}
function outermost2(elements) {
  const all = new Set(elements);
  return elements.filter((element) => {
    for (let parent = element.parentElement; parent; parent = parent.parentElement) if (all.has(parent)) return false;
    return element.isConnected;
  });
}

// update/charset.js
var RULE_BYTES = 1024;
var RULE = /^@charset "([^"]*)";/;
async function readCss(response, environment) {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return decodeCss(bytes, response.headers.get("content-type") ?? "", environment);
}
function decodeCss(bytes, contentType, environment) {
  for (const label of [markLabel(bytes), headerLabel(contentType), ruleLabel(bytes), environment]) {
    const decoder = label === void 0 ? void 0 : decoderOf(label);
    if (decoder) return decoder.decode(bytes);
  }
  return new TextDecoder().decode(bytes);
}
function isSameInUtf8(text, environment) {
  return environment.toLowerCase() === "utf-8" || !/[^\0-\x7f]/.test(text);
}
function markLabel([first2, second, third]) {
  if (first2 === 239 && second === 187 && third === 191) return "utf-8";
  if (first2 === 254 && second === 255) return "utf-16be";
  return first2 === 255 && second === 254 ? "utf-16le" : void 0;
}
function headerLabel(contentType) {
  return /;\s*charset="?([^\s;"]+)/i.exec(contentType)?.[1];
}
function ruleLabel(bytes) {
  const label = RULE.exec(String.fromCharCode(...bytes.subarray(0, RULE_BYTES)))?.[1];
  return label && /^utf-16/i.test(label) ? "utf-8" : label;
}
function decoderOf(label) {
  try {
    return new TextDecoder(label);
  } catch {
    return void 0;
  }
}

// update/page-answer.js
var MOST_URL2 = 2e3;
var MOST_TEXT7 = 2e4;
var ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
var NAVIGATION = { "Hot-Middleware-Navigation": "1" };
var FOLLOWING = (
  /** @type {const} */
  { cache: "no-store", mode: "no-cors", headers: { Accept: ACCEPT } }
);
var PAGE = /^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i;
var ENTITIES = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&quot;": '"',
  "&#39;": "'",
  "&#x27;": "'",
  "&nbsp;": " ",
  "&hellip;": "…"
};
async function askForPage(fetch, href) {
  const url = withoutFragment(href);
  if (!/^https?:/.test(url)) return { isPage: true, isAnswer: true, problem: "" };
  const asked = `GET ${shorten(url, MOST_URL2)}`;
  const init = { cache: (
    /** @type {const} */
    "no-store"
  ), headers: { Accept: ACCEPT, ...NAVIGATION } };
  try {
    let response = await fetch(url, { ...init, redirect: "manual" });
    if (response.type === "opaqueredirect") response = await follow2(fetch, url);
    if (response.type === "opaque") return { isPage: true, isAnswer: true, problem: "" };
    const type = response.headers.get("content-type") ?? "";
    const isPage = response.ok && PAGE.test(type);
    if (response.ok) discard(response);
    if (isPage) return { isPage, isAnswer: true, problem: "" };
    const status = `${response.status} ${response.statusText}`.trim();
    const redirect = response.redirected ? ` after a redirect to ${shorten(response.url, MOST_URL2)}` : "";
    const instead = response.ok ? ` with ${type || "no Content-Type"} instead of HTML` : "";
    const text = response.ok ? "" : readable(await startOfBody(response, type), type);
    const answer = `${asked} answers ${status}${redirect}${instead}`;
    return { isPage, isAnswer: true, problem: text ? `${answer}

${text}` : answer };
  } catch (error) {
    return { isPage: false, isAnswer: false, problem: `${asked} gets no answer: ${error}` };
  }
}
async function follow2(fetch, url) {
  try {
    return await fetch(url, FOLLOWING);
  } catch (error) {
    throw new Error(`its redirects lead to no answer, or run in a circle (${error})`);
  }
}
async function startOfBody(response, type) {
  const reader = response.body?.getReader();
  const decoder = decoderOf(headerLabel(type) ?? "utf-8") ?? new TextDecoder();
  let text = "";
  try {
    while (reader && text.length <= MOST_TEXT7) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    void reader?.cancel().catch(() => void 0);
  } catch {
  }
  return shorten(text, MOST_TEXT7);
}
function readable(text, type) {
  if (!PAGE.test(type)) return text.trim();
  return text.replace(/<(head|script|style|template)\b[^]*?<\/\1\s*>/gi, "").replace(/<[^<>]*>/g, "").replace(/&(?:#39|#x27|[a-z]+);/gi, (reference) => ENTITIES[reference.toLowerCase()] ?? reference).replace(/[^\S\n]*\n(?:[^\S\n]*\n)+/g, "\n").trim();
}

// update/page-updates.js
var NAVIGATION2 = { "Hot-Middleware-Navigation": "document" };
var ATTEMPTS2 = [0, 1e3, 4e3];
var HALF_WRITTEN = 50;
var PageUpdates = class {
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
  #policy = "";
  #reason = "";
  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#url = withoutFragment(parts.location.href);
    this.#isUnknown = parts.base === void 0 || parts.document.contentType !== "text/html";
  }
  /** True once the page can be compared with its base. */
  get isPossible() {
    return this.#tree !== void 0;
  }
  /** Requests the base early, while the server that has it runs. */
  async start() {
    if (this.#isUnknown) return;
    const { idle: idle2, pause } = this.#parts;
    await idle2();
    for (const delay2 of ATTEMPTS2) {
      if (delay2) await pause(delay2);
      if (this.#isUnknown || await this.#load()) return;
    }
  }
  /**
   * Asks the app for the page, and updates this one in place where that is possible.
   *
   * @param {string} reason
   * @returns {Promise<PageAnswer | undefined>} `undefined` if the answer says nothing about an update
   */
  async ask(reason) {
    if (this.#isElsewhere() || !await this.#load()) return void 0;
    this.#reason = reason;
    try {
      const outcome = await this.#compare(false);
      if (outcome?.kind !== "reload" || outcome.isFinal) return this.#rest(outcome);
      await this.#parts.pause(HALF_WRITTEN);
      return this.#rest(await this.#compare(true));
    } catch (error) {
      if (error instanceof TimeLimitError) return { isPage: false, isAnswer: false, problem: `GET ${error.message}` };
      this.#parts.log.debug(`Could not compare the page with ${this.#url}: ${error}`);
      return void 0;
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
    const noise = this.#isNoisy ? this.#get() : void 0;
    noise?.catch(() => void 0);
    const first2 = await this.#get();
    if ("cause" in first2) return { kind: "reload", reason: first2.cause, isFinal: true };
    if (!noise && this.#tree?.shows(first2.next)) return this.#became(first2, { kind: "same" });
    const second = await (noise ?? this.#get());
    if ("cause" in second) return { kind: "reload", reason: second.cause, isFinal: true };
    if (this.#isElsewhere()) return void 0;
    if (!isWhole && elementsIn2(first2.next) !== elementsIn2(second.next)) return { kind: "reload", reason: "half a page" };
    this.#isNoisy ||= !isSame2(first2.next, second.next);
    return this.#became(first2, this.#update(first2.next, second.next));
  }
  /**
   * @param {Document} next
   * @param {Document} second
   * @returns {Result}
   */
  #update(next, second) {
    try {
      return (
        /** @type {PageTree} */
        this.#tree.update(next, second)
      );
    } catch (error) {
      this.#parts.log.error("Could not update the page in place", error);
      return { kind: "reload", reason: "the update failed", isFinal: true };
    }
  }
  /**
   * @param {Version} version
   * @param {Result} result
   */
  #became({ renew }, result) {
    if (result.kind === "same" || result.kind === "updated") renew();
    return result;
  }
  /**
   * @param {Result | undefined} result
   * @returns {PageAnswer | undefined}
   */
  #rest(result) {
    const { events, log } = this.#parts;
    const subject = subjectOf2(this.#reason);
    switch (result?.kind) {
      case "reload":
        return reload(result.reason);
      case "canceled":
        log.info(`Not updated: ${subject} (the page canceled it)`);
        return { ...reload(""), outcome: "canceled" };
      case "same":
        log.info(`Unchanged: ${subject} changes nothing in this page`);
        return { ...reload(""), outcome: "same" };
      case "updated":
        log.info(`Updated: ${subject}`);
        events.after({ reason: this.#reason, changes: result.changes, added: result.added, changed: result.changed }, result.rewired);
        return { ...reload(""), outcome: "updated" };
      default:
        return void 0;
    }
  }
  /** @returns {Promise<Version | { cause: string }>} rejects if there is no page to compare with */
  async #get() {
    const { document, policy, status, type, url } = await this.#parts.request(this.#url, { Accept: ACCEPT, ...NAVIGATION2 });
    if (status < 200 || status > 299 || !PAGE.test(type)) throw new Error(`the answer is ${status} with ${type || "no type"}`);
    if (withoutFragment(url) !== this.#url) return { cause: `the app redirects to ${url}` };
    if (!document) return { cause: "the answer is not HTML" };
    if (withoutNonces(policy) !== this.#policy) return { cause: "the Content-Security-Policy changed" };
    const renew = this.#parts.renewalBy(document);
    return { next: comparable(document), renew };
  }
  /** @returns {Promise<boolean>} true if there is a base */
  async #load() {
    if (this.#isUnknown || this.#tree) return !this.#isUnknown;
    this.#loading ??= this.#request().finally(() => this.#loading = void 0);
    await this.#loading;
    return this.#tree !== void 0;
  }
  async #request() {
    const { base = "", document: live, events, log, request, treeOf } = this.#parts;
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
};
function elementsIn2(document) {
  return document.getElementsByTagName("*").length;
}
function reload(cause) {
  return { isPage: true, isAnswer: true, problem: "", ...cause && { cause } };
}
function subjectOf2(reason) {
  return /^(.+) changed$/s.exec(reason)?.[1] ?? `the page (${reason || "a new answer"})`;
}
function withoutNonces(policy) {
  return policy.replace(/'nonce-[^']*'/g, "'nonce'");
}
function comparable(document) {
  prepare(document);
  for (const tag of document.querySelectorAll("script[data-hot-middleware]")) {
    const { parentNode } = tag;
    tag.remove();
    parentNode?.normalize();
  }
  for (const node of [...document.head?.childNodes ?? []]) {
    if (node.nodeType === 3 && !node.nodeValue?.trim()) node.remove();
  }
  return document;
}

// update/update-events.js
var UpdateEvents = class {
  #window;
  #log;
  /**
   * @param {Window & typeof globalThis} window
   * @param {Pick<import('../overlay/log.js').Log, 'error'>} log
   */
  constructor(window, log) {
    this.#window = window;
    this.#log = log;
  }
  /**
   * Announces an update.
   *
   * @param {Before} detail
   * @returns {boolean} false if the page cancels it
   */
  before(detail) {
    return this.#dispatch("hot:before-update", detail, true);
  }
  /**
   * Announces that the page was updated, after htmx has processed the elements that concern it.
   *
   * @param {After} detail
   * @param {Element[]} rewired those whose attributes for htmx changed
   */
  after(detail, rewired) {
    const { htmx } = (
      /** @type {{ htmx?: { process?(element: Element, force?: boolean): void } }} */
      /** @type {unknown} */
      this.#window
    );
    if (typeof htmx?.process === "function") {
      const concerned = [...detail.added.map((element) => ({ element, force: false })), ...rewired.map((element) => ({ element, force: true }))];
      for (const { element, force } of concerned) {
        try {
          htmx.process(element, force);
        } catch (error) {
          this.#log.error("htmx could not process an element of the update", error);
        }
      }
    }
    this.#dispatch("hot:after-update", detail, false);
  }
  /**
   * @param {string} type
   * @param {object} detail
   * @param {boolean} cancelable
   */
  #dispatch(type, detail, cancelable) {
    const event = new this.#window.CustomEvent(type, { detail, cancelable });
    return this.#window.document.dispatchEvent(event);
  }
};

// update/reload.js
var TARGETS = "tower-hot-middleware:reloads";
var VISITED = "tower-hot-middleware:visited";
var BRAKE = "tower-hot-middleware:brake";
var LEAVING = 500;
var MOST_TARGETS = 16;
var MOST_VISITED = 32;
var QUICK = 2e3;
var MOST_QUICK = 6;
var MOST_RELEASED = 30;
var LONGEST_LOAD2 = 3e4;
var FIRST_DELAY2 = 1e3;
var LAST_DELAY2 = 6e4;
var NOTHING = { reason: "", targets: [], asks: false, isInPage: true, isApp: false };
var UNASKED = {
  ask: () => Promise.resolve({ isPage: true, isAnswer: true, problem: "" }),
  show: () => void 0,
  notice: () => void 0,
  isError: false,
  isResubmitted: () => false
};
var Reloader = class {
  #location;
  #storage;
  #log;
  #clock;
  #slot;
  /** The time of the load, or of the latest comparison. */
  #startedAt;
  /** Targets of reloads that this page is the outcome of. @type {Set<string>} */
  #tried;
  /** @type {Set<string>} */
  #visited;
  #hasWarned = false;
  /** The quick reloads in a row that this page is the outcome of, and the delays that ran to their end. */
  #streak;
  /** The reload that is delayed. @type {{ timer: unknown, reason: string } | undefined} */
  #delayed;
  #page;
  /** The reload to come. @type {Wish} */
  #wish = NOTHING;
  /** True while the app answers with something else than a page. */
  #isBlocked;
  #isAsking = false;
  /** Set by a request during an ask, whose answer may be from before it. */
  #asksAgain = false;
  /** True for a moment after a reload has begun, which a user may refuse. */
  #isLeaving = false;
  /** True if the ask is for a change, and not only to find out if the app has recovered. */
  #isChanged = false;
  #shown = "";
  /** Answers in a row that were no page, each soon after the one before: asking may write a file that is watched. */
  #failures = 0;
  #failedAt = 0;
  /**
   * @param {Pick<Location, 'href' | 'reload'>} location
   * @param {() => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} storage called each time, as browsers that keep
   *   no storage for a page throw
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'warn'>} log
   * @param {Pick<import('../stream/connection.js').Clock, 'now' | 'setTimeout' | 'clearTimeout'>} clock
   * @param {Page} [page]
   */
  constructor(location, storage, log, clock, page = UNASKED) {
    this.#page = page;
    this.#isBlocked = page.isError;
    this.#location = location;
    this.#storage = storage;
    this.#log = log;
    this.#clock = clock;
    this.#slot = `${TARGETS}:${withoutFragment(location.href)}`;
    this.#startedAt = clock.now();
    this.#tried = new Set(this.#readList(this.#slot));
    this.#visited = new Set(this.#readList(VISITED));
    const [reloads = 0, delays = 0, at2 = 0] = this.#readList(BRAKE).map(Number);
    const isRecent = this.#startedAt - at2 < LONGEST_LOAD2;
    this.#streak = isRecent ? { reloads: reloads || 0, delays: delays || 0 } : { reloads: 0, delays: 0 };
  }
  /**
   * Updates or reloads the page on request.
   *
   * @param {string} reason empty when it was logged before
   */
  now(reason) {
    this.#request({ reason, targets: [], asks: true, isInPage: true, isApp: true });
  }
  /**
   * Updates or reloads the page to reach `targets`, for a change of the page's own HTML.
   *
   * @param {string} reason
   * @param {string[]} targets what the page will be afterwards, such as a bundle's hash
   */
  updateFor(reason, ...targets) {
    this.#reach({ reason, targets, asks: true, isInPage: true, isApp: targets.some(isServer) });
  }
  /**
   * Reloads the page to reach `targets`.
   *
   * @param {string} reason
   * @param {string[]} targets what the page will be after the reload, such as a bundle's hash
   */
  reloadFor(reason, ...targets) {
    this.#reach({ reason, targets, asks: true, isInPage: false, isApp: false });
  }
  /**
   * Reloads the page for a change that can't have broken the app's answer for it, such as a script's.
   *
   * @param {string} reason
   * @param {string[]} targets
   */
  reloadAtOnce(reason, ...targets) {
    this.#reach({ reason, targets, asks: false, isInPage: false, isApp: false });
  }
  /** Asks again for a page that the app did not answer with. */
  retry() {
    if (this.#isBlocked) void this.#go(true);
  }
  /** @param {Wish} wish */
  #reach(wish) {
    const { reason, targets } = wish;
    if (targets.length && targets.every((target) => this.#tried.has(target))) {
      this.#log.warn(
        `Not reloading page${because(reason)}: it was just loaded for that and came back without the change. Is it served from a cache, or do several servers with different files answer at this address?`
      );
      this.#page.stay?.("it was just loaded for that and came back without the change");
      return;
    }
    this.#request(wish);
  }
  /** @param {Wish} wish */
  #request({ reason, targets, asks, isInPage, isApp }) {
    const before = this.#wish;
    this.#wish = {
      reason: reason || before.reason,
      targets: [.../* @__PURE__ */ new Set([...before.targets, ...targets])],
      asks: asks || before.asks,
      isInPage: isInPage && before.isInPage,
      isApp: isApp || before.isApp
    };
    if (this.#delayed) {
      const isAnother = reason !== "" && reason !== this.#delayed.reason;
      if (isAnother && this.#streak.reloads < MOST_RELEASED) void this.#go(false, this.#streak.delays);
      return;
    }
    const isQuick = this.#clock.now() - this.#startedAt < Math.max(QUICK, 2 * delayAfter(this.#streak.delays - 1));
    if (!isQuick) this.#streak = { reloads: 0, delays: 0 };
    const { delays, reloads } = this.#streak;
    if (reloads < MOST_QUICK) return void this.#go(false, delays);
    const delay2 = delayAfter(delays);
    this.#log.warn(
      `Reloading page in ${delay2 / 1e3} s${because(reason)}: there were ${reloads} reloads or comparisons in a row, each right after the one before. If loading the page writes that file, keep it out of the watched folders, for example by Watch::ignore.`
    );
    this.#delayed = { reason, timer: this.#clock.setTimeout(() => void this.#go(false, delays + 1), delay2) };
  }
  /**
   * Updates or reloads the page to reach a target that came with a connection, and not with a build.
   *
   * @param {string} reason
   * @param {string} target
   * @param {boolean} isInPage true if all of the change is in the page's own HTML
   */
  switchTo(reason, target, isInPage) {
    if (!this.#visited.has(target)) {
      return this.#reach({ reason, targets: [target], asks: true, isInPage, isApp: isServer(target) });
    }
    this.#page.stay?.("several servers with different files seem to answer at its address");
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#log.warn(
      `Not reloading page${because(reason)}: this tab was there before, and no build was reported since. Several servers with different files seem to answer at this address; have each browser sent to one of them.`
    );
  }
  /**
   * Notes what the page is made from.
   *
   * @param {string[]} targets
   */
  visit(targets) {
    for (const target of targets) {
      this.#visited.delete(target);
      this.#visited.add(target);
    }
    this.#writeList(VISITED, [...this.#visited].slice(-MOST_VISITED));
  }
  /**
   * Notes that the page is at `target`: a reload for it has done its work.
   *
   * @param {string} target
   */
  reached(target) {
    if (!this.#tried.delete(target)) return;
    this.#writeList(
      this.#slot,
      this.#readList(this.#slot).filter((other) => other !== target)
    );
  }
  /**
   * Updates or reloads the page, if that is possible.
   *
   * @param {boolean} isRetry true if nothing has changed that the page is made of
   * @param {number} [delays]
   */
  async #go(isRetry, delays = this.#streak.delays) {
    this.#clock.clearTimeout(this.#delayed?.timer);
    this.#delayed = void 0;
    if (this.#page.isResubmitted()) return isRetry ? void 0 : this.#stay();
    let cause;
    if (this.#isBlocked || this.#isAsking || this.#wish.asks && this.#page !== UNASKED) {
      const step = await this.#ask(isRetry, delays);
      if (!step.isReload) return;
      cause = step.cause;
    }
    const { reason, targets } = this.#wish;
    const others = this.#readList(this.#slot).filter((other) => !targets.includes(other));
    if (targets.length) this.#writeList(this.#slot, [...others, ...targets].slice(-MOST_TARGETS));
    if (this.#isLeaving) return;
    this.#writeList(BRAKE, [this.#streak.reloads + 1, delays, this.#clock.now()].map(String));
    this.#log.info(`Reloading page${because([reason, cause].filter(Boolean).join(": "))}`);
    this.#page.leave?.(cause);
    this.#location.reload();
    this.#isLeaving = true;
    this.#clock.setTimeout(() => this.#isLeaving = false, LEAVING);
  }
  /**
   * Asks the app for the page, which updates this one where possible, and shows what it answers instead of one.
   *
   * @param {boolean} isRetry
   * @param {number} delays
   * @returns {Promise<{ isReload: boolean, cause?: string | undefined }>} `isReload` if this call is to reload the page;
   *   `cause` is why it could not be updated
   */
  async #ask(isRetry, delays) {
    this.#isChanged ||= !isRetry;
    this.#asksAgain = true;
    if (this.#isAsking) return { isReload: false };
    this.#isAsking = true;
    let answer;
    let isUpdated = false;
    for (let asked = 0; this.#asksAgain; asked += 1) {
      const pauses = Math.max(this.#failures, asked) - MOST_QUICK;
      if (pauses >= 0) await new Promise((resolve) => void this.#clock.setTimeout(() => resolve(0), delayAfter(pauses)));
      this.#asksAgain = false;
      const { reason, isInPage, isApp } = this.#wish;
      answer = await this.#page.ask({ reason, isInPage, isApp });
      isUpdated ||= answer.outcome === "updated";
    }
    this.#isAsking = false;
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    const { isAnswer = true, isPage = true, problem = "", outcome, cause } = answer ?? {};
    if (outcome && this.#wish.isInPage) {
      this.#rest(delays, isUpdated ? "updated" : outcome);
      return { isReload: false };
    }
    if (isPage || this.#page.isError && isAnswer && isChanged) return { isReload: true, cause };
    this.#isBlocked = true;
    this.#page.stay?.(problem || "the app does not answer with a page");
    const soon = Math.max(QUICK, 2 * delayAfter(this.#failures - MOST_QUICK));
    this.#failures = this.#clock.now() - this.#failedAt < soon ? this.#failures + 1 : 1;
    this.#failedAt = this.#clock.now();
    if (problem === this.#shown || this.#page.isError && !isChanged) return { isReload: false };
    this.#shown = problem;
    this.#log.warn(
      `Not reloading page${because(this.#wish.reason)}, which stays until the app answers with a page again. ${problem}`
    );
    this.#page.show([problem]);
    return { isReload: false };
  }
  /**
   * Leaves the page, which is as the app answers for it.
   *
   * @param {number} delays
   * @param {'same' | 'updated' | 'canceled'} outcome
   */
  #rest(delays, outcome) {
    if (this.#isBlocked) this.#page.show([]);
    this.#isBlocked = false;
    this.#shown = "";
    this.#failures = 0;
    const { targets } = this.#wish;
    this.#wish = NOTHING;
    this.#streak = outcome === "updated" ? { reloads: 0, delays: 0 } : { reloads: this.#streak.reloads + 1, delays };
    this.#startedAt = this.#clock.now();
    this.visit([...targets]);
    for (const target of targets) this.reached(target);
    if (outcome === "canceled") this.#page.stay?.("the page canceled the update");
    else this.#page.current?.(outcome);
  }
  /** Leaves a page as it is that is the answer to a form. */
  #stay() {
    const { reason } = this.#wish;
    this.#log.warn(
      `Not reloading page${because(reason)}: it is the answer to a form, which a reload would send again. Reload it by hand to see the change.`
    );
    this.#page.notice(`Reload by hand: ${reason}`);
    this.#page.stay?.("it is the answer to a form, which a reload would send again");
  }
  /**
   * @param {string} key
   * @returns {string[]}
   */
  #readList(key) {
    try {
      const list = JSON.parse(this.#storage().getItem(key) ?? "[]");
      return Array.isArray(list) ? list.map(String) : [];
    } catch {
      return [];
    }
  }
  /**
   * @param {string} key
   * @param {string[]} list
   */
  #writeList(key, list) {
    try {
      if (list.length) this.#storage().setItem(key, JSON.stringify(list));
      else this.#storage().removeItem(key);
    } catch {
    }
  }
};
function delayAfter(delays) {
  return delays < 0 ? 0 : Math.min(LAST_DELAY2, FIRST_DELAY2 * 2 ** Math.min(delays, 16));
}
function isServer(target) {
  return target.startsWith("server ");
}
function because(reason) {
  return reason && ` (${reason})`;
}

// update/resources.js
var MOST_FILES2 = 128;
var MOST_AT_ONCE2 = 4;
var Resources = class {
  #page;
  /** A digest of each file, by URL. @type {Map<string, string>} */
  #loaded = /* @__PURE__ */ new Map();
  /**
   * @param {object} page
   * @param {Fetch} page.fetch
   * @param {() => string[]} page.urls the files that the page has loaded, apart from those that it fetches itself
   * @param {() => (url: string) => boolean} page.isWatched the function that returns true for files whose changes are reported
   */
  constructor(page) {
    this.#page = page;
  }
  /** Notes the files as the page has loaded them, which are in the browser's cache. */
  async note() {
    const { urls } = this.#page;
    await this.#each(this.#compared(urls()), "force-cache", (url, digest) => void this.#loaded.set(url, digest));
  }
  /**
   * The first file that the app serves otherwise now, or `undefined`. Files whose content differs with each request are left
   * out from then on.
   *
   * @returns {Promise<string | undefined>}
   */
  async changed() {
    const changed = /* @__PURE__ */ new Map();
    await this.#each(this.#compared([...this.#loaded.keys()]), "no-store", (url, digest) => {
      if (this.#loaded.get(url) !== digest) changed.set(url, digest);
    });
    await this.#each([...changed.keys()], "no-store", (url, digest) => {
      if (changed.get(url) !== digest && changed.delete(url)) this.#loaded.delete(url);
    });
    const [first2] = changed.keys();
    return first2;
  }
  /** @param {string[]} urls */
  #compared(urls) {
    const isWatched = this.#page.isWatched();
    return urls.filter((url) => !isWatched(url)).slice(0, MOST_FILES2);
  }
  /**
   * @param {string[]} urls
   * @param {RequestCache} cache
   * @param {(url: string, digest: string) => void} take
   */
  async #each(urls, cache, take) {
    const waiting = [...urls];
    const load = async () => {
      for (let url = waiting.shift(); url !== void 0; url = waiting.shift()) {
        try {
          const response = await this.#page.fetch(url, { cache });
          if (!response.ok) discard(response);
          else take(url, digestOf(new Uint8Array(await response.arrayBuffer())));
        } catch {
        }
      }
    };
    await Promise.all(Array.from({ length: MOST_AT_ONCE2 }, load));
  }
};
function prefetched(document) {
  const links = document.querySelectorAll('link[rel~="prefetch" i][href], link[rel~="prerender" i][href]');
  return new Set(Array.from(links, (link) => withoutFragment(
    /** @type {HTMLLinkElement} */
    link.href
  )));
}
function digestOf(bytes) {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
  return `${bytes.length} ${hash >>> 0}`;
}

// update/bundles.js
var Bundles = class {
  /** @type {Map<string, Bundle>} */
  #bundles = /* @__PURE__ */ new Map();
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
    return [...this.#bundles.values()].flatMap(({ files }) => [...files?.keys() ?? []]);
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
    const { name = "", hash } = event;
    if (hash === void 0) return { kind: "current" };
    const bundle2 = this.#bundles.get(name);
    if (!bundle2) {
      this.#adopt(name, hash, event.files);
      return { kind: "current" };
    }
    if (hash !== bundle2.seen && !follow3(bundle2, event)) {
      if (hash !== bundle2.hash && canAsk(bundle2, event)) {
        bundle2.asked = true;
        return { kind: "ask" };
      }
      bundle2.lost = true;
      bundle2.files = void 0;
    }
    bundle2.asked = false;
    bundle2.seen = hash;
    if (event.files) bundle2.files = new Map(Object.entries(event.files));
    this.#bundles.delete(name);
    this.#bundles.set(name, bundle2);
    if (hash === bundle2.hash) return this.#settle(bundle2, { kind: "current" });
    if (isOvertaken || event.errors?.length) return { kind: "held" };
    if (bundle2.lost) return this.#settle(bundle2, { kind: "unknown" });
    const changes = [...bundle2.pending.values()].map(({ from: _, ...change }) => change);
    return this.#settle(bundle2, changes.length ? { kind: "changed", changes } : { kind: "current" });
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
      pending: /* @__PURE__ */ new Map(),
      lost: false,
      asked: false
    });
  }
  /**
   * @param {Bundle} bundle
   * @param {Verdict} verdict
   */
  #settle(bundle2, verdict) {
    bundle2.hash = bundle2.seen;
    bundle2.pending.clear();
    bundle2.lost = false;
    return verdict;
  }
};
function targetOf(name, hash) {
  return `hash ${name} ${hash}`;
}
function follow3(bundle2, event) {
  const base = event.action === "built" ? event.previous : event.since;
  if (event.changes && base !== void 0) {
    if (base === bundle2.seen) {
      merge(bundle2, event.changes);
      return true;
    }
    if (base === bundle2.hash) {
      rewind(bundle2, event.changes);
      merge(bundle2, event.changes);
      bundle2.lost = false;
      return true;
    }
  }
  if (!bundle2.files || !event.files) return false;
  merge(bundle2, difference(bundle2.files, new Map(Object.entries(event.files))));
  return true;
}
function merge({ files, pending }, changes) {
  for (const change of changes) {
    const { id, version } = change;
    const known = pending.get(id);
    const from = known ? known.from : files?.get(id);
    if (files && files.get(id) === version) {
      if (known && change.text !== void 0) pending.set(id, { ...change, from });
      continue;
    }
    if (version === void 0) files?.delete(id);
    else files?.set(id, version);
    if (known && from !== void 0 && version === from) pending.delete(id);
    else pending.set(id, { ...change, from });
  }
}
function rewind({ files, pending }, changes) {
  const ids = new Set(changes.map(({ id }) => id));
  for (const [id, { from }] of pending) {
    if (ids.has(id)) continue;
    if (from === void 0) files?.delete(id);
    else files?.set(id, from);
    pending.delete(id);
  }
}
function difference(before, after) {
  const changes = [];
  for (const [id, version] of after) {
    if (before.get(id) !== version) changes.push({ id, version });
  }
  for (const id of before.keys()) {
    if (!after.has(id)) changes.push({ id });
  }
  return changes;
}
function canAsk(bundle2, event) {
  const base = event.action === "built" ? event.previous : event.since;
  return !bundle2.asked && base !== void 0 && base !== bundle2.seen && base !== bundle2.hash;
}

// update/session.js
var MOST_UNREACHABLE = 1e3;
var Session = class {
  #parts;
  #server;
  /** True once a build was reported to this page. */
  #hasBuild = false;
  #isGreeted = false;
  /** Changes that did not arrive, by file. @type {Map<string, import('./bundles.js').Change>} */
  #unreachable = /* @__PURE__ */ new Map();
  #tail = Promise.resolve();
  /** The pause after a greeting. @type {Promise<void> | undefined} */
  #gap;
  /** Messages that are received and not handled yet, with the ids of their events. @type {{ message: Message, id: string }[]} */
  #waiting = [];
  /** @type {Set<Handler>} */
  #handlers = /* @__PURE__ */ new Set();
  /** @type {Set<Handler>} */
  #observers = /* @__PURE__ */ new Set();
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
  receive(data, id = "") {
    let message;
    try {
      message = JSON.parse(data);
    } catch (error) {
      this.#parts.log.warn(`Invalid HMR message: ${data}`, error);
      return this.#tail;
    }
    this.#waiting.push({ message, id });
    const fail = (error) => this.#parts.log.error("Could not handle an event of the server", error);
    let work;
    this.#tail = this.#tail.then(() => {
      this.#gap = void 0;
      const next = (
        /** @type {{ message: Message, id: string }} */
        this.#waiting.shift()
      );
      work = this.#handle(next.message, next.id);
    }).catch(fail).then(() => this.#gap);
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
      if (message?.["type"] === "custom" && message["event"] === event) handler(message["data"]);
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
    switch (message?.action) {
      case "connected":
        receipts.greet(id, message["receipts"], message["modules"]);
        this.#parts.report(message["console"]);
        this.#greet(message);
        this.#gap = this.#parts.pause();
        return void 0;
      case "building":
        this.#hasBuild = true;
        overlayController.building(message.name ?? "");
        return log.debug(message.name ? `'${message.name}' rebuilding` : "rebuilding");
      case "progress":
        return overlayController.building(message.name ?? "", message);
      case "built":
        this.#hasBuild = true;
        receipts.begin(id);
        return this.#update(message);
      case "sync":
        return this.#update(message);
      case "reload":
        receipts.begin(id);
        receipts.leave(receipts.take());
        return reloader.now(message.file ? `${message.file} changed` : "the server asks for it");
      case "invalidate":
        return this.#passOn(message);
      case "lagged":
        return log.warn(`${message.missed} events were lost on the way to this page; catching up`);
      default:
        return this.#notify(this.#handlers, message);
    }
  }
  /** @param {Message} message */
  #greet({ server, heartbeat }) {
    const { connection, reloader } = this.#parts;
    if (typeof heartbeat === "number" && heartbeat > 0) connection.setHeartbeat(heartbeat);
    if (this.#isGreeted) {
      reloader.retry();
      void this.#parts.pause().then(() => this.#loadUnreachable());
    }
    this.#isGreeted = true;
    if (typeof server !== "string") return;
    const before = this.#server;
    this.#server = server;
    const target = serverTarget(server);
    if (before === void 0 || before === server) reloader.reached(target);
    else this.#switchTo("the server was rebuilt", target, true);
  }
  /**
   * @param {Message} message
   * @returns {void | Promise<void>}
   */
  #update(message) {
    const { applier, bundles, connection, overlayController, isBundled: isBundled2, log, receipts, reloader } = this.#parts;
    const event = (
      /** @type {import('./bundles.js').BuildEvent} */
      message
    );
    const { action, hash, name = "", time } = event;
    if (event.update) applier.learn(event.update);
    overlayController.built(name);
    if (action === "built") log.debug(`${subjectOf(event)} rebuilt${time === void 0 ? "" : ` in ${time}ms`}`);
    this.#report(event);
    const target = targetOf(name, hash);
    const isOvertaken = this.#waiting.some(
      ({ message: later }) => later?.action === "built" && (later.name ?? "") === name && later["hash"] !== void 0
    );
    const verdict = bundles.receive(event, isOvertaken);
    if (!event.update && action === "sync" && verdict.kind !== "current") {
      applier.learn(void 0, verdict.kind === "changed" ? verdict.changes.map(({ id }) => id) : void 0);
    }
    switch (verdict.kind) {
      case "current":
        reloader.reached(target);
        if (action === "built") reloader.retry();
        receipts.answer(receipts.take(), "updated");
        return void 0;
      case "held":
        if (!isOvertaken) receipts.drop();
        return void 0;
      case "ask":
        return connection.ask();
      case "unknown":
        if (isBundled2()) return receipts.drop();
        receipts.leave(receipts.take());
        return this.#reloadFor(`${subjectOf(event)} changed`, target, event, false);
      case "changed":
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
    await this.#apply(changes, { action: "sync", since: "", changes }, `files ${versions}`);
  }
  /** @param {Message} message */
  async #passOn(message) {
    const { applier, forgetRuntimeErrors, fullReload } = this.#parts;
    const event = (
      /** @type {Parameters<typeof applier.passOn>[0]} */
      /** @type {unknown} */
      message
    );
    const { reload: reload2, unswapped } = await applier.passOn(event);
    forgetRuntimeErrors();
    if (reload2 !== void 0) fullReload(reload2);
    else this.#reloadForAny(await unswapped ?? []);
  }
  /**
   * @param {import('./bundles.js').Change[]} changes
   * @param {import('./bundles.js').BuildEvent} event
   * @param {string} target
   */
  async #apply(changes, event, target) {
    const { applier, forgetRuntimeErrors, log, receipts, reloader } = this.#parts;
    const events = receipts.take();
    const outcome = await applier.apply(changes).catch((error) => {
      log.error(`Could not update ${subjectOf(event)} in place`, error);
      return { isCurrent: false, isSafe: false, reload: `${subjectOf(event)} changed` };
    });
    const { cause, isCurrent, isInPage = false, isSafe, isSwapped, reload: reload2, unreachable = [], unswapped } = outcome;
    for (const { id } of changes) this.#unreachable.delete(id);
    this.#noteUnreachable(unreachable);
    void unswapped?.then((kept2) => this.#noteUnreachable(changes.filter(({ id }) => kept2.some((one) => one.id === id && !one.needsReload))));
    if (reload2 !== void 0) {
      receipts.leave(events, isSwapped, cause);
      void unswapped?.then((kept2) => this.#reloadForAny(kept2));
    }
    forgetRuntimeErrors();
    if (reload2 === void 0) {
      if (isCurrent) log.debug("up to date");
      reloader.retry();
      await this.#answer(events, outcome);
    } else if (isSafe && event.action === "built") reloader.reloadAtOnce(reload2, target);
    else this.#reloadFor(reload2, target, event, isInPage);
  }
  /**
   * Reloads the page if a file can be swapped by a reload only.
   *
   * @param {import('./apply.js').Unswapped[]} kept
   * @param {string[]} [events] the events that the reload is to answer
   */
  #reloadForAny(kept2, events = []) {
    const { fullReload, receipts } = this.#parts;
    const cause = kept2.find(({ needsReload }) => needsReload);
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
    const kept2 = await unswapped ?? [];
    if (this.#reloadForAny(kept2, events)) return;
    const [first2] = kept2;
    if (failed !== void 0) receipts.answer(events, "failed", `could not update ${failed}`);
    else if (first2) receipts.answer(events, "failed", `could not load ${first2.id}`);
    else if (isUnused) receipts.answer(events, "unused", pathOf2(loaded));
    else receipts.answer(events, "updated");
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
    if (action === "sync" && since === void 0) this.#switchTo(reason, target, isInPage);
    else this.#goTo(reason, target, isInPage);
  }
  /**
   * @param {string} reason
   * @param {string} target
   * @param {boolean} isInPage
   */
  #switchTo(reason, target, isInPage) {
    const { connection, reloader } = this.#parts;
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
  #report({ changes, name = "", ...event }) {
    const [errors, warnings] = [textsFrom(event.errors), textsFrom(event.warnings)];
    const { emit, overlayController, isBundled: isBundled2, log, overlayWarnings } = this.#parts;
    const subject = subjectOf({ name, changes });
    if (errors.length) log.problems("errors", name, errors, subject);
    else if (warnings.length) log.problems("warnings", name, warnings, subject);
    else log.clean(name);
    if (!changes && isBundled2()) return;
    const [first2] = errors;
    if (first2 !== void 0) emit("vite:error", { type: "error", err: { message: first2, stack: "" } });
    overlayController.problems("errors", name, errors);
    overlayController.problems("warnings", name, overlayWarnings ? warnings : []);
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
        this.#parts.log.error("A handler of this page failed", error);
      }
    }
  }
};
function subscription(handlers, handler) {
  handlers.add(handler);
  return () => {
    handlers.delete(handler);
  };
}
function pathOf2(key) {
  return key === void 0 ? void 0 : new URL(key).pathname;
}
function serverTarget(server) {
  return `server ${server}`;
}

// update/stylesheet-places.js
function* ownersIn(document) {
  for (const root of rootsOf(document)) {
    yield* (
      /** @type {NodeListOf<Owner>} */
      root.querySelectorAll('link[rel~="stylesheet" i],style')
    );
  }
}
function* placesOf(owner, document) {
  const { sheet } = owner;
  if ("href" in owner && owner.href) yield { url: withoutVersion(owner.href), owner, sheet, imported: false };
  if (sheet) yield* importsOf(sheet, owner, document);
}
function* importsOf(parent, owner, document) {
  for (const rule of rulesOf(parent) ?? []) {
    if ("nameList" in rule) continue;
    if (!("styleSheet" in rule)) break;
    const { href, styleSheet: sheet } = (
      /** @type {CSSImportRule} */
      rule
    );
    const url = absolute(href, baseOf(parent, document));
    if (url) yield { url: withoutVersion(url), owner, sheet, imported: true };
    if (sheet) yield* importsOf(sheet, owner, document);
  }
}
function copyOf(owner) {
  const copy = (
    /** @type {Element} */
    owner.cloneNode(true)
  );
  if (owner.nonce) copy.nonce = owner.nonce;
  return copy;
}
function hasEffect(owner) {
  const { styleSheets } = (
    /** @type {Document | ShadowRoot} */
    owner.getRootNode()
  );
  return !owner.sheet || [...styleSheets].includes(owner.sheet);
}
function inherit(successor, owner) {
  const media = owner.getAttribute("media");
  if (media === null) successor.removeAttribute("media");
  else successor.media = media;
  if (successor.sheet && owner.sheet) successor.sheet.disabled = owner.sheet.disabled;
}

// update/sheet-sources.js
var MOST_RULES = 5e3;
var MOST_WAITING = 16;
var ACTIVE = /@(?:font-face|import|view-transition)\b/;
var NOT_COPIED = ["id", "onload", "onerror", "blocking"];
var CAPTURE = { capture: true };
var SheetSources = class {
  #parts;
  /** @type {WeakSet<Element>} */
  #reloading = /* @__PURE__ */ new WeakSet();
  #tail = Promise.resolve();
  #waiting = 0;
  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }
  /**
   * Returns true while a link loads its URL and a copy has its place.
   *
   * @param {Element} owner
   */
  isReloading(owner) {
    return this.#reloading.has(owner);
  }
  /**
   * Gives links the sheets of their URLs when nothing has changed for a while, one after the other.
   *
   * @param {() => Iterable<import('./stylesheet-places.js').Owner>} owners finds them
   * @param {string} version
   * @param {() => boolean} isCurrent returns false once another version was shown
   * @param {(owner: HTMLLinkElement) => void} catchUp shows that version in a sheet that was loaded meanwhile
   */
  async restore(owners, version, isCurrent, catchUp) {
    if (this.#waiting >= MOST_WAITING) return;
    this.#waiting += 1;
    await this.#parts.quiet();
    this.#tail = this.#tail.then(async () => {
      if (!isCurrent() || !this.#parts.isAllowed()) return;
      for (const owner of owners()) {
        if (isCurrent() && this.#isUnnoticed(owner)) await this.#reload(owner, version, isCurrent, catchUp);
      }
    }).catch(() => void 0).then(() => void (this.#waiting -= 1));
    await this.#tail;
  }
  /**
   * Returns true for a link whose sheet can be exchanged without a visible effect.
   *
   * @param {import('./stylesheet-places.js').Owner} owner
   * @returns {owner is HTMLLinkElement}
   */
  #isUnnoticed(owner) {
    if (!("href" in owner) || owner.parentNode !== this.#parts.document.head) return false;
    if (owner.rel.trim().toLowerCase() !== "stylesheet" || owner.title || owner.hasAttribute("disabled")) return false;
    return !owner.hasAttribute("integrity") && owner.sheet?.disabled === false;
  }
  /**
   * @param {HTMLLinkElement} link
   * @param {string} version
   * @param {() => boolean} isCurrent
   * @param {(owner: HTMLLinkElement) => void} catchUp
   */
  async #reload(link, version, isCurrent, catchUp) {
    const { document, limit, MutationObserver } = this.#parts;
    const before = textsOf(link);
    const url = withVersion(link.getAttribute("href") ?? "", version);
    if (!before || ACTIVE.test(before) || link.getAttribute("href") === url) return;
    const copy = copyOf(link);
    for (const name of NOT_COPIED) copy.removeAttribute(name);
    copy.setAttribute("href", url);
    let isDisturbed = () => {
    };
    const disturbed = new Promise((resolve) => {
      isDisturbed = () => {
        copy.remove();
        resolve("disturbed");
      };
    });
    const observer = new MutationObserver((records) => {
      if (records.some(({ type }) => type === "attributes") || !link.isConnected || !copy.isConnected) isDisturbed();
    });
    observer.observe(link, { attributes: true });
    observer.observe(document.head, { childList: true });
    try {
      const copied = ended(copy, copy, () => true);
      link.after(copy);
      if (await Promise.race([copied, disturbed, limit()]) !== true) return copy.remove();
      if (!isCurrent() || textsOf(copy) !== before || textsOf(link) !== before) return copy.remove();
      this.#reloading.add(link);
      const loaded = ended(document, link, () => link.getAttribute("href") === url);
      link.setAttribute("href", url);
      observer.takeRecords();
      const outcome = await Promise.race([loaded, disturbed, limit()]);
      this.#reloading.delete(link);
      if (outcome === "disturbed" || !link.sheet) return;
      catchUp(link);
      if (hasEffect(link)) copy.remove();
    } finally {
      observer.disconnect();
      this.#reloading.delete(link);
    }
  }
};
function ended(listening, element, isOurs) {
  return new Promise((resolve) => {
    const end = (event) => {
      if (event.target !== element || !isOurs()) return;
      event.stopImmediatePropagation();
      for (const type of ["load", "error"]) listening.removeEventListener(type, end, CAPTURE);
      resolve(event.type === "load");
    };
    for (const type of ["load", "error"]) listening.addEventListener(type, end, CAPTURE);
  });
}
function textsOf(link) {
  const rules = link.sheet && rulesOf(link.sheet);
  if (!rules || rules.length > MOST_RULES) return "";
  return Array.from(rules, (rule) => rule.cssText).join("\n");
}

// update/rewrite.js
var IMPORT = /@import/gi;
var OTHER_CHARSET = /^@charset "(?!utf-?8")/i;
var FAR_REACHING = /@(?:namespace|charset)/i;
var Rewriter = class {
  #page;
  /** @type {WeakMap<CSSStyleSheet, import('./split-rules.js').Pieces & { rules: CSSRule[] }>} */
  #known = /* @__PURE__ */ new WeakMap();
  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {typeof CSSStyleSheet} page.CSSStyleSheet
   * @param {Pick<import('./images.js').Images, 'freshen'>} page.images
   */
  constructor(page) {
    this.#page = page;
  }
  /**
   * Replaces a sheet's rules by those of a text, as fast as possible. Returns false, and changes nothing, when the sheet
   * would differ from one that the browser loads.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   */
  rewrite(sheet, text) {
    if (text.search(IMPORT) >= 0 || !this.#isFit(text)) return false;
    return this.#patch(sheet, text) || this.#replace(sheet, text);
  }
  /**
   * Does the same as `rewrite`, and also takes a text whose imports are those of the sheet.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   */
  rewriteLoaded(sheet, text) {
    if (this.rewrite(sheet, text)) return true;
    const rules = [...rulesOf(sheet) ?? []];
    const imports = (
      /** @type {CSSImportRule[]} */
      rules.filter((rule) => "styleSheet" in rule)
    );
    const areThere = imports.every((rule, index) => rule === rules[index] && text.includes(rule.href));
    if (!areThere || text.match(IMPORT)?.length !== imports.length || !this.#isFit(text)) return false;
    return this.#replace(sheet, text, imports.length);
  }
  /**
   * True if a constructed sheet reads the text as the page does: it knows neither quirks mode nor other encodings.
   *
   * @param {string} text
   */
  #isFit(text) {
    return this.#page.document.compatMode !== "BackCompat" && !OTHER_CHARSET.test(text);
  }
  /**
   * Makes sure that a sheet that was rewritten has exactly the rules of the text, and prepares for the next.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   * @returns {boolean} as `rewrite`
   */
  confirm(sheet, text) {
    this.#known.delete(sheet);
    if (!this.#replace(sheet, text)) return false;
    const rules = [...rulesOf(sheet) ?? []];
    const pieces = FAR_REACHING.test(text) ? void 0 : splitRules(text);
    if (pieces?.statements.length === rules.length) this.#known.set(sheet, { ...pieces, rules });
    return true;
  }
  /**
   * Replaces the rules of the statements that differ.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   */
  #patch(sheet, text) {
    const known = this.#known.get(sheet);
    this.#known.delete(sheet);
    const rules = rulesOf(sheet);
    if (!known || !rules || rules.length !== known.rules.length || FAR_REACHING.test(text)) return false;
    if (known.rules.some((rule, index) => rule !== rules[index])) return false;
    const change = diffRules(known, text);
    if (!change) return false;
    const { start: start2, deleted, inserted, next } = change;
    const texts = this.#parse(inserted.join(""), sheet);
    if (texts?.length !== inserted.length || !this.#splice(sheet, start2, deleted, texts)) return false;
    const replaced2 = texts.map((_, index) => (
      /** @type {CSSRule} */
      rules[start2 + index]
    ));
    const after = known.rules.slice(start2 + deleted);
    this.#known.set(sheet, { ...next, rules: [...known.rules.slice(0, start2), ...replaced2, ...after] });
    return true;
  }
  /**
   * Replaces the rules that differ. Equal rules at both ends stay, so that their fonts and animations do not restart.
   *
   * @param {CSSStyleSheet} sheet
   * @param {string} text
   * @param {number} [first] the first rule that is not an import
   */
  #replace(sheet, text, first2 = 0) {
    const rules = rulesOf(sheet);
    const next = rules && this.#parse(text, sheet);
    if (!next) return false;
    const { images } = this.#page;
    const base = baseOf(sheet, this.#page.document);
    const old = textsOf2(rules).slice(first2);
    const fresh = next.map((rule) => images.freshen(rule, base));
    let start2 = 0;
    let end = 0;
    if (![...old, ...next].some((rule) => rule.startsWith("@namespace"))) {
      const shorter = Math.min(old.length, next.length);
      while (start2 < shorter && old[start2] === fresh[start2]) start2 += 1;
      while (end < shorter - start2 && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
    }
    return this.#splice(sheet, first2 + start2, old.length - end - start2, next.slice(start2, next.length - end));
  }
  /**
   * @param {string} css
   * @param {CSSStyleSheet} sheet that the rules are for
   * @returns {string[] | undefined} each rule as the browser writes it
   */
  #parse(css, sheet) {
    try {
      const parsed = this.#sheetLike(sheet);
      parsed.replaceSync(css);
      return textsOf2(parsed.cssRules);
    } catch {
      return void 0;
    }
  }
  /**
   * Puts rules in the place of others.
   *
   * @param {CSSStyleSheet} sheet
   * @param {number} start
   * @param {number} deleted
   * @param {string[]} inserted
   */
  #splice(sheet, start2, deleted, inserted) {
    const base = baseOf(sheet, this.#page.document);
    try {
      const trial = this.#sheetLike(sheet);
      inserted.forEach((rule, index) => trial.insertRule(rule, index));
      if (!same(textsOf2(trial.cssRules), inserted)) return false;
      for (let index = start2 + deleted - 1; index >= start2; index -= 1) sheet.deleteRule(index);
      inserted.forEach((rule, index) => sheet.insertRule(this.#page.images.freshen(rule, base), start2 + index));
      return true;
    } catch {
      return false;
    }
  }
  /** @param {CSSStyleSheet} sheet */
  #sheetLike(sheet) {
    const { CSSStyleSheet: CSSStyleSheet2, document } = this.#page;
    return new CSSStyleSheet2({ baseURL: baseOf(sheet, document) });
  }
};
function textsOf2(rules) {
  return Array.from(rules, (rule) => rule.cssText);
}
function same(left, right) {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}

// update/stylesheets.js
var CSS_TYPE = /^text\/css\b/i;
var Stylesheets = class {
  #page;
  #keyOf;
  #rewriter;
  /** The number of updates of each file. Work of an earlier update is dropped. @type {Map<string, number>} */
  #updates = /* @__PURE__ */ new Map();
  /** Files that the app does not serve as they are on disk. @type {Set<string>} */
  #processed = /* @__PURE__ */ new Set();
  /** The newest text that is known of each URL. @type {Map<string, string>} */
  #texts = /* @__PURE__ */ new Map();
  /** Cancels the copy that is loading for an element. @type {WeakMap<Owner, () => void>} */
  #callOff = /* @__PURE__ */ new WeakMap();
  /**
   * Copies that are loading to replace an element, each with the end of that.
   *
   * @type {WeakMap<Owner, Promise<boolean>>}
   */
  #loading = /* @__PURE__ */ new WeakMap();
  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.#keyOf = page.keyOf ?? keyOf;
    this.#rewriter = new Rewriter(page);
  }
  /**
   * Those of the stylesheets that the page has in a place that can be updated, found in one pass over the document.
   *
   * @param {Set<string>} keys
   * @returns {Set<string>}
   */
  having(keys) {
    const found = /* @__PURE__ */ new Set();
    if (!keys.size) return found;
    for (const owner of ownersIn(this.#page.document)) {
      const places = this.#loading.has(owner) ? this.#importsOf(owner) : placesOf(owner, this.#page.document);
      for (const { url } of places) {
        const key = this.#keyOf(url);
        if (key !== void 0 && keys.has(key)) found.add(key);
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
    let later;
    const findLater = () => later ??= this.#find(new Set(updates.keys()));
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
    const isUsable = !this.#processed.has(key) && isSameInUtf8(change.text ?? "", this.#encoding());
    const text = isUsable ? change.text?.replace(/^\ufeff/, "") : void 0;
    const rewritten = /* @__PURE__ */ new Set();
    const waiting = /* @__PURE__ */ new Set();
    for (const place of places) {
      (text !== void 0 && this.#show(place, text) ? rewritten : waiting).add(place.url);
    }
    const loads = Promise.all([...waiting].map((url) => this.#load(key, url, change, isCurrent)));
    if (rewritten.size) this.#page.log.info(`Updated: ${change.id}`);
    for (const url of rewritten) {
      if (!waiting.has(url)) void this.#verify(key, url, change, text ?? "", isCurrent, findLater);
    }
    const results = (await loads).flat();
    if (!rewritten.size && results.every((result) => result === "shown")) this.#page.log.info(`Updated: ${change.id}`);
    const needsReload = results.includes("reload");
    return needsReload || results.includes("failed") ? [{ id: change.id, needsReload }] : [];
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
    return isCurrent() && this.having(/* @__PURE__ */ new Set([key])).size ? this.update(/* @__PURE__ */ new Map([[key, change]])) : [];
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
    await this.#page.frame();
    if (!isCurrent()) return;
    for (const place of findLater().get(key) ?? []) {
      if (!place.owner.isConnected) continue;
      const isExact = place.url !== url || place.sheet && this.#rewriter.confirm(place.sheet, text);
      if (!isExact) await this.#succeed(place.owner, change);
    }
    const other = async () => {
      const served2 = await this.#served(url);
      return served2 === text || !isCurrent() ? void 0 : served2;
    };
    if (await other() === void 0) return this.#restoreSources(key, url, change, isCurrent);
    await this.#page.pause();
    const served = await other();
    if (served === void 0) return this.#restoreSources(key, url, change, isCurrent);
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
    const owners = () => this.#placesOf(key).flatMap((place) => place.url === url && !place.imported ? [place.owner] : []);
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
    this.#texts.delete(url);
    const served = await this.#served(url);
    if (!isCurrent()) return ["overtaken"];
    if (served !== void 0 && served === change.text) this.#processed.delete(key);
    const places = this.#placesOf(key).filter((place) => place.url === url);
    const results = await Promise.all(
      places.map(async (place) => {
        if (served !== void 0 && this.#show(place, served)) return "shown";
        if (await this.#succeed(place.owner, change)) return "shown";
        await this.#page.pause();
        if (!isCurrent()) return "overtaken";
        if (!place.owner.isConnected || await this.#succeed(place.owner, change)) return "shown";
        return place.imported ? "reload" : "failed";
      })
    );
    if (served !== void 0) this.#restoreSources(key, url, change, isCurrent);
    return isCurrent() ? results : ["overtaken"];
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
      if (sheet && text !== void 0) this.#rewriter.rewriteLoaded(sheet, text);
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
    if ("href" in owner && "href" in successor) {
      const url = withVersion(owner.getAttribute("href") ?? "", version);
      if (owner.hasAttribute("disabled")) {
        owner.href = url;
        return Promise.resolve(true);
      }
      successor.href = url;
      if (owner.hasAttribute("integrity")) {
        successor.removeAttribute("integrity");
        log.info(`${id} has changed, so the integrity attribute of its link no longer holds and is dropped`);
      }
    }
    this.#callOff.get(owner)?.();
    successor.media = "not all";
    let abandon = (_loaded) => {
    };
    const loading = new Promise((resolve) => {
      const finish2 = (loaded) => {
        this.#loading.delete(successor);
        this.#callOff.delete(owner);
        resolve(loaded);
      };
      abandon = (loaded) => {
        successor.onload = successor.onerror = null;
        successor.remove();
        finish2(loaded);
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
        const replace2 = () => {
          if (owner.isConnected) {
            owner.remove();
            this.#page.replaced?.(owner, successor);
          } else successor.remove();
          finish2(true);
        };
        const replaceLater = () => {
          successor.onload = successor.onerror = null;
          bringUpToDate();
          if (successor.sheet && isDisabled) successor.sheet.disabled = true;
          if (this.#loading.has(successor)) replace2();
        };
        successor.onload = successor.onerror = replaceLater;
        if (successor.sheet !== sheet) bringUpToDate();
        if (hasEffect(successor)) replace2();
      };
      successor.onload = swap;
      successor.onerror = () => {
        if (successor.sheet && rulesOf(successor.sheet)?.length) return swap();
        successor.remove();
        log.warn(`Could not load ${id}; the page keeps the stylesheet that it has`);
        finish2(false);
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
    return textOf3(this.#page.fetch, url, CSS_TYPE, (response) => readCss(response, this.#encoding()));
  }
  /** The encoding of a stylesheet that says nothing of its own. */
  #encoding() {
    return this.#page.document.characterSet ?? "UTF-8";
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
    const found = /* @__PURE__ */ new Map();
    for (const owner of ownersIn(this.#page.document)) {
      if (this.#loading.has(owner) || this.#page.sources.isReloading(owner)) continue;
      for (const place of placesOf(owner, this.#page.document)) {
        const key = this.#keyOf(place.url);
        if (key === void 0 || !keys.has(key)) continue;
        const others = found.get(key);
        if (others) others.push(place);
        else found.set(key, [place]);
      }
    }
    return found;
  }
  /** @param {string} key */
  #placesOf(key) {
    return this.#find(/* @__PURE__ */ new Set([key])).get(key) ?? [];
  }
};

// update/unseen-importers.js
var SPECIFIER2 = /\b(?:from|import)\s*\(?\s*(["'`])((?:(?!\1)[^\\\n])+)\1/g;
var URL_LIKE = /^(?:\.{0,2}\/|[a-z][a-z\d+.-]*:)/i;
var LONGEST = 256 * 1024;
var UnseenImporters = class {
  #document;
  #keyOf;
  #resolve;
  /** Specifiers of listed modules. @type {{ specifier: string, importers: string[] }[]} */
  #unresolved = [];
  /** The keys that each inline module imports. @type {WeakMap<Element, Set<string>>} */
  #inline = /* @__PURE__ */ new WeakMap();
  /**
   * @param {object} page
   * @param {Document} page.document
   * @param {import('../stream/url.js').KeyOf} page.keyOf
   * @param {(specifier: string) => string} page.resolve the URL of a bare specifier, by the page's import maps; throws without one
   */
  constructor({ document, keyOf: keyOf3, resolve }) {
    this.#document = document;
    this.#keyOf = keyOf3;
    this.#resolve = resolve;
  }
  /**
   * Replaces the specifiers that the server could not resolve.
   *
   * @param {Record<string, string[]>} unresolved each with the ids of the modules that have it
   * @param {(id: string) => string | undefined} keyOf
   */
  learn(unresolved, keyOf3) {
    this.#unresolved = Object.entries(unresolved).map(([specifier, ids]) => {
      return { specifier, importers: ids.map(keyOf3).filter((key) => key !== void 0) };
    });
  }
  /**
   * An importer of a module that is not in the graph, as a text for the console.
   *
   * @param {string} key
   * @param {(key: string) => boolean} isLoaded
   * @returns {string | undefined}
   */
  of(key, isLoaded) {
    for (const { specifier, importers } of this.#unresolved) {
      const importer = importers.find((importer2) => isLoaded(importer2) && this.#key(specifier, importer2) === key);
      if (importer) return new URL(importer).pathname;
    }
    const scripts = (
      /** @type {NodeListOf<HTMLScriptElement>} */
      this.#document.querySelectorAll('script[type="module" i]:not([src])')
    );
    return [...scripts].some((script) => this.#importsOf(script).has(key)) ? "an inline module of the page" : void 0;
  }
  /**
   * Returns true if the page has a module by something that is not in the graph: one of these importers, or an element.
   *
   * @param {string} key
   * @param {(key: string) => boolean} isLoaded
   */
  isUsed(key, isLoaded) {
    if (this.of(key, isLoaded) !== void 0) return true;
    const scripts = (
      /** @type {NodeListOf<HTMLScriptElement>} */
      this.#document.querySelectorAll('script[type="module" i][src]')
    );
    return [...scripts].some((script) => this.#keyOf(script.src) === key);
  }
  /** @param {HTMLScriptElement} script */
  #importsOf(script) {
    let imports = this.#inline.get(script);
    if (!imports) {
      const found = script.text.slice(0, LONGEST).matchAll(SPECIFIER2);
      imports = new Set(Array.from(found, ([, , specifier = ""]) => this.#key(specifier, this.#document.baseURI) ?? ""));
      this.#inline.set(script, imports);
    }
    return imports;
  }
  /**
   * The key of the module that a specifier names.
   *
   * @param {string} specifier
   * @param {string} base
   */
  #key(specifier, base) {
    try {
      return this.#keyOf(URL_LIKE.test(specifier) ? specifier : this.#resolve(specifier), base);
    } catch {
      return void 0;
    }
  }
};

// stream/client-messages.js
var ClientMessages = class {
  #parts;
  #tail = Promise.resolve();
  /**
   * @param {object} parts
   * @param {import('./network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string | undefined} parts.token the token from this page's script tag
   * @param {string} parts.name the name under which this page opened the stream
   * @param {() => Promise<void>} [parts.prepare] opens that stream, if this page has shared another so far
   */
  constructor(parts) {
    this.#parts = parts;
  }
  /**
   * Sends an event after the ones before it, so that events arrive in order.
   *
   * @param {string} event
   * @param {unknown} [data] anything that JSON can hold
   * @returns {Promise<void>} resolves when the app's listeners have returned; rejects with the server's error, or with that of
   *   data that JSON can't hold
   */
  async send(event, data) {
    return this.#enqueue(event, JSON.stringify({ type: "custom", event, data }));
  }
  /**
   * Sends a message of the client itself, which needs no answer to this page alone, and is in no order with others.
   *
   * @param {string} type
   * @param {object} fields
   * @returns {Promise<void>}
   */
  async request(type, fields) {
    return this.#request(type, JSON.stringify({ type, ...fields }));
  }
  /**
   * @param {string} event
   * @param {string} body
   */
  #enqueue(event, body) {
    const sent = this.#tail.then(() => this.#post(event, body));
    this.#tail = sent.catch(() => void 0);
    return sent;
  }
  /**
   * Continues with the server that answers now. Another process of the app has another token.
   *
   * @param {string | undefined} token
   */
  renew(token) {
    this.#parts = { ...this.#parts, token };
  }
  /**
   * @param {string} event
   * @param {string} body
   */
  async #post(event, body) {
    const { prepare: prepare2, token } = this.#parts;
    if (token !== void 0) await prepare2?.();
    await this.#request(event, body);
  }
  /**
   * @param {string} event
   * @param {string} body
   */
  async #request(event, body) {
    const { fetch, name, token, url } = this.#parts;
    if (token === void 0) {
      throw new Error(
        `[HMR] ${event} was not sent: this page has no token, because the server did not inject its script tag`
      );
    }
    const headers = {
      "Content-Type": "application/json",
      "Hot-Middleware-Client": name,
      "Hot-Middleware-Token": token
    };
    const response = await fetch(url, { method: "POST", headers, body });
    const text = await response.text();
    if (response.ok) return;
    const reason = text.trim().slice(0, 1e3);
    throw new Error(`[HMR] ${event} was refused: ${response.status} ${reason}`);
  }
};

// stream/receipts.js
var MOST6 = 64;
var MOST_TEXT8 = 200;
var PATIENCE5 = 100;
var IDLE = 30;
var Receipts = class {
  #parts;
  /** The start of the ids of the server's events, and the key that its greeting has; empty if it wants no receipts. */
  #server = { boot: "", key: "" };
  /** The key for the instances of modules; empty if the server serves none. */
  #modulesKey = "";
  /** Ids of the events that are being handled. @type {string[]} */
  #open = [];
  /** Ids of the events that were taken and are not answered yet. @type {Set<string>} */
  #taken = /* @__PURE__ */ new Set();
  /** The events that an update or a reload of the page is to answer. @type {{ event: string, isSwapped: boolean, cause: string | undefined }[]} */
  #leaving = [];
  /** @type {Receipt[]} */
  #waiting = [];
  /** Receipts of what the page shows, which are sent as soon as it is idle. @type {Receipt[]} */
  #timed = [];
  #isSending = false;
  /** True while the page has no stream: the server that answers then may be another one. */
  #isLost = false;
  /** Times at which events began. @type {Map<string, number>} */
  #begun = /* @__PURE__ */ new Map();
  #hasLeft = false;
  /**
   * @param {object} parts
   * @param {import('./network.js').Fetch} parts.fetch
   * @param {string} parts.url the stream's
   * @param {string} parts.name the name of this page
   * @param {() => string} parts.page its path
   * @param {() => number} parts.now milliseconds, with fractions
   * @param {() => Promise<void>} parts.painted resolves once the page shows what it is now
   * @param {() => Promise<void>} parts.idle resolves once the page has nothing else to do
   */
  constructor(parts) {
    this.#parts = parts;
  }
  /**
   * Notes the server that this page is connected to. Another process has another key, and knows nothing of earlier events.
   *
   * @param {string} id the greeting's
   * @param {unknown} key
   * @param {unknown} [modulesKey]
   */
  greet(id, key, modulesKey) {
    this.#modulesKey = typeof modulesKey === "string" ? modulesKey : "";
    const boot = id.slice(0, id.lastIndexOf("-") + 1);
    const wants = boot !== "" && typeof key === "string";
    if (boot !== this.#server.boot) this.#forget();
    this.#server = wants ? { boot, key } : { boot: "", key: "" };
    this.#isLost = false;
    void this.#sendAll();
  }
  /** The stream was lost. What is answered until the next greeting waits for it. */
  lost() {
    this.#isLost = true;
  }
  /**
   * Notes an event that is answered later.
   *
   * @param {string} event its id
   */
  begin(event) {
    const { boot } = this.#server;
    if (!boot || !event.startsWith(boot)) return;
    add(this.#open, event);
    this.#begun.set(event, this.#parts.now());
    for (const event2 of this.#begun.keys()) if (this.#begun.size > MOST6) this.#begun.delete(event2);
  }
  /** Takes the events that have begun, to answer them. What becomes of the last one is what becomes of all. */
  take() {
    const events = this.#open.splice(0);
    for (const event of events) this.#taken.add(event);
    for (const event of this.#taken) if (this.#taken.size > MOST6) this.#taken.delete(event);
    return events;
  }
  /** Leaves the events that have begun without an answer. */
  drop() {
    this.#open = [];
  }
  /**
   * Answers events, each once.
   *
   * @param {string[]} events
   * @param {Outcome} outcome
   * @param {string} [text] the reason of a failure or a reload, or the path of a loaded file with the same name as an unused
   *   one
   */
  answer(events, outcome, text) {
    for (const event of events) {
      if (!this.#taken.delete(event)) continue;
      const receipt = { event, outcome: this.#hasLeft ? (
        /** @type {Outcome} */
        "reloaded"
      ) : outcome };
      add(this.#waiting, text === void 0 ? receipt : { ...receipt, text: shorten(text.replace(/\s+/g, " "), MOST_TEXT8) });
    }
    if (this.#hasLeft) void this.#send();
    else void this.#sendAll();
  }
  /**
   * Leaves events to the update or the reload of the page that is about to be requested for them.
   *
   * @param {string[]} events
   * @param {boolean} [isSwapped] true if other files of the same build were swapped
   * @param {string} [cause] the reason, if the files themselves are it
   */
  leave(events, isSwapped = false, cause) {
    for (const event of events) add(this.#leaving, { event, isSwapped, cause });
    if (this.#hasLeft) this.left();
  }
  /** The page was not reloaded after all: a user may refuse to leave it. */
  isBack() {
    this.#hasLeft = false;
  }
  /**
   * The page is about to be reloaded.
   *
   * @param {string} [cause] the reason why it could not be updated in place
   */
  left(cause) {
    this.#hasLeft = true;
    const left = this.#leaving.splice(0);
    for (const reason of new Set(left.map((one) => cause ?? one.cause))) {
      this.answer(left.flatMap((one) => (cause ?? one.cause) === reason ? one.event : []), "reloaded", reason);
    }
    this.answer([...this.#taken], "reloaded");
  }
  /** The page is closed, left for another, or goes into the back/forward cache. */
  gone() {
    if (this.#server.key) void this.#send(true);
  }
  /**
   * The page is not reloaded after all.
   *
   * @param {string} reason
   */
  stayed(reason) {
    this.answer(this.#left(), "failed", reason);
  }
  /**
   * The page is up to date without a reload.
   *
   * @param {'same' | 'updated'} outcome
   */
  current(outcome) {
    const left = this.#leaving.splice(0);
    const events = (isWanted) => left.flatMap(({ event, isSwapped }) => isSwapped === isWanted ? event : []);
    this.answer(events(true), "updated");
    this.answer(events(false), outcome);
  }
  #left() {
    return this.#leaving.splice(0).map(({ event }) => event);
  }
  #forget() {
    this.#open = [];
    this.#taken.clear();
    this.#leaving = [];
    this.#waiting = [];
    this.#timed = [];
    this.#begun.clear();
  }
  /** One request at a time, which collects receipts for the next. Not a timer: those of a hidden page take a second. */
  async #sendAll() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length + this.#timed.length && !this.#isLost) {
      await this.#parts.painted();
      this.#time();
      await this.#parts.idle();
      await this.#send();
    }
    this.#isSending = false;
  }
  /**
   * Has a restarted server take over the instances that the page has of its modules.
   *
   * @param {Record<string, number>} modules paths, each with the change of its instance
   * @returns {Promise<boolean>} whether it has
   */
  async handOver(modules) {
    if (!this.#modulesKey) return false;
    return (await this.#post({ type: "instances", modules }, this.#modulesKey))?.ok ?? false;
  }
  /** @param {boolean} [hasLeft] */
  async #send(hasLeft = false) {
    if (this.#isLost) return;
    if (hasLeft || this.#hasLeft) this.#time();
    const receipts = this.#timed.splice(0);
    if (!receipts.length && !hasLeft) return;
    const message = { type: "receipt", page: this.#parts.page(), receipts, ...hasLeft && { left: true } };
    await this.#post(message, this.#server.key, { keepalive: true });
  }
  /**
   * @param {object} message
   * @param {string} key
   * @param {RequestInit} [init]
   * @returns {Promise<Response | undefined>} `undefined` if it did not arrive
   */
  async #post(message, key, init) {
    const { fetch, name, url } = this.#parts;
    const headers = {
      "Content-Type": "application/json",
      "Hot-Middleware-Client": name,
      "Hot-Middleware-Receipts": key
    };
    try {
      const response = await fetch(`${url}?receipts`, { ...init, method: "POST", headers, body: JSON.stringify(message) });
      await response.arrayBuffer();
      return response;
    } catch {
      return void 0;
    }
  }
  /** Gives the receipts of updates the time that these have taken. */
  #time() {
    for (const receipt of this.#waiting.splice(0)) {
      const begun = this.#begun.get(receipt.event);
      this.#begun.delete(receipt.event);
      const isTimed = begun !== void 0 && receipt.outcome === "updated";
      add(this.#timed, isTimed ? { ...receipt, ms: Math.round((this.#parts.now() - begun) * 10) / 10 } : receipt);
    }
  }
};
function add(list, item) {
  if (list.push(item) > MOST6) list.shift();
}
function ofPage(window, clock) {
  const { document, location, performance } = window;
  return {
    page: () => location.pathname,
    now: () => performance.now(),
    /** @returns {Promise<void>} */
    painted: async () => {
      if (document.visibilityState !== "visible") return;
      await new Promise((resolve) => {
        clock.setTimeout(() => resolve(void 0), PATIENCE5);
        window.requestAnimationFrame(() => void clock.setTimeout(() => resolve(void 0), 0));
      });
    },
    /** @returns {Promise<void>} */
    idle: async () => {
      if (document.visibilityState !== "visible") return;
      if (!window.requestIdleCallback) await new Promise((resolve) => void clock.setTimeout(() => resolve(void 0), IDLE));
      else await new Promise((resolve) => void window.requestIdleCallback(() => resolve(void 0), { timeout: PATIENCE5 }));
    }
  };
}

// stream/shared.js
var PATIENCE6 = 5e3;
var PING = 2e3;
var CONNECTING = 0;
var OPEN = 1;
var CLOSED2 = 2;
var SharedStreams = class {
  #wiring;
  #isShared;
  /** @type {Link | undefined} */
  #link;
  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
    this.#isShared = wiring.startWorker !== void 0;
  }
  /** Returns true if streams are shared, as far as is known. */
  get isShared() {
    return this.#isShared;
  }
  /** Gives this page streams of its own from now on. */
  separate() {
    this.#isShared = false;
  }
  /**
   * @param {string} url
   * @returns {Source}
   */
  open(url) {
    const { openOwn, startWorker: startWorker2 } = this.#wiring;
    if (!this.#isShared || !startWorker2) return openOwn(url);
    if (this.#link?.isDead) this.#link = void 0;
    try {
      this.#link ??= new Link(startWorker2());
    } catch {
      this.separate();
      return openOwn(url);
    }
    return new SharedSource(this.#wiring, this.#link, url, () => this.separate());
  }
};
var Link = class {
  /** True once the worker has sent its first message. */
  isReady = false;
  /** True once the worker is gone. */
  isDead = false;
  /** Kept, because a worker ends with its objects. */
  worker;
  /** @param {Worker} worker */
  constructor(worker) {
    this.worker = worker;
  }
  /** @param {import('./broker.js').FromPage} message */
  send(message) {
    this.worker.port.postMessage(message);
  }
};
var SharedSource = class {
  /** @type {Source['onopen']} */
  onopen = null;
  /** @type {Source['onmessage']} */
  onmessage = null;
  /** @type {Source['onerror']} */
  onerror = null;
  #wiring;
  #url;
  #link;
  /** @type {unknown} */
  #timer;
  /** @type {Source | undefined} */
  #own;
  #state = CONNECTING;
  /** Events of the worker while the answer is on its way. @type {{ data: string, id: string }[] | undefined} */
  #early;
  #hasPong = true;
  /** The id of the last event. */
  #position = "";
  /**
   * @param {Wiring} wiring
   * @param {Link} link
   * @param {string} url
   * @param {() => void} onNoWorker
   */
  constructor(wiring, link, url, onNoWorker) {
    this.#wiring = wiring;
    this.#url = url;
    this.#link = link;
    const { worker } = link;
    const fallBack = () => {
      wiring.clock.clearTimeout(this.#timer);
      if (this.#state === CLOSED2 || this.#own) return;
      onNoWorker();
      this.#becomeOwn();
    };
    worker.onerror = (event) => {
      event?.preventDefault?.();
      fallBack();
    };
    worker.port.onmessage = ({ data }) => this.#receive(data);
    if (link.isReady) this.#join();
    else this.#timer = wiring.clock.setTimeout(fallBack, PATIENCE6);
  }
  get readyState() {
    return this.#own ? this.#own.readyState : this.#state;
  }
  close() {
    this.#wiring.clock.clearTimeout(this.#timer);
    this.#state = CLOSED2;
    if (this.#own) this.#own.close();
    else this.#link.send({ leave: true });
  }
  #becomeOwn() {
    this.close();
    const own = this.#wiring.openOwn(this.#url);
    this.#own = own;
    const events = (
      /** @type {any} */
      this
    );
    for (const name of ["onopen", "onmessage", "onerror"]) {
      own[name] = (event) => events[name]?.(event);
    }
  }
  /** @param {import('./broker.js').ToPage} message */
  #receive(message) {
    if (this.#state === CLOSED2 || this.#own) return;
    if ("pong" in message) {
      this.#hasPong = true;
    } else if ("ready" in message) {
      this.#wiring.clock.clearTimeout(this.#timer);
      if (this.#link.isReady) return this.#fail(false);
      this.#link.isReady = true;
      this.#join();
    } else if ("open" in message) {
      this.#early = [];
      void this.#catchUp(this.#early);
    } else if ("lost" in message) {
      this.#fail(message.refused);
    } else if (this.#early) {
      this.#early.push(message);
    } else if (this.#state === OPEN) {
      this.#follow(message);
    }
  }
  #join() {
    this.#link.send({ join: this.#wiring.silence() });
    this.#ping();
  }
  #ping() {
    if (!this.#hasPong) {
      this.#link.isDead = true;
      return this.#fail(false);
    }
    this.#hasPong = false;
    this.#link.send({ ping: true });
    this.#timer = this.#wiring.clock.setTimeout(() => this.#ping(), PING);
  }
  /** @param {{ data: string, id: string }[]} early */
  async #catchUp(early) {
    let response;
    let text = "";
    try {
      response = await this.#wiring.fetch(`${this.#url}&catchup`, { cache: "no-store" });
      const isStream = /^text\/event-stream\b/.test(response.headers.get("content-type") ?? "");
      if (!response.ok || !isStream) {
        discard(response);
        return this.#fail(true);
      }
      text = await response.text();
    } catch {
      return this.#fail(false);
    }
    if (this.#state === CLOSED2 || this.#early !== early) return;
    this.#state = OPEN;
    this.onopen?.(new Event("open"));
    for (const event of eventsIn(text)) {
      this.#position = event.id;
      this.#dispatch(event);
    }
    this.#early = void 0;
    for (const event of early) this.#follow(event);
  }
  /**
   * Passes an event of the worker on, unless it was in the answer.
   *
   * @param {{ data: string, id: string }} event
   */
  #follow(event) {
    if (event.id) {
      const [boot, number, ahead] = parse3(event.id);
      const [known, last, lastAhead] = parse3(this.#position);
      if (boot !== known) return this.#fail(false);
      if (number < last || number === last && ahead <= lastAhead) return;
      this.#position = event.id;
    }
    this.#dispatch(event);
  }
  /** @param {{ data: string, id: string }} event */
  #dispatch({ data, id }) {
    if (this.#state === OPEN) this.onmessage?.(new MessageEvent("message", { data, lastEventId: id }));
  }
  /** @param {boolean} refused */
  #fail(refused) {
    if (this.#state === CLOSED2) return;
    this.#wiring.clock.clearTimeout(this.#timer);
    this.#link.send({ leave: true });
    this.#state = refused ? CLOSED2 : CONNECTING;
    this.#early = void 0;
    this.onerror?.(new Event("error"));
    this.#state = CLOSED2;
  }
};
function parse3(id) {
  const at2 = id.lastIndexOf("-");
  const [number, ahead] = id.slice(at2 + 1).split("~");
  return [id.slice(0, at2), Number(number), Number(ahead?.split(".")[1] ?? 0)];
}
function eventsIn(text) {
  const events = [];
  let id = "";
  for (const block of text.split("\n\n")) {
    const data = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("id: ")) id = line.slice(4);
      else if (line.startsWith("data: ")) data.push(line.slice(6));
    }
    if (data.length) events.push({ data: data.join("\n"), id });
  }
  return events;
}

// update/worker-caches.js
var MOST_CACHES = 100;
var MOST_URLS = 1e3;
var PATIENCE7 = 2e3;
var WorkerCaches = class {
  #page;
  /**
   * @param {object} page
   * @param {Pick<ServiceWorkerContainer, 'controller'> | undefined} page.serviceWorker
   * @param {Pick<CacheStorage, 'keys' | 'open'> | undefined} page.caches
   * @param {Pick<import('../stream/connection.js').Clock, 'setTimeout' | 'clearTimeout'>} page.clock
   * @param {Pick<import('../overlay/log.js').Log, 'info' | 'warn'>} page.log
   */
  constructor(page) {
    this.#page = page;
  }
  /** Returns true if a service worker answers for the page. */
  isControlled() {
    return Boolean(this.#page.serviceWorker?.controller);
  }
  /**
   * Removes the copies of these files, so that they come from the network.
   *
   * @param {string[]} urls
   * @returns {Promise<void>}
   */
  forget(urls) {
    const { caches, clock } = this.#page;
    if (!urls.length || !caches || !this.isControlled()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, PATIENCE7);
      void this.#remove(caches, urls.slice(0, MOST_URLS)).finally(() => {
        clock.clearTimeout(timer);
        resolve();
      });
    });
  }
  /**
   * @param {Pick<CacheStorage, 'keys' | 'open'>} caches
   * @param {string[]} urls
   */
  async #remove(caches, urls) {
    const { log } = this.#page;
    try {
      const removed = /* @__PURE__ */ new Set();
      for (const name of (await caches.keys()).slice(0, MOST_CACHES)) {
        const cache = await caches.open(name);
        for (const url of urls) {
          if (await cache.delete(url, { ignoreSearch: true, ignoreVary: true })) removed.add(url);
        }
      }
      const [first2] = removed;
      if (first2 === void 0) return;
      const others = removed.size > 1 ? ` and ${removed.size - 1} more` : "";
      log.info(`A service worker answers for this page; removed ${first2}${others} from its caches to update from the network`);
    } catch (error) {
      log.warn("Could not remove changed files from the service worker's caches", error);
    }
  }
};

// page.js
function start(window, clientUrl, errors = [], { workers = /* @__PURE__ */ new Set(), chosen = /* @__PURE__ */ new WeakSet(), reports: reportSource } = {}) {
  const { document, location } = window;
  const config = readConfig(document, clientUrl, window.console);
  const { stream, base } = locate(clientUrl, config.path);
  const clock = clockOf(window);
  const fetch = limitedFetch(window.fetch.bind(window), clock);
  const keyOf3 = keyOfApp(base, config.hosts);
  const fetchFile = readingFrom(fetch, [location.origin, new URL(base).origin]);
  const pause = (milliseconds) => new Promise((resolve) => void clock.setTimeout(resolve, milliseconds));
  const frame = () => pause(50);
  const console = deferredConsole(window.console, (task) => void frame().then(task));
  const log = createLog(console, () => config.log);
  const requested = new OwnRequests(window.performance);
  const bundles = new Bundles(config.hashes);
  const infoAtOnce = (line) => {
    log.info(line);
    console.flush();
  };
  const overlayController = new OverlayController({
    host: () => {
      const host = overlayHostOf(window, config);
      const below = new URL(base).pathname;
      const named = (file) => below !== "/" && file.startsWith(`${below}/`) ? file.slice(below.length) : file;
      if (config.editor) host.opensBy((file, line, column) => uplink.request("open", { file: named(file), line, column }));
      return host;
    },
    isShown: (part) => config[part],
    clock,
    log
  });
  const workerCaches = new WorkerCaches({
    serviceWorker: window.navigator.serviceWorker,
    caches: window.caches,
    clock,
    log
  });
  const name = window.crypto.getRandomValues(new Uint32Array(4)).join("-");
  const receipts = new Receipts({ fetch, url: stream, name, ...ofPage(window, clock) });
  const updates = new PageUpdates({
    document,
    location,
    base: config.update && config.page !== void 0 ? `${stream}/pages/${config.page}` : void 0,
    request: async (url, headers) => {
      const answer = await requested.during(requestDocument(window.XMLHttpRequest, url, headers));
      await workerCaches.forget([url]);
      return answer;
    },
    treeOf: (base2, live, options) => new PageTree(base2, live, { ...options, chosen }),
    idle: () => idle(window, pause),
    pause,
    renewalBy: (document2) => {
      const { token } = readConfig(document2, clientUrl, window.console);
      return () => {
        if (token !== void 0) uplink.renew(token);
      };
    },
    events: new UpdateEvents(window, log),
    log
  });
  const keptState = config.keep && !config.isError ? new KeptState({ window, storage: () => window.sessionStorage, clock, pause }) : void 0;
  const loadedAt = withoutFragment(location.href);
  const isResubmitted = () => config.isPost && withoutFragment(location.href) === loadedAt;
  const reloader = new Reloader(location, () => window.sessionStorage, { info: infoAtOnce, warn: log.warn }, clock, {
    ask: async ({ reason, isInPage, isApp }) => {
      await workerCaches.forget([withoutFragment(location.href)]);
      const changed = isInPage && isApp ? await resources.changed() : void 0;
      if (!isInPage || changed !== void 0) {
        return { ...await askForPage(fetch, location.href), ...changed !== void 0 && { cause: `${changed} changed` } };
      }
      const updated = await updates.ask(reason);
      if (updated) return updated;
      const answer = await askForPage(fetch, location.href);
      return answer.isPage && updates.isPossible && await updates.ask(reason) || answer;
    },
    show: (problems2) => overlayController.problems("page", "", problems2),
    notice: (text) => overlayController.notice(text),
    isError: config.isError,
    isResubmitted,
    leave: (cause) => {
      modules.emit("vite:beforeFullReload", { type: "full-reload", path: location.pathname });
      keptState?.save();
      receipts.left(cause);
      void pause(STEP_LIMIT).then(() => receipts.isBack());
    },
    stay: (reason) => receipts.stayed(reason),
    current: (outcome) => receipts.current(outcome)
  });
  reloader.visit([...bundles.targets(), ...config.server === void 0 ? [] : [serverTarget(config.server)]]);
  const fullReload = (reason) => {
    reloader.reloadFor(reason, ...bundles.targets());
  };
  const moment = () => pause(1e3);
  const limit = () => pause(STEP_LIMIT);
  const customElements = new CustomElements({ registry: window.customElements, document, log, fullReload });
  const load = (url) => customElements.during(() => importModule(url));
  const source = (url) => textOf3(fetch, url);
  const problems = new ModuleProblems({
    window,
    show: (texts) => overlayController.problems("update", "", texts),
    fetch,
    pause: frame,
    emit: (event, data) => modules.emit(event, data)
  });
  const modules = new Modules({
    load,
    source,
    problems,
    preload: modulePreloads(document, (key) => usage.urlsOf(key)),
    unseen: new UnseenImporters({ document, keyOf: keyOf3, resolve: (specifier) => import.meta.resolve(specifier) }),
    sheets: new ModuleSheets({ load, source, urlsOf: (key) => usage.urlsOf(key) }),
    passOn: (key, change, message) => uplink.request("invalidate", { path: key.slice(base.length), change, message }),
    log,
    fullReload,
    within: (step, promise) => withinLimit(clock, step, promise),
    moment,
    keyOf: keyOf3,
    isLoaded: (key) => usage.used([key]).has(key),
    messages: { on: (event, handler) => session.on(event, handler), send: (event, data) => uplink.send(event, data) }
  });
  const partsOf2 = (document2, view) => {
    const images2 = new Images(document2, (url) => Promise.race([preload(view, url), limit()]), {
      keyOf: keyOf3,
      pause: frame
    });
    const usage2 = new Usage({
      document: document2,
      location: view.location,
      PerformanceObserver: view.PerformanceObserver,
      performance: view.performance,
      serviceWorker: view.navigator.serviceWorker,
      workers: view === window ? workers : /* @__PURE__ */ new Set(),
      own: `${stream}/`,
      ignored: requested.urls,
      keyOf: keyOf3
    });
    const stylesheets2 = new Stylesheets({
      document: document2,
      fetch: fetchFile,
      CSSStyleSheet: view.CSSStyleSheet,
      images: images2,
      log: view === window ? log : { ...log, info: (line) => log.info(`${line} (in a frame or popup)`) },
      frame,
      pause: () => pause(100),
      limit,
      replaced: (old, successor) => updates.replaced(old, successor),
      sources: new SheetSources({
        document: document2,
        MutationObserver: view.MutationObserver,
        quiet: () => pause(2e3),
        limit,
        // A service worker may keep each URL in a cache.
        isAllowed: () => !workerCaches.isControlled()
      }),
      keyOf: keyOf3
    });
    return { usage: usage2, stylesheets: stylesheets2, images: images2 };
  };
  const own = partsOf2(document, window);
  const documents = new Documents(window, own, partsOf2);
  documents.watchPopups();
  const { images, stylesheets, usage } = documents;
  const resources = new Resources({
    fetch,
    urls: () => {
      const others = prefetched(document);
      return own.usage.resources().filter((url) => new URL(url).origin === location.origin && !others.has(url));
    },
    isWatched: () => {
      const watched = new Set(bundles.files().map((id) => keyOf3(base + id)));
      return (url) => watched.has(keyOf3(url));
    }
  });
  const applier = new Applier({
    base,
    keyOf: keyOf3,
    usage,
    stylesheets,
    images,
    modules: {
      // A frame's instance of a module has no client that it could accept updates with.
      accepts: (key) => modules.accepts(key) && !documents.isShared(key),
      acceptsAsset: (key) => modules.acceptsAsset(key) && !documents.isShared(key),
      learn: (update, keyOf4) => modules.learn(update, keyOf4),
      passedOn: (key, isApplied) => modules.passedOn(key, isApplied),
      update: (key, change) => modules.update(key, change),
      wasUnreachable: (id) => modules.wasUnreachable(id)
    },
    canReload: () => !isResubmitted(),
    workerCaches,
    moment,
    frame,
    refresh: (urls, patience) => refresh(fetchingModules(fetchFile, location.origin), clock, urls, patience),
    log
  });
  const forgetRuntimeErrors = config.overlayRuntimeErrors ? watchRuntimeErrors(
    window,
    (texts) => overlayController.problems("runtime", "", texts),
    errors,
    problems.isOwn,
    (...error) => mapped(sourceMapsOf(window, requested.urls), ...error)
  ) : () => void 0;
  let reports;
  const report = (key) => {
    if (!reportSource || typeof key !== "string") return;
    reports ??= reportsOf(window, reportSource, { fetch, url: stream, own: new URL(".", clientUrl).href, clock, requested });
    reports.greet(key);
  };
  let lastEventId = "";
  const streams = new SharedStreams({
    openOwn: (url) => new window.EventSource(url),
    startWorker: config.worker && window.SharedWorker ? () => startWorker(window) : void 0,
    fetch,
    clock,
    silence: () => connection.silence()
  });
  let onOwn = () => {
  };
  const connection = new Connection({
    open: (url) => streams.open(url),
    url: (replay) => streamQuery(stream, bundles.hashes(), replay ? lastEventId : "", name, location.pathname),
    onMessage: (data, id) => {
      const isNewRun = id && lastEventId && runOf2(id) !== runOf2(lastEventId);
      if (id) lastEventId = id;
      const received = session.receive(data, id);
      const instances = isNewRun ? own.usage.instances() : /* @__PURE__ */ new Map();
      if (instances?.size !== 0) {
        void modules.restarted(instances, received, () => handOver(instances, base, (modules2) => receipts.handOver(modules2)));
      }
    },
    onLost: () => {
      modules.emit("vite:ws:disconnect", { webSocket: void 0 });
      receipts.lost();
      reports?.lost();
      overlayController.away();
    },
    onOpen: () => {
      modules.emit("vite:ws:connect", { webSocket: void 0 });
      onOwn();
      overlayController.back();
    },
    isEager: () => isEager(stream, document),
    onRefused: () => void explainRefusal(fetch, stream, log, () => moment().then(() => connection.isRefused())),
    clock,
    log
  });
  const session = new Session({
    bundles,
    applier,
    reloader,
    log,
    server: config.server,
    isBundled: () => isBundled(window),
    overlayController,
    overlayWarnings: config.overlayWarnings,
    forgetRuntimeErrors,
    pause: () => pause(20),
    fullReload,
    emit: (event, data) => modules.emit(event, data),
    receipts,
    report,
    connection
  });
  let isAddressable = false;
  const prepare2 = async () => {
    isAddressable = true;
    if (!streams.isShared) return;
    streams.separate();
    const opened = new Promise((resolve) => onOwn = () => resolve(void 0));
    if (connection.reopen()) await Promise.race([opened, moment()]);
  };
  const uplink = new ClientMessages({ fetch, url: stream, token: config.token, name, prepare: prepare2 });
  const connect = () => {
    if (window.EventSource) connection.connect();
    else log.warn("This browser has no EventSource, so the page receives no updates");
  };
  void keptState?.restore().catch((error) => log.error("Could not restore the state of the page", error));
  void updates.start().then(() => updates.isPossible ? resources.note() : void 0);
  followPage(connection, window, document, { clock, yields: () => !streams.isShared && !isAddressable });
  window.addEventListener("pagehide", () => void (streams.isShared && receipts.gone()));
  connect();
  return {
    connect,
    disconnect: () => void connection.disconnect(),
    subscribe: (handler) => session.subscribe(handler),
    subscribeAll: (handler) => session.subscribeAll(handler),
    on: (event, handler) => session.on(event, handler),
    send: (event, data) => uplink.send(event, data),
    hot: (url, data, resolve) => modules.hot(url, data, resolve)
  };
}
function isBundled(window) {
  return Object.keys(window).some((name) => /^(?:__w[hd]mEventSourceWrapper$|webpackHotUpdate)/.test(name));
}
function runOf2(id) {
  return id.slice(0, id.lastIndexOf("-"));
}
function startWorker(window) {
  return new window.SharedWorker(new URL("./stream/worker.js", import.meta.url), { type: "module" });
}
function preload(window, url) {
  const image = new window.Image();
  image.src = url;
  return image.decode();
}
export {
  isBundled,
  start
};

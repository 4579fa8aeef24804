// Bundled from the modules in client-js/ by client-js/build.mjs.

// inspector/format.js
var MOST = 300;
var UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
function visible(text) {
  return text.replace(
    UNSAFE,
    (character) => character === "\n" || character === "	" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`
  );
}
function line(text) {
  const flat = visible(text.slice(0, MOST + 1)).replace(/\s+/g, " ");
  return text.length > MOST ? `${flat}…` : flat;
}
function count(count2, thing) {
  return `${count2} ${thing}${count2 === 1 ? "" : "s"}`;
}
function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const [value, unit] = bytes < 1048576 ? [bytes / 1024, "KiB"] : [bytes / 1048576, "MiB"];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}
function clockTime(at) {
  const time = new Date(at);
  const two = (value) => String(value).padStart(2, "0");
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}
function lasting(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1e3));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}
function curl(url) {
  return `curl -N '${url.replaceAll("'", "'\\''")}'`;
}

// inspector/model.js
var MOST2 = 500;
var MOST_ROWS = 200;
var Model = class {
  #boot = "";
  /** @type {LoggedEvent[]} */
  #events = [];
  /** @type {Save[]} */
  #saves = [];
  /** The number of the last event that is known. */
  get last() {
    return this.#events.at(-1)?.number ?? 0;
  }
  /**
   * Takes in an answer.
   *
   * @param {State} state
   * @returns {boolean} false if it is of another process: it has to be asked for all of its events
   */
  receive({ boot, events, saves }) {
    const isKnown = this.#boot === "" || this.#boot === boot;
    if (!isKnown) this.#events = [];
    this.#boot = boot;
    const { last } = this;
    this.#events = [...this.#events, ...events.filter(({ number }) => number > last)].slice(-MOST2);
    this.#saves = saves;
    return isKnown;
  }
  /**
   * The rows, the latest first.
   *
   * @param {string} [filter] part of a row's text
   * @param {string} [kind] that of the rows; `all` for any
   * @returns {Row[]}
   */
  rows(filter2 = "", kind2 = "all") {
    const told = new Set(this.#saves.map(({ event }) => event));
    const events = this.#events.filter(({ event }) => !told.has(event)).map(rowOfEvent);
    const wanted = filter2.toLowerCase();
    return [...this.#saves.map(rowOfSave), ...events].filter((row) => kind2 === "all" || row.kind === kind2).filter(({ title, outcome, text = "" }) => `${title} ${outcome} ${text}`.toLowerCase().includes(wanted)).sort((one, other) => other.at - one.at).slice(0, MOST_ROWS);
  }
};
function rowOfSave(save) {
  const hasFailed = save.error !== null || save.failed > 0;
  return {
    key: `save ${save.event} ${save.at} ${save.label}`,
    at: save.at,
    kind: hasFailed ? "failure" : "save",
    title: line(save.label),
    outcome: outcomeOf(save),
    tone: hasFailed ? "bad" : save.updated + save.reloaded > 0 ? "good" : "faint",
    ...save.error !== null && { text: visible(save.error) }
  };
}
function outcomeOf(save) {
  if (save.error !== null) return `${count(save.errors, "error")}, pages stay as they are`;
  const { failed, failure, loaded, others, own, paint, reason, reloaded, unchanged, unused, updated } = save;
  const parts = [];
  if (updated) parts.push(`updated in ${count(updated, "page")}${paint ? `, ${times(paint)}` : ""}`);
  if (reloaded) parts.push(`reload of ${count(reloaded, "page")}${reason ? ` (${line(reason)})` : ""}`);
  if (unchanged) parts.push(`unchanged in ${count(unchanged, "page")}`);
  if (failed) parts.push(`failed in ${count(failed, "page")}${failure ? `: ${line(failure)}` : ""}`);
  if (unused) parts.push(`not used by ${count(unused, "page")}${loaded ? `, which has loaded ${line(loaded)}` : ""}`);
  const silent = others + (parts.length ? 0 : own);
  if (silent) parts.push(`sent to ${count(silent, parts.length ? "other client" : "client")}`);
  return parts.join("; ") || "no page is open";
}
function times([shortest, longest]) {
  const [one, other] = [shortest, longest].map((time) => time < 10 ? time.toFixed(1) : time.toFixed(0));
  return one === other ? `${one} ms` : `${one} to ${other} ms`;
}
function rowOfEvent({ at, number, text }) {
  return { key: `event ${number}`, at, kind: "event", title: titleOf(text), outcome: "", tone: "faint", text: visible(text) };
}
function titleOf(json) {
  const [, action] = /"action":"(\w{1,40})"/.exec(json.slice(0, 400)) ?? [];
  if (action !== void 0) return action;
  const [, event] = /^\{"type":"custom","event":"([^"\\]{1,100})"/.exec(json) ?? [];
  return event === void 0 ? "event" : line(event);
}

// inspector/poller.js
var PAUSE = 1e3;
var PAUSE_LOST = 2e3;
var Poller = class {
  #wiring;
  #isOn = false;
  #isBusy = false;
  #isFirst = true;
  /** @type {unknown} */
  #timer;
  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }
  /** Asks at once, and goes on until `stop`. */
  start() {
    this.#isOn = true;
    this.#wiring.clock.clearTimeout(this.#timer);
    if (!this.#isBusy) void this.#run();
  }
  stop() {
    this.#isOn = false;
    this.#wiring.clock.clearTimeout(this.#timer);
  }
  async #run() {
    this.#isBusy = true;
    const pause2 = await this.#ask();
    this.#isBusy = false;
    if (this.#isOn) this.#timer = this.#wiring.clock.setTimeout(() => this.start(), pause2);
  }
  /** @returns {Promise<number>} milliseconds until the next request */
  async #ask() {
    const { fetch: fetch2, last, onLost, onState, url } = this.#wiring;
    try {
      const response = await fetch2(`${url}?after=${this.#isFirst ? 0 : last()}`);
      if (!response.ok) {
        onLost(`${response.status} ${(await response.text()).slice(0, 300)}`);
        return PAUSE_LOST;
      }
      this.#isFirst = !onState(await response.json());
      return this.#isFirst ? 0 : PAUSE;
    } catch {
      onLost("the server does not answer");
      return PAUSE_LOST;
    }
  }
};

// inspector/view.js
var View = class {
  #document;
  /** The nodes of each list, by their keys, with the data that they show. @type {Map<string, Map<string, { json: string, node: Element }>>} */
  #shown = /* @__PURE__ */ new Map();
  /** @param {Document} document */
  constructor(document2) {
    this.#document = document2;
  }
  /** @param {Row[]} rows */
  rows(rows) {
    this.#list("events", rows, "Nothing yet", (row) => {
      const head = [this.#time(row.at), this.#text("span", row.title, "name"), " ", this.#text("span", row.outcome, row.tone)];
      if (row.text === void 0) return head;
      return [...head, this.#details(row.kind === "event" ? "data" : "error", row.text)];
    });
  }
  /** @param {State} state */
  state({ buffer, bundles, clients, console, now, output, pages, receipts, refusals, version }) {
    const streams = count(clients, "open stream");
    this.status(`version ${version}, ${streams}${receipts ? "" : ", pages send no receipts (OptionsBuilder::terminal is off)"}`, true);
    this.#list("pages", keyed(pages, ({ path, since }) => `${path} ${since}`), "No page is open", (page) => [
      this.#text("span", page.path ?? "(path unknown)", "name"),
      this.#text("span", ` ${line(page.agent)}, ${CARRIERS[page.carrier] ?? page.carrier}, ${lasting(now - page.since)}`, "faint"),
      ...page.silent ? [this.#text("span", " has not answered the latest save", "warn")] : []
    ], ({ since, ...page }) => ({ ...page, since: lasting(now - since) }));
    this.#list("bundles", keyed(bundles, ({ name }) => name), "No build yet", (bundle) => {
      const time = bundle.time === null ? "" : `, ${bundle.time} ms`;
      const parts = [
        this.#text("span", bundle.name || "(no name)", "name"),
        this.#text("span", ` ${line(bundle.hash ?? "no hash")}${time}, ${count(bundle.modules, "module")}`, "faint")
      ];
      if (bundle.error_count) parts.push(this.#text("span", ` ${count(bundle.error_count, "error")}`, "bad"));
      if (bundle.warning_count) parts.push(this.#text("span", ` ${count(bundle.warning_count, "warning")}`, "warn"));
      for (const text of [...bundle.errors, ...bundle.warnings]) parts.push(this.#details(line(text), visible(text)));
      return parts;
    });
    const fill = Math.max(buffer.events / buffer.most_events, Math.min(1, buffer.bytes / buffer.most_bytes));
    this.#at("buffer").textContent = `${buffer.events} of ${count(buffer.most_events, "event")}, ${size(buffer.bytes)} of ${size(buffer.most_bytes)}`;
    this.#at("fill").value = fill;
    this.#list("refusals", keyed(refusals, ({ text }) => text), "None", ({ at, count: times2, text }) => [
      this.#time(at),
      this.#text("span", visible(text), "text"),
      this.#text("span", times2 > 1 ? ` ${times2} times` : "", "faint")
    ]);
    this.#list("output", keyed(output, ({ name }) => name), "No command has run", ({ name, text }) => [
      this.#text("span", name, "name"),
      this.#pre(visible(text))
    ]);
    this.#list("console", keyed(console, ({ at, text }) => `${at} ${text}`), "No lines", ({ at, count: times2, level, page, place, text }) => [
      this.#time(at),
      this.#text("span", `${level} `, level === "error" ? "bad" : "faint"),
      this.#text("span", page, "name"),
      this.#text("span", place ? ` ${visible(place)}` : "", "faint"),
      this.#text("span", ` ${visible(text)}`, "text"),
      this.#text("span", times2 > 1 ? ` ${times2} times` : "", "faint")
    ]);
  }
  /**
   * @param {string} text
   * @param {boolean} isWell
   */
  status(text, isWell) {
    const status = this.#at("status");
    const shown = line(text);
    if (status.textContent !== shown) status.textContent = shown;
    status.classList.toggle("lost", !isWell);
  }
  /** @param {boolean} isPaused */
  paused(isPaused2) {
    this.#at("pause").setAttribute("aria-pressed", String(isPaused2));
  }
  /**
   * Shows a command line, for browsers that copy nothing outside of a secure context.
   *
   * @param {string} command
   */
  command(command) {
    const output = this.#at("command");
    output.textContent = command;
    output.hidden = false;
  }
  /** @param {string} id */
  #at(id) {
    return (
      /** @type {HTMLElement} */
      this.#document.getElementById(id)
    );
  }
  /**
   * Shows a list, and keeps the elements of what has not changed, with their focus, selection and open details.
   *
   * @template {{ key: string }} Item
   * @param {string} id
   * @param {Item[]} items
   * @param {string} empty
   * @param {(item: Item) => (Node | string)[]} make
   * @param {(item: Item) => object} [seen] what the elements depend on
   */
  #list(id, items, empty, make, seen = (item) => item) {
    const before = this.#shown.get(id) ?? /* @__PURE__ */ new Map();
    const after = /* @__PURE__ */ new Map();
    for (const item of items) {
      const json = JSON.stringify(seen(item));
      const kept = before.get(item.key);
      after.set(item.key, kept?.json === json ? kept : { json, node: this.#element("li", "", ...make(item)) });
    }
    this.#shown.set(id, after);
    const nodes = [...after.values()].map(({ node }) => node);
    const list = this.#at(id);
    if (!nodes.length) nodes.push(this.#text("li", empty, "faint"));
    const isSame = nodes.length === list.children.length && nodes.every((node, index) => node === list.children[index]);
    if (!isSame) list.replaceChildren(...nodes);
  }
  /**
   * @param {string} tag
   * @param {string} name its class
   * @param {(Node | string)[]} children
   */
  #element(tag, name, ...children) {
    const element = this.#document.createElement(tag);
    if (name) element.className = name;
    element.append(...children);
    return element;
  }
  /**
   * @param {string} tag
   * @param {string} text
   * @param {string} name
   */
  #text(tag, text, name) {
    const element = this.#element(tag, `text ${name}`);
    element.textContent = name === "name" ? line(text) : text;
    return element;
  }
  /** @param {number} at */
  #time(at) {
    const time = this.#element("time", "", clockTime(at));
    time.setAttribute("datetime", new Date(at).toISOString());
    return time;
  }
  /** @param {string} text */
  #pre(text) {
    const pre = this.#element("pre", "", text);
    pre.tabIndex = 0;
    return pre;
  }
  /**
   * @param {string} title
   * @param {string} text
   */
  #details(title, text) {
    return this.#element("details", "", this.#text("summary", title, "faint"), this.#pre(text));
  }
};
var CARRIERS = {
  stream: "a stream of its own",
  shared: "shares a stream",
  other: "another client",
  vite: "Vite’s socket"
};
function keyed(items, keyOf) {
  const counts = /* @__PURE__ */ new Map();
  return items.map((item) => {
    const key = keyOf(item);
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    return { ...item, key: `${key} ${nth}` };
  });
}

// inspector/inspector.js
var LIMIT = 1e4;
var view = new View(document);
var model = new Model();
var stream = new URL("../..", import.meta.url).href.replace(/\/$/, "");
var [filter, kind, pause, copy] = ["filter", "kind", "pause", "copy"].map(
  (id) => (
    /** @type {HTMLInputElement} */
    document.getElementById(id)
  )
);
var isPaused = false;
var showRows = () => view.rows(model.rows(filter?.value, kind?.value));
var poller = new Poller({
  fetch: (url) => fetch(url, { cache: "no-store", signal: AbortSignal.timeout(LIMIT) }),
  url: `${stream}/state`,
  last: () => model.last,
  onState: (state) => {
    const isWhole = model.receive(state);
    if (!isPaused) {
      view.state(state);
      showRows();
    }
    return isWhole;
  },
  onLost: (reason) => view.status(`Not connected: ${reason}`, false),
  clock: { setTimeout: (task, delay) => setTimeout(task, delay), clearTimeout: (timer) => clearTimeout(timer) }
});
var follow = () => {
  if (document.visibilityState === "visible" && !isPaused) poller.start();
  else poller.stop();
};
filter?.addEventListener("input", showRows);
kind?.addEventListener("change", showRows);
pause?.addEventListener("click", () => {
  isPaused = !isPaused;
  view.paused(isPaused);
  follow();
});
copy?.addEventListener("click", () => {
  const command = curl(stream);
  view.command(command);
  void navigator.clipboard?.writeText(command).catch(() => void 0);
});
document.addEventListener("visibilitychange", follow);
follow();

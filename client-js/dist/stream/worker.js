// Bundled from the modules in client-js/ by client-js/build.mjs.

// stream/broker.js
var MOST_PAGES = 1e3;
var CLOSED = 2;
var HEARTBEAT = "💓";
var LAGGED = /^\{"action":"lagged"/;
var Broker = class {
  #wiring;
  /** @type {Set<MessagePort>} */
  #pages = /* @__PURE__ */ new Set();
  /** @type {import('./connection.js').Source | undefined} */
  #source;
  #isOpen = false;
  #lastMessageAt = 0;
  /** @param {Wiring} wiring */
  constructor(wiring) {
    this.#wiring = wiring;
  }
  /** @param {MessagePort} port */
  connect(port) {
    port.onmessage = ({ data }) => {
      const message = (
        /** @type {FromPage} */
        data
      );
      if ("join" in message) this.#join(port, message.join);
      else if ("ping" in message) send(port, { pong: true });
      else this.#leave(port);
    };
    send(port, { ready: true });
  }
  /**
   * @param {MessagePort} port
   * @param {number} silence
   */
  #join(port, silence) {
    this.#pages.add(port);
    const [oldest] = this.#pages;
    if (oldest && this.#pages.size > MOST_PAGES) {
      this.#pages.delete(oldest);
      send(oldest, { lost: true, refused: false });
    }
    if (this.#source && this.#wiring.now() - this.#lastMessageAt > silence) {
      this.#pages.delete(port);
      this.#lose(false);
      this.#pages.add(port);
    }
    if (!this.#source) this.#start();
    else if (this.#isOpen) send(port, { open: true });
  }
  /** @param {MessagePort} port */
  #leave(port) {
    this.#pages.delete(port);
    if (!this.#pages.size) this.#stop();
  }
  #start() {
    const { now, open } = this.#wiring;
    const source = open();
    this.#source = source;
    this.#lastMessageAt = now();
    source.onopen = () => {
      if (this.#source !== source) return;
      this.#isOpen = true;
      this.#lastMessageAt = now();
      this.#sendAll({ open: true });
    };
    source.onmessage = ({ data, lastEventId }) => {
      if (this.#source !== source) return;
      this.#lastMessageAt = now();
      if (LAGGED.test(data)) return this.#lose(false);
      this.#sendAll({ data, id: data === HEARTBEAT ? "" : lastEventId });
    };
    source.onerror = () => {
      if (this.#source === source) this.#lose(source.readyState === CLOSED);
    };
  }
  #stop() {
    this.#source?.close();
    this.#source = void 0;
    this.#isOpen = false;
  }
  /** @param {boolean} refused */
  #lose(refused) {
    this.#stop();
    const pages = [...this.#pages];
    this.#pages.clear();
    for (const port of pages) send(port, { lost: true, refused });
  }
  /** @param {ToPage} message */
  #sendAll(message) {
    for (const port of this.#pages) send(port, message);
  }
};
function send(port, message) {
  port.postMessage(message);
}

// stream/url.js
function locate(clientUrl, path) {
  const url = new URL(unversioned(clientUrl));
  const pathname = url.pathname.replace(/\/[^/]*$/, "");
  const prefix = path && pathname.endsWith(path) ? pathname.slice(0, -path.length) : "";
  return { stream: url.origin + pathname, base: url.origin + prefix };
}
function unversioned(clientUrl) {
  return clientUrl.replace(/\/client-[0-9a-f]{16}(?=\/[^/?#]*(?:[?#]|$))/, "");
}

// stream/worker.js
var scope = (
  /** @type {{ onconnect?: (event: MessageEvent) => void, location: Location }} */
  /** @type {unknown} */
  globalThis
);
if (typeof window === "undefined") {
  const { stream } = locate(new URL("../client.js", scope.location.href).href, void 0);
  const broker = new Broker({
    // Each page asks for what it missed by itself.
    open: () => new EventSource(`${stream}?ids&changes`),
    now: () => Date.now()
  });
  scope.onconnect = ({ ports: [port] }) => port && broker.connect(port);
}

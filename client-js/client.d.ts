/** A message of the event stream. Those that an app publishes itself have any shape. */
export interface Message {
  action?: string;
  name?: string;
  file?: string;
  server?: string;
  heartbeat?: number;
  missed?: number;
  percent?: number;
  message?: string;
  [key: string]: unknown;
}

export type Handler = (message: Message) => void;

/** What a module is given to take its own updates. */
export interface Hot {
  /** What `dispose` of the instance before this one left; empty for the first. */
  readonly data: any;

  /** Accepts changes of this module. `callback` is called with the new instance once it has run. */
  accept(callback?: (module: any) => void): void;
  /** Accepts changes of a module that this one imports; `callback` takes the new instance. */
  accept(dependency: string, callback: (module: any) => void): void;
  /** The same for several; those that did not change are `undefined` in the array. */
  accept(dependencies: readonly string[], callback: (modules: any[]) => void): void;

  /** Ends what this instance has started, before the next one runs. What it puts into `data` reaches that. */
  dispose(callback: (data: any) => void): void;
  /** Loads the page again when this module changes, whoever accepts it. */
  decline(): void;
  /** Loads the page again: this update could not be taken after all. */
  invalidate(): void;
}

/** The client of a page; also `globalThis.__hot_middleware__`. */
export interface HotMiddlewareClient {
  /** Opens the event stream again after `disconnect`. */
  connect(): void;
  /** Closes the event stream until `connect`. */
  disconnect(): void;
  /** Calls `handler` with every message whose action the client does not know; returns what ends it. */
  subscribe(handler: Handler): () => void;
  /** Calls `handler` with every message but heartbeats; returns what ends it. */
  subscribeAll(handler: Handler): () => void;
  /** Calls `handler` with the data of every event of this name that the app sends; returns what ends it. */
  on(event: string, handler: (data: any) => void): () => void;
  /**
   * Sends an event to the app, whose `HotMiddleware::on` hears it: events in the order in which they are sent.
   * Settles once it was heard, and rejects with what the server says otherwise.
   */
  send(event: string, data?: unknown): Promise<void>;
  /** The hot API of the module whose `import.meta.url` is given. */
  hot(url: string): Hot;
}

export const connect: HotMiddlewareClient['connect'];
export const disconnect: HotMiddlewareClient['disconnect'];
export const subscribe: HotMiddlewareClient['subscribe'];
export const subscribeAll: HotMiddlewareClient['subscribeAll'];
export const on: HotMiddlewareClient['on'];
export const send: HotMiddlewareClient['send'];
export const hot: HotMiddlewareClient['hot'];

declare global {
  /** The client, or what stands in for it until it is loaded and takes over what was asked of that. */
  var __hot_middleware__: (HotMiddlewareClient & { become?(client: HotMiddlewareClient): void }) | undefined;
}

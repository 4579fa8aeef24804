/** A message of the event stream. A message that the app publishes has any shape. */
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

/** The hot API of one module, by which it accepts its own updates. */
export interface Hot {
  /** Data that the previous instance's `dispose` left; empty for the first instance. */
  readonly data: any;

  /**
   * Accepts changes of this module. `callback` is called with the new instance once it has run, or with `undefined` if it
   * could not be imported.
   */
  accept(callback?: (module: any) => void): void;
  /** Accepts changes of a module that this one imports; `callback` receives the new instance. */
  accept(dependency: string, callback: (module: any) => void): void;
  /** The same for several; those that did not change are `undefined` in the array. */
  accept(dependencies: readonly string[], callback: (modules: any[]) => void): void;

  /** Accepts changes of these exports, as long as every module that imports this one takes no others. */
  acceptExports(names: string | readonly string[], callback?: (module: any) => void): void;

  /** Registers clean-up that runs before the next instance. The next instance receives `data`. */
  dispose(callback: (data: any) => void): void;
  /** Registers clean-up for when no module imports this one any more. */
  prune(callback: (data: any) => void): void;
  /** Does nothing, as in Vite: a module that accepts nothing declines by that. */
  decline(): void;
  /** Passes an update that turns out not to be acceptable on to the modules that import this one. */
  invalidate(message?: string): void;

  /** Calls `listener` with the data of Vite's events and of those that the app sends. */
  on(event: string, listener: (data: any) => void): void;
  off(event: string, listener: (data: any) => void): void;
  /** Sends an event to the listeners of `HotMiddleware::on` in the app. */
  send(event: string, data?: unknown): Promise<void>;
}

/** The client of a page; also `globalThis.__hot_middleware__`. */
export interface HotMiddlewareClient {
  /** Opens the event stream again after `disconnect`. */
  connect(): void;
  /** Closes the event stream until `connect`. */
  disconnect(): void;
  /** Calls `handler` with every message that has an action unknown to the client; returns an unsubscribe function. */
  subscribe(handler: Handler): () => void;
  /** Calls `handler` with every message except heartbeats; returns an unsubscribe function. */
  subscribeAll(handler: Handler): () => void;
  /** Calls `handler` with the data of each event of this name that the app sends; returns an unsubscribe function. */
  on(event: string, handler: (data: any) => void): () => void;
  /**
   * Sends an event to the listeners of `HotMiddleware::on` in the app. Events arrive in order. Resolves once the
   * listeners have returned, and rejects with the server's error.
   */
  send(event: string, data?: unknown): Promise<void>;
  /** The hot API of the module whose `import.meta.url` is given; `resolve` is its `import.meta.resolve`. */
  hot(url: string, data?: object, resolve?: (specifier: string) => string): Hot;
}

declare global {
  interface ImportMeta {
    /** The hot API of this module; `undefined` without the layer, as in production. */
    readonly hot?: Hot;
  }
}

export const connect: HotMiddlewareClient['connect'];
export const disconnect: HotMiddlewareClient['disconnect'];
export const subscribe: HotMiddlewareClient['subscribe'];
export const subscribeAll: HotMiddlewareClient['subscribeAll'];
export const on: HotMiddlewareClient['on'];
export const send: HotMiddlewareClient['send'];
export const hot: HotMiddlewareClient['hot'];

/** An update of the page in place that is about to be applied. */
export interface BeforeUpdate {
  /** The cause, such as `./templates/index.html changed`. */
  reason: string;
}

/** An update of the page in place. */
export interface AfterUpdate extends BeforeUpdate {
  /** The number of changes. */
  changes: number;
  /** Elements that were inserted, without those inside of them. */
  added: Element[];
  /** Elements whose attributes changed. */
  changed: Element[];
}

/** A problem of the page, or a line of its console, as the client collects it for the server. */
export type Reported = { event: Event } | { level: string; values: unknown[]; stack: string };

/** The collector of a page's problems. */
export interface ReportSource {
  /** Calls `handler` with all that was collected so far, and with each further item. */
  take(handler: (item: Reported) => void): void;
  /** Collects from the window of a frame, too. */
  watch(window: Window & typeof globalThis): void;
}

declare global {
  interface DocumentEventMap {
    /** Dispatched right before the page is updated in place. `preventDefault` leaves the page as it is. */
    'hot:before-update': CustomEvent<BeforeUpdate>;
    /** Dispatched after that. */
    'hot:after-update': CustomEvent<AfterUpdate>;
  }

  /** The client, or a stand-in that queues calls until the client is loaded. */
  var __hot_middleware__:
    | (HotMiddlewareClient & {
        become?(client: HotMiddlewareClient): void;
        workers?: Set<string>;
        chosen?: WeakSet<EventTarget>;
        errors?: Event[];
        reports?: ReportSource;
      })
    | undefined;
}

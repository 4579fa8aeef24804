import type { Handler } from '../client.d.ts';

/** Options of the client in a bundle; strings are read as webpack-hot-middleware reads them in its query. */
export interface BundleClientOptions {
  /** URL of the event stream; `/__webpack_hmr` by default. */
  path?: string;
  /** The bundle's name, which keeps the builds of others apart. */
  name?: string;
  /** Milliseconds of silence after which the stream counts as lost; 20,000 by default. */
  timeout?: number | string;
  /** Shows errors over the page; on by default. */
  overlay?: boolean | string;
  /** Shows warnings over the page too. */
  overlayWarnings?: boolean | string;
  /** Shows uncaught errors of the page. Read when the bundle starts. */
  overlayRuntimeErrors?: boolean | string;
  /** Properties of the overlay, as scripts spell them. */
  overlayStyles?: Record<string, string | number> | string;
  /** The overlay's colours by a terminal's names for them. */
  ansiColors?: Record<string, string | string[]> | string;
  /** Shows the build indicator; on by default. */
  indicator?: boolean | string;
  /** Reloads the page when an update can't be applied. */
  reload?: boolean | string;
  /** Limits the console lines to warnings and errors. */
  noInfo?: boolean | string;
  /** Limits the console lines to errors of the client itself. */
  quiet?: boolean | string;
  /** Takes `path` as relative to the bundle's public path. */
  dynamicPublicPath?: boolean | string;
  /** Connects when the bundle starts; on by default. */
  autoConnect?: boolean | string;
}

/** A replacement for the overlay. */
export interface CustomOverlay {
  /** Called when the problems change, with all lines of the most severe type. */
  showProblems(type: 'errors' | 'warnings', lines: string[]): void;
  /** Called when there are no problems any more. */
  clear(): void;
}

/** The client of a bundle. */
export interface BundleClient {
  /** Calls `handler` with every message with an action unknown to webpack-hot-middleware; the next handler replaces it. */
  subscribe(handler: Handler): void;
  /** Calls `handler` with every message except heartbeats and builds of other bundles; the next handler replaces it. */
  subscribeAll(handler: Handler): void;
  /** Shows the problems of all bundles of the page in a custom overlay. */
  useCustomOverlay(overlay: CustomOverlay): void;
  /** Changes options and connects, if this bundle is not connected there yet. */
  setOptionsAndConnect(options: BundleClientOptions): void;
}

export const subscribe: BundleClient['subscribe'];
export const subscribeAll: BundleClient['subscribeAll'];
export const useCustomOverlay: BundleClient['useCustomOverlay'];
export const setOptionsAndConnect: BundleClient['setOptionsAndConnect'];

declare const client: BundleClient;
export default client;

import type { Handler } from '../client.d.ts';

/** Options of the client in a bundle; strings are read as webpack-hot-middleware reads them in its query. */
export interface BundleClientOptions {
  /** Where the event stream is; `/__webpack_hmr` by default. */
  path?: string;
  /** The bundle's name, which keeps the builds of others apart. */
  name?: string;
  /** Milliseconds of silence after which the stream counts as lost; 20,000 by default. */
  timeout?: number | string;
  /** Shows errors over the page; on by default. */
  overlay?: boolean | string;
  /** Shows warnings over the page too. */
  overlayWarnings?: boolean | string;
  /** Shows errors that the page throws and nobody catches. Read when the bundle starts. */
  overlayRuntimeErrors?: boolean | string;
  /** Properties of the overlay, as scripts spell them. */
  overlayStyles?: Record<string, string | number> | string;
  /** The overlay's colours by a terminal's names for them. */
  ansiColors?: Record<string, string | string[]> | string;
  /** Shows that a build is under way; on by default. */
  indicator?: boolean | string;
  /** Loads the page again where an update can't be taken. */
  reload?: boolean | string;
  /** Writes no line to the console but warnings and errors. */
  noInfo?: boolean | string;
  /** Writes no line to the console but errors of the client itself. */
  quiet?: boolean | string;
  /** Takes `path` as relative to the bundle's public path. */
  dynamicPublicPath?: boolean | string;
  /** Connects when the bundle starts; on by default. */
  autoConnect?: boolean | string;
}

/** Where problems are shown instead of in the overlay. */
export interface CustomOverlay {
  /** Called when something changes and there are problems: all lines of the worst type there is. */
  showProblems(type: 'errors' | 'warnings', lines: string[]): void;
  /** Called when nothing is wrong any more. */
  clear(): void;
}

/** The client of a bundle. */
export interface BundleClient {
  /** Calls `handler` with every message whose action webpack-hot-middleware does not know; the next one replaces it. */
  subscribe(handler: Handler): void;
  /** Calls `handler` with every message but heartbeats and builds of other bundles; the next one replaces it. */
  subscribeAll(handler: Handler): void;
  /** Shows problems of all bundles of the page elsewhere than in the overlay. */
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

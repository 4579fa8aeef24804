/** Variables that the bundler defines. */

declare const __resourceQuery: string;
declare const __webpack_hash__: string;
declare const __webpack_public_path__: string;
declare const __webpack_require__: import('./downloads.js').Runtime;

interface ImportMeta {
  readonly webpackHot?: import('./start.js').ModuleHot;
}

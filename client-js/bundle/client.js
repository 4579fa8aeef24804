/**
 * The client of a bundle that webpack or Rspack builds, as an entry of its own:
 *
 * ```js
 * entry: ['tower-hot-middleware/client?path=/__webpack_hmr&reload=true', './src/index.js'],
 * ```
 *
 * The bundler defines the variables with two underscores and `import.meta.webpackHot`.
 */

import { start } from './start.js';

const client = start({
  window: typeof window === 'undefined' ? undefined : window,
  query: __resourceQuery,
  hot: import.meta.webpackHot,
  hash: () => __webpack_hash__,
  publicPath: () => __webpack_public_path__,
  runtime: __webpack_require__,
});

export const { subscribe, subscribeAll, useCustomOverlay, setOptionsAndConnect } = client;
export default client;

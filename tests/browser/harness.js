/** Helpers for tests in Chromium. */

export { installPackage } from './harness/package.js';
export { Proxy } from './harness/proxy.js';
export { Example } from './harness/example.js';
export { example, Server } from './harness/server.js';
export { html, Site } from './harness/site.js';
export { launch, OTHER_MACHINE, STRANGER } from './harness/browser.js';
export { ForeignSite } from './harness/foreign.js';
export { PATIENCE, within } from './harness/patience.js';
export { scenario } from './harness/scenario.js';
export { square } from './harness/png.js';
export { StallingServer } from './harness/stalling.js';
export { Stream } from './harness/stream.js';
export { Tab } from './harness/tab.js';

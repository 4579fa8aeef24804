/** The scenarios that every engine must pass. */

import { broken } from './broken.js';
import { consoleReports } from './console.js';
import { caching } from './caching.js';
import { frames } from './frames.js';
import { hotApi } from './hot-api.js';
import { hotModules } from './hot-modules.js';
import { images } from './images.js';
import { inspector } from './inspector.js';
import { keptState } from './kept-state.js';
import { modules } from './modules.js';
import { pageUpdates } from './page-updates.js';
import { pages } from './pages.js';
import { policies } from './policies.js';
import { quickSaves } from './quick-saves.js';
import { receipts } from './receipts.js';
import { requests } from './requests.js';
import { sharing } from './sharing.js';
import { server } from './server.js';
import { stacks } from './stacks.js';
import { stylesheets } from './stylesheets.js';
import { workers } from './workers.js';

export const CORE = [
  ...stylesheets,
  ...images,
  ...caching,
  ...modules,
  ...hotModules,
  ...hotApi,
  ...stacks,
  ...pages,
  ...pageUpdates,
  ...quickSaves,
  ...frames,
  ...workers,
  ...server,
  ...policies,
  ...keptState,
  ...requests,
  ...receipts,
  ...consoleReports,
  ...inspector,
  ...broken,
  ...sharing,
];

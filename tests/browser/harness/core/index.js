/** The scenarios that every engine must pass. */

import { broken } from './broken.js';
import { caching } from './caching.js';
import { frames } from './frames.js';
import { images } from './images.js';
import { modules } from './modules.js';
import { pages } from './pages.js';
import { policies } from './policies.js';
import { receipts } from './receipts.js';
import { requests } from './requests.js';
import { sharing } from './sharing.js';
import { server } from './server.js';
import { stylesheets } from './stylesheets.js';
import { workers } from './workers.js';

export const CORE = [
  ...stylesheets,
  ...images,
  ...caching,
  ...modules,
  ...pages,
  ...frames,
  ...workers,
  ...server,
  ...policies,
  ...requests,
  ...receipts,
  ...broken,
  ...sharing,
];

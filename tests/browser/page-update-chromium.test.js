/** The rows of `page-update/` in Chromium. */

import { ENGINES } from './harness/engines/index.js';
import { testRows } from './page-update/tests.js';

testRows(ENGINES.chromium);

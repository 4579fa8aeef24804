/** The rows of `page-update/` in Firefox. */

import { ENGINES } from './harness/engines/index.js';
import { testRows } from './page-update/tests.js';

testRows(ENGINES.firefox);

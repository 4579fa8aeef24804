/** The core scenarios in Firefox. */

import { CORE } from './harness/core/index.js';
import { ENGINES } from './harness/engines/index.js';
import { runIn } from './harness/engines/scenario.js';

runIn(ENGINES.firefox, CORE);

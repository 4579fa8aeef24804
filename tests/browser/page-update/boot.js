/** Gives a row's page the client's own code, in the page's realm. */

import { PageTree } from '../../../client-js/update/page/page-tree.js';

Object.assign(globalThis, { PageTree });

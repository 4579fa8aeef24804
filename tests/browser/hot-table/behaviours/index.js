/** The behaviours of `import.meta.hot`, by the sections of the table. */

import { accept } from './accept.js';
import { beyond } from './beyond.js';
import { events } from './events.js';
import { lifetime } from './lifetime.js';
import { propagation } from './propagation.js';

/** @type {Record<string, import('../stage.js').Behaviour[]>} */
export const SECTIONS = {
  'Accepting': accept,
  'From one version to the next': lifetime,
  'Events': events,
  'The import graph': propagation,
  'Without a bundler': beyond,
};

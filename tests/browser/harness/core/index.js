/** The scenarios that every engine has to pass. */

import { stylesheets } from './stylesheets.js';

export const CORE = [...stylesheets];

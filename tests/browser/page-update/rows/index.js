/**
 * The rows of the matrix: pages, what happens to them, and what must be true afterwards.
 *
 * @typedef {object} Stage a row's page, in a frame
 * @property {Window & typeof globalThis & Record<string, any>} window
 * @property {Document} document
 * @property {(selector: string) => any} $ the first element
 * @property {(selector: string) => any[]} $$ all elements
 * @property {(control: any, value: string) => void} input sets a value with the event of a user's input
 * @property {(select: any, index: number) => void} choose chooses an option with the events of a user's choice
 * @property {(milliseconds: number) => Promise<void>} wait
 * @property {(predicate: () => unknown, what: string) => Promise<void>} until
 * @property {(url: string) => Promise<void>} load adds a script
 *
 * @typedef {object} StateRow state that an edit elsewhere on the page must keep
 * @property {string} name
 * @property {string} [head]
 * @property {string} html
 * @property {(window: any) => boolean} [needs] false where the browser lacks the feature
 * @property {(stage: Stage) => unknown} act what a user or a script does
 * @property {(stage: Stage) => unknown[] | Promise<unknown[]>} read the state; `act` must change it, and the update must not
 *
 * @typedef {[name: string, before: string, after: string]} Edit
 * @typedef {[name: string, before: string, after: string, reason: RegExp]} Reload
 * @typedef {[name: string, ...bodies: string[]]} Sequence
 * @typedef {[name: string, answer: (value: string, text: string) => string, options?: { mayAdd?: boolean }]} Noise `mayAdd`: the page
 *   may get more elements, but loses none
 *
 * @typedef {object} MergeRow
 * @property {string} name
 * @property {[before: string, after: string]} [head]
 * @property {string} before the body
 * @property {string} after
 * @property {(stage: Stage) => unknown} act
 * @property {(stage: Stage) => unknown} [then] acts again, once the client has started
 * @property {(stage: Stage) => unknown[]} read
 * @property {unknown[]} expected
 * @property {RegExp} [mustReload] words of the reason for a reload, which leaves the page as it was
 * @property {boolean} [mayReload] true if a reload is right as well
 */

import { CONTENT } from './edits-content.js';
import { DOCUMENTS } from './edits-documents.js';
import { FORMS } from './edits-forms.js';
import { GESTURES } from './gestures.js';
import { ALIKE_ROWS, LARGE, SHUFFLED } from './large.js';
import { ALIKE } from './merges-alike.js';
import { MATCHING } from './merges-matching.js';
import { LIBRARY_PLACES } from './merges-libraries.js';
import { STATES } from './merges-states.js';
import { PLACES } from './merges.js';
import { NOISE } from './noise.js';
import { ELSEWHERE, page, versionsOf, WRAPPED } from './page.js';
import { RELOADS } from './reloads.js';
import { SEQUENCES } from './sequences.js';
import { CONTROLS } from './state-controls.js';
import { LIBRARIES } from './state-libraries.js';
import { SCRIPTS } from './state-scripts.js';
import { VIEWS } from './state-views.js';
import { USER } from '../user.js';

export { ELSEWHERE, GESTURES, NOISE, RELOADS, SEQUENCES, WRAPPED };

export const MERGES = [...PLACES, ...MATCHING, ...LIBRARY_PLACES, ...STATES, ...ALIKE];

export const STATE = [...CONTROLS, ...VIEWS, ...SCRIPTS, ...LIBRARIES];

/** All edits, as whole documents. @type {Edit[]} */
export const EDITS = [
  ...[...CONTENT, ...FORMS].map(([name, before, after]) => /** @type {Edit} */ ([name, page(before), page(after)])),
  ...DOCUMENTS,
];

/**
 * The documents of all rows, by their address. The third one of noise is another answer of the new version.
 *
 * @returns {Record<string, string[]>}
 */
export function documents() {
  const all = [
    ['user', USER],
    ['large', LARGE],
    ['shuffled', SHUFFLED],
    ['alike', ALIKE_ROWS],
    ...STATE.flatMap((row, n) =>
      Object.keys(ELSEWHERE).map((edit) => {
        const { base, next } = versionsOf(row, /** @type {keyof typeof ELSEWHERE} */ (edit));
        return [`state/${n}/${edit}`, [base, next]];
      }),
    ),
    ...GESTURES.flatMap((row, n) =>
      Object.keys(WRAPPED).map((edit) => {
        const { base, next } = versionsOf(row, /** @type {keyof typeof WRAPPED} */ (edit));
        return [`gesture/${n}/${edit}`, [base, next]];
      }),
    ),
    ...EDITS.map(([, before, after], n) => [`edit/${n}`, [before, after]]),
    ...RELOADS.map(([, before, after], n) => [`reload/${n}`, [before, after]]),
    ...MERGES.map(({ head = ['', ''], before, after }, n) => [`merge/${n}`, [page(before, head[0]), page(after, head[1])]]),
    ...SEQUENCES.map(([, ...bodies], n) => [`sequence/${n}`, bodies.map((body) => page(body))]),
    ...NOISE.flatMap(([, answer], n) => [
      [`noise/${n}/edited`, [answer('1a', 'before'), answer('2b', 'after'), answer('3c', 'after')]],
      [`noise/${n}/alone`, [answer('1a', 'same'), answer('2b', 'same'), answer('3c', 'same')]],
    ]),
  ];
  return Object.fromEntries(all);
}

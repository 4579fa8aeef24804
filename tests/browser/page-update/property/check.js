/**
 * Updates random pages by random edits, after random changes by scripts and users. It runs in the browser.
 *
 * Either the page must be reloaded, or it equals a fresh one where nobody wrote, and has what was written.
 */

import fc from 'fast-check';

import { differences, identified, replaced } from '../compare.js';
import { applyEdits, edits } from './edits.js';
import { htmlOf, pages, parsedHtmlOf } from './pages.js';
import { scriptWrites, userWrites, Writes } from './writes.js';

/** The largest share of pages that were changed by scripts or users and may be reloaded. */
const RELOADS = 0.15;

/** @param {import('./pages.js').Page} page */
const parse = (page) => new DOMParser().parseFromString(parsedHtmlOf(page), 'text/html');

const cases = fc.record({
  page: pages,
  first: edits,
  second: edits,
  early: fc.record({ scripts: scriptWrites, user: userWrites }),
  late: fc.record({ scripts: scriptWrites, user: userWrites }),
  isUntouched: fc.boolean(),
});

/**
 * @typedef {object} Report
 * @property {string} [failure] the smallest case that fails, with its pages
 * @property {number} seed
 * @property {number} untouched cases without a script's or user's change
 * @property {number} written
 * @property {number} reloads of written ones
 * @property {Record<string, number>} reasons of reloads
 */

/**
 * @param {{ cases: number, seed: number }} options
 * @returns {Promise<Report>}
 */
export async function check({ cases: numRuns, seed }) {
  const report = { seed, untouched: 0, written: 0, reloads: 0, reasons: {} };
  const [live, fresh] = [await frame(), await frame()];

  /** @param {HTMLIFrameElement} frame @param {string} html @returns {Document} */
  const load = ({ contentDocument }, html) => {
    contentDocument.open();
    contentDocument.write(html);
    contentDocument.close();
    return contentDocument;
  };

  /** @returns {string | undefined} the fault */
  function fault({ page, first, second, early, late, isUntouched }) {
    const document = load(live, htmlOf(page));
    const writes = new Writes(document);
    const act = ({ scripts, user }) => {
      if (isUntouched) return;
      writes.apply(scripts);
      writes.apply(user);
    };
    act(early);
    writes.settle();
    const base = htmlOf(page);
    const tree = new live.contentWindow.PageTree(parse(page), document);
    act(late);
    const versions = [applyEdits(page, first)];
    versions.push(applyEdits(versions[0], second));
    report[isUntouched ? 'untouched' : 'written'] += 1;
    for (const [n, version] of versions.entries()) {
      const html = htmlOf(version);
      writes.hold();
      const identifiedBefore = identified(document);
      const before = document.documentElement.outerHTML;
      const { kind, reason } = tree.update(parse(version));
      const explain = (problem) => `${problem}\nby update ${n + 1} of:\n${base}\nto:\n${html}\nlive: ${before}\n`;
      if (kind === 'reload') {
        if (isUntouched) return explain(`a reload: ${reason}`);
        if (before !== document.documentElement.outerHTML) return explain(`a change before the reload: ${reason}`);
        report.reloads += 1;
        report.reasons[reason] = (report.reasons[reason] ?? 0) + 1;
        return undefined;
      }
      const lost = writes.lost();
      if (lost) return explain(lost);
      const wanted = load(fresh, html);
      const [other] = replaced(identifiedBefore, document, wanted);
      if (other) return explain(other);
      // The second update must find what was written, so the last one alone is stripped of it.
      if (n < versions.length - 1 && !isUntouched) continue;
      if (!writes.strip(wanted)) continue;
      const found = differences(document, wanted, isUntouched ? {} : writes.options);
      if (found.length) return explain(found.join('\n'));
    }
    return undefined;
  }

  const property = fc.property(cases, (value) => {
    const problem = fault(value);
    if (problem) throw new Error(problem);
  });
  const result = fc.check(property, { numRuns, seed, endOnFailure: false });
  live.remove();
  fresh.remove();
  if (result.failed) {
    const { errorInstance, counterexample, counterexamplePath, numShrinks } = result;
    return { ...report, failure: `${errorInstance}\n${JSON.stringify(counterexample)}\npath ${counterexamplePath}, ${numShrinks} shrinks` };
  }
  if (report.reloads > RELOADS * report.written) {
    const failure = `${report.reloads} of ${report.written} pages were reloaded: ${JSON.stringify(report.reasons)}`;
    return { ...report, failure };
  }
  return report;
}

/** Opens an empty frame with the client's code. @returns {Promise<any>} */
async function frame() {
  const element = document.createElement('iframe');
  document.body.append(element);
  const { contentDocument } = element;
  const script = contentDocument.createElement('script');
  script.type = 'module';
  script.src = '/page-update/boot.js';
  const loaded = new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error('the client can’t be loaded'));
  });
  contentDocument.head.append(script);
  await loaded;
  return element;
}

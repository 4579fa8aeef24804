/**
 * Many saves in several pages with faults: each page answers each save once, and what it says is what became of it. `SAVES` sets the
 * number of saves, `SEED` what they are.
 */

import assert from 'node:assert/strict';

import { PATIENCE } from './harness/patience.js';
import { scenario } from './harness/scenario.js';
import { html } from './harness/site.js';
import { Stream } from './harness/stream.js';

const SAVES = Number(process.env.SAVES ?? 50);
const SEED = Number(process.env.SEED ?? 1);

const PAGES = ['a', 'b', 'c', 'd', 'e'];

/** The pages that use each file; all others have loaded none of it. */
const USERS = { 'all.css': 'abcde', 'some.css': 'ab', 'view.js': 'abcde', 'fails.js': 'cd', 'plain.js': 'e', 'notes.txt': '' };
const OUTCOMES = { 'all.css': 'updated', 'some.css': 'updated', 'view.js': 'updated', 'fails.js': 'updated', 'plain.js': 'reloaded' };

/** The text of a file's version. Every third one of a module that may fail does. */
const TEXTS = {
  'all.css': (n) => `body { --all: ${n} }`,
  'some.css': (n) => `body { --some: ${n} }`,
  'view.js': (n) => `document.body.dataset.view = ${n}; import.meta.hot?.accept();`,
  'fails.js': (n) => (n % 3 ? `document.body.dataset.fails = ${n};` : 'throw new Error("not this one");') + 'import.meta.hot?.accept();',
  'plain.js': (n) => `document.documentElement.dataset.plain = ${n};`,
  'notes.txt': (n) => `${n}`,
};
const doesFail = (file, n) => file === 'fails.js' && n % 3 === 0;

/** What a page shows of a file. */
const shownOf = (file) => {
  const { body, documentElement } = document;
  // A page that is being reloaded.
  if (!body) return undefined;
  const style = getComputedStyle(body);
  const values = {
    'all.css': style.getPropertyValue('--all'),
    'some.css': style.getPropertyValue('--some'),
    'view.js': body.dataset.view,
    'fails.js': body.dataset.fails,
    'plain.js': documentElement.dataset.plain,
  };
  return Number(values[file]);
};

function contentOf(page) {
  const used = Object.keys(USERS).filter((file) => USERS[file].includes(page));
  const tags = used.map((file) => {
    if (file.endsWith('.css')) return `<link rel="stylesheet" href="/${file}">`;
    return file === 'plain.js' ? `<script src="/${file}"></script>` : `<script type="module" src="/${file}"></script>`;
  });
  return html(tags.join(''), `<p>${page}</p>`);
}

const files = {
  ...Object.fromEntries(PAGES.map((page) => [`${page}.html`, contentOf(page)])),
  ...Object.fromEntries(Object.entries(TEXTS).map(([file, text]) => [file, text(1)])),
};

/** Numbers below 1 that are the same for the same seed. */
function randomBy(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Waits for a condition outside of the browser. */
async function until(isTrue, what) {
  for (const deadline = Date.now() + PATIENCE; !isTrue(); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what()}`);
  }
}

/** The numbers of pages in the terminal's lines about a file. */
function countsOf(lines, file) {
  const about = lines.filter((line) => line.startsWith(`${file} → `) || line.includes(`/${file} → `));
  const sum = (pattern) => about.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
  return { updated: sum(/(?:→|;) (\d+) pages?(?![\w ]*failed)/), failed: sum(/(\d+) pages? failed/), reloaded: sum(/reload, (\d+) page/) };
}

scenario(
  `each of ${SAVES} saves has the true answer of each page once, whatever happens to the pages`,
  {
    files,
    server: { terminal: true },
    timeout: 60_000 + SAVES * 3_000,
    errors: [/not this one/, /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/, /Could not update/],
  },
  async ({ context, open, server, site }) => {
    const random = randomBy(SEED);
    const pick = (list) => list[Math.floor(random() * list.length)];
    /** What each page has answered to each event. */
    const answers = new Map();
    let doubled = 0;
    context.on('request', (request) => {
      if (request.method() !== 'POST' || !request.url().endsWith('?receipts')) return;
      const { receipts = [] } = request.postDataJSON();
      const page = request.frame().page();
      for (const { event, outcome } of receipts) {
        const key = `${event} ${[...tabs].find(([, tab]) => tab.page === page)?.[0]}`;
        doubled += answers.has(key) ? 1 : 0;
        answers.set(key, outcome);
      }
    });
    const tabs = new Map();
    for (const page of PAGES) tabs.set(page, await open(`/${page}.html`));
    const events = await Stream.open(`${server.url}/__webpack_hmr?ids&changes`);
    await events.upTo('connected');
    const versions = Object.fromEntries(Object.keys(TEXTS).map((file) => [file, { saved: 1, shown: 1 }]));
    const wanted = { updated: 0, failed: 0, reloaded: 0, unused: 0 };
    const seen = { updated: 0, failed: 0, reloaded: 0, unused: 0 };

    for (let save = 0; save < SAVES; save += 1) {
      const file = pick(Object.keys(TEXTS));
      const struck = pick(PAGES);
      // A page that is opened while a module fails has not accepted its updates.
      const isUnsafe = USERS['fails.js'].includes(struck) && doesFail('fails.js', versions['fails.js'].saved + (file === 'fails.js' ? 1 : 0));
      const fault = pick(['none', 'none', isUnsafe ? 'none' : 'closed', 'slow', 'lost']);
      const tab = tabs.get(struck);
      if (fault === 'closed') {
        await tab.page.close();
        await server.untilClients(2);
      }
      if (fault === 'lost') await tab.page.evaluate(() => globalThis.__hot_middleware__.disconnect());
      if (fault === 'slow') {
        // Not awaited: the page is busy while the file is saved.
        void tab.page.evaluate(() => {
          for (const end = performance.now() + 300; performance.now() < end; );
        }).catch(() => undefined);
      }
      const version = versions[file];
      version.saved += 1;
      const n = version.saved;
      const from = server.printed().length;
      const read = events.text.length;
      await site.save(file, TEXTS[file](n));
      const built = () => /^id: (\S+)\ndata: [^\n]*"action":"built"[^\n]*\n\n/m.exec(events.text.slice(read))?.[1];
      await until(() => built() !== undefined, () => `the event of ${file}`);
      const event = built();
      if (fault === 'lost') await tab.page.evaluate(() => globalThis.__hot_middleware__.connect());

      const present = PAGES.filter((page) => fault !== 'closed' || page !== struck);
      const expected = (page) => (!USERS[file].includes(page) ? 'unused' : doesFail(file, n) ? 'failed' : OUTCOMES[file]);
      const what = () => `${save}: ${file} ${n} (${fault} ${struck}), event ${event}: ${JSON.stringify([...answers].filter(([key]) => key.startsWith(`${event} `)))}\n${server.printed(from).join('\n')}`;
      await until(() => present.every((page) => answers.has(`${event} ${page}`)), what);
      const counts = { updated: 0, failed: 0, reloaded: 0 };
      for (const page of present) {
        const outcome = expected(page);
        assert.equal(answers.get(`${event} ${page}`), outcome, `${page}: ${what()}`);
        wanted[outcome] += 1;
        if (outcome !== 'unused') counts[outcome] += 1;
        // What it has said is what it shows.
        const shown = outcome === 'failed' ? version.shown : n;
        if (outcome !== 'unused') await tabs.get(page).until(new Function('wanted', `return (${shownOf})('${file}') === wanted`), shown);
      }
      if (USERS[file] && !doesFail(file, n)) version.shown = n;
      // The lines of the terminal, whose sum counts: what comes late has a line of its own.
      await until(() => JSON.stringify(countsOf(server.printed(from), file)) === JSON.stringify(counts), () => `${JSON.stringify(counts)}, not ${JSON.stringify(countsOf(server.printed(from), file))}: ${what()}`);
      if (fault === 'closed') tabs.set(struck, await open(`/${struck}.html`));
      for (const page of present) {
        // Until it is connected again, it would catch up with the next save instead of answering it.
        if (expected(page) === 'reloaded') await tabs.get(page).isReloaded();
      }
    }
    events.close();
    for (const outcome of answers.values()) seen[outcome] += 1;
    assert.deepEqual(seen, wanted, 'none is missing');
    assert.equal(doubled, 0, 'none is doubled');
    console.log(`${SAVES} saves, ${answers.size} answers: ${JSON.stringify(seen)}`);
  },
);

import assert from 'node:assert/strict';
import test from 'node:test';
import { Applier } from '../update/apply.js';
import { fakeLog, settle, spy } from './fakes.js';

const PLACES = [{ url: 'a' }];
const BASE = 'http://app.test/prefix';

/** A page that uses `used`, has sheets and images of the names given, and modules that accept. */
function setUp({ used = [], sheets = [], images = [], accepted = [], swap = async () => {}, moduleUpdates = true, unreachable = false, forget = async () => {}, canReload = true, isControlled = false, sameName = undefined, unswapped = [], isGuess = false, isUp = true, isPage = (key) => key === `${BASE}/index.html` } = {}) {
  const keys = (paths) => new Set(paths.map((path) => BASE + path));
  const log = fakeLog();
  const parts = {
    log,
    refresh: spy(async () => isUp),
    forget: spy(forget),
    update: spy(),
    swap: spy(swap),
    run: spy(async () => moduleUpdates),
  };
  const applier = new Applier({
    base: BASE,
    usage: { used: (given) => new Set([...given].filter((key) => keys(used).has(key))), urlsOf: (key) => [`${key}?loaded`], sameNameOf: () => sameName, isGuess: () => isGuess, isPage },
    stylesheets: { having: keys.bind(null, sheets), update: async (updates) => (updates.forEach((change, key) => parts.update(key, change)), unswapped) },
    images: { find: (given) => new Map([...given].filter((key) => keys(images).has(key)).map((key) => [key, PLACES])), swap: parts.swap },
    modules: { accepts: (key) => keys(accepted).has(key), acceptsAsset: () => false, update: parts.run, wasUnreachable: () => unreachable },
    canReload: () => canReload,
    workerCaches: { isControlled: () => isControlled, forget: parts.forget },
    moment: () => new Promise(() => {}),
    frame: async () => undefined,
    refresh: parts.refresh,
    log,
  });
  /** Applies changes, and waits for what is loaded as well. */
  const apply = async (/** @type {any} */ changes) => {
    const { unswapped, ...outcome } = await applier.apply(changes);
    return { ...outcome, ...((await unswapped)?.length && { unswapped: await unswapped }) };
  };
  return { applier: { apply }, applyAtOnce: (changes) => applier.apply(changes), ...parts };
}

const PAGE = {
  used: ['/app.js', '/hot.js', '/index.html', '/font.woff2', '/adopted.css', '/canvas.png'],
  sheets: ['/a.css'],
  images: ['/a.png'],
  accepted: ['/hot.js'],
};

for (const [id, outcome] of [
  ['./templates/base.html', 'reload'],
  ['/app.js', 'reload'],
  ['/index.html', 'reload'],
  ['/font.woff2', 'reload'],
  ['/adopted.css', 'reload'],
  ['/canvas.png', 'reload'],
  ['/a.css', 'update'],
  ['/a.png', 'swap'],
  ['/hot.js', 'run'],
  ['/other.js', 'ignored'],
  ['/other.html', 'ignored'],
  ['/other.css', 'ignored'],
  ['/other.png', 'ignored'],
]) {
  test(`${id}: ${outcome}`, async () => {
    const page = setUp(PAGE);
    const change = { id, version: 'v' };
    const result = await page.applier.apply([change]);
    const reload = `${id} changed`;
    const reloaded = id.endsWith('.html')
      ? { isCurrent: false, reload, isInPage: true, isSwapped: false }
      : { isCurrent: false, reload, ...(id.endsWith('.js') && { cause: 'nothing accepts it' }), isInPage: false, isSafe: true };
    assert.deepEqual(result, outcome === 'reload' ? reloaded : { isCurrent: true, isUnused: outcome === 'ignored' });
    for (const way of ['update', 'swap', 'run']) assert.equal(page[way].calls.length, way === outcome ? 1 : 0, way);
    assert.equal(
      page.log.lines.includes(`info ${id} changed, which this page has not loaded`),
      outcome === 'ignored',
    );
  });
}

test('a script that only a worker may import is reloaded for, and said to be one', async () => {
  const { applier } = setUp({ ...PAGE, isGuess: true });
  const { reload } = await applier.apply([{ id: '/app.js', version: 'v' }]);
  assert.equal(reload, '/app.js changed, which a worker of this page may import');
});

test('a swap receives the key and the version', async () => {
  const page = setUp(PAGE);
  await page.applier.apply([{ id: '/a.css', version: 'v', text: 't' }, { id: '/a.png', version: 'w' }]);
  assert.deepEqual(page.update.calls, [[`${BASE}/a.css`, { id: '/a.css', version: 'v', text: 't' }]]);
  assert.deepEqual(page.swap.calls, [[`${BASE}/a.png`, 'w', PLACES]]);
  await settle();
  assert.ok(page.log.lines.includes('info Updated: /a.png'));
});

test('a deleted file that the page uses reloads it', async () => {
  for (const id of ['/a.css', '/a.png', '/hot.js']) {
    assert.equal((await setUp(PAGE).applier.apply([{ id }])).reload, `${id} changed`);
  }
  assert.deepEqual(await setUp(PAGE).applier.apply([{ id: '/other.css' }]), { isCurrent: true, isUnused: true });
});

test('when anything but the page’s own HTML needs a reload nothing is swapped first, but the HTTP cache is brought up to date', async () => {
  const page = setUp(PAGE);
  const { isSafe, reload } = await page.applier.apply([
    { id: '/a.css', version: 'v' },
    { id: '/other.css', version: 'v' },
    { id: '/app.js', version: 'v' },
    { id: './x.html', version: 'v' },
  ]);
  assert.equal(reload, '/app.js and 2 more changed');
  assert.equal(isSafe, false, 'a template is among them');
  assert.equal(page.update.calls.length, 0);
  assert.deepEqual(page.refresh.calls, [[[`${BASE}/a.css?loaded`, `${BASE}/app.js?loaded`], 1_000]]);
});

test('a page with a module that failed to update is not current', async () => {
  const page = setUp({ ...PAGE, moduleUpdates: false });
  const outcome = { isCurrent: false, isUnused: false, failed: '/hot.js' };
  assert.deepEqual(await page.applier.apply([{ id: '/hot.js', version: 'v' }]), outcome);
});

test('a module that did not arrive is named', async () => {
  const page = setUp({ ...PAGE, moduleUpdates: false, unreachable: true });
  const change = { id: '/hot.js', version: 'v' };
  const outcome = { isCurrent: false, isUnused: false, failed: '/hot.js', unreachable: [change] };
  assert.deepEqual(await page.applier.apply([change]), outcome);
});

test('a stylesheet that has to wait is not swapped after a later version', async () => {
  const [one, two] = ['v1', 'v2'].map((version) => ({ id: '/a.css', version }));
  let go;
  const page = setUp({ ...PAGE, isControlled: true, forget: () => new Promise((resolve) => (go ??= resolve) && resolve === go ? undefined : resolve()) });
  const first = page.applier.apply([one]);
  await page.applier.apply([two]);
  go();
  await first;
  assert.deepEqual(page.update.calls, [[`${BASE}/a.css`, two]]);
});

test('an update that a later one overtook has not failed', async () => {
  const page = setUp({ ...PAGE, moduleUpdates: false });
  const change = { id: '/hot.js', version: 'v' };
  const [first, second] = await Promise.all([page.applier.apply([change]), page.applier.apply([change])]);
  assert.deepEqual([first.failed, second.failed], [undefined, '/hot.js']);
});

test('an image that can’t be swapped, and a stylesheet that does not load, are part of the outcome', async () => {
  const kept = { id: '/a.css', needsReload: false };
  const page = setUp({ ...PAGE, unswapped: [kept], swap: () => Promise.reject(new TypeError('Trusted Types')) });
  const { unswapped } = await page.applier.apply(['/a.png', '/a.css'].map((id) => ({ id, version: 'v' })));
  assert.deepEqual(unswapped, [kept, { id: '/a.png', needsReload: true }]);
});

test('nothing waits for a file that is slow to load', async () => {
  const page = setUp({ ...PAGE, swap: () => new Promise(() => {}) });
  const { isCurrent } = await page.applyAtOnce([{ id: '/a.png', version: 'v' }]);
  assert.equal(isCurrent, true);
});

test('a page that can’t be reloaded swaps what can be swapped', async () => {
  const page = setUp({ ...PAGE, canReload: false });
  const outcome = await page.applier.apply([
    { id: './x.html', version: 'v' },
    { id: '/a.css', version: 'v' },
    { id: '/hot.js', version: 'v' },
  ]);
  assert.deepEqual(outcome, { isCurrent: false, reload: './x.html and 2 more changed', isInPage: true, isSwapped: true });
  assert.deepEqual([page.update.calls.length, page.run.calls.length], [1, 1]);
});

test('beside a change of the page’s own HTML, the other files are swapped', async () => {
  const page = setUp(PAGE);
  const outcome = await Promise.race([
    page.applier.apply([
      { id: './x.html', version: 'v' },
      { id: '/index.html', version: 'v' },
      { id: '/a.css', version: 'v' },
      { id: '/a.png', version: 'v' },
    ]),
    settle(),
  ]);
  assert.deepEqual(outcome, { isCurrent: false, reload: './x.html and 3 more changed', isInPage: true, isSwapped: true });
  assert.deepEqual([page.update.calls.length, page.swap.calls.length], [1, 1]);
});

test('HTML that the page has fetched or framed is not its own', async () => {
  const page = setUp({ ...PAGE, isPage: () => false });
  const { isInPage } = await page.applier.apply([{ id: './x.html', version: 'v' }, { id: '/index.html', version: 'v' }]);
  assert.equal(isInPage, false);
});

test('with a service worker, changed files leave its caches first, and no reload is without an ask', async () => {
  const page = setUp({ ...PAGE, isControlled: true });
  const outcome = await page.applier.apply([{ id: './x.html' }, { id: '/a.css', version: 'v' }]);
  assert.deepEqual(page.forget.calls, [[[`${BASE}/a.css`, `${BASE}/a.css?loaded`]]]);
  assert.equal(outcome.isInPage, true);
  assert.equal((await page.applier.apply([{ id: '/app.js', version: 'v' }])).isSafe, false);
});

test('while the app may be down, no reload is without an ask', async () => {
  for (const isUp of [true, false]) {
    const { isSafe } = await setUp({ ...PAGE, isUp }).applier.apply([{ id: '/app.js', version: 'v' }]);
    assert.equal(isSafe, isUp);
  }
});

test('a file that the page has loaded under another prefix is explained', async () => {
  const page = setUp({ ...PAGE, sameName: 'http://app.test/static/style.css' });
  const { loaded } = await page.applier.apply([{ id: '/assets/style.css', version: 'v' }]);
  assert.equal(loaded, 'http://app.test/static/style.css');
  assert.match(page.log.lines[0], /^info \/assets\/style\.css changed, which this page has not loaded\. .*\/static\/style\.css/);
});

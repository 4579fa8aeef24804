import assert from 'node:assert/strict';
import test from 'node:test';
import { Applier } from '../update/apply.js';
import { fakeLog, settle, spy } from './fakes.js';

const PLACES = [{ url: 'a' }];
const BASE = 'http://app.test/prefix';

/** A page that uses `used`, has sheets and images of the names given, and modules that accept. */
function setUp({ used = [], sheets = [], images = [], accepted = [], swap = async () => {}, moduleUpdates = true, canReload = true, isControlled = false, sameName = undefined, isGuess = false } = {}) {
  const keys = (paths) => new Set(paths.map((path) => BASE + path));
  const log = fakeLog();
  const parts = {
    log,
    fullReload: spy(),
    refresh: spy(async () => {}),
    forget: spy(async () => {}),
    update: spy(),
    swap: spy(swap),
    run: spy(async () => moduleUpdates),
  };
  const applier = new Applier({
    base: BASE,
    usage: { used: (given) => new Set([...given].filter((key) => keys(used).has(key))), urlsOf: (key) => [`${key}?loaded`], sameNameOf: () => sameName, isGuess: () => isGuess },
    stylesheets: { having: keys.bind(null, sheets), update: (updates) => updates.forEach((change, key) => parts.update(key, change)) },
    images: { find: (given) => new Map([...given].filter((key) => keys(images).has(key)).map((key) => [key, PLACES])), swap: parts.swap },
    modules: { accepts: (key) => keys(accepted).has(key), update: parts.run },
    fullReload: parts.fullReload,
    canReload: () => canReload,
    workerCaches: { isControlled: () => isControlled, forget: parts.forget },
    moment: () => new Promise(() => {}),
    frame: async () => undefined,
    refresh: parts.refresh,
    log,
  });
  return { applier, ...parts };
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
    const isSafe = !id.endsWith('.html');
    const reloaded = { isCurrent: false, reload: `${id} changed`, isSafe };
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

test('when anything needs a reload nothing is swapped first, but the HTTP cache is brought up to date', async () => {
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

test('an update that a later one overtook has not failed', async () => {
  const page = setUp({ ...PAGE, moduleUpdates: false });
  const change = { id: '/hot.js', version: 'v' };
  const [first, second] = await Promise.all([page.applier.apply([change]), page.applier.apply([change])]);
  assert.deepEqual([first.failed, second.failed], [undefined, '/hot.js']);
});

test('an image that can’t be swapped reloads the page', async () => {
  const page = setUp({ ...PAGE, swap: () => Promise.reject(new TypeError('Trusted Types')) });
  await page.applier.apply([{ id: '/a.png', version: 'v' }]);
  await settle();
  assert.deepEqual(page.fullReload.calls, [['/a.png changed']]);
});

test('a page that can’t be reloaded swaps what can be swapped', async () => {
  const page = setUp({ ...PAGE, canReload: false });
  const outcome = await page.applier.apply([
    { id: './x.html', version: 'v' },
    { id: '/a.css', version: 'v' },
    { id: '/hot.js', version: 'v' },
  ]);
  assert.deepEqual(outcome, { isCurrent: false, reload: './x.html and 2 more changed' });
  assert.deepEqual([page.update.calls.length, page.run.calls.length], [1, 1]);
});

test('with a service worker, changed files leave its caches first, and no reload is without an ask', async () => {
  const page = setUp({ ...PAGE, isControlled: true });
  const outcome = await page.applier.apply([{ id: './x.html' }, { id: '/a.css', version: 'v' }]);
  assert.deepEqual(page.forget.calls, [[[`${BASE}/a.css`, `${BASE}/a.css?loaded`]]]);
  assert.equal(outcome.isSafe, false);
  assert.equal((await page.applier.apply([{ id: '/app.js', version: 'v' }])).isSafe, false);
});

test('a file that the page has loaded under another prefix is explained', async () => {
  const page = setUp({ ...PAGE, sameName: 'http://app.test/static/style.css' });
  const { loaded } = await page.applier.apply([{ id: '/assets/style.css', version: 'v' }]);
  assert.equal(loaded, 'http://app.test/static/style.css');
  assert.match(page.log.lines[0], /^info \/assets\/style\.css changed, which this page has not loaded\. .*\/static\/style\.css/);
});

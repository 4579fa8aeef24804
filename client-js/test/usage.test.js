import assert from 'node:assert/strict';
import test from 'node:test';
import { keyOfApp } from '../stream/url.js';
import { Usage } from '../update/usage.js';
import { FakeElement, FakeRoot } from './fakes.js';

const APP = 'http://app.test';
const entry = (path, initiatorType = 'script') => ({ name: APP + path, initiatorType });

function page({ href = `${APP}/`, elements = [], root = new FakeRoot(elements), loaded = [], late = [], dropped, controller = null, observer = true, keyOf, workers, ignored } = {}) {
  class FakeObserver {
    constructor(callback) {
      this.callback = callback;
    }
    observe(options) {
      assert.deepEqual(options, { type: 'resource', buffered: true });
      this.callback({ getEntries: () => loaded }, this, { droppedEntriesCount: dropped });
    }
    takeRecords() {
      return late.splice(0);
    }
  }
  const usage = new Usage({
    document: root,
    location: { href },
    PerformanceObserver: observer ? FakeObserver : undefined,
    performance: { getEntriesByType: () => loaded },
    serviceWorker: { controller },
    keyOf,
    workers: workers && new Set(workers),
    own: `${APP}/__webpack_hmr/`,
    ignored: new Set(ignored),
  });
  return Object.assign(usage, { uses: (key) => usage.used([key]).has(key) });
}

test('a loaded file is used, under any spelling of its path', () => {
  const usage = page({ loaded: [entry("/it's.json?v=1", 'fetch'), entry('/%FF.bin')], late: [entry('/late.js?__hot=1')] });
  for (const path of ['/it%27s.json', '/%ff.bin', '/late.js']) assert.equal(usage.uses(keyed(path)), true, path);
  assert.equal(usage.uses(keyed('/other.js')), false);
});

function keyed(path) {
  return APP + path.replace('%27', "'").replace('%ff', '%FF');
}

test('the URLs of a loaded file are known', () => {
  const usage = page({ loaded: [entry('/a.js?x=1'), entry('/a.js?x=1&__hot=2'), entry('/a.js')] });
  assert.deepEqual(usage.urlsOf(`${APP}/a.js`), [`${APP}/a.js?x=1`, `${APP}/a.js`]);
  assert.deepEqual(usage.urlsOf(`${APP}/b.js`), []);
});

test('a file that the document references is used, even if it is not loaded yet', () => {
  const shadow = new FakeRoot([new FakeElement('video', { src: 'in-shadow.mp4' })]);
  const host = new FakeElement('div');
  host.shadowRoot = shadow;
  const usage = page({
    elements: [
      host,
      new FakeElement('script', { src: '/a.js?x' }),
      new FakeElement('link', { rel: 'manifest', href: '/m.webmanifest' }),
      new FakeElement('link', { rel: 'next', href: '/next.txt' }),
      new FakeElement('a', { href: '/download.txt' }),
    ],
  });
  for (const [path, used] of [
    ['/a.js', true],
    ['/m.webmanifest', true],
    ['/in-shadow.mp4', true],
    ['/next.txt', false],
    ['/download.txt', false],
  ]) {
    assert.equal(usage.uses(APP + path), used, path);
  }
});

test('when the timeline has lost entries, every file counts as used', () => {
  assert.equal(page({ dropped: 1 }).uses(`${APP}/x.js`), true);
  assert.equal(page({ loaded: Array.from({ length: 250 }, (_, i) => entry(`/${i}`)) }).uses(`${APP}/x.js`), true);
  assert.equal(page({ observer: false }).uses(`${APP}/x.js`), true);
});

test('a page with workers may use any script', () => {
  for (const usage of [page({ loaded: [entry('/worker.js', 'other')] }), page({ controller: {} })]) {
    assert.equal(usage.uses(`${APP}/imported-by-worker.js`), true);
    assert.equal(usage.uses(`${APP}/x.txt`), false);
  }
  assert.equal(page({ loaded: [entry('/favicon.ico', 'other')] }).uses(`${APP}/x.js`), false);
});

test('the scripts of workers are used, and those that they may import are a guess', () => {
  const usage = page({ workers: [`${APP}/shared?v=1`, 'blob:http://app.test/1'], loaded: [entry('/app.js')] });
  for (const [path, used, guess] of [
    ['/shared', true, false],
    ['/app.js', true, false],
    ['/imported.js', true, true],
    ['/x.txt', false, false],
  ]) {
    assert.deepEqual([usage.uses(APP + path), usage.isGuess(APP + path)], [used, guess], path);
  }
  const inline = (textContent) => page({ elements: [Object.assign(new FakeElement('script'), { textContent })] });
  for (const text of ["new SharedWorker('/a.js')", 'new Worker("/a.js")', 'CSS.paintWorklet.addModule(url)']) {
    assert.equal(inline(text).uses(`${APP}/imported.js`), true, text);
  }
  assert.equal(inline('startWorker()').uses(`${APP}/imported.js`), false);
});

test("the client's own worker does not count as the page's", () => {
  const own = '/__webpack_hmr/client-0/stream/worker.js';
  const usage = page({ workers: [APP + own], loaded: [entry(own, 'other')] });
  assert.equal(usage.uses(`${APP}/imported.js`), false);
});

test('the HTML that a document is served from', () => {
  for (const [path, file, used] of [
    ['/', '/index.html', true],
    ['/index.html', '/index.html', true],
    ['/docs', '/docs/index.html', true],
    ['/docs/', '/docs/index.html', true],
    ['/about', '/about.html', true],
    ['/about.html?q#f', '/about.html', true],
    ['/app/users/7', '/index.html', true],
    ['/app/users/7', '/app/index.html', true],
    ['/app/users/7', '/other/index.html', false],
    ['/users/jane.doe', '/index.html', true],
    ['/v1.2/notes', '/index.html', true],
    ['/about.html', '/index.html', false],
    ['/guide.md', '/index.html', false],
    ['/guide.md', '/guide.md', true],
    ['/guide', '/guide.md', true],
    ['/docs/', '/docs/index.md', true],
    ['/shop.php', '/shop.php', true],
    ['/shop.shtml?q', '/shop.shtml', true],
    ['/shop', '/other.php', false],
    ['/', '/about.html', false],
    ['/about', '/about/team.html', false],
  ]) {
    assert.equal(page({ href: APP + path }).uses(APP + file), used, `${path} from ${file}`);
  }
});

test('the HTML that is part of the document: frames and what scripts fetched, not what was prefetched', () => {
  const usage = page({
    href: `${APP}/home.html`,
    elements: [new FakeElement('iframe', { src: '/frame/' })],
    loaded: [entry('/partial', 'fetch'), entry('/next', 'link'), entry('/deep/er', 'xmlhttprequest')],
  });
  for (const [file, used] of [
    ['/frame/index.html', true],
    ['/partial.html', true],
    ['/next.html', false],
    ['/deep/index.html', false],
  ]) {
    assert.equal(usage.uses(APP + file), used, file);
  }
});

test('a full timeline says nothing about HTML', () => {
  assert.equal(page({ dropped: 1, href: `${APP}/a` }).uses(`${APP}/b.html`), false);
});

test('a page that loads from new URLs all day is remembered in bounded memory', () => {
  const polls = Array.from({ length: 20_000 }, (_, n) => entry(`/poll?n=${n}`, 'fetch'));
  const files = Array.from({ length: 20_000 }, (_, n) => entry(`/files/${n}.bin`, 'fetch'));
  const polling = page({ loaded: polls });
  assert.deepEqual(polling.urlsOf(keyed('/poll')), [`${APP}/poll?n=19999`], 'no earlier query is needed again');
  assert.equal(page({ loaded: polls.slice(0, 8) }).urlsOf(keyed('/poll')).length, 8, 'a few may be needed again');
  assert.equal(polling.uses(keyed('/other.js')), true, 'the browser’s own timeline has overflowed');
  const loading = page({ late: files });
  assert.equal(loading.uses(keyed('/files/19999.bin')), true, 'what is not remembered counts as used');
  assert.equal(loading.urlsOf(keyed('/files/19999.bin')).length, 0);
});

test('a loaded file of the same name in another folder is found', () => {
  const usage = page({ loaded: [entry('/static/style.css'), entry('/static/my-app.js')] });
  assert.equal(usage.sameNameOf(`${APP}/assets/style.css`), `${APP}/static/style.css`);
  for (const path of ['/static/style.css', '/assets/app.js', '/assets/']) assert.equal(usage.sameNameOf(APP + path), undefined, path);
});

test('any number of files is looked up in one pass over the document', () => {
  const root = new FakeRoot([new FakeElement('script', { src: '/1.js' }), new FakeElement('iframe', { src: '/2/' })]);
  let passes = 0;
  const all = root.querySelectorAll.bind(root);
  root.querySelectorAll = (selectors) => {
    if (selectors === '*' || selectors.startsWith('iframe')) passes += 1;
    return all(selectors);
  };
  const usage = page({ root });
  const keys = Array.from({ length: 1_000 }, (_, n) => [`${APP}/${n}.js`, `${APP}/${n}/index.html`]).flat();
  assert.deepEqual([...usage.used(keys)], [`${APP}/1.js`, `${APP}/2/index.html`]);
  assert.equal(passes, 2);
});

test('a file by another name of the app is used', () => {
  const keyOf = keyOfApp('http://localhost:3000', []);
  const usage = page({
    href: 'http://localhost:3000/',
    loaded: [{ name: 'http://127.0.0.1:3000/a.js?x', initiatorType: 'script' }],
    elements: [new FakeElement('script', { src: 'http://app.localhost:3000/b.js' })],
    keyOf,
  });
  for (const [path, used] of [['/a.js', true], ['/b.js', true], ['/c.js', false]]) {
    assert.equal(usage.uses(`http://localhost:3000${path}`), used, path);
  }
  assert.deepEqual(usage.urlsOf('http://localhost:3000/a.js'), ['http://127.0.0.1:3000/a.js?x']);
});

test('a source map that the client has fetched is no file of the page, and the script stays one', () => {
  const ignored = ['/a.js', '/a.js.map'].map((path) => APP + path);
  const usage = page({ loaded: [entry('/a.js'), entry('/a.js', 'fetch'), entry('/a.js.map', 'fetch'), entry('/b.js.map', 'fetch')], ignored });
  assert.deepEqual(['/a.js', '/a.js.map', '/b.js.map'].map((path) => usage.uses(APP + path)), [true, false, true]);
  assert.deepEqual(usage.resources(), [`${APP}/a.js`]);
});

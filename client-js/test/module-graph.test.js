import assert from 'node:assert/strict';
import test from 'node:test';
import { Invalidations } from '../update/invalidations.js';
import { ModuleGraph, changeIn } from '../update/module-graph.js';
import { Modules } from '../update/modules.js';
import { TimeLimitError } from '../stream/time-limit.js';
import { fakeLog, settle, spy } from './fakes.js';

const CHANGE = 1_764_300_000_000;
const keyOf = (id) => `http://app.test${id}`;
const url = (id, change) => keyOf(change ? `${id}?__hot=${change}` : id);

/** What a graph reaches, with modules that accept themselves and `[module, dependency]` for those that accept others. */
function reach(importers, id, { itself = [], others = [], exports = {}, names = {}, loaded = () => true } = {}) {
  const graph = new ModuleGraph();
  graph.learn({ change: CHANGE, importers, names }, keyOf);
  const reached = graph.reach(keyOf(id), {
    isLoaded: loaded,
    acceptsItself: (key) => itself.some((other) => keyOf(other) === key),
    acceptedExports: (key) => exports[new URL(key).pathname],
    accepts: (key, dependency) => others.some(([above, below]) => keyOf(above) === key && keyOf(below) === dependency),
  });
  if ('path' in reached) assert.equal(reached.path[0], keyOf(id));
  const { path: _, ...rest } = reached;
  return rest;
}

test('the nearest modules above a change that accept it are its boundaries', () => {
  const importers = { '/c.js': ['/b.js', '/d.js'], '/b.js': ['/a.js'], '/d.js': ['/a.js'], '/a.js': ['/main.js'] };
  assert.deepEqual(reach(importers, '/c.js', { itself: ['/a.js'], others: [['/d.js', '/c.js']] }), {
    boundaries: [
      { key: keyOf('/a.js'), acceptor: undefined },
      { key: keyOf('/c.js'), acceptor: keyOf('/d.js') },
    ],
  });
  assert.deepEqual(reach(importers, '/c.js', { itself: ['/c.js', '/a.js'] }), {
    boundaries: [{ key: keyOf('/c.js'), acceptor: undefined }],
  });
});

test('a way to a module that nothing accepts is a dead end, except through modules that the page has not loaded', () => {
  const importers = { '/c.js': ['/a.js', '/b.js'], '/a.js': [], '/b.js': ['/main.js'], '/main.js': [] };
  const itself = ['/a.js'];
  assert.deepEqual(reach(importers, '/c.js', { itself }), { chain: ['/c.js', '/b.js', '/main.js'].map(keyOf) });
  const loaded = (key) => key !== keyOf('/b.js');
  assert.deepEqual(reach(importers, '/c.js', { itself, loaded }), { boundaries: [{ key: keyOf('/a.js'), acceptor: undefined }] });
});

test('changes of accepted exports reach only the modules that take others', () => {
  const importers = { '/a.js': ['/b.js', '/c.js', '/d.js'], '/b.js': [], '/c.js': [], '/d.js': [] };
  const names = { '/a.js': { '/b.js': ['x'], '/c.js': ['x', 'y'] } };
  const itself = ['/c.js', '/d.js'];
  const boundaries = (ids) => ({ boundaries: ids.map((id) => ({ key: keyOf(id), acceptor: undefined })) });
  assert.deepEqual(reach(importers, '/a.js', { itself, names, exports: { '/a.js': ['x'] } }), boundaries(['/a.js', '/c.js', '/d.js']));
  assert.deepEqual(reach(importers, '/a.js', { itself, names, exports: { '/a.js': ['x', 'y'] } }), boundaries(['/a.js', '/d.js']));
  assert.deepEqual(reach({ '/a.js': [] }, '/a.js', { exports: { '/a.js': [] } }), boundaries(['/a.js']));
});

test('where the server took a module for an acceptor that is none, it has to pass the update on', () => {
  const importers = { '/c.js': ['/b.js'], '/b.js': ['/a.js'] };
  assert.deepEqual(reach(importers, '/c.js'), { stopped: keyOf('/b.js') });
  assert.deepEqual(reach(importers, '/c.js', { loaded: (key) => key !== keyOf('/a.js') }), { chain: ['/c.js', '/b.js'].map(keyOf) });
});

test('circles end, and one that nothing accepts is a dead end', () => {
  const importers = { '/a.js': ['/b.js'], '/b.js': ['/a.js'] };
  assert.deepEqual(reach(importers, '/a.js'), { chain: ['/a.js', '/b.js'].map(keyOf) });
  assert.deepEqual(reach(importers, '/a.js', { itself: ['/b.js'] }), { boundaries: [{ key: keyOf('/b.js'), acceptor: undefined }] });
});

test('what is remembered has a bound', () => {
  const graph = new ModuleGraph();
  for (let at = 0; at < 11; at += 1) {
    const ids = Array.from({ length: 1_000 }, (_, of) => [`/${at}-${of}.js`, []]);
    graph.learn({ change: CHANGE + at, importers: Object.fromEntries(ids) }, keyOf);
  }
  assert.equal(graph.changeOf(keyOf('/0-999.js')), undefined);
  assert.equal(graph.changeOf(keyOf('/1-0.js')), CHANGE + 1);
  assert.equal(graph.last, CHANGE + 10);
});

test('what was not listed is forgotten', async () => {
  const graph = new ModuleGraph();
  graph.learn({ change: CHANGE, importers: { '/a.js': [] } }, keyOf);
  graph.learn({ change: CHANGE + 1, importers: {} }, keyOf);
  assert.equal(graph.changeOf(keyOf('/a.js')), undefined);

  const { modules, imports } = setUp((instance, page) => page.hot(instance).accept());
  modules.hot(url('/a.js')).accept();
  modules.learn({ change: CHANGE, importers: { '/a.js': [] } }, keyOf);
  await modules.update(keyOf('/a.js'), { id: '/a.js', version: 'v1' });
  // Changes while the page was away.
  modules.learn(undefined, keyOf);
  assert.equal(modules.accepts(keyOf('/a.js')), true);
  await modules.update(keyOf('/a.js'), { id: '/a.js', version: 'v2' });
  assert.deepEqual(imports, [url('/a.js', CHANGE), `${keyOf('/a.js')}?__hot=v2`]);
});

test('a URL tells the change that its module was imported for', () => {
  assert.equal(changeIn(url('/a.js', CHANGE)), CHANGE);
  assert.equal(changeIn('/a.js?x=1&__hot=1764300000000#y'), CHANGE);
  for (const other of ['/a.js', '/a.js?__hot=v2', '/a.js?__hot=1234567890123456', '/a.js?x__hot=1764300000000']) {
    assert.equal(changeIn(other), 0, other);
  }
});

/** A page whose modules import each other as the layer lets them: a module below runs before the one above. */
function setUp(run = () => ({}), { within = (_, promise) => promise, unseen = undefined, passOn = undefined } = {}) {
  const log = fakeLog();
  const fullReload = spy();
  const imports = [];
  const modules = new Modules({
    load: async (instance) => {
      imports.push(instance);
      return run(instance, modules);
    },
    source: async () => undefined,
    log,
    fullReload,
    within,
    moment: () => new Promise(() => {}),
    unseen,
    passOn,
  });
  return { modules, log, fullReload, imports };
}

test('a module is imported once for files of one change, and disposed when the next one begins to run', async () => {
  const disposed = spy();
  const { modules, imports, log } = setUp((instance, page) => {
    page.hot(url('/middle.js', CHANGE));
    page.hot(instance).accept();
  });
  modules.hot(url('/app.js')).accept();
  modules.hot(url('/middle.js')).dispose(disposed);
  const importers = { '/one.js': ['/middle.js'], '/two.js': ['/middle.js'], '/middle.js': ['/app.js'], '/app.js': [] };
  modules.learn({ change: CHANGE, importers }, keyOf);
  for (const id of ['/one.js', '/two.js']) {
    assert.equal(modules.accepts(keyOf(id)), true);
    assert.equal(await modules.update(keyOf(id), { id, version: 'v' }), true);
  }
  assert.deepEqual(imports, [url('/app.js', CHANGE)]);
  assert.equal(disposed.calls.length, 1);
  assert.deepEqual(log.lines, ['info Updated: /one.js', 'info Updated: /two.js']);
});

test('all modules that accept a dependency receive it', async () => {
  const received = spy();
  const { modules, imports } = setUp((instance) => ({ instance }));
  for (const id of ['/one.js', '/two.js']) {
    modules.hot(url(id)).accept('./text.js', ({ instance }) => received(id, instance));
  }
  modules.learn({ change: CHANGE, importers: { '/text.js': ['/one.js', '/two.js'] } }, keyOf);
  assert.equal(modules.accepts(keyOf('/text.js')), true);
  assert.equal(await modules.update(keyOf('/text.js'), { id: '/text.js', version: 'v' }), true);
  assert.deepEqual(imports, [url('/text.js', CHANGE)]);
  assert.deepEqual(received.calls, ['/one.js', '/two.js'].map((id) => [id, url('/text.js', CHANGE)]));
});

test('a module between that uses the hot API no more has ended, and what it accepted is accepted by others', async () => {
  const [disposed, received, heard] = [spy(), spy(), spy()];
  const datas = [];
  let usesHot = false;
  const { modules, imports } = setUp((instance, page) => {
    if (usesHot) datas.push(page.hot(instance.replace('/app.js', '/middle.js')).data);
    page.hot(instance).accept();
  });
  modules.hot(url('/app.js')).accept();
  const middle = modules.hot(url('/middle.js'));
  middle.data.count = 7;
  middle.dispose(disposed);
  middle.on('vite:beforeUpdate', heard);
  middle.accept('./dep.js', received);
  const save = async (change, id, importers) => {
    modules.learn({ change, importers }, keyOf);
    assert.equal(modules.accepts(keyOf(id)), true);
    assert.equal(await modules.update(keyOf(id), { id, version: `${change}` }), true);
  };
  const above = { '/middle.js': ['/app.js'], '/app.js': [] };
  await save(CHANGE, '/middle.js', above);
  assert.deepEqual([disposed.calls.length, heard.calls.length], [1, 1]);
  await save(CHANGE + 1, '/dep.js', { '/dep.js': ['/middle.js'], ...above });
  assert.deepEqual(received.calls, [], 'it belongs to a module that has ended');
  assert.deepEqual(imports, [url('/app.js', CHANGE), url('/app.js', CHANGE + 1)]);
  assert.equal(heard.calls.length, 1);
  usesHot = true;
  await save(CHANGE + 2, '/middle.js', above);
  assert.deepEqual(datas, [{ count: 7 }], 'the next version that uses it has the data');
});

test('a module that does not load leaves the old one as it is', async () => {
  const disposed = spy();
  const { modules, log } = setUp(() => Promise.reject(new SyntaxError('bad')));
  const hot = modules.hot(url('/app.js'));
  hot.accept();
  hot.dispose(disposed);
  modules.learn({ change: CHANGE, importers: { '/app.js': [] } }, keyOf);
  assert.equal(await modules.update(keyOf('/app.js'), { id: '/app.js', version: 'v' }), false);
  assert.equal(disposed.calls.length, 0);
  assert.match(log.lines[0], /^error Could not update \/app\.js/);
  assert.equal(modules.accepts(keyOf('/app.js')), true);
});

test('a module that did not arrive is imported again for the same change, and the page is reloaded if that fails too', async () => {
  for (const [failures, expected] of [[2, [true, true]], [4, [false, false]]]) {
    let left = failures;
    const { modules, fullReload, imports } = setUp((instance, page) => {
      left -= 1;
      if (left >= 0) throw new TypeError(`Failed to fetch dynamically imported module: ${instance}`);
      page.hot(instance).accept();
    });
    modules.hot(url('/app.js')).accept();
    modules.learn({ change: CHANGE, importers: { '/one.js': ['/app.js'], '/two.js': ['/app.js'], '/app.js': [] } }, keyOf);
    const apply = async (id) => modules.update(keyOf(id), { id, version: 'v' });
    assert.deepEqual([await apply('/one.js'), await apply('/two.js')], [false, false]);
    assert.deepEqual(['/one.js', '/two.js'].map((id) => modules.wasUnreachable(id)), [true, true]);
    assert.deepEqual(fullReload.calls, [], 'the app is away');
    // After a reconnect to the same process.
    assert.deepEqual([await apply('/one.js'), await apply('/two.js')], expected);
    assert.deepEqual(fullReload.calls, expected[0] ? [] : [['/one.js changed'], ['/two.js changed']]);
    assert.deepEqual(new Set(imports), new Set([url('/app.js', CHANGE)]));
    assert.equal(imports.length, expected[0] ? 3 : 4);
  }
});

test('a module with a mistake is not imported again for the same change', async () => {
  const { modules, imports } = setUp(() => Promise.reject(new SyntaxError('bad')));
  modules.hot(url('/app.js')).accept();
  modules.learn({ change: CHANGE, importers: { '/one.js': ['/app.js'], '/two.js': ['/app.js'], '/app.js': [] } }, keyOf);
  for (const id of ['/one.js', '/two.js']) assert.equal(await modules.update(keyOf(id), { id, version: 'v' }), false);
  assert.equal(imports.length, 1);
});

test('a module that arrives after its limit, and is imported again meanwhile, runs once', async () => {
  const [taken, disposed] = [spy(), spy()];
  /** @type {() => void} */
  let arrive = () => {};
  const arrived = new Promise((resolve) => (arrive = () => resolve(undefined)));
  const { modules } = setUp(
    async (instance, page) => {
      const hot = page.hot(instance);
      hot.accept();
      hot.dispose(disposed);
      await arrived;
      return { instance };
    },
    { within: (_, promise) => Promise.race([promise, settle().then(() => Promise.reject(new TimeLimitError('/app.js')))]) },
  );
  modules.hot(url('/app.js')).accept(taken);
  modules.learn({ change: CHANGE, importers: { '/app.js': [] } }, keyOf);
  const apply = () => modules.update(keyOf('/app.js'), { id: '/app.js', version: 'v' });
  assert.equal(await apply(), false);
  const again = apply();
  await null;
  arrive();
  assert.equal(await again, true);
  await settle();
  assert.deepEqual(taken.calls, [[{ instance: url('/app.js', CHANGE) }]]);
  assert.deepEqual(disposed.calls, []);
  assert.equal(modules.accepts(keyOf('/app.js')), true);
});

test('a module that nothing imports any more is pruned after a last dispose', () => {
  const order = [];
  const { modules } = setUp();
  const hot = modules.hot(url('/part.js'));
  hot.on('vite:beforePrune', ({ paths }) => order.push(...paths));
  hot.dispose(() => order.push('dispose'));
  hot.prune(() => order.push('prune'));
  modules.learn({ change: CHANGE, importers: {}, pruned: ['/part.js', '/other.js'] }, keyOf);
  modules.learn({ change: CHANGE + 1, importers: {}, pruned: ['/part.js'] }, keyOf);
  assert.deepEqual(order, ['/part.js', 'dispose', 'prune']);
});

test('a module that the page has by something that is not in the graph is not pruned', () => {
  const pruned = spy();
  const isUsed = (key) => key === keyOf('/part.js');
  const { modules } = setUp(undefined, { unseen: { isUsed, learn: () => {}, of: () => undefined } });
  for (const id of ['/part.js', '/other.js']) {
    modules.hot(url(id)).dispose(() => pruned(`dispose ${id}`));
    modules.hot(url(id)).prune(() => pruned(`prune ${id}`));
  }
  modules.learn({ change: CHANGE, importers: {}, pruned: ['/part.js', '/other.js'] }, keyOf);
  assert.deepEqual(pruned.calls, [['dispose /other.js'], ['prune /other.js']]);
});

test('listeners end with their instance', async () => {
  const heard = spy();
  const { modules } = setUp((instance, page) => page.hot(instance).accept());
  const hot = modules.hot(url('/app.js'));
  const off = () => heard('off');
  hot.on('vite:beforeUpdate', () => heard('before'));
  hot.on('vite:afterUpdate', () => heard('after'));
  hot.on('vite:beforeUpdate', off);
  hot.off('vite:beforeUpdate', off);
  hot.accept();
  modules.learn({ change: CHANGE, importers: { '/app.js': [] } }, keyOf);
  await modules.update(keyOf('/app.js'), { id: '/app.js', version: 'v' });
  await settle();
  assert.deepEqual(heard.calls, [['before']]);
});

test('exports are accepted while no module of the page imports them', () => {
  const { modules } = setUp();
  modules.hot(url('/a.js')).acceptExports(['x']);
  modules.learn({ change: CHANGE, importers: { '/a.js': [] } }, keyOf);
  assert.equal(modules.accepts(keyOf('/a.js')), true);
  modules.learn({ change: CHANGE + 1, importers: { '/a.js': ['/b.js'], '/b.js': [] } }, keyOf);
  assert.equal(modules.accepts(keyOf('/a.js')), false);
});

test('after a restart, a page that has updated modules is reloaded for the next one', () => {
  const { modules, log } = setUp();
  modules.hot(url('/a.js')).accept();
  modules.learn({ change: CHANGE, importers: { '/a.js': [] } }, keyOf);
  void modules.restarted(new Map(), Promise.resolve(), () => new Promise(() => {}));
  assert.equal(modules.accepts(keyOf('/a.js')), false);
  assert.match(log.lines[0], /The app was restarted/);
});

test('a restarted app that has taken over the instances goes on, but for changes without a number', async () => {
  const { modules } = setUp();
  modules.hot(url('/a.js')).accept();
  let fail;
  const greeted = Promise.resolve();
  void modules.restarted(new Map(), greeted, () => new Promise((resolve) => (fail = () => resolve(false))));
  await modules.restarted(new Map(), greeted, async () => true);
  modules.learn(undefined, keyOf);
  assert.equal(modules.accepts(keyOf('/a.js')), false, 'it may have changed while the app was away');
  modules.learn({ change: CHANGE, importers: { '/a.js': [] } }, keyOf);
  assert.equal(modules.accepts(keyOf('/a.js')), true);
  fail();
  await settle();
  assert.equal(modules.accepts(keyOf('/a.js')), true, 'the answer to an earlier restart counts no more');
  await modules.restarted(new Map(), greeted, async () => false);
  assert.equal(modules.accepts(keyOf('/a.js')), false);
});

test('an importer that is not in the graph reloads the page', () => {
  const log = fakeLog();
  const learnt = [];
  const unseen = {
    isUsed: () => false,
    learn: (unresolved) => learnt.push(unresolved),
    of: (key) => (key === keyOf('/b.js') ? 'an inline module of the page' : undefined),
  };
  const modules = new Modules({ load: async () => ({}), source: async () => '', log, fullReload: spy(), within: (_, promise) => promise, moment: async () => {}, unseen });
  modules.hot(url('/a.js')).accept();
  modules.learn({ change: CHANGE, importers: { '/c.js': ['/b.js'], '/b.js': ['/a.js'], '/a.js': [] }, unresolved: { x: ['/d.js'] } }, keyOf);
  assert.deepEqual(learnt, [{ x: ['/d.js'] }]);
  assert.equal(modules.accepts(keyOf('/a.js')), true);
  assert.equal(modules.accepts(keyOf('/c.js')), false);
  assert.match(log.lines[0], /No module accepts \/c\.js, which is imported by \/b\.js, which is imported by an inline module of the page$/);
});

test('a page that comes late to an invalidated update reloads only if its importers have not taken it', () => {
  const { begin, fullReload, invalidations, passOn } = (() => {
    const [fullReload, passOn] = [spy(), spy(async () => undefined)];
    const invalidations = new Invalidations({ passOn, fullReload, log: fakeLog() });
    return { begin: (change) => invalidations.begin('k', change, 'no'), fullReload, invalidations, passOn };
  })();
  begin(1);
  assert.deepEqual(passOn.calls, [['k', 1, undefined]]);
  assert.equal(invalidations.passedOn('k', 1, true), 'no');
  begin(1);
  assert.deepEqual([passOn.calls.length, fullReload.calls], [1, []], 'another instance of it says the same');
  assert.equal(invalidations.passedOn('k', 2, false), undefined, 'another page has asked');
  begin(2);
  assert.deepEqual([passOn.calls.length, fullReload.calls], [1, [['no']]]);
});

test('an invalidated module whose last change is unknown reloads the page, as the server would pass nothing on', async () => {
  const passOn = spy(async () => undefined);
  const { modules, fullReload } = setUp((instance, page) => page.hot(instance).accept(), { passOn });
  const hot = modules.hot(url('/a.js'));
  hot.accept(() => hot.invalidate());
  hot.invalidate();
  assert.deepEqual(passOn.calls, [[keyOf('/a.js'), 0, undefined]]);
  // It has changed while the page was away.
  modules.learn(undefined, keyOf);
  assert.equal(modules.accepts(keyOf('/a.js')), true);
  await modules.update(keyOf('/a.js'), { id: '/a.js', version: 'v2' });
  assert.deepEqual([passOn.calls.length, fullReload.calls], [1, [[`${url('/a.js')} can't be updated`]]]);
});

test('instances of modules that have changed during a restart are not handed over', async () => {
  for (const [missed, isHandedOver] of [[['/a.css'], true], [['/a.css', '/text.js'], false], [undefined, false]]) {
    const { modules } = setUp();
    const handOver = spy(async () => true);
    let greet;
    const done = modules.restarted(new Map([['/text.js', 1]]), new Promise((resolve) => (greet = resolve)), handOver);
    modules.learn(undefined, (id) => id, missed);
    greet();
    await done;
    assert.equal(handOver.calls.length === 1, isHandedOver, `${missed}`);
  }
});

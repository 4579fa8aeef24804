import assert from 'node:assert/strict';
import test from 'node:test';
import { Modules } from '../update/modules.js';
import { TimeLimitError } from '../stream/time-limit.js';
import { fakeLog, settle, spy } from './fakes.js';

const URL_A = 'http://app.test/a.js';
const URL_B = 'http://app.test/b.js';
const update = (version, id = '/a.js') => ({ id, version });

const NEVER = new Promise(() => {});

/** A page's modules; `run` is what importing a URL does and gives. */
function setUp(run = () => ({}), { within = (_, promise) => promise, moment = () => NEVER } = {}) {
  const log = fakeLog();
  const fullReload = spy();
  const imports = [];
  const sources = {};
  const modules = new Modules({
    load: async (url) => {
      imports.push(url);
      return run(url, modules);
    },
    source: async (url) => sources[url],
    log,
    fullReload,
    within,
    moment,
  });
  return { modules, log, fullReload, imports, sources };
}

test('a module without the hot API or without accept is not accepted', () => {
  const { modules } = setUp();
  assert.equal(modules.accepts(URL_A), false);
  modules.hot(URL_A);
  assert.equal(modules.accepts(URL_A), false);
});

test('a module that accepts itself is imported again, with the data of the old instance', async () => {
  const seen = spy();
  const { modules, imports, log } = setUp((url, page) => {
    const hot = page.hot(url);
    seen(hot.data);
    hot.accept();
    return { url };
  });
  const hot = modules.hot(URL_A);
  const taken = spy();
  assert.deepEqual(hot.data, {});
  hot.accept(taken);
  hot.dispose((data) => {
    data.count = 7;
  });
  assert.equal(modules.hot(URL_A), hot, 'one instance, one API');

  assert.equal(await modules.update(URL_A, update('v2')), true);
  assert.deepEqual(imports, [`${URL_A}?__hot=v2`]);
  assert.deepEqual(seen.calls, [[{ count: 7 }]]);
  assert.deepEqual(taken.calls, [[{ url: `${URL_A}?__hot=v2` }]]);
  assert.deepEqual(log.lines, ['info Updated: /a.js']);
  assert.equal(modules.accepts(URL_A), true);
});

test('several callbacks of one module that accepts itself add up', async () => {
  const { modules } = setUp((url) => ({ url }));
  const taken = spy();
  const hot = modules.hot(URL_A);
  hot.accept(({ url }) => taken('first', url));
  hot.accept();
  hot.accept(({ url }) => taken('second', url));
  await modules.update(URL_A, update('v2'));
  assert.deepEqual(taken.calls, ['first', 'second'].map((name) => [name, `${URL_A}?__hot=v2`]));
});

test('the same version a second time is imported under another URL', async () => {
  const { modules, imports } = setUp((url, page) => page.hot(url).accept());
  modules.hot(URL_A).accept();
  for (const version of ['v2', 'v1', 'v2']) await modules.update(URL_A, update(version));
  assert.deepEqual(imports, [`${URL_A}?__hot=v2`, `${URL_A}?__hot=v1`, `${URL_A}?__hot=v2.1`]);
});

test('a new version that no longer accepts is not accepted', async () => {
  const { modules } = setUp((url, page) => page.hot(url));
  modules.hot(URL_A).accept();
  await modules.update(URL_A, update('v2'));
  assert.equal(modules.accepts(URL_A), false);
});

test('a new version without the hot API is not accepted', async () => {
  const { modules } = setUp();
  modules.hot(URL_A).accept();
  await modules.update(URL_A, update('v2'));
  assert.equal(modules.accepts(URL_A), false);
});

test('a version that fails is reported, and the next one is applied', async () => {
  let broken = true;
  const datas = [];
  const { modules, log, fullReload } = setUp((url, page) => {
    const hot = page.hot(url);
    datas.push({ ...hot.data });
    if (broken) {
      hot.dispose((data) => {
        data.half = true;
      });
      throw new SyntaxError('oops');
    }
    hot.accept();
  });
  const disposed = spy((data) => {
    data.count = 1;
  });
  const hot = modules.hot(URL_A);
  hot.accept();
  hot.dispose(disposed);
  assert.equal(await modules.update(URL_A, update('v2')), false);
  assert.match(log.lines[0], /^error Could not update \/a\.js.*SyntaxError: oops/);
  assert.equal(modules.accepts(URL_A), true);

  broken = false;
  assert.equal(await modules.update(URL_A, update('v3')), true);
  assert.deepEqual(datas, [{ count: 1 }, { count: 1, half: true }], 'what the broken version started has ended');
  assert.equal(disposed.calls.length, 1);
  assert.equal(fullReload.calls.length, 0);
});

test('a version that fails leaves another one in place that has run meanwhile', async () => {
  let failLater;
  const { modules } = setUp((url, page) => {
    if (url.includes('v3')) return new Promise((_, reject) => (failLater = () => reject(new SyntaxError('no'))));
    page.hot(url).accept();
    return { url };
  });
  modules.hot(URL_A).accept();
  // Of two files that reach the same module: neither waits for the other.
  const third = modules.update(URL_A, update('v3'));
  await settle();
  const second = modules.hot(`${URL_A}?__hot=v4`);
  second.accept();
  const disposed = spy();
  second.dispose(disposed);
  failLater();
  await third;
  assert.equal(modules.hot(`${URL_A}?__hot=v4`), second, 'it is the current one');
  assert.deepEqual(disposed.calls, []);
});

test('a version that has begun to run keeps what it has started, also after its time limit', async () => {
  let load;
  const within = (_, promise) => Promise.race([promise, settle().then(() => Promise.reject(new TimeLimitError('/a.js')))]);
  const disposed = spy();
  const { modules, log } = setUp(
    (url, page) => {
      const hot = page.hot(url);
      hot.accept();
      hot.dispose(disposed);
      return new Promise((resolve) => (load = () => resolve({ url })));
    },
    { within },
  );
  modules.hot(URL_A).accept();
  await modules.update(URL_A, update('v2'));
  load();
  await settle();
  assert.ok(log.lines.includes('info Updated: /a.js'), log.lines.join('\n'));
  assert.deepEqual(disposed.calls, []);
  assert.equal(modules.accepts(URL_A), true);
});

test('a version that did not arrive is known as such, and one with a mistake is not', async () => {
  const errors = [new TypeError('Failed to fetch dynamically imported module: http://app.test/a.js'), new TypeError('x is not a function'), new SyntaxError('no')];
  const { modules } = setUp(() => Promise.reject(errors.shift()));
  modules.hot(URL_A).accept();
  const found = [];
  for (const version of ['v2', 'v3', 'v4']) {
    await modules.update(URL_A, update(version));
    found.push(modules.wasUnreachable('/a.js'));
  }
  assert.deepEqual(found, [true, false, false]);
});

test('handlers that throw are reported, and the next update is applied', async () => {
  const { modules, log } = setUp((url, page) => page.hot(url).accept());
  const hot = modules.hot(URL_A);
  hot.dispose(() => assert.fail('in dispose'));
  hot.accept(() => assert.fail('in accept'));
  assert.equal(await modules.update(URL_A, update('v2')), false);
  assert.match(log.lines[0], /dispose handler.*in dispose/);
  assert.match(log.lines[1], /Could not update.*in accept/);
  assert.equal(modules.accepts(URL_A), true);
  assert.equal(await modules.update(URL_A, update('v3')), true);
});

test('a module may accept another one that it imports', async () => {
  const { modules, imports } = setUp((url) => ({ url }));
  const taken = spy();
  modules.hot(URL_B).accept('./a.js', taken);
  assert.equal(modules.accepts(URL_A), true);
  assert.equal(modules.accepts(URL_B), false);
  assert.equal(await modules.update(URL_A, update('v2')), true);
  assert.deepEqual(imports, [`${URL_A}?__hot=v2`]);
  assert.deepEqual(taken.calls, [[{ url: `${URL_A}?__hot=v2` }]]);
  assert.equal(modules.accepts(URL_A), true, 'also the next time');
});

test('a callback for several modules receives the changed ones at their indices', async () => {
  const { modules } = setUp((url) => url);
  const taken = spy();
  const one = spy();
  modules.hot(URL_B).accept(['./c.js', '/a.js'], taken);
  modules.hot(URL_B).accept(['/a.js'], one);
  await modules.update(URL_A, update('v2'));
  assert.deepEqual(taken.calls, [[[undefined, `${URL_A}?__hot=v2`]]]);
  assert.deepEqual(one.calls, [[[`${URL_A}?__hot=v2`]]]);
});

test('`decline` does nothing, as in Vite', () => {
  const { modules } = setUp();
  modules.hot(URL_B).accept('./a.js', () => {});
  modules.hot(URL_A).decline();
  assert.equal(modules.accepts(URL_A), true);
});

test('a module that invalidates itself reloads the page', () => {
  const { modules, fullReload } = setUp();
  modules.hot(URL_A).invalidate();
  assert.deepEqual(fullReload.calls, [[`${URL_A} can't be updated`]]);
});

test('a new version that would import an old version of a module reloads the page', async () => {
  const { modules, imports, fullReload, sources } = setUp((url, page) => page.hot(url).accept());
  modules.hot(URL_A).accept();
  modules.hot(URL_B).accept();
  sources[URL_A] = 'import "./c.js"; // b.js';
  await modules.update(URL_B, update('v2', '/b.js'));
  assert.equal(await modules.update(URL_A, update('v2')), true);
  sources[URL_A] = "import { b } from './b.js';";
  assert.equal(await modules.update(URL_A, update('v3')), false);
  assert.deepEqual(fullReload.calls, [['/a.js imports a module that was updated before']]);
  assert.equal(imports.length, 2);
});

/** Modules whose imports settle when the test says so, with a time limit that passes when the test says so. */
function stalling() {
  const pending = new Map();
  const limits = [];
  const page = setUp((url) => new Promise((resolve) => pending.set(url.split('__hot=')[1], resolve)), {
    within: (step, promise) =>
      Promise.race([promise, new Promise((_, reject) => limits.push(() => reject(new TimeLimitError(step))))]),
    moment: async () => undefined,
  });
  return { ...page, pending, pass: () => limits.splice(0).forEach((limit) => limit()) };
}

test('a module that never loads holds up no other module, and is given up at the limit', async () => {
  const { modules, log, pass, pending } = stalling();
  for (const url of [URL_A, URL_B]) modules.hot(url).accept();
  const stalled = modules.update(URL_A, update('v2'));
  const other = modules.update(URL_B, update('w2', '/b.js'));
  await settle();
  pending.get('w2')({});
  assert.equal(await other, true);
  pass();
  assert.equal(await stalled, false);
  assert.deepEqual(log.lines, [
    'info Updated: /b.js',
    'error Could not update /a.js; the next change of it is tried again TimeLimitError: /a.js took longer than 10 s',
  ]);
  assert.equal(modules.accepts(URL_A), true, 'the old version still takes updates');
});

test('a later change of a module that never loads does not wait for it', async () => {
  const { modules, pending, pass, log } = stalling();
  modules.hot(URL_A).accept();
  void modules.update(URL_A, update('v2'));
  const second = modules.update(URL_A, update('v3'));
  const third = modules.update(URL_A, update('v4'));
  await settle();
  assert.deepEqual([...pending.keys()], ['v2', 'v4'], 'a change that is overtaken while it waits is not loaded');
  pending.get('v4')({});
  assert.deepEqual([await second, await third], [false, true]);
  pass();
  await settle();
  assert.equal(log.lines.filter((line) => line.startsWith('info Updated')).length, 1);
});

test('a version that loads after its limit is taken, unless a later one runs: then it is disposed', async () => {
  for (const isOvertaken of [false, true]) {
    const { modules, pending, pass, log } = stalling();
    const taken = spy();
    const disposed = spy();
    modules.hot(URL_A).accept(taken);
    const run = (version) => {
      const hot = modules.hot(`${URL_A}?__hot=${version}`);
      hot.accept(taken);
      hot.dispose(() => disposed(version));
      pending.get(version)({ version });
    };
    const late = modules.update(URL_A, update('v2'));
    await settle();
    pass();
    await late;
    if (isOvertaken) {
      const next = modules.update(URL_A, update('v3'));
      await settle();
      run('v3');
      await next;
    }
    run('v2');
    await settle();
    assert.deepEqual(taken.calls, [[{ version: isOvertaken ? 'v3' : 'v2' }]]);
    assert.deepEqual(disposed.calls, isOvertaken ? [['v2']] : []);
    assert.equal(log.lines.filter((line) => line.startsWith('info Updated')).length, 1);
  }
});

test('a version that was loaded late is disposed before the next one runs', async () => {
  const { modules, pending, pass } = stalling();
  const disposed = spy();
  modules.hot(URL_A).accept();
  const late = modules.update(URL_A, update('v2'));
  await settle();
  const next = modules.update(URL_A, update('v3'));
  await settle();
  const hot = modules.hot(`${URL_A}?__hot=v2`);
  hot.dispose((data) => {
    data.count = 2;
    disposed('v2');
  });
  pending.get('v2')({});
  assert.deepEqual(modules.hot(`${URL_A}?__hot=v3`).data, { count: 2 });
  pending.get('v3')({});
  await Promise.all([late, next]);
  pass();
  assert.deepEqual(disposed.calls, [['v2']]);
});

test('a version that loads, fails or passes its limit after a later one runs changes nothing', async () => {
  for (const [name, end] of [
    ['loads', ({ pending }) => pending.get('v2').resolve({ version: 'v2' })],
    ['fails', ({ pending }) => pending.get('v2').reject(new Error('no'))],
    ['passes its limit', ({ pass }) => pass()],
  ]) {
    const pending = new Map();
    const limits = [];
    const load = (url) => new Promise((resolve, reject) => pending.set(url.split('__hot=')[1], { resolve, reject }));
    const { modules, log } = setUp(load, {
      within: (step, promise) =>
        Promise.race([promise, new Promise((_, reject) => limits.push(() => reject(new TimeLimitError(step))))]),
      moment: async () => undefined,
    });
    const taken = spy();
    modules.hot(URL_A).accept(taken);
    const early = modules.update(URL_A, update('v2'));
    await settle();
    const later = modules.update(URL_A, update('v3'));
    await settle();
    const running = modules.hot(`${URL_A}?__hot=v3`);
    running.accept(taken);
    pending.get('v3').resolve({ version: 'v3' });
    assert.equal(await later, true, name);
    end({ pending, pass: () => limits.splice(0).forEach((limit) => limit()) });
    assert.equal(await early, false, name);
    assert.deepEqual(taken.calls, [[{ version: 'v3' }]], name);
    assert.equal(modules.hot(`${URL_A}?__hot=v3`), running, `${name}: the later version is the current one`);
    assert.deepEqual(log.lines, ['info Updated: /a.js'], name);
  }
});

test('callbacks that return promises that never settle hold up nothing', async () => {
  const { modules } = setUp();
  const hot = modules.hot(URL_A);
  hot.dispose(() => NEVER);
  hot.accept(() => NEVER);
  assert.equal(await modules.update(URL_A, update('v2')), true);
});

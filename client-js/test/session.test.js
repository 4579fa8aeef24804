import assert from 'node:assert/strict';
import test from 'node:test';
import { Session } from '../update/session.js';
import { Bundles } from '../update/bundles.js';
import { fakeLog, settle, spy } from './fakes.js';

function setUp({
  apply = async () => ({ isCurrent: true }),
  server = 'S1',
  isBundled = false,
  hashes = { '': 'h1' },
  overlayWarnings = false,
  hadOutage = true,
} = {}) {
  const log = fakeLog();
  const reloader = { now: spy(), reloadAtOnce: spy(), reloadFor: spy(), reached: spy(), retry: spy(), switchTo: spy(), updateFor: spy() };
  const connection = { ask: spy(), setHeartbeat: spy(), hadOutage: () => hadOutage };
  const applier = { apply: spy(apply), learn: spy() };
  const receipts = { answer: spy(), begin: spy(), drop: spy(), greet: spy(), leave: spy(), take: spy(() => ['b-1']) };
  const fullReload = spy();
  const overlayController = { building: spy(), built: spy(), problems: spy() };
  const forgetRuntimeErrors = spy();
  const session = new Session({
    bundles: new Bundles(hashes),
    applier,
    reloader,
    log,
    server,
    isBundled: () => isBundled,
    report: () => {},
    overlayController,
    overlayWarnings,
    forgetRuntimeErrors,
    pause: async () => undefined,
    fullReload,
    emit: () => {},
    receipts,
    connection,
  });
  return {
    session,
    log,
    fullReload,
    receipts,
    reloader,
    connection,
    applier,
    overlayController,
    forgetRuntimeErrors,
    hear: (message, id) => session.receive(JSON.stringify(message), id),
  };
}

const CHANGES = [{ id: '/a.css', version: 'a2' }];
const built = { action: 'built', name: '', time: 12, hash: 'h2', previous: 'h1', changes: CHANGES };

test('a build is applied', async () => {
  const { hear, applier, log } = setUp();
  await hear({ action: 'building' });
  await hear(built);
  assert.deepEqual(applier.apply.calls, [[CHANGES]]);
  assert.deepEqual(log.lines, ['debug rebuilding', 'debug the build rebuilt in 12ms', 'debug up to date']);
});

test('a change that did not arrive is applied after a reconnect, once', async () => {
  const outcomes = [{ isCurrent: false, failed: '/a.css', unreachable: CHANGES }, { isCurrent: true }];
  const { hear, applier } = setUp({ apply: async () => outcomes.shift() });
  const greeting = { action: 'connected', server: 'S1' };
  await hear(greeting);
  await hear(built);
  assert.equal(applier.apply.calls.length, 1);
  for (let n = 0; n < 2; n += 1) {
    await hear(greeting);
    await hear({ action: 'sync', name: '', hash: 'h2' });
    await settle();
    assert.deepEqual(applier.apply.calls, [[CHANGES], [CHANGES]]);
  }
});

test('a stylesheet that did not load is applied after a reconnect, unless a later version has been', async () => {
  const kept = { isCurrent: true, unswapped: Promise.resolve([{ id: '/a.css', needsReload: false }]) };
  for (const [later, expected] of [[[], 2], [[{ ...built, hash: 'h3', previous: 'h2', changes: [{ id: '/a.css', version: 'a3' }] }], 2]]) {
    const outcomes = [kept];
    const { hear, applier } = setUp({ apply: async () => outcomes.shift() ?? { isCurrent: true } });
    const greeting = { action: 'connected', server: 'S1' };
    for (const message of [greeting, built, ...later, greeting]) await hear(message);
    await settle();
    assert.equal(applier.apply.calls.length, expected);
  }
});

test('a state that says nothing new leaves what builds reach as it is', async () => {
  const { hear, applier } = setUp();
  const update = { change: 1, importers: {} };
  await hear({ ...built, update });
  await hear({ action: 'sync', name: '', hash: 'h2' });
  assert.deepEqual(applier.learn.calls, [[update]]);
});

test('what a build reaches is known before it is applied, and unknown of what was missed', async () => {
  const { hear, applier } = setUp();
  const update = { change: 1, importers: {} };
  await hear(built);
  await hear({ ...built, hash: 'h3', previous: 'h2', update });
  await hear({ ...built, action: 'sync', hash: 'h4', since: 'h3' });
  assert.deepEqual(applier.learn.calls, [[update], [undefined, ['/a.css']]]);
});

test('a build that can’t be applied in place reloads the page', async () => {
  const { hear, reloader, log } = setUp({ apply: async () => ({ isCurrent: false, reload: './x.html changed' }) });
  await hear(built);
  assert.deepEqual(reloader.reloadFor.calls, [['./x.html changed', 'hash  h2']]);
  assert.ok(!log.lines.includes('debug up to date'));
});

test('missed builds are applied as one, without reverted changes', async () => {
  const { session, hear, applier } = setUp();
  const files = { '/a.css': 'a1', '/x.html': 'x1' };
  await hear({ action: 'sync', name: '', hash: 'h1', files });
  const build = (from, to, id, version) =>
    session.receive(JSON.stringify({ action: 'built', name: '', previous: from, hash: to, changes: [{ id, version }] }));
  void session.receive(JSON.stringify({ action: 'connected', server: 'S1' }));
  void build('h1', 'h2', '/x.html', 'x2');
  void build('h2', 'h3', '/a.css', 'a2');
  void build('h3', 'h4', '/x.html', 'x1');
  await build('h4', 'h5', '/a.css', 'a3');
  assert.deepEqual(applier.apply.calls, [[[{ id: '/a.css', version: 'a3' }]]]);
});

test('the console lines have the name of the build, and say bundle of a bundler’s', async () => {
  const { hear, log } = setUp();
  await hear({ action: 'building', name: 'app' });
  await hear({ ...built, name: 'app' });
  await hear({ action: 'built', name: 'main', hash: 'm1', errors: ['no'] });
  assert.deepEqual(log.lines, [
    "debug 'app' rebuilding",
    "debug 'app' rebuilt in 12ms",
    "debug bundle 'main' rebuilt",
    'errors main no',
  ]);
});

test('a failed build is reported and not applied', async () => {
  const { hear, applier, log, reloader } = setUp();
  await hear({ ...built, errors: ['no'] });
  assert.deepEqual(applier.apply.calls, []);
  assert.deepEqual(reloader.reloadFor.calls, []);
  assert.ok(log.lines.includes('errors  no'));
});

test('warnings are reported, and the build is applied', async () => {
  const { hear, applier, log } = setUp();
  await hear({ ...built, warnings: ['hm'] });
  assert.equal(applier.apply.calls.length, 1);
  assert.ok(log.lines.includes('warnings  hm'));
});

test('the overlay shows errors, and warnings by option, until a build has none', async () => {
  for (const overlayWarnings of [false, true]) {
    const { hear, overlayController } = setUp({ overlayWarnings });
    await hear({ ...built, errors: ['no'] });
    await hear({ ...built, previous: 'h2', hash: 'h3', warnings: ['hm'] });
    await hear({ ...built, previous: 'h3', hash: 'h4' });
    const warnings = overlayWarnings ? ['hm'] : [];
    assert.deepEqual(overlayController.problems.calls, [
      ['errors', '', ['no']],
      ['warnings', '', []],
      ['errors', '', []],
      ['warnings', '', warnings],
      ['errors', '', []],
      ['warnings', '', []],
    ]);
  }
});

test('problems of a bundle with a client of its own are not shown, and problems of files are', async () => {
  const { hear, overlayController } = setUp({ isBundled: true });
  await hear({ action: 'built', name: 'app', hash: 'a2', errors: ['no'] });
  assert.deepEqual(overlayController.problems.calls, []);
  await hear({ ...built, errors: ['no'] });
  assert.deepEqual(overlayController.problems.calls[0], ['errors', '', ['no']]);
});

test('the indicator shows builds and their progress', async () => {
  const { hear, overlayController } = setUp();
  await hear({ action: 'building' });
  const progress = { action: 'progress', name: 'app', percent: 40, message: 'sealing' };
  await hear(progress);
  await hear(built);
  assert.deepEqual(overlayController.building.calls, [[''], ['app', progress]]);
  assert.deepEqual(overlayController.built.calls, [['']]);
});

test('an update clears the page’s runtime errors', async () => {
  const { hear, forgetRuntimeErrors } = setUp();
  await hear({ ...built, errors: ['no'] });
  assert.equal(forgetRuntimeErrors.calls.length, 0);
  await hear({ ...built, previous: 'h2', hash: 'h3' });
  assert.equal(forgetRuntimeErrors.calls.length, 1);
});

test('a reconnect with nothing changed does nothing', async () => {
  const { hear, applier, reloader } = setUp();
  await hear({ action: 'connected', server: 'S1', heartbeat: 500 });
  await hear({ action: 'sync', name: '', hash: 'h1' });
  assert.deepEqual(applier.apply.calls, []);
  assert.deepEqual(reloader.reloadFor.calls, []);
  assert.deepEqual(reloader.reached.calls, [['server S1'], ['hash  h1']]);
});

test('a gap in the events is asked about', async () => {
  const { hear, connection } = setUp();
  await hear({ ...built, previous: 'h8', hash: 'h9' });
  assert.equal(connection.ask.calls.length, 1);
});

test('an unknown change reloads the page, unless a bundle’s own runtime handles it', async () => {
  const plain = setUp();
  await plain.hear({ action: 'sync', name: '', hash: 'h9' });
  assert.deepEqual(plain.reloader.reloadFor.calls, [['bundle changed', 'hash  h9']]);
  const bundled = setUp({ isBundled: true });
  await bundled.hear({ action: 'sync', name: '', hash: 'h9' });
  assert.deepEqual(bundled.reloader.reloadFor.calls, []);
});

test('the greeting sets the heartbeat, and another server updates the page', async () => {
  const { hear, connection, reloader } = setUp();
  await hear({ action: 'connected', server: 'S1', heartbeat: 500 });
  assert.deepEqual(connection.setHeartbeat.calls, [[500]]);
  assert.deepEqual(reloader.updateFor.calls, []);
  await hear({ action: 'connected', server: 'S2', heartbeat: 'soon' });
  assert.deepEqual(reloader.updateFor.calls, [['the server was rebuilt', 'server S2']]);
  assert.equal(connection.setHeartbeat.calls.length, 1);
});

test('a greeting without a server is not another server', async () => {
  const named = setUp();
  await named.hear({ action: 'connected', heartbeat: 500 });
  assert.deepEqual(named.reloader.updateFor.calls, []);
  const unnamed = setUp({ server: undefined });
  await unnamed.hear({ action: 'connected', server: 'S1' });
  assert.deepEqual(unnamed.reloader.updateFor.calls, []);
  await unnamed.hear({ action: 'connected', server: 'S2' });
  assert.equal(unnamed.reloader.updateFor.calls.length, 1, 'but a later server may be');
});

test('the server may ask for a reload', async () => {
  const { hear, reloader } = setUp();
  await hear({ action: 'reload', file: './x.html' });
  await hear({ action: 'reload' });
  assert.deepEqual(reloader.now.calls, [['./x.html changed'], ['the server asks for it']]);
});

test('lost events are logged', async () => {
  const { hear, log } = setUp();
  await hear({ action: 'lagged', missed: 3 });
  assert.match(log.lines[0], /^warn 3 events/);
});

test('events are handled in order, even if one fails', async () => {
  const order = [];
  let release;
  const { hear, session, log, reloader } = setUp({
    apply: () => {
      order.push('begun');
      return new Promise((resolve, reject) => {
        release = () => {
          order.push('ended');
          reject(new Error('no luck'));
        };
      });
    },
  });
  session.subscribe(({ n }) => order.push(n));
  const first = hear(built);
  const last = hear({ action: 'custom', n: 2 });
  await Promise.resolve().then(() => {});
  release();
  await Promise.all([first, last]);
  assert.deepEqual(order, ['begun', 'ended', 2]);
  assert.match(log.lines.join('\n'), /error Could not update the build in place.*no luck/);
  assert.deepEqual(reloader.reloadFor.calls, [['the build changed', 'hash  h2']]);
});

test('subscribers receive unknown messages, and observers all messages', async () => {
  const { hear, session } = setUp();
  const some = spy();
  const all = spy();
  const endSome = session.subscribe(some);
  const endAll = session.subscribeAll(all);
  await hear({ action: 'building' });
  await hear({ action: 'custom', x: 1 });
  for (const odd of [null, 7, 'x', []]) await hear(odd);
  assert.deepEqual(some.calls, [[{ action: 'custom', x: 1 }], [null], [7], ['x'], [[]]]);
  assert.equal(all.calls.length, 6);
  endSome();
  endAll();
  await hear({ action: 'custom' });
  assert.equal(some.calls.length + all.calls.length, 11);
});

test('an error in a handler is logged, and so is invalid JSON', async () => {
  const { hear, session, log } = setUp();
  const after = spy();
  session.subscribe(() => {
    throw new Error('mine');
  });
  session.subscribe(after);
  await hear({ action: 'custom' });
  assert.match(log.lines[0], /^error A handler of this page failed Error: mine/);
  assert.equal(after.calls.length, 1);
  await session.receive('{');
  assert.match(log.lines[1], /^warn Invalid HMR message: \{/);
});

test('an event from the app reaches the listeners of its name until they unsubscribe', async () => {
  const { session, hear } = setUp();
  const received = [];
  const end = session.on('chat', (data) => received.push(data));
  await hear({ type: 'custom', event: 'chat', data: { text: 'hi' } });
  await hear({ type: 'custom', event: 'other', data: 1 });
  await hear({ event: 'chat', data: 'of another type' });
  await hear(null);
  end();
  await hear({ type: 'custom', event: 'chat', data: 2 });
  assert.deepEqual(received, [{ text: 'hi' }]);
});

test('an update that never ends holds up no error, progress, reload or later build', async () => {
  const applied = [];
  const { session, overlayController, reloader, log } = setUp({
    apply: (changes) => {
      applied.push(changes[0].id);
      return new Promise(() => {});
    },
  });
  const message = (value) => session.receive(JSON.stringify(value));
  void message(built);
  await settle();
  void message({ ...built, previous: 'h2', hash: 'h3', changes: [{ id: '/b.css', version: 'b2' }] });
  await settle();
  await message({ action: 'progress', name: 'app', percent: 40 });
  await message({ action: 'built', name: '', hash: 'h4', previous: 'h3', changes: CHANGES, errors: ['no'] });
  await message({ action: 'reload' });
  assert.deepEqual(applied, ['/a.css', '/b.css']);
  assert.equal(overlayController.building.calls.at(-1)[0], 'app');
  assert.ok(overlayController.problems.calls.some(([kind, , texts]) => kind === 'errors' && texts[0] === 'no'));
  assert.deepEqual(reloader.now.calls, [['the server asks for it']]);
  assert.ok(log.lines.includes('errors  no'));
});

test('a state that comes with a connection, and not with a build, is a switch to another server', async () => {
  for (const [name, message, hadOutage, [switched, reloaded, updated]] of [
    ['another server', { action: 'connected', server: 'S2' }, false, [1, 0, 0]],
    ['another server after an outage', { action: 'connected', server: 'S2' }, true, [0, 0, 1]],
    ['a hash that the server can not relate', { action: 'sync', name: '', hash: 'h9' }, false, [1, 0, 0]],
    ['the same after an outage', { action: 'sync', name: '', hash: 'h9' }, true, [0, 1, 0]],
    ['another server after a build', { action: 'connected', server: 'S2' }, false, [0, 0, 1]],
    ['a build', { action: 'built', name: '', hash: 'h9' }, false, [0, 1, 0]],
  ]) {
    const { hear, reloader } = setUp({ hadOutage });
    if (name.endsWith('after a build')) await hear({ action: 'building' });
    await hear(message);
    const calls = [reloader.switchTo, reloader.reloadFor, reloader.updateFor].map(({ calls }) => calls.length);
    assert.deepEqual(calls, [switched, reloaded, updated], name);
    if (switched) assert.equal(reloader.switchTo.calls[0][2], name === 'another server', name);
  }
});

test('a change that can’t have broken the page’s answer reloads at once', async () => {
  const apply = async () => ({ isCurrent: false, reload: '/app.js changed', isSafe: true });
  const { hear, reloader } = setUp({ apply });
  await hear(built);
  assert.deepEqual(reloader.reloadAtOnce.calls, [['/app.js changed', 'hash  h2']]);
  assert.deepEqual(reloader.reloadFor.calls, []);
  await hear({ action: 'sync', name: '', hash: 'h3', files: { '/app.js': 'v3' } });
  assert.equal(reloader.reloadAtOnce.calls.length, 1, 'another server is no build');
});

test('a page that could not be reloaded is asked for with each build and each new connection', async () => {
  const { hear, reloader } = setUp();
  await hear({ action: 'connected', server: 'S1' });
  await hear({ action: 'sync', name: '', hash: 'h1' });
  assert.equal(reloader.retry.calls.length, 0, 'it was just loaded');
  await hear({ action: 'connected', server: 'S1' });
  assert.equal(reloader.retry.calls.length, 1);
  await hear(built);
  assert.equal(reloader.retry.calls.length, 2);
  await hear({ action: 'built', name: '', hash: 'h2' });
  assert.equal(reloader.retry.calls.length, 3);
});

for (const [name, outcome, expected] of [
  ['was swapped', { isCurrent: true, isUnused: false }, ['updated']],
  ['is not used', { isCurrent: true, isUnused: true }, ['unused', undefined]],
  [
    'is used under another path',
    { isCurrent: true, isUnused: true, loaded: 'http://app.test/static/a.css' },
    ['unused', '/static/a.css'],
  ],
  ['can’t be swapped', { isCurrent: false, isUnused: false, failed: '/a.js' }, ['failed', 'could not update /a.js']],
]) {
  test(`a file that ${name} has its receipt`, async () => {
    const { hear, receipts } = setUp({ apply: async () => outcome });
    await hear(built, 'b-1');
    assert.deepEqual(receipts.begin.calls, [['b-1']]);
    assert.deepEqual(receipts.answer.calls, [[['b-1'], ...expected]]);
    assert.deepEqual(receipts.leave.calls, []);
  });
}

test('a file that loads has its receipt when it has loaded, and nothing else waits for it', async () => {
  for (const [unswapped, expected] of [
    [[], ['updated']],
    [[{ id: '/a.css', needsReload: false }], ['failed', 'could not load /a.css']],
  ]) {
    let load;
    const outcome = { isCurrent: true, unswapped: new Promise((resolve) => (load = resolve)) };
    const { forgetRuntimeErrors, hear, receipts, reloader } = setUp({ apply: async () => outcome });
    const heard = hear(built, 'b-1');
    await settle();
    assert.deepEqual(receipts.answer.calls, []);
    assert.equal(reloader.retry.calls.length + forgetRuntimeErrors.calls.length, 2);
    load(unswapped);
    await heard;
    assert.deepEqual(receipts.answer.calls, [[['b-1'], ...expected]]);
  }
});

test('a file that can’t be swapped leaves its receipt to the reload, before that is requested', async () => {
  const unswapped = Promise.resolve([
    { id: '/a.css', needsReload: false },
    { id: '/b.css', needsReload: true },
  ]);
  const { fullReload, hear, receipts } = setUp({ apply: async () => ({ isCurrent: true, unswapped }) });
  receipts.leave = spy(() => assert.deepEqual(fullReload.calls, []));
  await hear(built, 'b-1');
  assert.deepEqual(receipts.leave.calls, [[['b-1']]]);
  assert.deepEqual(fullReload.calls, [['/b.css changed']]);
  assert.deepEqual(receipts.answer.calls, []);
});

test('the greeting has the keys for receipts and for instances of modules', async () => {
  const { hear, receipts } = setUp();
  await hear({ action: 'connected', server: 'S1', receipts: 'K', modules: 'M' }, 'b-0');
  assert.deepEqual(receipts.greet.calls, [['b-0', 'K', 'M']]);
});

test('the receipt of a reload is left to the reload', async () => {
  const { hear, receipts } = setUp({ apply: async () => ({ isCurrent: false, reload: '/x.js changed', cause: 'nothing accepts it' }) });
  await hear(built, 'b-1');
  await hear({ action: 'reload' }, 'b-2');
  assert.deepEqual(receipts.leave.calls, [[['b-1'], undefined, 'nothing accepts it'], [['b-1']]]);
  assert.deepEqual(receipts.answer.calls, []);
});

test('a change of the page’s own HTML updates it, also beside files that were swapped', async () => {
  for (const isSwapped of [false, true]) {
    const apply = async () => ({ isCurrent: false, reload: './x.html changed', isInPage: true, isSwapped });
    const { hear, receipts, reloader } = setUp({ apply });
    await hear(built, 'b-1');
    assert.deepEqual(reloader.updateFor.calls, [['./x.html changed', 'hash  h2']]);
    assert.deepEqual([reloader.reloadFor.calls, reloader.reloadAtOnce.calls], [[], []]);
    assert.deepEqual(receipts.leave.calls, [[['b-1'], isSwapped, undefined]]);
  }
});

test('a state that is no news has no receipt of its own', async () => {
  const { hear, receipts } = setUp();
  await hear({ action: 'sync', name: '', hash: 'h1' }, 'b-1');
  await hear({ action: 'building' }, 'b-2');
  assert.deepEqual(receipts.begin.calls, []);
});

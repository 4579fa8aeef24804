import assert from 'node:assert/strict';
import test from 'node:test';
import { Updates } from '../../bundle/updates.js';
import { TimeLimitError } from '../../stream/time-limit.js';
import { fakeLog, spy } from '../fakes.js';

/** The part of `module.hot` that applies updates: each hash has an update to the next one. */
function setUp({ chain = ['h1', 'h2'], hot = {}, isOthers = () => false, isForAnother = () => false, apply = () => {}, hasHot = true, check: checked, within = (_, promise) => promise, styles = () => '' } = {}) {
  const log = fakeLog();
  const page = { hash: chain[0], status: 'idle' };
  const downloads = { failure: undefined };
  const check = spy(checked ?? (async () => {
    const updated = chain.includes(page.hash) && chain.at(-1) !== page.hash ? ['./a.js'] : null;
    return { updated, ...downloads };
  }));
  const fake = {
    status: () => page.status,
    apply: spy(async (options) => {
      page.hash = chain[chain.indexOf(page.hash) + 1] ?? page.hash;
      apply(options);
      return ['./a.js'];
    }),
    ...hot,
  };
  const fullReload = spy();
  const show = spy();
  const pause = spy(async () => {});
  const updates = new Updates({
    hot: hasHot ? fake : undefined,
    hash: () => page.hash,
    check,
    styles,
    identity: { isOthers, isForAnother },
    within,
    pause,
    fullReload,
    show,
    log,
  });
  return { check, downloads, fullReload, hot: fake, log, page, pause, show, updates };
}

const NAMES = { './a.js': './src/a.js' };

test('an update is applied, and its modules are logged', async () => {
  const { fullReload, log, page, updates } = setUp();
  await updates.apply('h2', NAMES);
  assert.equal(page.hash, 'h2');
  assert.deepEqual(log.lines, [
    'info Checking for updates on the server...',
    'info Updated modules:',
    'info  - ./src/a.js',
    'info App is up to date.',
  ]);
  assert.equal(fullReload.calls.length, 0);
});

test('a build that the page has is not checked', async () => {
  const { check, updates } = setUp();
  await updates.apply('h1', NAMES);
  assert.equal(check.calls.length, 0);
});

test('several builds are applied in order, even if the last one arrives meanwhile', async () => {
  const { log, page, updates } = setUp({ chain: ['h1', 'h2', 'h3', 'h4'] });
  const first = updates.apply('h2', NAMES);
  const second = updates.apply('h4', NAMES);
  await Promise.all([first, second]);
  assert.equal(page.hash, 'h4');
  assert.equal(log.lines.filter((line) => line === 'info App is up to date.').length, 1);
});

test('a build without an update reloads the page', async () => {
  const { fullReload, log, pause, updates } = setUp({ chain: ['h9'] });
  await updates.apply('h2', NAMES);
  assert.deepEqual(fullReload.calls, [['h2']]);
  assert.deepEqual(log.lines.slice(1), [
    'warn Cannot find update (Full reload needed)',
    'warn (Probably because of restarting the server)',
  ]);
  assert.equal(pause.calls.length, 1, 'after the server’s other messages');
});

test('another bundle’s build without an update does not reload the page', async () => {
  const { check, fullReload, updates } = setUp({ chain: ['h9'], isOthers: (hash) => hash === 'sibling' });
  await updates.apply('sibling', NAMES);
  assert.equal(fullReload.calls.length, 0);
  assert.equal(check.calls.length, 1, 'and is not checked for again');
});

test('after a failed fetch, the next build is tried', async () => {
  const { downloads, fullReload, hot, log, page, updates } = setUp({ chain: ['h1', 'h2', 'h3'] });
  const { apply } = hot;
  downloads.failure = { error: new Error('no net') };
  hot.apply = spy(async () => []);
  await updates.apply('h2', NAMES);
  assert.match(log.lines.at(-1), /^warn Update check failed: .*no net/s);
  assert.deepEqual(hot.apply.calls, [[]], 'the runtime is idle again');
  assert.deepEqual(fullReload.calls, [['h2']], 'for clients with the `reload` option');

  downloads.failure = undefined;
  hot.apply = apply;
  await updates.apply('h3', NAMES);
  assert.equal(page.hash, 'h3');
});

test('a build that arrives during a failed fetch is tried at once', async () => {
  const { check, downloads, fullReload, hot, updates } = setUp({ chain: ['h1', 'h2', 'h3'] });
  downloads.failure = { error: new Error('no net') };
  hot.apply = async () => [];
  const first = updates.apply('h2', NAMES);
  void updates.apply('h3', NAMES);
  await first;
  assert.equal(check.calls.length, 2);
  assert.deepEqual(fullReload.calls, [['h3']]);
});

test('modules without an acceptor are logged, and reload the page', async () => {
  const { fullReload, hot, log, page, updates } = setUp();
  hot.apply = async ({ onDeclined, onUnaccepted }) => {
    page.hash = 'h2';
    onUnaccepted({ chain: ['./a.js', './main.js'] });
    onDeclined({ chain: ['./b.js'] });
    return [];
  };
  await updates.apply('h2', NAMES);
  assert.deepEqual(fullReload.calls, [['h2']]);
  assert.deepEqual(log.lines.slice(1, 3), [
    'warn Ignored an update to unaccepted module ./a.js -> ./main.js',
    'warn Ignored an update to declined module ./b.js',
  ]);
  assert.match(log.lines[3], /^warn The following modules couldn't be hot updated: \(Full reload needed\)/);
  assert.equal(log.lines[4], 'warn  - ./src/a.js');
});

test('an error in an accept handler is shown, and reloads the page', async () => {
  const error = Object.assign(new Error('mine'), { stack: 'Error: mine\n  at show' });
  const { fullReload, log, show, updates } = setUp({
    apply: ({ onErrored }) => onErrored({ type: 'accept-errored', moduleId: './a.js', error }),
  });
  await updates.apply('h2', NAMES);
  assert.deepEqual(show.calls, [[['./src/a.js \nError: mine\n  at show']]]);
  assert.ok(log.lines.includes('error Ignored an error while updating module ./a.js (accept-errored) Error: mine'));
  assert.deepEqual(fullReload.calls, [['h2']]);
});

test('errors before the latest build are neither shown nor a reason to reload', async () => {
  let step = 0;
  const { fullReload, log, page, show, updates } = setUp({
    chain: ['h1', 'broken', 'mended'],
    apply: ({ onErrored }) => {
      step += 1;
      if (step === 1)
        onErrored({ type: 'accept-errored', moduleId: './a.js', error: new Error('Module parse failed') });
    },
  });
  await updates.apply('mended', NAMES);
  assert.equal(page.hash, 'mended');
  assert.deepEqual(show.calls, [[[]]]);
  assert.equal(fullReload.calls.length, 0);
  assert.equal(log.lines.at(-1), 'info App is up to date.');
});

test('a module without an acceptor in an earlier build reloads the page, once', async () => {
  const { fullReload, hot, updates } = setUp({ chain: ['h1', 'h2', 'h3'] });
  const { apply } = hot;
  let step = 0;
  hot.apply = async (options) => {
    step += 1;
    const renewed = await apply(options);
    return step === 1 ? [] : renewed;
  };
  await updates.apply('h3', NAMES);
  assert.deepEqual(fullReload.calls, [['h3']]);
});

test('an update without errors clears the errors of the one before', async () => {
  const { show, updates } = setUp();
  await updates.apply('h2', NAMES);
  assert.deepEqual(show.calls, [[[]]]);
});

test('a broken runtime is logged at every build', async () => {
  const { fullReload, hot, log, page, show, updates } = setUp({ chain: ['h1', 'h2', 'h3'] });
  hot.apply = async () => {
    page.status = 'dispose';
    throw new Error('in a dispose handler');
  };
  await updates.apply('h2', NAMES);
  assert.match(show.calls[0][0][0], /in a dispose handler/);
  await updates.apply('h3', NAMES);
  assert.equal(log.lines.filter((line) => line === 'warn Cannot check for update (Full reload needed)').length, 2);
  assert.deepEqual(fullReload.calls, [['h2'], ['h3']]);

  for (const status of ['abort', 'fail']) {
    const failed = setUp();
    failed.page.status = status;
    await failed.updates.apply('h2', NAMES);
    assert.deepEqual(failed.fullReload.calls, [['h2']], status);
  }
});

test('an update by other code is not disturbed', async () => {
  const { check, fullReload, page, updates } = setUp();
  page.status = 'prepare';
  await updates.apply('h2', NAMES);
  assert.equal(check.calls.length + fullReload.calls.length, 0);
});

test('modules that were invalidated are replaced first', async () => {
  const { hot, page, updates } = setUp();
  page.status = 'ready';
  const { apply } = hot;
  hot.apply = spy(async (options) => {
    if (page.status !== 'ready') return apply(options);
    page.status = 'idle';
    return [];
  });
  await updates.apply('h2', NAMES);
  assert.equal(page.hash, 'h2');
  assert.equal(hot.apply.calls.length, 2);
});

test('an update that touches nothing reloads the page, and is not called up to date', async () => {
  const nothing = { updated: [], isForLater: false };
  const { fullReload, hot, log, page, updates } = setUp({ check: async () => nothing });
  hot.apply = async () => {
    page.hash = 'h2';
    return [];
  };
  await updates.apply('h2', NAMES);
  assert.deepEqual(fullReload.calls, [['h2']]);
  assert.equal(log.lines.at(-2), 'info Nothing hot updated.');
  assert.match(log.lines.at(-1), /^warn The build changed something other than this page's modules/);
});

for (const [name, isForLater, styles] of [
  ['a chunk that the page has not loaded', true, ['']],
  ['a stylesheet without a module', false, ['a{}', 'b{}']],
]) {
  test(`an update of ${name} does not reload the page`, async () => {
    const { fullReload, hot, log, page, updates } = setUp({
      check: async () => ({ updated: [], isForLater }),
      styles: () => styles.shift() ?? '',
    });
    hot.apply = async () => {
      page.hash = 'h2';
      return [];
    };
    await updates.apply('h2', NAMES);
    assert.equal(fullReload.calls.length, 0);
    assert.equal(log.lines.at(-1), 'info App is up to date.');
  });
}

test('an update without effect is judged by its own build, when another one has followed', async () => {
  const { fullReload, hot, log, page, updates } = setUp({
    chain: ['h1', 'h2', 'h3'],
    check: async () => ({ updated: page.hash === 'h2' ? ['./a.js'] : [] }),
    isForAnother: (hash) => hash === 'h2',
  });
  const { apply } = hot;
  hot.apply = async (options) => (page.hash === 'h1' ? ((page.hash = 'h2'), []) : apply(options));
  await updates.apply('h3', NAMES);
  assert.equal(page.hash, 'h3');
  assert.equal(fullReload.calls.length, 0, log.lines.join('\n'));
});

test('without hot module replacement every build reloads the page', async () => {
  const { fullReload, updates } = setUp({ hasHot: false });
  await updates.apply('h2', NAMES);
  await updates.apply('h3', NAMES);
  assert.deepEqual(fullReload.calls, [['h2'], ['h3']]);
});

test('a check or an update that never ends does not keep the next build waiting', async () => {
  const within = (step, promise) =>
    Promise.race([promise, new Promise((_, reject) => setImmediate(() => reject(new TimeLimitError(step))))]);
  const stuck = setUp({ within, hot: { apply: () => new Promise(() => {}) } });
  await stuck.updates.apply('h2', NAMES);
  assert.ok(stuck.log.lines.some((line) => line.includes('the update took longer than 10 s')));
  assert.equal(stuck.fullReload.calls.length, 1);

  const ends = [];
  const late = setUp({ within, check: () => new Promise((resolve) => ends.push(resolve)) });
  await late.updates.apply('h2', NAMES);
  assert.ok(late.log.lines.some((line) => line.includes('the check for an update took longer than 10 s')));
  late.page.status = 'ready';
  ends[0]({ updated: null });
  await new Promise(setImmediate);
  assert.equal(late.page.hash, 'h2', 'the update is applied once the check has ended');
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { Messages } from '../../bundle/messages.js';
import { fakeLog, spy } from '../fakes.js';

function setUp({ name = '', concerns = () => true } = {}) {
  const parts = {
    name: () => name,
    identity: { concerns: spy(concerns), note() {} },
    updates: { apply: spy(async () => {}) },
    hash: () => 'h1',
    reporter: { report: spy() },
    overlayController: { building: spy(), built: spy() },
    reloader: { now: spy(), reached: spy() },
    log: fakeLog(),
  };
  const messages = new Messages(parts);
  return { ...parts, messages, hear: (message) => messages.receive(JSON.stringify(message)) };
}

const build = { action: 'built', name: '', time: 7, hash: 'h2', errors: [], warnings: [], modules: { 1: './a.js' } };

test('a build is applied', () => {
  const { overlayController, hear, log, reporter, updates } = setUp();
  hear({ action: 'building', name: 'app' });
  hear(build);
  assert.deepEqual(log.lines, ["info bundle 'app' rebuilding", 'info bundle rebuilt in 7ms']);
  assert.deepEqual(updates.apply.calls, [['h2', { 1: './a.js' }]]);
  assert.deepEqual(reporter.report.calls, [[build]]);
  assert.deepEqual([overlayController.building.calls, overlayController.built.calls], [[['app']], [['']]]);
});

test('a build with errors is reported and not applied, and one with warnings is both', () => {
  const { hear, reporter, updates } = setUp();
  hear({ ...build, errors: ['no'], warnings: ['hm'] });
  assert.equal(updates.apply.calls.length, 0);
  hear({ ...build, warnings: ['hm'] });
  assert.equal(updates.apply.calls.length, 1);
  assert.equal(reporter.report.calls.length, 2);
});

test('a sync is handled as a build', () => {
  const { hear, log, updates } = setUp();
  hear({ ...build, action: 'sync' });
  assert.deepEqual(log.lines, []);
  assert.equal(updates.apply.calls.length, 1);
});

test('a bundle with a name ignores builds of other bundles', () => {
  const { hear, messages, reporter, updates } = setUp({ name: 'app' });
  const all = spy();
  messages.subscribeAll(all);
  hear({ ...build, name: 'other', errors: ['no'] });
  assert.equal(updates.apply.calls.length + reporter.report.calls.length + all.calls.length, 0);
  hear({ ...build, name: 'app' });
  hear(build);
  assert.equal(updates.apply.calls.length, 2);
});

test('a bundle without a name reports all builds, and applies its own', () => {
  const { hear, reporter, updates } = setUp({ concerns: ({ name }) => name === 'own' });
  hear({ ...build, name: 'other', errors: ['no'] });
  hear({ ...build, name: 'other' });
  hear({ ...build, name: 'own' });
  assert.equal(reporter.report.calls.length, 3);
  assert.equal(updates.apply.calls.length, 1);
});

test('a page with the latest build has reached it', () => {
  const { hear, reloader } = setUp();
  hear(build);
  assert.equal(reloader.reached.calls.length, 0);
  hear({ ...build, hash: 'h1' });
  assert.deepEqual(reloader.reached.calls, [['bundle h1']]);
});

test('builds with few fields are handled', () => {
  const { hear, log, updates } = setUp();
  hear({ action: 'built' });
  hear({ action: 'built', hash: 'h3' });
  assert.deepEqual(updates.apply.calls, [['h3', {}]]);
  assert.deepEqual(log.lines, ['info bundle rebuilt in 0ms', 'info bundle rebuilt in 0ms']);
});

test('messages unknown to the original reach the subscriber, and this client handles those that it knows', () => {
  const { overlayController, hear, log, messages, reloader } = setUp();
  const some = spy();
  messages.subscribe(() => assert.fail('the next one replaces it'));
  messages.subscribe(some);
  const progress = { action: 'progress', name: 'app', percent: 3 };
  const reload = { action: 'reload', file: './x.html' };
  for (const message of [
    progress,
    reload,
    { action: 'reload' },
    { action: 'lagged', missed: 2 },
    { action: 'mine' },
    null,
    7,
  ]) {
    hear(message);
  }
  hear(build);
  assert.deepEqual(some.calls.flat(), [
    progress,
    reload,
    { action: 'reload' },
    { action: 'lagged', missed: 2 },
    { action: 'mine' },
    null,
    7,
  ]);
  assert.deepEqual(overlayController.building.calls, [['app', progress]]);
  assert.deepEqual(reloader.now.calls, [['./x.html changed'], ['the server asks for it']]);
  assert.equal(log.lines[0], 'warn 2 events were lost on the way to this page; catching up');
});

test('an observer receives all messages that concern this bundle', () => {
  const { hear, messages } = setUp();
  const all = spy();
  messages.subscribeAll(all);
  for (const message of [{ action: 'building' }, build, { action: 'mine' }]) hear(message);
  assert.deepEqual(all.calls.flat(), [{ action: 'building' }, build, { action: 'mine' }]);
});

test('an error in a handler is logged, and so is invalid JSON', () => {
  const { hear, log, messages } = setUp();
  messages.subscribe(() => {
    throw new Error('mine');
  });
  hear({ action: 'custom' });
  messages.receive('{');
  messages.receive('\u{1f493}');
  assert.match(log.lines[0], /^error A handler of this page failed Error: mine/);
  assert.match(log.lines[1], /^warn Invalid HMR message: \{\nSyntaxError/);
  assert.equal(log.lines.length, 2);
});

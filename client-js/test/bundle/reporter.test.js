import assert from 'node:assert/strict';
import test from 'node:test';
import { Reporter, reporterOf } from '../../bundle/reporter.js';
import { spy } from '../fakes.js';

function setUp(options = {}) {
  const display = { problems: spy() };
  const console = { log: spy(), group: spy(), groupEnd: spy() };
  const reporter = new Reporter(display, console, () => ({ overlayWarnings: false, quiet: false, ...options }));
  const custom = { showProblems: spy(), clear: spy() };
  return { console, custom, display, reporter, shown: display.problems.calls };
}

test('problems are written as the original writes them, and shown', () => {
  const { console, reporter, shown } = setUp();
  assert.equal(reporter.problems('errors', { name: 'app', errors: ['\x1b[31mone\x1b[39m', 'two'] }), true);
  reporter.problems('warnings', { warnings: ['hm'] });
  assert.deepEqual(console.group.calls, [
    ["%c[HMR] bundle 'app' has 2 errors", 'color: #ff0000;'],
    ['%c[HMR] bundle has 1 warnings', 'color: #999933;'],
  ]);
  assert.deepEqual(console.log.calls, [
    ['%cone\ntwo', 'color: #ff0000;'],
    ['%chm', 'color: #999933;'],
  ]);
  assert.equal(console.groupEnd.calls.length, 2);
  assert.deepEqual(shown, [['errors', 'app', ['\x1b[31mone\x1b[39m', 'two']]]);
});

test('each bundle and kind is written once until it changes or was clean', () => {
  const { console, reporter } = setUp();
  const written = () => console.group.calls.length;
  const a = { name: 'a', errors: ['x'] };
  const b = { name: 'b', errors: ['x'] };
  for (const report of [a, b, a, b]) reporter.problems('errors', report);
  assert.equal(written(), 2);
  reporter.cleanProblemsCache('a');
  for (const report of [a, b]) reporter.problems('errors', report);
  assert.equal(written(), 3);
  reporter.cleanProblemsCache();
  for (const report of [a, b]) reporter.problems('errors', report);
  assert.equal(written(), 5);
});

test('warnings are shown where that is wished, and end the errors before them anywhere', () => {
  for (const overlayWarnings of [false, true]) {
    const { reporter, shown } = setUp({ overlayWarnings });
    reporter.problems('errors', { errors: ['no'] });
    assert.equal(reporter.problems('warnings', { warnings: ['hm'] }), true, 'and an update is taken');
    const expected = [['errors', '', ['no']], ['errors', '', []]];
    if (overlayWarnings) expected.push(['warnings', '', ['hm']]);
    assert.deepEqual(shown, expected);
  }
});

test('a bundle that is mended leaves the others as they are, unless it does not say which it is', () => {
  const { reporter, shown } = setUp();
  reporter.problems('errors', { name: 'a', errors: ['x'] });
  reporter.problems('errors', { name: 'b', errors: ['y'] });
  reporter.success({ name: 'a' });
  assert.deepEqual(shown.slice(2), [['errors', 'a', []]]);
  reporter.success();
  assert.deepEqual(shown.slice(3), [['errors', 'b', []]]);
});

test('what was thrown in an update outlives the build, and goes with the next update', () => {
  const { reporter, shown } = setUp();
  reporter.thrown('app', ['mine']);
  reporter.success({ name: 'app' });
  reporter.success();
  reporter.thrown('app', []);
  assert.deepEqual(shown, [['update', 'app', ['mine']], ['update', 'app', []]]);
});

test('quiet writes nothing and shows all the same', () => {
  const { console, reporter, shown } = setUp({ quiet: true });
  reporter.problems('errors', { errors: ['no'] });
  assert.equal(console.group.calls.length, 0);
  assert.equal(shown.length, 1);
});

test('a custom overlay is shown the worst of all bundles, and cleared when nothing is left', () => {
  const { custom, reporter, shown } = setUp({ overlayWarnings: true });
  reporter.problems('errors', { name: 'before', errors: ['z'] });
  reporter.useCustomOverlay(custom);
  assert.deepEqual(shown.at(-1), ['errors', 'before', []], 'what is in the other overlay goes');
  reporter.problems('warnings', { name: 'a', warnings: ['w'] });
  reporter.problems('errors', { name: 'b', errors: ['x', 'y'] });
  reporter.success({ name: 'before' });
  reporter.success({ name: 'b' });
  assert.equal(custom.clear.calls.length, 0);
  reporter.success({ name: 'a' });
  assert.deepEqual(custom.showProblems.calls, [
    ['errors', ['z']],
    ['errors', ['z', 'x', 'y']],
    ['errors', ['x', 'y']],
    ['warnings', ['w']],
  ]);
  assert.equal(custom.clear.calls.length, 1);
  assert.equal(shown.length, 2);
});

test('a page has one reporter, whoever made it', () => {
  const window = {};
  const { reporter } = setUp();
  assert.equal(reporterOf(window, () => reporter), reporter);
  assert.equal(reporterOf(window, () => assert.fail('there is one')), reporter);
  assert.equal(window['__webpack_hot_middleware_reporter__'], reporter);
});

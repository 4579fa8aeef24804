import assert from 'node:assert/strict';
import test from 'node:test';
import { Reporter, reporterOf } from '../../bundle/reporter.js';
import { spy } from '../fakes.js';

function setUp(options = {}) {
  const overlayController = { problems: spy() };
  const console = { log: spy(), group: spy(), groupEnd: spy() };
  const view = { overlayController, options: () => ({ overlayWarnings: false, quiet: false, ...options }) };
  const reporter = new Reporter(view, console);
  const custom = { showProblems: spy(), clear: spy() };
  return { console, custom, overlayController, reporter, shown: overlayController.problems.calls };
}

test('problems are written as the original writes them, and shown', () => {
  const { console, reporter, shown } = setUp();
  reporter.report({ name: 'app', errors: ['\x1b[31mone\x1b[39m', 'two'], warnings: ['not now'] });
  reporter.report({ warnings: ['hm'] });
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
  const [a, b] = ['a', 'b'].map((name) => ({ name, errors: ['x'] }));
  for (const report of [a, b, a, b]) reporter.report(report);
  assert.equal(written(), 2);
  reporter.report({ name: 'a' });
  for (const report of [a, b]) reporter.report(report);
  assert.equal(written(), 3);
});

test('warnings are shown if the option is on, and always end earlier errors', () => {
  for (const overlayWarnings of [false, true]) {
    const { reporter, shown } = setUp({ overlayWarnings });
    reporter.report({ errors: ['no'] });
    reporter.report({ warnings: ['hm'] });
    const expected = [
      ['errors', '', ['no']],
      ['errors', '', []],
    ];
    if (overlayWarnings) expected.push(['warnings', '', ['hm']]);
    assert.deepEqual(shown, expected);
  }
});

test('a bundle that is fixed does not clear the others', () => {
  const { reporter, shown } = setUp();
  reporter.report({ name: 'a', errors: ['x'] });
  reporter.report({ name: 'b', errors: ['y'] });
  reporter.report({ name: 'a' });
  assert.deepEqual(shown.slice(2), [['errors', 'a', []]]);
});

test('the original’s clients report here too, and clear only their own problems', () => {
  const { console, reporter, shown } = setUp();
  reporter.report({ name: 'own', errors: ['x'] });
  reporter.cleanProblemsCache();
  reporter.success();
  assert.equal(shown.length, 1);
  assert.equal(reporter.problems('errors', { name: 'theirs', errors: ['y'] }), true, 'and take updates');
  reporter.success();
  assert.deepEqual(shown.slice(1), [
    ['errors', 'theirs', ['y']],
    ['errors', 'theirs', []],
  ]);
  assert.equal(console.group.calls.length, 2);
});

test('errors of an update stay until the next update', () => {
  const { reporter, shown } = setUp();
  reporter.thrown('app', ['mine']);
  reporter.report({ name: 'app' });
  reporter.thrown('app', []);
  assert.deepEqual(shown, [
    ['update', 'app', ['mine']],
    ['update', 'app', []],
  ]);
});

test('quiet silences the console, but not the overlay', () => {
  const { console, reporter, shown } = setUp({ quiet: true });
  reporter.report({ errors: ['no'] });
  assert.equal(console.group.calls.length, 0);
  assert.equal(shown.length, 1);
});

test('a custom overlay receives the most severe problems of all bundles, and is cleared after the last one', () => {
  const { custom, reporter, shown } = setUp({ overlayWarnings: true });
  reporter.report({ name: 'before', errors: ['z'] });
  reporter.useCustomOverlay(custom);
  assert.deepEqual(shown.at(-1), ['errors', 'before', []], 'the other overlay is cleared');
  reporter.report({ name: 'a', warnings: ['w'] });
  reporter.report({ name: 'b', errors: ['x', 'y'] });
  reporter.report({ name: 'before' });
  reporter.report({ name: 'b' });
  assert.equal(custom.clear.calls.length, 0);
  reporter.report({ name: 'a' });
  assert.deepEqual(custom.showProblems.calls, [
    ['errors', ['z']],
    ['errors', ['z', 'x', 'y']],
    ['errors', ['x', 'y']],
    ['warnings', ['w']],
  ]);
  assert.equal(custom.clear.calls.length, 1);
  assert.equal(shown.length, 2);
});

test('a page has one reporter', () => {
  const window = {};
  const { reporter } = setUp();
  assert.equal(
    reporterOf(window, () => reporter),
    reporter,
  );
  assert.equal(
    reporterOf(window, () => assert.fail('there is one')),
    reporter,
  );
  assert.equal(window['__webpack_hot_middleware_reporter__'], reporter);
});

test('at the original’s reporter, a bundle clears only its own problems', () => {
  const original = { problems: spy(), success: spy(), cleanProblemsCache: spy(), useCustomOverlay: spy() };
  const window = { __webpack_hot_middleware_reporter__: original };
  const guest = reporterOf(window, () => assert.fail('there is one'));
  const bad = { name: 'a', errors: ['x'] };
  guest.report({ name: 'a' });
  guest.report(bad);
  guest.report({ name: 'b', warnings: ['w'] });
  guest.report({ name: 'a' });
  guest.thrown('a', ['mine']);
  assert.equal(original.success.calls.length, 0);
  guest.report({ name: 'b' });
  assert.deepEqual([original.success.calls.length, original.cleanProblemsCache.calls.length], [1, 1]);
  assert.deepEqual(original.problems.calls, [
    ['errors', bad],
    ['warnings', { name: 'b', warnings: ['w'] }],
  ]);
  guest.useCustomOverlay('mine');
  assert.deepEqual(original.useCustomOverlay.calls, [['mine']]);
});

/** Bundles of one page by their options, each with its view; the first one makes the reporter. */
function page(...all) {
  const window = {};
  const shown = [];
  const console = { log: spy(), group: spy(), groupEnd: spy() };
  const bundles = all.map(({ overlay = true, overlayWarnings = false, quiet = false }, index) => {
    const overlayController = { problems: (...problem) => void (overlay && shown.push([index, ...problem])) };
    const view = { overlayController, options: () => ({ overlayWarnings, quiet }) };
    const reporter = reporterOf(window, () => new Reporter(view, console));
    return { report: (report) => reporter.report(report, view), thrown: (...args) => reporter.thrown(...args, view) };
  });
  return { bundles, console, shown };
}

test('the options of the first bundle do not apply to the others', () => {
  for (const [name, first, [overlay, warnings, groups]] of [
    ['overlay off', { overlay: false }, [true, true, 4]],
    ['quiet', { quiet: true }, [true, true, 2]],
    ['warnings off', { overlayWarnings: false }, [true, true, 4]],
  ]) {
    const { bundles, console, shown } = page(first, { overlayWarnings: true });
    for (const [index, bundle] of bundles.entries()) {
      bundle.report({ name: `bundle${index}`, errors: ['no'] });
      bundle.report({ name: `bundle${index}`, warnings: ['hm'] });
    }
    bundles[1].thrown('bundle1', ['thrown']);
    const ofSecond = shown.filter(([index]) => index === 1).map(([, kind, , texts]) => `${kind} ${texts}`);
    assert.equal(ofSecond.includes('errors no'), overlay, name);
    assert.equal(ofSecond.includes('warnings hm'), warnings, name);
    assert.ok(ofSecond.includes('update thrown'), name);
    assert.equal(console.group.calls.length, groups, name);
  }
});

test('a build that two bundles report is shown unless both have their overlays off', () => {
  for (const [first, second, times] of [
    [false, true, 1],
    [true, false, 1],
    [false, false, 0],
  ]) {
    const { bundles, shown } = page({ overlay: first }, { overlay: second });
    for (const bundle of bundles) bundle.report({ errors: ['no'] });
    assert.equal(shown.filter(([, kind, , texts]) => kind === 'errors' && texts[0] === 'no').length, times);
  }
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { OverlayController } from '../overlay/controller.js';
import { FakeClock, fakeLog, settle, spy } from './fakes.js';

function setUp({ overlay = true, indicator = true, make } = {}) {
  const clock = new FakeClock();
  const log = fakeLog();
  const host = { problems: spy(), indicate: spy() };
  const made = spy(make ?? (() => host));
  const overlayController = new OverlayController({ host: made, isShown: (part) => ({ overlay, indicator })[part], clock, log });
  const shown = () => host.indicate.calls.map(([text]) => text);
  return { clock, overlayController, made, log, host, shown };
}

test('the overlay is made once, with the first problem', async () => {
  const { overlayController, made, host } = setUp();
  overlayController.problems('errors', 'app', []);
  await settle();
  assert.equal(made.calls.length, 0);
  overlayController.problems('errors', 'app', ['no']);
  overlayController.problems('errors', 'app', []);
  await settle();
  assert.equal(made.calls.length, 1);
  assert.deepEqual(host.problems.calls, [
    ['errors', 'app', ['no']],
    ['errors', 'app', []],
  ]);
});

test('an overlay that can’t be made is logged, and made again for the next problem', async () => {
  let tries = 0;
  const host = { problems: spy() };
  const make = () => {
    tries += 1;
    if (tries === 1) throw new Error('gone');
    return host;
  };
  const { overlayController, log } = setUp({ make });
  overlayController.problems('errors', '', ['one']);
  await settle();
  assert.match(log.lines.join('\n'), /warn Could not show .* gone/);
  overlayController.problems('errors', '', ['two']);
  await settle();
  assert.deepEqual(host.problems.calls, [['errors', '', ['two']]]);
});

test('only a build that takes longer than 300 ms is shown', async () => {
  const { clock, overlayController, made, shown } = setUp();
  overlayController.building('');
  clock.advance(299);
  overlayController.built('');
  clock.advance(1_000);
  await settle();
  assert.equal(made.calls.length, 0);
  overlayController.building('');
  clock.advance(200);
  overlayController.building('');
  clock.advance(100);
  await settle();
  assert.deepEqual(shown(), ['Rebuilding'], 'a restart does not restart the wait');
  overlayController.built('');
  await settle();
  assert.deepEqual(shown(), ['Rebuilding', '']);
});

test('the progress of a build is shown', async () => {
  const { clock, overlayController, shown } = setUp();
  overlayController.building('app', { percent: 12.4, message: 'building' });
  clock.advance(300);
  await settle();
  overlayController.building('app', { percent: 80 });
  await settle();
  overlayController.building('app', { percent: 'most', message: 7 });
  await settle();
  assert.deepEqual(shown(), ['Rebuilding app 12 % (building)', 'Rebuilding app 80 %', 'Rebuilding app']);
});

test('the latest of several builds is shown, until the last one ends', async () => {
  const { clock, overlayController, shown } = setUp();
  overlayController.building('a');
  overlayController.building('b', { percent: 50 });
  clock.advance(300);
  await settle();
  overlayController.built('b');
  await settle();
  overlayController.built('a');
  await settle();
  assert.deepEqual(shown(), ['Rebuilding b 50 %', 'Rebuilding a', '']);
});

test('a build without a name ends with any build', async () => {
  const { clock, overlayController, shown } = setUp();
  overlayController.building('');
  clock.advance(300);
  await settle();
  overlayController.built('app');
  await settle();
  assert.deepEqual(shown(), ['Rebuilding', '']);
});

test('a lost connection clears the indicator', async () => {
  const { clock, overlayController, shown } = setUp();
  overlayController.building('a');
  overlayController.idle();
  clock.advance(1_000);
  overlayController.building('a');
  clock.advance(300);
  await settle();
  overlayController.idle();
  await settle();
  assert.deepEqual(shown(), ['Rebuilding a', '']);
});

test('an overlay or indicator that is turned off is not shown', async () => {
  const { clock, overlayController, made } = setUp({ overlay: false, indicator: false });
  overlayController.problems('errors', '', ['no']);
  overlayController.building('');
  clock.advance(1_000);
  await settle();
  assert.equal(made.calls.length, 0);
});

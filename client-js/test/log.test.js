import assert from 'node:assert/strict';
import test from 'node:test';
import { createLog, deferredConsole } from '../overlay/log.js';
import { spy } from './fakes.js';

function fakeConsole() {
  return { log: spy(), warn: spy(), error: spy(), group: spy(), groupEnd: spy() };
}

test('each level shows itself and what is above it', () => {
  for (const [level, shown] of [
    ['debug', [2, 1, 1]],
    ['info', [1, 1, 1]],
    [undefined, [1, 1, 1]],
    ['loud', [1, 1, 1]],
    ['warn', [0, 1, 1]],
    ['error', [0, 0, 1]],
    ['none', [0, 0, 0]],
  ]) {
    const console = fakeConsole();
    const log = createLog(console, () => level);
    log.debug('0');
    log.info('a');
    log.warn('b');
    log.error('c');
    assert.deepEqual([console.log, console.warn, console.error].map(({ calls }) => calls.length), shown, level);
  }
});

test('problems are one group, without colour codes', () => {
  const console = fakeConsole();
  createLog(console, () => 'info').problems('errors', 'app', ['\x1b[31mone\x1b[0m', 'two']);
  assert.deepEqual(console.group.calls, [["%c[HMR] bundle 'app' has 2 errors", 'color: #ff0000;']]);
  assert.deepEqual(console.error.calls, [['one\ntwo']]);
  assert.equal(console.groupEnd.calls.length, 1);
});

test('the same problems of a bundle are reported once, until it was clean', () => {
  const console = fakeConsole();
  const log = createLog(console, () => 'info');
  log.problems('warnings', '', ['w']);
  log.problems('warnings', '', ['w']);
  log.problems('warnings', 'other', ['w']);
  assert.deepEqual(console.group.calls.map(([line]) => line), [
    '%c[HMR] bundle has 1 warning',
    "%c[HMR] bundle 'other' has 1 warning",
  ]);
  log.clean('');
  log.problems('warnings', '', ['w']);
  assert.equal(console.group.calls.length, 3);
});

test('log lines are deferred, and all lines keep their order', () => {
  const written = [];
  const write = (method) => (line) => void written.push(`${method} ${line}`);
  const methods = ['log', 'warn', 'error', 'group', 'groupEnd'];
  const tasks = [];
  const console = deferredConsole(Object.fromEntries(methods.map((method) => [method, write(method)])), (task) => tasks.push(task));

  console.log('a');
  console.log('b');
  assert.deepEqual([written.length, tasks.length], [0, 1]);
  tasks.shift()();
  assert.deepEqual(written.splice(0), ['log a', 'log b']);

  for (const method of methods.slice(1)) {
    console.log('before');
    console[method]('now');
    assert.deepEqual(written.splice(0), ['log before', `${method} now`]);
  }
  console.log('last');
  console.flush();
  for (const task of tasks) task();
  assert.deepEqual(written, ['log last'], 'each line once');
});

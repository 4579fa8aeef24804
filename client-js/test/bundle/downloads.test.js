import assert from 'node:assert/strict';
import test from 'node:test';
import { Downloads } from '../../bundle/downloads.js';
import { spy } from '../fakes.js';

/** As much of webpack's runtime as downloads updates. */
class FakeRuntime {
  done = [];
  constructor({ manifest = async () => ({ c: ['main'] }), scripts = async () => {}, styles = async () => {} } = {}) {
    this.hmrM = manifest;
    this.hmrC = {
      jsonp: this.#kind('jsonp', scripts),
      miniCss: this.#kind('miniCss', styles),
    };
  }

  #kind(kind, fetch) {
    return (chunks, removedChunks, removedModules, promises, handlers) => {
      handlers.push((options) => {
        this.done.push(`${kind} worked out${options.ignoreUnaccepted ? ' unconditionally' : ''}`);
        return { dispose: () => this.done.push(`${kind} disposed`), apply: () => this.done.push(`${kind} applied`) };
      });
      promises.push(fetch(chunks));
    };
  }

  /** What the runtime does between `check` and `apply`, and then in `apply`. */
  async update() {
    const manifest = await this.hmrM();
    if (!manifest) return;
    const promises = [];
    const handlers = [];
    for (const download of Object.values(this.hmrC)) download(manifest.c, [], [], promises, handlers, []);
    await Promise.all(promises);
    for (const { dispose, apply } of handlers.map((handler) => handler({}))) {
      dispose?.();
      apply?.();
    }
  }
}

const broken = async () => {
  throw new Error('no net');
};

test('what can be fetched is none of its business', async () => {
  const runtime = new FakeRuntime();
  const downloads = new Downloads(runtime);
  downloads.guard();
  await runtime.update();
  assert.deepEqual(runtime.done, [
    'jsonp worked out',
    'miniCss worked out',
    'jsonp disposed',
    'jsonp applied',
    'miniCss disposed',
    'miniCss applied',
  ]);
  assert.equal(downloads.failure, undefined);
});

test('a manifest that cannot be fetched is no update to the runtime', async () => {
  const runtime = new FakeRuntime({ manifest: broken });
  const downloads = new Downloads(runtime);
  downloads.guard();
  await runtime.update();
  assert.deepEqual(runtime.done, []);
  assert.match(String(downloads.failure.error), /no net/);
});

test('scripts that cannot be fetched are forgotten by the runtime, and styles that could are applied', async () => {
  const runtime = new FakeRuntime({ scripts: broken });
  const downloads = new Downloads(runtime);
  downloads.guard();
  await runtime.update();
  assert.deepEqual(runtime.done, [
    'jsonp worked out unconditionally',
    'miniCss worked out',
    'miniCss disposed',
    'miniCss applied',
  ]);
  assert.match(String(downloads.failure.error), /no net/);
});

test('without its styles an update is not applied: nobody would ask for them again', async () => {
  const runtime = new FakeRuntime({ styles: broken });
  const downloads = new Downloads(runtime);
  downloads.guard();
  await runtime.update();
  assert.deepEqual(runtime.done, ['jsonp worked out unconditionally', 'miniCss worked out unconditionally']);
});

test('each guard begins anew, and guards once', async () => {
  const scripts = spy(async () => {});
  let isDown = true;
  const runtime = new FakeRuntime({ scripts, styles: () => (isDown ? broken() : Promise.resolve()) });
  const downloads = new Downloads(runtime);
  downloads.guard();
  await runtime.update();
  isDown = false;
  const { jsonp } = runtime.hmrC;
  downloads.guard();
  assert.equal(runtime.hmrC.jsonp, jsonp);
  assert.equal(downloads.failure, undefined);
  runtime.done.length = 0;
  await runtime.update();
  assert.equal(runtime.done.at(-1), 'miniCss applied');
  assert.equal(scripts.calls.length, 2);
});

test('a part of the runtime that an update brought anew is guarded too', async () => {
  const runtime = new FakeRuntime();
  const downloads = new Downloads(runtime);
  downloads.guard();
  runtime.hmrC.jsonp = new FakeRuntime({ scripts: broken }).hmrC.jsonp;
  downloads.guard();
  await runtime.update();
  assert.match(String(downloads.failure.error), /no net/);
});

test('a runtime that downloads otherwise is left alone', () => {
  const runtime = {};
  const downloads = new Downloads(runtime);
  downloads.guard();
  assert.deepEqual(runtime, {});
  assert.equal(downloads.failure, undefined);
});

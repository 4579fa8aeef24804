import assert from 'node:assert/strict';
import test from 'node:test';
import { checkSafely } from '../../bundle/downloads.js';

/** The part of webpack's runtime that downloads updates. */
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

  check = async () => {
    this.handlers = [];
    const manifest = await this.hmrM();
    if (!manifest) return null;
    const promises = [];
    for (const download of Object.values(this.hmrC)) download(manifest.c, [], [], promises, this.handlers, []);
    await Promise.all(promises);
    return ['./a.js'];
  };

  apply() {
    for (const { dispose, apply } of this.handlers.map((handler) => handler({}))) {
      dispose?.();
      apply?.();
    }
  }

  /** Both, and what came of the first. */
  async update() {
    const checked = await checkSafely(this, this.check);
    this.apply();
    return checked;
  }
}

const broken = async () => {
  throw new Error('no net');
};

test('downloads that succeed are left alone', async () => {
  const runtime = new FakeRuntime();
  assert.deepEqual(await runtime.update(), { updated: ['./a.js'] });
  assert.deepEqual(runtime.done, [
    'jsonp worked out',
    'miniCss worked out',
    'jsonp disposed',
    'jsonp applied',
    'miniCss disposed',
    'miniCss applied',
  ]);
});

test('the runtime treats a manifest that cannot be fetched as no update', async () => {
  const runtime = new FakeRuntime({ manifest: broken });
  const { updated, failure } = await runtime.update();
  assert.equal(updated, null);
  assert.match(String(failure.error), /no net/);
  assert.deepEqual(runtime.done, []);
});

test('the runtime forgets scripts that cannot be fetched, and applies styles that can', async () => {
  const runtime = new FakeRuntime({ scripts: broken });
  const { updated, failure } = await runtime.update();
  assert.deepEqual(updated, ['./a.js'], 'it continues as if all had been fetched');
  assert.match(String(failure.error), /no net/);
  assert.deepEqual(runtime.done, [
    'jsonp worked out unconditionally',
    'miniCss worked out',
    'miniCss disposed',
    'miniCss applied',
  ]);
});

test('an update without its styles is not applied, because no later one would fetch them', async () => {
  const runtime = new FakeRuntime({ styles: broken });
  await runtime.update();
  assert.deepEqual(runtime.done, ['jsonp worked out unconditionally', 'miniCss worked out unconditionally']);
});

test('an update with a chunk that the page has not loaded is marked', async () => {
  const runtime = new FakeRuntime({ manifest: async () => ({ c: ['main', 'later'] }) });
  assert.deepEqual(await runtime.update(), { updated: ['./a.js'], isForLater: true });
});

test('the next check starts over', async () => {
  let isDown = true;
  const runtime = new FakeRuntime({ styles: () => (isDown ? broken() : Promise.resolve()) });
  await runtime.update();
  isDown = false;
  runtime.done.length = 0;
  assert.deepEqual(await runtime.update(), { updated: ['./a.js'] });
  assert.equal(runtime.done.at(-1), 'miniCss applied');
});

test('the runtime is restored afterwards', async () => {
  for (const how of [{}, { manifest: broken }, { scripts: broken }]) {
    const runtime = new FakeRuntime(how);
    const before = { hmrM: runtime.hmrM, ...runtime.hmrC };
    await runtime.update();
    assert.deepEqual({ hmrM: runtime.hmrM, ...runtime.hmrC }, before);
  }
  const runtime = new FakeRuntime();
  const { hmrM } = runtime;
  await assert.rejects(checkSafely(runtime, broken), /no net/);
  assert.equal(runtime.hmrM, hmrM);
});

test('a runtime with other downloads is left alone', async () => {
  const runtime = {};
  assert.deepEqual(await checkSafely(runtime, async () => null), { updated: null });
  assert.deepEqual(runtime, {});
});

test('a manifest or chunk that never arrives counts as failed', async () => {
  const never = () => new Promise(() => {});
  for (const [name, parts] of [
    ['manifest', { manifest: never }],
    ['chunk', { scripts: never }],
  ]) {
    const runtime = new FakeRuntime(parts);
    const limit = (step, promise) => Promise.race([promise, new Promise((_, reject) => setImmediate(() => reject(new Error(step))))]);
    const { failure } = await checkSafely(runtime, runtime.check, limit);
    assert.match(failure.error.message, new RegExp(name), name);
    runtime.done = [];
    if (name === 'chunk') runtime.apply();
    assert.ok(!runtime.done.some((step) => step.endsWith('jsonp applied')), name);
  }
});

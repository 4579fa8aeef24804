import assert from 'node:assert/strict';
import test from 'node:test';
import { OwnRequests } from '../update/document-request.js';

test('a violation is the client’s own from the start of a request until shortly after its end', async () => {
  let now = 100;
  const own = new OwnRequests({ now: () => now });
  assert.equal(own.isParsing(100), false);
  let end = () => {};
  const request = own.during(new Promise((resolve) => (end = resolve)));
  now = 5_000;
  assert.deepEqual([99, 100, 9_000].map((time) => own.isParsing(time)), [false, true, true]);
  end('answer');
  assert.equal(await request, 'answer');
  assert.deepEqual([99, 5_200, 5_201].map((time) => own.isParsing(time)), [false, true, false]);
  await assert.rejects(own.during(Promise.reject(new Error('none'))), /none/);
  for (let n = 0; n < 100; n += 1) {
    now += 1_000;
    await own.during(Promise.resolve());
  }
  assert.deepEqual([own.isParsing(5_000), own.isParsing(now)], [false, true]);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { Bundles } from '../update/bundles.js';

const FILES = { '/a.css': 'a1', '/b.js': 'b1' };
const built = (previous, hash, changes, more) => ({ action: 'built', name: '', previous, hash, changes, ...more });
const sync = (hash, more) => ({ action: 'sync', name: '', hash, ...more });
const CURRENT = { kind: 'current' };
const changed = (...changes) => ({ kind: 'changed', changes });

/** A page made from h1, which knows its files. */
function page() {
  const bundles = new Bundles({ '': 'h1' });
  assert.deepEqual(bundles.receive(sync('h1', { files: FILES })), CURRENT);
  return bundles;
}

test('a page without a hash adopts the first one that it receives', () => {
  const bundles = new Bundles({});
  assert.deepEqual(bundles.receive(sync('h1', { files: FILES })), CURRENT);
  assert.deepEqual(bundles.hashes(), ['h1']);
  const change = { id: '/a.css', version: 'a2', text: 'x' };
  assert.deepEqual(bundles.receive(built('h1', 'h2', [change])), changed(change));
});

test('an event without a hash changes nothing', () => {
  assert.deepEqual(page().receive({ action: 'built' }), CURRENT);
});

test('changes since the last event are applied once', () => {
  const bundles = page();
  const event = built('h1', 'h2', [{ id: '/a.css', version: 'a2' }]);
  assert.deepEqual(bundles.receive(event), changed({ id: '/a.css', version: 'a2' }));
  assert.deepEqual(bundles.receive(event), CURRENT);
  assert.deepEqual(bundles.hashes(), ['h2']);
});

test('a new connection receives the changes since its page', () => {
  const bundles = new Bundles({ '': 'h1' });
  const changes = [{ id: '/gone.css' }, { id: '/a.css', version: 'a2' }];
  assert.deepEqual(bundles.receive(sync('h3', { since: 'h1', changes })), changed(...changes));
});

test('a change to the version that the page has is ignored', () => {
  const bundles = page();
  assert.deepEqual(bundles.receive(built('h1', 'h2', [{ id: '/a.css', version: 'a1' }])), CURRENT);
  assert.deepEqual(bundles.hashes(), ['h2']);
});

test('changes are computed from the files when the event has none', () => {
  const bundles = page();
  const verdict = bundles.receive(sync('h9', { files: { '/a.css': 'a1', '/b.js': 'b2', '/c.js': 'c1' } }));
  assert.deepEqual(verdict, changed({ id: '/b.js', version: 'b2' }, { id: '/c.js', version: 'c1' }));
  assert.deepEqual(bundles.receive(sync('h10', { files: { '/c.js': 'c1' } })), changed({ id: '/a.css' }, { id: '/b.js' }));
});

test('files are kept up to date by changes', () => {
  const bundles = page();
  bundles.receive(built('h1', 'h2', [{ id: '/a.css', version: 'a2' }, { id: '/b.js' }]));
  assert.deepEqual(bundles.receive(sync('h3', { files: { '/a.css': 'a2', '/d': 'd1' } })), changed({ id: '/d', version: 'd1' }));
});

test('a file called __proto__ is a file', () => {
  const bundles = new Bundles({ '': 'h1' });
  bundles.receive(sync('h1', { files: JSON.parse('{"__proto__":"p1"}') }));
  assert.deepEqual(
    bundles.receive(sync('h2', { files: JSON.parse('{"__proto__":"p2"}') })),
    changed({ id: '__proto__', version: 'p2' }),
  );
});

test('an event without changes or files is unknown', () => {
  assert.deepEqual(new Bundles({ '': 'h1' }).receive(sync('h2')), { kind: 'unknown' });
  assert.deepEqual(page().receive(built('h1', 'h2', undefined)), { kind: 'unknown' });
});

test('files from before an unknown event are not compared', () => {
  const bundles = page();
  bundles.receive(sync('h2'));
  assert.deepEqual(bundles.receive(sync('h3', { files: FILES })), { kind: 'unknown' });
});

test('a gap in the events is asked about once for each answer', () => {
  const bundles = new Bundles({ '': 'h1' });
  const gap = built('h5', 'h6', [{ id: '/a.css', version: 'a6' }]);
  assert.deepEqual(bundles.receive(gap), { kind: 'ask' });
  assert.deepEqual(bundles.hashes(), ['h1']);
  const answer = sync('h6', { since: 'h1', changes: [{ id: '/b.js', version: 'b6' }] });
  assert.deepEqual(bundles.receive(answer), changed({ id: '/b.js', version: 'b6' }));

  assert.deepEqual(bundles.receive(built('h7', 'h8', [])), { kind: 'ask' });
  assert.deepEqual(bundles.receive(sync('h8', { since: 'h0', changes: [] })), { kind: 'unknown' }, 'no second question');
});

test('a failed build holds its changes until a clean one', () => {
  const bundles = page();
  assert.deepEqual(bundles.receive(built('h1', 'h2', [{ id: '/a.css', version: 'a2' }], { errors: ['x'] })), { kind: 'held' });
  assert.deepEqual(bundles.hashes(), ['h1'], 'the page still shows the old one');
  assert.deepEqual(
    bundles.receive(built('h2', 'h3', [{ id: '/b.js', version: 'b2' }])),
    changed({ id: '/a.css', version: 'a2' }, { id: '/b.js', version: 'b2' }),
  );
});

test('a clean build without further changes applies the held ones', () => {
  const bundles = page();
  bundles.receive(built('h1', 'h2', [{ id: '/a.css', version: 'a2' }], { errors: ['x'] }));
  assert.deepEqual(bundles.receive(sync('h2')), changed({ id: '/a.css', version: 'a2' }));
});

test('a failed build that is reverted leaves no changes', () => {
  const bundles = page();
  bundles.receive(built('h1', 'h2', [{ id: '/a.css', version: 'a2' }], { errors: ['x'] }));
  assert.deepEqual(bundles.receive(built('h2', 'h1', [{ id: '/a.css', version: 'a1' }])), CURRENT);
  assert.deepEqual(bundles.receive(built('h1', 'h4', [{ id: '/b.js', version: 'b4' }])), changed({ id: '/b.js', version: 'b4' }));
});

test('a held change that is reverted is not applied', () => {
  const bundles = page();
  bundles.receive(built('h1', 'h2', [{ id: '/a.css', version: 'a2' }], { errors: ['x'] }));
  const changes = [{ id: '/a.css', version: 'a1' }, { id: '/b.js', version: 'b3' }];
  assert.deepEqual(bundles.receive(built('h2', 'h3', changes)), changed({ id: '/b.js', version: 'b3' }));
});

test('changes since the page’s own hash replace the held ones', () => {
  const bundles = page();
  bundles.receive(built('h1', 'h2', [{ id: '/a.css', version: 'a2' }], { errors: ['x'] }));
  const answer = sync('h3', { since: 'h1', changes: [{ id: '/b.js', version: 'b3' }] });
  assert.deepEqual(bundles.receive(answer), changed({ id: '/b.js', version: 'b3' }));
  assert.deepEqual(bundles.receive(built('h3', 'h4', [{ id: '/a.css', version: 'a1' }])), CURRENT, 'it is the first version again');
});

test('an unknown state stays unknown after a failed build', () => {
  const bundles = page();
  assert.deepEqual(bundles.receive(sync('h2', { errors: ['x'] })), { kind: 'held' });
  assert.deepEqual(bundles.receive(built('h2', 'h3', [{ id: '/a.css', version: 'a3' }])), { kind: 'unknown' });
});

test('bundles do not affect each other', () => {
  const bundles = new Bundles({ one: 'h', two: 'h' });
  bundles.receive({ ...built('h', 'i', [{ id: '/a', version: '1' }]), name: 'one' });
  assert.deepEqual(bundles.hashes(), ['i', 'h'], 'the latest build is first');
  assert.deepEqual(bundles.targets(), ['hash two h', 'hash one i'], 'the latest build is last');
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { Identity } from '../../bundle/identity.js';
import { FakeClock } from '../fakes.js';

function setUp({ name = '', hash = 'own' } = {}) {
  const clock = new FakeClock();
  const page = { hash };
  return {
    clock,
    page,
    identity: new Identity(
      () => name,
      () => page.hash,
      clock.now,
    ),
  };
}

test('until the bundle is known, every build may be its own', () => {
  const { identity } = setUp();
  assert.equal(identity.concerns({ name: 'a', hash: 'x' }), true);
  assert.equal(identity.concerns({ name: 'b', hash: 'y' }), true);
  assert.equal(identity.concerns({ hash: 'z' }), true);
});

test('the name that comes with this bundle’s hash is its own, and stays so', () => {
  const { identity, page } = setUp();
  assert.equal(identity.concerns({ name: 'b', hash: 'own' }), true);
  assert.equal(identity.concerns({ name: 'a', hash: 'x' }), false);
  assert.equal(identity.concerns({ hash: 'x' }), false);
  page.hash = 'later';
  assert.equal(identity.concerns({ name: 'b', hash: 'other' }), true);
  assert.equal(identity.concerns({ name: 'a', hash: 'x' }), false);
});

test('a bundle with a name ignores builds with another', () => {
  const { identity } = setUp({ name: 'app' });
  assert.equal(identity.concerns({ name: 'files', hash: 'x' }), false);
  assert.equal(identity.concerns({ hash: 'x' }), true, 'a server may send no names');
  assert.equal(identity.concerns({ name: 'app', hash: 'y' }), true);
  assert.equal(identity.concerns({ hash: 'x' }), false, 'this one does');

  const other = setUp({ name: 'app' }).identity;
  assert.equal(other.concerns({ hash: 'own' }), true);
  assert.equal(other.concerns({ name: 'app', hash: 'x' }), true);
});

test('an outdated page recognises its bundle by the hash after its update', () => {
  const { identity, page } = setUp();
  identity.concerns({ name: 'app', hash: 'next' });
  identity.concerns({ name: 'server', hash: 'x' });
  page.hash = 'next';
  assert.equal(identity.concerns({ name: 'server', hash: 'y' }), false);
  assert.equal(identity.concerns({ name: 'app', hash: 'z' }), true);
});

test('a given name decides, even if another bundle has the same hash', () => {
  const { identity } = setUp({ name: 'app' });
  identity.concerns({ name: 'app', hash: 'own' });
  identity.concerns({ name: 'copy', hash: 'own' });
  assert.equal(identity.concerns({ name: 'app', hash: 'next' }), true);
});

test('without names, a build that is reported together with this bundle’s hash is another’s', () => {
  const { clock, identity, page } = setUp();
  identity.concerns({ hash: 'own' });
  identity.concerns({ hash: 'sibling' });
  assert.equal(identity.isOthers('sibling'), true);
  clock.advance(60_000);
  identity.concerns({ hash: 'later' });
  assert.equal(identity.isOthers('later'), false, 'its own is too long ago');
  identity.concerns({ hash: 'own' });
  assert.equal(identity.isOthers('later'), true, 'now its own is reported after the other one');
  page.hash = 'next';
  assert.equal(identity.isOthers('later'), false);
});

test('events before a lost connection are ignored', () => {
  const { identity } = setUp();
  identity.concerns({ hash: 'own' });
  identity.lost();
  identity.concerns({ hash: 'next' });
  assert.equal(identity.isOthers('next'), false);
});

test('a build that was reported before this bundle’s own is another’s once that is known', () => {
  const { identity } = setUp();
  identity.concerns({ name: 'server', hash: 'x' });
  assert.equal(identity.isOthers('x'), false, 'it may be this bundle’s, which has not been reported yet');
  identity.concerns({ name: 'app', hash: 'own' });
  assert.equal(identity.isOthers('x'), true);

  const unnamed = setUp().identity;
  unnamed.concerns({ name: 'server', hash: 'x' });
  unnamed.concerns({ hash: 'own' });
  assert.equal(unnamed.isOthers('x'), true);
});

test('a build’s name decides', () => {
  const { identity } = setUp();
  identity.concerns({ name: 'app', hash: 'own' });
  identity.concerns({ name: 'app', hash: 'next' });
  assert.equal(identity.isOthers('next'), false);
});

test('the memory is bounded', () => {
  const { identity } = setUp();
  identity.concerns({ hash: 'own' });
  for (let n = 0; n < 100; n += 1) identity.concerns({ hash: `h${n}` });
  assert.equal(identity.isOthers('h99'), false, 'the oldest, its own, is forgotten');
});

test('without the bundler’s word, a build is for another’s sake beside a new one of that, and not beside what the page had', () => {
  let now = 0;
  const identity = new Identity(() => 'a', () => 'own', () => now);
  identity.concerns({ name: 'a', hash: 'own' });
  identity.concerns({ name: 'a', hash: 'next' });
  assert.equal(identity.isForAnother('next', 'own'), false);
  identity.note({ name: 'b', hash: 'other' });
  assert.equal(identity.isForAnother('next', 'own'), true);
  now = 5_000;
  identity.concerns({ name: 'a', hash: 'later' });
  identity.note({ name: 'b', hash: 'other' });
  assert.equal(identity.isForAnother('later', 'next'), false, 'a server may report the state of all with each build');
});

test('the bundler’s word decides whether a build is for another’s sake', () => {
  const identity = new Identity(() => 'a', () => 'own', () => 0);
  identity.concerns({ name: 'a', hash: 'own' });
  identity.concerns({ name: 'b', hash: 'other' });
  identity.concerns({ name: 'a', hash: 'template', unmodified: false });
  assert.equal(identity.isForAnother('template', 'own'), false);
  identity.concerns({ name: 'a', hash: 'again', unmodified: true });
  identity.concerns({ name: 'a', hash: 'again' });
  assert.equal(identity.isForAnother('again', 'template'), true, 'also after a `sync` without it');
});

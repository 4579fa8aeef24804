import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UpdateEvents } from '../update/update-events.js';
import { fakeLog } from './fakes.js';

test('htmx processes new elements, and those whose attributes changed by force', () => {
  const processed = [];
  const dispatched = [];
  const window = {
    CustomEvent: class {
      constructor(type) {
        this.type = type;
      }
    },
    document: { dispatchEvent: ({ type }) => dispatched.push([type, processed.length]) },
    htmx: {
      process(element, force) {
        processed.push([element, force]);
        if (element === 'bad') throw new Error('bad');
      },
    },
  };
  const log = fakeLog();
  new UpdateEvents(window, log).after({ reason: 'a', changes: 3, added: ['new', 'bad'], changed: ['b'] }, ['b']);
  assert.deepEqual(processed, [['new', false], ['bad', false], ['b', true]]);
  assert.deepEqual(dispatched, [['hot:after-update', 3]]);
  assert.equal(log.lines.length, 1);
});

import { afterEach, describe, expect, it } from '@jest/globals';

import type { Resource } from '../../lib/index.js';
import { openSync, type SyncReader } from '../../lib/sync.js';
import { bytes } from '../support/bytes.js';
import { closeAll, open } from '../support/resources.js';
import { withChange } from '../support/with-change.js';

afterEach(closeAll);

const RANGES = 300;

/** Writes ranges of 1 byte, 10 bytes apart, from number `first` on. */
function writeRanges(resource: Resource, first: number, last: number): void {
  for (let index = first; index < last; index += 1) resource.writeAt(10 * index, bytes(1));
}

const LONG = 'x'.repeat(2000);

/** What takes many more pages than there were, and how it is seen. */
const questions: [string, (resource: Resource) => void, (view: Resource | SyncReader) => unknown][] = [
  [
    'all ranges',
    (resource) => {
      writeRanges(resource, 3, RANGES);
    },
    ({ coverage }) => coverage.toArray(),
  ],
  [
    'the identity',
    (resource) => {
      resource.identity = LONG;
    },
    ({ identity }) => identity,
  ],
  [
    'the reason of a failure',
    (resource) => {
      resource.fail(LONG);
    },
    ({ status }) => status,
  ],
];

describe('a reader in the midst of whose read the control block grows', () => {
  it.each(questions)('answers by one state, then and later: %s', (_, change, ask) => {
    let reached = true;
    // In front of each access at first, then of some: a snapshot makes a thousand.
    for (let accesses = 0; reached; accesses += accesses < 50 ? 1 : 17) {
      const resource = open();
      writeRanges(resource, 0, 3);
      const reader = openSync(resource.createPort().handle);
      const before = ask(resource);
      const read = withChange(
        accesses,
        () => {
          change(resource);
        },
        () => ask(reader),
      );
      ({ reached } = read);
      const after = ask(resource);
      expect([accesses, [before, after]]).toEqual([accesses, expect.arrayContaining([read.value])]);
      expect([accesses, ask(reader)]).toEqual([accesses, after]);
      resource.close();
    }
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';

import { type ByteRange, registerAttachment } from '../../lib/index.js';
import { openSync } from '../../lib/sync.js';
import { attachEvicting, EVICTING_KIND, EvictingDriver } from '../support/evicting-driver.js';
import { range } from '../support/range.js';
import { closeAll, open } from '../support/resources.js';
import { withChange } from '../support/with-change.js';

/** Reaches over two blocks of stamps. */
const LENGTH = 128 * 1024;
/** The content `[MEMORY, MEMORY + LENGTH)` has the places of `[0, LENGTH)`. */
const MEMORY = 2 ** 20;
const OWN = 1;
const FOREIGN = 2;

registerAttachment(EVICTING_KIND, attachEvicting);
afterEach(closeAll);

describe('a reader that remembers that bytes are there', () => {
  const first = range(0, LENGTH / 2);
  const second = range(LENGTH / 2, LENGTH);

  it.each<[string, ByteRange]>([
    ['all of them go', range(0, LENGTH)],
    ['those of the first block go', first],
    ['those of the second block go', second],
  ])('copies no others in their place, whichever access comes first after the change: %s', (_, gone) => {
    let reached = true;
    let accesses = 0;
    for (; reached; accesses += 1) {
      const driver = new EvictingDriver(MEMORY);
      const resource = open({}, driver);
      const reader = openSync(resource.createPort().handle);
      resource.writeAt(0, new Uint8Array(LENGTH).fill(OWN));
      const target = new Uint8Array(LENGTH);
      expect(reader.has(range(0, LENGTH))).toBe(true);
      expect(reader.readAt(0, target)).toBe(LENGTH);
      target.fill(0);
      const read = withChange(
        accesses,
        () => {
          resource.evict(gone);
          resource.writeAt(MEMORY + gone.start, new Uint8Array(gone.end - gone.start).fill(FOREIGN));
        },
        () => reader.readAt(0, target),
      );
      ({ reached } = read);
      expect([accesses, [0, gone.start, LENGTH]]).toEqual([accesses, expect.arrayContaining([read.value])]);
      expect([accesses, target.subarray(0, read.value).findIndex((byte) => byte !== OWN)]).toEqual([accesses, -1]);
      expect(reader.readAt(0, target)).toBe(reached ? gone.start : LENGTH);
    }
    // The generation, two stamps, the sequence number and the epoch; after the copy the generation
    // and the two stamps.
    expect(accesses).toBeGreaterThan(8);
  });

  it.each<[string, number]>([
    ['in the tree', 1],
    ['in a snapshot', 200],
  ])('copies no others in their place after they went between two reads, found %s', (_, lookups) => {
    const resource = open({}, new EvictingDriver(MEMORY));
    const reader = openSync(resource.createPort().handle);
    resource.writeAt(0, new Uint8Array(100).fill(OWN));
    resource.writeAt(200, new Uint8Array(100).fill(OWN));
    // By turns, so that the place that is remembered answers none.
    for (let lookup = 0; lookup < lookups; lookup += 1)
      expect(reader.has(range((lookup % 2) * 200, 250))).toBe(lookup % 2 === 1);
    expect(reader.has(range(0, 100))).toBe(true);
    // The driver overwrites them. Nothing else tells of it: no write comes behind.
    resource.evict(range(40, 60));
    const target = new Uint8Array(100);
    expect(reader.readAt(0, target)).toBe(40);
    expect(target).toEqual(new Uint8Array(100).fill(OWN, 0, 40));
    expect(reader.has(range(0, 41))).toBe(false);
    expect(reader.nextGap(0, 100)).toEqual(range(40, 60));
    expect(reader.has(range(60, 100))).toBe(true);
  });
});

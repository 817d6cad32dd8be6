import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compareUrgency } from '../../lib/waits/urgency.js';
import { UrgentWaits } from '../../lib/window/urgent-waits.js';

/** A wait of 10 bytes. */
function waitFor(start: number, order: number, neededBy?: number): Parameters<UrgentWaits['add']>[0] & Ended {
  return { start, end: start + 10, passive: false, order, neededBy, subscriber: { closed: false } };
}

interface Ended {
  readonly subscriber: { closed: boolean };
}

/** Start and end of each. */
function bounds(needed: ReturnType<UrgentWaits['mostUrgent']>): [number, number][] {
  return needed.map(({ start, end }) => [start, end]);
}

describe('the most urgent waits', () => {
  it('are the first of all that have not ended, in the order of urgency', () => {
    const step = fc.record({
      neededBy: fc.option(fc.nat(5), { nil: undefined }),
      end: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(500), (steps, length) => {
        const waits = new UrgentWaits(1);
        const all: ReturnType<typeof waitFor>[] = [];
        for (const [index, { neededBy, end }] of steps.entries()) {
          const wait = waitFor(100 * index, index, neededBy);
          waits.add(wait);
          all.push(wait);
          const ended = end === undefined ? undefined : all[end % all.length];
          if (ended !== undefined) ended.subscriber.closed = true;
          const left = all.filter(({ subscriber }) => !subscriber.closed).sort(compareUrgency);
          const first = left.slice(0, Math.ceil(length / 10));
          expect(bounds(waits.mostUrgent(length))).toEqual(bounds(first));
        }
      }),
    );
  });

  it('in one block need it once, and are one', () => {
    const waits = new UrgentWaits(100);
    for (const [order, start] of [120, 180, 100, 195, 0, 300, 400].entries()) waits.add(waitFor(start, order));
    expect(bounds(waits.mostUrgent(100))).toEqual([[100, 190]]);
    expect(bounds(waits.mostUrgent(101))).toEqual([
      [100, 190],
      [195, 205],
    ]);
    expect(bounds(waits.mostUrgent(400))).toEqual([
      [100, 190],
      [195, 205],
      [0, 10],
    ]);
  });

  it('are few, however many wait in the blocks that are kept', () => {
    const waits = new UrgentWaits(2 ** 16);
    for (let order = 0; order < 10_000; order += 1) waits.add(waitFor(1000 * order, order));
    expect(waits.mostUrgent(2 ** 19).length).toBeLessThanOrEqual(8);
  });
});

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

describe('the most urgent waits', () => {
  it('are the first of all that have not ended, in the order of urgency', () => {
    const step = fc.record({
      neededBy: fc.option(fc.nat(5), { nil: undefined }),
      end: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(500), (steps, length) => {
        const waits = new UrgentWaits();
        const all: ReturnType<typeof waitFor>[] = [];
        for (const [index, { neededBy, end }] of steps.entries()) {
          const wait = waitFor(100 * index, index, neededBy);
          waits.add(wait);
          all.push(wait);
          const ended = end === undefined ? undefined : all[end % all.length];
          if (ended !== undefined) ended.subscriber.closed = true;
          const left = all.filter(({ subscriber }) => !subscriber.closed).sort(compareUrgency);
          expect(waits.mostUrgent(length)).toEqual(left.slice(0, Math.max(1, Math.ceil(length / 10))));
        }
      }),
    );
  });

  it('that want the same need it once', () => {
    const waits = new UrgentWaits();
    for (const [order, start] of [0, 0, 0, 50, 90].entries()) waits.add(waitFor(start, order));
    expect(waits.mostUrgent(20).map(({ start }) => start)).toEqual([0, 0, 0, 50]);
  });
});

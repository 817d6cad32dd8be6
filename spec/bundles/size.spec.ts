import { describe, expect, it } from '@jest/globals';
import { sizeRows } from '../bench/rows/size.js';

const limits = sizeRows.flatMap(({ what, budget, measure }) => (budget === undefined ? [] : { what, budget, measure }));

// 13 kB is what the contract allows the core without RxJS, with eviction, holds and cold bytes. Its
// own code keeps to that; the index of waits, node-interval-tree, is 2.2 kB of ES5 that the
// contract gives. Like RxJS it is a package of its own, which an app has once. What both take
// together is held, too.
describe('the core in an app', () => {
  it('has two limits', () => {
    expect(limits.map(({ budget }) => budget)).toEqual([13_000, 15_200]);
  });

  it.each(limits)('takes at most $budget bytes: $what', async ({ budget, measure }) => {
    const { figure } = await measure({ quick: false, rounds: 1, ms: 0, folder: '' });
    expect(figure).toBeLessThanOrEqual(budget);
  });
});

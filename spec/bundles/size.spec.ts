import { describe, expect, test } from '@jest/globals';
import { sizeRows } from '../bench/rows/size.js';

const limits = sizeRows.flatMap(({ what, budget, measure }) => (budget === undefined ? [] : { what, budget, measure }));

// 12 kB is what the contract allows the core without RxJS. Its own code keeps to that; the index of waits, node-interval-tree, is 2.2 kB
// of ES5 that the contract gives. Like RxJS it is a package of its own, which an app has once. What both take together is held, too.
describe('the core in an app', () => {
  test('has two limits', () => {
    expect(limits.map(({ budget }) => budget)).toEqual([12_000, 13_500]);
  });

  test.each(limits)('$what: at most $budget bytes', async ({ budget, measure }) => {
    const { figure } = await measure({ quick: false, rounds: 1, ms: 0, folder: '' });
    expect(figure).toBeLessThanOrEqual(budget);
  });
});

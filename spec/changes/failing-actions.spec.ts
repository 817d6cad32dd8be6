import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';

interface Told {
  readonly coverage: number[];
  readonly ofReader: number[];
  readonly demand: number[][];
  readonly failures: string[];
}

describe('an action of asapScheduler that throws', () => {
  it('silences neither coverage$ nor demand$, not in its turn nor later', async () => {
    const worker = new Worker(new URL('./fixtures/failing-asap-actions.js', import.meta.url));
    try {
      const [told] = (await once(worker, 'message')) as [Told];
      expect(told.failures).toHaveLength(6);
      expect(told.coverage).toEqual([0, 4, 8, 12]);
      expect(told.ofReader.at(-1)).toBe(12);
      expect(told.demand).toEqual([[], [100], [100, 104], [100, 104, 108]]);
    } finally {
      await worker.terminate();
    }
  });
});

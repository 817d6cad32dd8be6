import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';

const RUNS = 3 * Number(process.env.FUZZ_RUNS ?? 100);
/** In milliseconds; one takes about one. */
const STUCK = 10_000;

describe('readers of shared memory that was spoilt, or made by hand', () => {
  it('return, or throw an error of ours, whatever the memory says', async () => {
    const from = Math.floor(Math.random() * 1e6);
    const worker = new Worker(new URL('./damaged-memory.js', import.meta.url));
    try {
      const wrong = await new Promise<string[]>((resolve, reject) => {
        let seed = from;
        const isStuck = (): void => {
          reject(new Error(`A call does not return with seed ${seed}.`));
        };
        let timer = setTimeout(isStuck, STUCK);
        worker.on('error', reject);
        worker.on('message', (message: { seed?: number; wrong?: string[] }) => {
          clearTimeout(timer);
          seed = message.seed ?? seed;
          if (message.wrong !== undefined) resolve(message.wrong);
          else timer = setTimeout(isStuck, STUCK);
        });
        worker.postMessage([from, from + RUNS]);
      });
      expect(wrong).toEqual([]);
    } finally {
      await worker.terminate();
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { rounds } from '../run/rounds.js';
import { runRandomly } from './random-store.js';

const OPERATIONS = rounds(1_000_000, 6000);
/** After so many a store and its model are made anew. */
const MOST = 100_000;

describe('a store in memory', () => {
  it(`does in ${OPERATIONS} random operations what its model does`, async () => {
    for (let done = 0; done < OPERATIONS; done += MOST) {
      await expect(runRandomly(Math.min(MOST, OPERATIONS - done), 1001 + done / MOST)).resolves.toBeUndefined();
    }
  }, 1_800_000);
});

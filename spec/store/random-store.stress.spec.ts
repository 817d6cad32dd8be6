import { describe, expect, it } from '@jest/globals';
import { rounds } from '../run/rounds.js';
import { runRandomly } from './random-store.js';

const OPERATIONS = rounds(1_000_000, 6000);
/** After so many a store and its model are made anew, with another seed. */
const OF_EACH = rounds(100_000, 2000);

describe('a store in memory', () => {
  it(`does in ${OPERATIONS} random operations what its model does`, async () => {
    for (let seed = 1; seed * OF_EACH <= OPERATIONS; seed++) {
      await expect(runRandomly(OF_EACH, 1000 + seed)).resolves.toBeUndefined();
    }
  }, 1_800_000);
});

import { describe, expect, it } from '@jest/globals';
import { runRandomly } from './random-store.js';

const OPERATIONS = Number(process.env.STORE_OPERATIONS ?? 1_000_000);
/** A store is made anew after so many. */
const OPERATIONS_OF_ONE = 100_000;

describe('a store in memory', () => {
  it(`does in ${OPERATIONS} random operations what its model does`, async () => {
    for (let seed = 1; seed <= OPERATIONS / OPERATIONS_OF_ONE; seed++) {
      await expect(runRandomly(OPERATIONS_OF_ONE, 1000 + seed)).resolves.toBeUndefined();
    }
  }, 1_800_000);
});

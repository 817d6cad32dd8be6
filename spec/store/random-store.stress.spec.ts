import { describe, expect, it } from '@jest/globals';
import { runRandomly } from './random-store.js';

describe('a store in memory', () => {
  it('does in 1,000,000 random operations what its model does', async () => {
    for (let seed = 1; seed <= 10; seed++) await expect(runRandomly(100_000, 1000 + seed)).resolves.toBeUndefined();
  }, 1_800_000);
});

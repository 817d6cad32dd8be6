import { describe, expect, it } from '@jest/globals';
import { runRandomly } from './random-store.js';

describe('a store in memory', () => {
  it.each([1, 2, 3])('does in 2,000 random operations what its model does (seed %i)', async (seed) => {
    await expect(runRandomly(2000, seed)).resolves.toBeUndefined();
  });
});

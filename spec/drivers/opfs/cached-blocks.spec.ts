import { describe, expect, it } from '@jest/globals';
import { CACHE_BLOCK } from '../../../lib/cold/cache-layout.js';
import { CacheReader } from '../../../lib/cold/cache-reader.js';
import { CachedBlocks } from '../../../lib/drivers/opfs/cached-blocks.js';

describe('the cache of what readers were given', () => {
  it.each([1, 2, 4, 100])('has that with %i slots, and what follows as far as there is room', (slots) => {
    const cached = new CachedBlocks(slots * CACHE_BLOCK, () => true);
    const reader = CacheReader.of(cached.share());
    for (const block of [5, 6, 7, 50]) {
      cached.given(block * CACHE_BLOCK + 10, block * CACHE_BLOCK + 20);
      const end = (block + Math.min(4, slots)) * CACHE_BLOCK;
      expect(reader?.reach(block * CACHE_BLOCK, end)).toBe(end);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CACHE_BLOCK } from '../../lib/cold/cache-layout.js';
import { CacheReader } from '../../lib/cold/cache-reader.js';
import { SharedCache } from '../../lib/cold/shared-cache.js';
import { FUZZ_RUNS } from '../run/rounds.js';

const BLOCKS = 12;
const LENGTH = BLOCKS * CACHE_BLOCK - 1000;

type Action =
  | { readonly do: 'keep'; readonly block: number }
  | { readonly do: 'write'; readonly start: number; readonly length: number; readonly byte: number }
  | { readonly do: 'clear' };

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('keep' as const), block: fc.nat(BLOCKS + 1) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      start: fc.nat(LENGTH - 200_000),
      length: fc.integer({ min: 1, max: 200_000 }),
      byte: fc.nat(255),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
);

function act(cache: SharedCache, content: Uint8Array, action: Action): void {
  switch (action.do) {
    case 'keep':
      cache.keep(action.block, (target) => {
        const there = content.subarray(action.block * CACHE_BLOCK, (action.block + 1) * CACHE_BLOCK);
        target.set(there);
        return there.length > 0;
      });
      break;
    case 'write':
      content.fill(action.byte, action.start, action.start + action.length);
      cache.wrote(action.start, content.slice(action.start, action.start + action.length));
      break;
    case 'clear':
      cache.clear();
  }
}

describe('a shared cache', () => {
  it('has in reach what was kept last in a set, as it was written last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(actions, { maxLength: 40 }), (slotCount, list) => {
        const cache = new SharedCache(slotCount);
        const reader = CacheReader.of(cache.buffer);
        const content = new Uint8Array(LENGTH);
        let kept: number | undefined;
        for (const action of list) {
          act(cache, content, action);
          if (action.do === 'keep') kept = action.block < BLOCKS ? action.block : kept;
          if (action.do === 'clear') kept = undefined;
        }
        const [start, end] = kept === undefined ? [0, 0] : [kept * CACHE_BLOCK, (kept + 1) * CACHE_BLOCK];
        expect(reader?.reach(start, end)).toBe(end);
        let inReach = 0;
        for (let at = 0; at < LENGTH; at = (Math.floor(at / CACHE_BLOCK) + 1) * CACHE_BLOCK) {
          const until = reader?.reach(at, LENGTH) ?? at;
          const found = new Uint8Array(until - at);
          reader?.read(at, found);
          expect(Buffer.compare(found, content.subarray(at, until))).toBe(0);
          inReach += until > at ? 1 : 0;
        }
        expect(inReach).toBeLessThanOrEqual(slotCount);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });

  it('changes the stamps of a block that goes, and of no other', () => {
    const cache = new SharedCache(1);
    const reader = CacheReader.of(cache.buffer);
    const keep = (block: number): void => cache.keep(block, () => true);
    const stampOf = (block: number): number | undefined =>
      reader?.stamp(block * CACHE_BLOCK, (block + 1) * CACHE_BLOCK, true);
    keep(3);
    const before = [stampOf(2), stampOf(3), stampOf(4)];
    keep(4);
    expect([stampOf(2), stampOf(3), stampOf(4)]).toEqual([before[0], (before[1] ?? 0) + 1, before[2]]);
    cache.clear();
    expect(stampOf(4)).toBe((before[2] ?? 0) + 1);
  });

  it('is known by its length', () => {
    expect(CacheReader.of(new SharedArrayBuffer(16))).toBeUndefined();
    expect(CacheReader.of(new SharedArrayBuffer(2 ** 20))).toBeUndefined();
  });

  it('stays as it is if a block is not there, or cannot be read', () => {
    const cache = new SharedCache(1);
    const reader = CacheReader.of(cache.buffer);
    cache.keep(0, () => true);
    cache.keep(1, () => false);
    expect(() =>
      cache.keep(2, () => {
        throw new Error('The disk has gone.');
      }),
    ).toThrow('The disk has gone.');
    expect(reader?.reach(0, CACHE_BLOCK)).toBe(CACHE_BLOCK);
  });
});

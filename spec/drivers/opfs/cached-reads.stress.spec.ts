import { describe, expect, it } from '@jest/globals';

import { Resource } from '../../../lib/index.js';
import { rounds } from '../../run/rounds.js';
import { byteOf } from '../../support/byte-of.js';
import { TestThread } from '../../support/threads.js';
import { CachedDriver } from './cached-driver.js';

const BLOCK = 2 ** 16;
const LENGTH = 24 * BLOCK + 1000;
/** How many bytes each thread asks for, about. */
const BYTES = rounds(1_000_000_000, 20_000_000);
const content = Uint8Array.from({ length: LENGTH }, (_, at) => byteOf(at));

interface Seen {
  readonly alone: number;
  readonly wrong: number | undefined;
}

/** Has three threads read at random. */
async function readBy(slots: number, longest: number): Promise<Seen[]> {
  const resource = Resource.open(new CachedDriver(LENGTH, slots * BLOCK));
  resource.writeAt(0, content);
  const options = { length: LENGTH, longest, times: Math.ceil((2 * BYTES) / (longest + 10_000)) };
  const threads = Array.from({ length: 3 }, () =>
    new TestThread('cached-reader').call<Seen>('readAtRandom', resource.createPort().handle, options),
  );
  const seen = await Promise.all(threads);
  resource.close();
  return seen;
}

describe('readers of a cache whose blocks come and go', () => {
  it.each([
    [1, 100],
    [4, 3000],
    [12, 200_000],
  ])(
    'with %i slots get the bytes that they have asked for',
    async (slots, longest) => {
      const seen = await readBy(slots, longest);
      expect(seen.map(({ wrong }) => wrong)).toEqual([undefined, undefined, undefined]);
      expect(Math.min(...seen.map(({ alone }) => alone))).toBeGreaterThan(0);
    },
    600_000,
  );
});

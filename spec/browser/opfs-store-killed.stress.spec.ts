import { describe, expect, it } from '@jest/globals';

import { rounds } from '../run/rounds.js';
import { findingsOfKilled } from './killed-rounds.js';
import type { FoundStore } from './suites/opfs-store-writer.js';

const ROUNDS = rounds(200, 20);

describe('a browser that is killed while a worker uses a store', () => {
  it('leaves entries that have what they say, within the quota', async () => {
    const found = await findingsOfKilled<FoundStore>('spec/browser/suites/opfs-store-writer', ROUNDS);
    expect(found.filter(({ problem }) => problem !== undefined)).toEqual([]);
    // It is met with a good part of it there.
    expect(found.filter(({ coveredBytes }) => coveredBytes > 10_000_000).length).toBeGreaterThan(ROUNDS / 4);
    expect(found.filter(({ complete }) => complete > 0).length).toBeGreaterThan(ROUNDS / 4);
  }, 3_600_000);
});

import { describe, expect, it } from '@jest/globals';

import { rounds } from '../run/rounds.js';
import { findingsOfKilled } from './killed-rounds.js';
import type { Found } from './suites/opfs-writer.js';

const ROUNDS = rounds(200, 20);

describe('a browser that is killed while a worker writes', () => {
  it('leaves a record that claims only bytes that are there', async () => {
    const found = await findingsOfKilled<Found>('spec/browser/suites/opfs-writer', ROUNDS);
    expect(found.filter(({ problem }) => problem !== undefined)).toEqual([]);
    // It is met with a good part of it there.
    expect(found.filter(({ coveredBytes }) => coveredBytes > 1_000_000).length).toBeGreaterThan(ROUNDS / 4);
  }, 3_600_000);
});

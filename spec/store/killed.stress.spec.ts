import { describe, expect, it } from '@jest/globals';
import { rounds } from '../run/rounds.js';
import { type Pinned, problemIn, writeAndKill } from './kill-store.js';
import { freshFolder } from './stores.js';

const MAX_BYTES = 200_000;
const KILLS = rounds(200, 6);
/** So that 200 kills make some 20,000 operations. */
const TURNS = 100;

describe('kill -9 of a process with a store', () => {
  it(`leaves no entry that says more than is there, loses nothing pinned, and holds the quota, ${KILLS} times`, async () => {
    const folder = freshFolder();
    const pinned: Pinned = new Set();
    let turns = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const options = { seed: kill, maxBytes: MAX_BYTES, afterTurns: TURNS, afterMs: kill % 37 };
      turns += await writeAndKill(folder, pinned, options);
      expect({ kill, problem: await problemIn(folder, pinned, MAX_BYTES) }).toEqual({ kill, problem: undefined });
    }
    expect(turns).toBeGreaterThanOrEqual(KILLS * TURNS);
  }, 900_000);
});

import { describe, expect, it } from '@jest/globals';
import { type Pinned, problemIn, writeAndKill } from './kill-store.js';
import { freshFolder } from './stores.js';

const MAX_BYTES = 200_000;

describe('kill -9 of a process with a store', () => {
  it('leaves no entry that says more than is there, loses nothing pinned, and holds the quota', async () => {
    const folder = freshFolder();
    const pinned: Pinned = new Set();
    for (let kill = 1; kill <= 6; kill++) {
      await writeAndKill(folder, pinned, { seed: kill, maxBytes: MAX_BYTES, afterTurns: 10 * kill, afterMs: 7 * kill });
      expect(await problemIn(folder, pinned, MAX_BYTES)).toBeUndefined();
    }
  });
});

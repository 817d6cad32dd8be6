import { describe, expect, it } from '@jest/globals';
import { readerThread, soon, TestThread } from '../support/threads.js';
import { ownedByWorker } from '../support/waiting-readers.js';
import { codeOf } from '../support/code-of.js';
import { range } from '../support/range.js';

/** An owner that can end by itself, as Node's threads do. */
function nodeOwner(): TestThread {
  return new TestThread('node-owner-thread');
}

describe('a worker that owns', () => {
  it.each(['hangUp', 'exit'])('and ends normally (%s) closes what it owns', async (how) => {
    const { owner, readers } = await ownedByWorker(nodeOwner());
    await owner.call(how);
    expect(await owner.exited).toBe(0);
    // Whoever is not told by then never will be: what is left is reported as such.
    const late = soon(3000).then(() => 'never');
    expect(await Promise.all(readers.map(({ code }) => Promise.race([code, late])))).toEqual([
      'CLOSED',
      'CLOSED',
      'CLOSED',
      'CLOSED',
    ]);
  });

  it('closes a resource that nobody holds any more, at the latest when it ends', async () => {
    const owner = nodeOwner();
    const thread = readerThread();
    await thread.call('openSync', 'r', await owner.call('handleOfForgotten', 'r'));
    const code = codeOf(thread.call('call', 'r', 'waitRange', range(0, 10)));
    await soon();
    await owner.call('hangUp');
    await owner.exited;
    expect(await Promise.race([code, soon(3000).then(() => 'never')])).toBe('CLOSED');
  });
});

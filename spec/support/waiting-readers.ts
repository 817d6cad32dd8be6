import type { ReaderHandle } from '../../lib/index.js';
import { Flag, ownerThread, readerThread, soon, type TestThread } from './threads.js';
import { filled } from './bytes.js';
import { codeOf } from './code-of.js';
import { range } from './range.js';

export interface Blocked {
  readonly thread: TestThread;
  readonly code: Promise<string | undefined>;
}

/** Readers of each kind in threads of their own, all of them waiting for what is missing. */
export async function waitingReaders(handleOf: (name: string) => Promise<ReaderHandle>): Promise<Blocked[]> {
  const kinds = ['waitRange', 'read', 'takeInterrupt', 'async'];
  return Promise.all(
    kinds.map(async (kind) => {
      const thread = readerThread();
      const handle = await handleOf(kind);
      const flag = new Flag();
      if (kind === 'async') {
        await thread.call('attach', 'r', handle);
        await thread.call('wait', 'r', 'w', range(0, 1000));
        return { thread, code: thread.ended('w') };
      }
      await thread.call('openSync', 'r', handle);
      const args = kind === 'waitRange' ? [range(0, 1000)] : kind === 'read' ? [filled(1000)] : [{ timeout: 1e9 }];
      const code = codeOf(thread.call('announceAndCall', flag.words, 'r', kind, ...args));
      while (flag.value === 0) await soon(1);
      return { thread, code };
    }),
  );
}

export function codesOf(readers: readonly Blocked[]): Promise<(string | undefined)[]> {
  return Promise.all(readers.map(({ code }) => code));
}

/**
 * A worker that owns a resource, readers in other threads that wait, and a handle that nobody uses.
 */
export async function ownedByWorker(
  owner = ownerThread(),
): Promise<{ owner: TestThread; readers: Blocked[]; spare: ReaderHandle }> {
  await owner.call('open', 'r');
  const spare = await owner.call<ReaderHandle>('handle', 'r', 'spare');
  const readers = await waitingReaders((name) => owner.call<ReaderHandle>('handle', 'r', name));
  await soon();
  return { owner, readers, spare };
}

import { afterEach } from '@jest/globals';

import type { FileSystem } from '../../../../lib/drivers/mmap/files/file-system.js';
import { type Elsewhere, threadReader } from '../elsewhere.js';
import { faultyFiles } from '../faulty-files.js';
import type { openAt } from '../../../support/scratch.js';

export const SIZE = 100_000;
/** In milliseconds. Readers give an owner up that has left an update unfinished for a second. */
export const TOO_LONG = 1500;

const SLEEP = new Int32Array(new SharedArrayBuffer(4));
export function block(milliseconds: number): void {
  Atomics.wait(SLEEP, 0, 0, milliseconds);
}

/** Renames that do something before and after, where they give a file its final name. */
export function renaming(path: string, around: { before?: () => void; after?: () => void }): FileSystem {
  const { files } = faultyFiles(() => undefined);
  return {
    ...files,
    rename: (from, to) => {
      if (to === path) around.before?.();
      files.rename(from, to);
      if (to === path) around.after?.();
    },
  };
}

let stop = new Int32Array(new SharedArrayBuffer(4));
afterEach(() => {
  stop = new Int32Array(new SharedArrayBuffer(4));
});

export type MmapResource = ReturnType<typeof openAt>;

/**
 * Readers that read at random from now on, and compare; what they have found comes once they are
 * told to stop.
 */
export async function readersOf(
  resource: MmapResource,
): Promise<{ readers: Elsewhere[]; found: () => Promise<unknown[]> }> {
  const readers = [threadReader(), threadReader()];
  for (const [index, reader] of readers.entries()) {
    await reader.call('attach', resource.createPort().handle, index === 0);
    await reader.call('readAt', 0, 1);
  }
  const found = readers.map((reader) => reader.call('readUntil', stop, SIZE));
  return {
    readers,
    found: () => {
      Atomics.store(stop, 0, 1);
      return Promise.all(found);
    },
  };
}

import { type Resource, WindowDriver, type WindowDriverOptions } from '../../lib/index.js';
import { filled } from './bytes.js';
import { open } from './resources.js';

/** The length of a block of {@link openWindow}, in bytes. */
export const BLOCK = 4096;

/** A resource over a window of so many blocks; `closeAll` closes it. */
export function openWindow(blocks: number, options?: Omit<WindowDriverOptions, 'maxBytes' | 'blockSize'>): Resource {
  return open({}, new WindowDriver({ maxBytes: blocks * BLOCK, blockSize: BLOCK, ...options }));
}

/** The blocks from `from` to `to`, exclusive, as a range. */
export function blocks(from: number, to = from + 1): { start: number; end: number } {
  return { start: from * BLOCK, end: to * BLOCK };
}

/** Writes whole blocks, each of its number's value. */
export function writeBlocks(resource: Resource, ...numbers: readonly number[]): void {
  for (const block of numbers) resource.writeAt(block * BLOCK, filled(BLOCK, block));
}

/** The numbers of the blocks that are covered as a whole, below `limit`. */
export function blocksIn(resource: Resource, limit = 100): number[] {
  return Array.from({ length: limit }, (_, block) => block).filter((block) => resource.has(blocks(block)));
}

/** The values of the blocks in `bytes`, which begin and end with whole ones. */
export function valuesOf(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length / BLOCK }, (_, block) => {
    const [value = -1] = bytes.subarray(block * BLOCK);
    return bytes.subarray(block * BLOCK, (block + 1) * BLOCK).every((byte) => byte === value) ? value : -1;
  });
}

import { OpfsDriver } from '../../../lib/drivers/opfs/opfs-driver.js';
import { type Resource as AnyResource, Resource, type ResourceOptions } from '../../../lib/index.js';
import type { CrashingFolder } from './crashing-folder.js';

/** So small that a few bytes are many chunks. */
export const SMALL = { blockSize: 64, chunkBlocks: 4 };

/** Makes a driver over a folder in memory. */
export function driverIn(folder: CrashingFolder, mode: 'auto' | 'read-only' = 'auto'): Promise<OpfsDriver> {
  const place = { path: 'content', folder, geometry: SMALL };
  const claim = { release: () => undefined };
  return OpfsDriver.over(place, claim, {
    path: 'content',
    mode,
    checkpoint: undefined,
    wait: false,
    cacheBytes: 2 ** 17,
    signal: undefined,
  });
}

/** Opens a resource over a folder in memory. */
export async function openIn(folder: CrashingFolder, options?: ResourceOptions): Promise<AnyResource<OpfsDriver>> {
  return Resource.open(await driverIn(folder), options);
}

/** Lets what was begun end: each step of the folder in memory takes some microtasks. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** `length` bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at * 31 + (at >> 6) * 7 + seed * 101);
}

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from '@jest/globals';

import { Resource, type ResourceOptions } from '../../lib/index.js';
import { MmapDriver, type MmapDriverOptions, type MmapResource } from '../../lib/node.js';

/**
 * Real files in a folder of the spec's own, which goes with it. In memory where that can be: most
 * tests are not about the disk.
 */

export const folder = mkdtempSync(join(process.env.TESTED_FOLDER ?? tmpdir(), 'mmap-'));
const opened = new Set<Resource>();
let count = 0;

afterEach(() => {
  for (const resource of opened) {
    try {
      resource.close();
    } catch {
      // Some tests take the folder away, or make the disk fail.
    }
  }
  opened.clear();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A path that nothing lies at, in a folder of its own. */
export function freshPath(name = 'content'): string {
  count += 1;
  return join(folder, String(count), name);
}

/** Opens a resource that is closed after the test. */
export function openAt(
  path: string,
  options: Omit<MmapDriverOptions, 'path'> = {},
  resourceOptions?: ResourceOptions,
): MmapResource {
  const resource = Resource.open(new MmapDriver({ path, ...options }), resourceOptions);
  opened.add(resource);
  return resource;
}

/** The names in the folder of `path`, in order. */
export function namesBeside(path: string): string[] {
  return readdirSync(join(path, '..')).sort();
}

/** `length` bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + (at >> 8) * 7 + seed * 101) & 0xff;
  return bytes;
}

/** Everything that is covered, range by range, equals `source`. */
export function coveredEquals(resource: Resource, source: Uint8Array): boolean {
  return resource.coverage.toArray().every(({ start, end }) => {
    const found = new Uint8Array(end - start);
    return resource.readAt(start, found) === found.length && Buffer.compare(found, source.subarray(start, end)) === 0;
  });
}

import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';

import type { OpfsDriver } from '../../../lib/drivers/opfs/opfs-driver.js';
import { type ByteRange, type Resource, type ResourceOptions } from '../../../lib/index.js';
import { subtractRanges } from '../../../lib/range/subtract-ranges.js';
import { CrashingFolder, type Wreck } from './crashing-folder.js';
import { openIn, pattern, settled, SMALL } from './in-folders.js';

/** What must hold of whatever is found after a crash. */
export interface Guarantee {
  /** The contents of which all that is claimed may be: wholly of one. */
  versions: readonly Uint8Array[];
  /** What is covered at least. */
  durable: readonly ByteRange[];
  /** The lengths that committed content may have; empty: there must be none. */
  committed: readonly number[];
}

export interface Stage {
  readonly folder: CrashingFolder;
  readonly guarantee: Guarantee;
  readonly open: (options?: ResourceOptions) => Promise<Resource<OpfsDriver>>;
}

/** Eight chunks and a half. */
export const SIZE = 34 * SMALL.blockSize + 30;
export const SOURCE = pattern(SIZE, 1);
export const OTHER = pattern(SIZE, 2);
export const block = (index: number): number => index * SMALL.blockSize;
export const blocks = (start: number, end: number): ByteRange => ({ start: block(start), end: block(end) });

/** Runs a scenario, and looks at every wreck of every call. Returns the calls. */
export async function expectSound(scenario: (stage: Stage) => Promise<void>): Promise<string[]> {
  const guarantee: Guarantee = { versions: [SOURCE], durable: [], committed: [] };
  /** Many are the same. */
  const seen = new Map<string, { wreck: Wreck; guarantee: Guarantee; calls: string }>();
  const folder = new CrashingFolder(undefined, () => {
    const calls = folder.calls.slice(-4).join(', ');
    for (const wreck of folder.wrecks()) {
      const then = { ...guarantee };
      const key = createHash('sha1').update(JSON.stringify([then.durable, then.committed]));
      for (const version of then.versions) key.update(version);
      for (const [name, bytes] of [...wreck.files].sort()) key.update(name).update(bytes);
      seen.set(key.digest('hex'), { wreck, guarantee: then, calls });
    }
  });
  await scenario({ folder, guarantee, open: (options) => openIn(folder, options) });
  expect(seen.size).toBeGreaterThan(0);
  for (const { wreck, guarantee: then, calls } of seen.values()) {
    const problem = await problemOf(wreck, then);
    if (problem !== undefined) throw new Error(`after ${calls}, ${wreck.what}: ${problem}`);
  }
  return folder.calls;
}

/** What is wrong with what was found; undefined: nothing. */
async function problemOf(wreck: Wreck, guarantee: Guarantee): Promise<string | undefined> {
  const resource = await openIn(new CrashingFolder(wreck.files));
  try {
    const { origin, coverage, status, length } = resource;
    if (origin.refused !== undefined && guarantee.durable.length > 0) return origin.refused.message;
    const [missing] = subtractRanges(guarantee.durable, coverage);
    if (missing !== undefined) return `durable bytes are missing: ${JSON.stringify(missing)}`;
    if (status.state === 'committed' && !guarantee.committed.includes(length ?? -1)) {
      return `${length ?? -1} bytes are committed that nobody has committed`;
    }
    if (coverage.coveredBytes === 0) return undefined;
    const claimed = JSON.stringify(coverage.toArray());
    return guarantee.versions.some((version) => coversOnly(resource, version))
      ? undefined
      : `what is claimed, ${claimed}, is of no version that was ever written`;
  } finally {
    resource.close();
    await settled();
  }
}

function coversOnly(resource: Resource, version: Uint8Array): boolean {
  for (const { start, end } of resource.coverage) {
    const found = new Uint8Array(end - start);
    if (resource.readAt(start, found) < found.length) return false;
    if (Buffer.compare(found, version.subarray(start, end)) !== 0) return false;
  }
  return true;
}

export function write(resource: Resource, { start, end }: ByteRange, source = SOURCE): void {
  resource.writeAt(start, source.subarray(start, end));
}

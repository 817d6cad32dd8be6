import { createHash } from 'node:crypto';
import { Resource } from '../../lib/index.js';
import type { ByteRange } from '../../lib/range/byte-range.js';
import { subtractRanges } from '../../lib/range/subtract-ranges.js';
import type { EntryRecord, StoreBackend } from '../../lib/store.js';
import { CrashingFolder, type Wreck } from '../drivers/opfs/crashing-folder.js';
import { settled } from '../drivers/opfs/in-folders.js';
import { backendIn } from './opfs-stores.js';

/** What must be found of a key. */
export interface Promised {
  /** Undefined: it may be there or not. */
  readonly isThere: boolean | undefined;
  /** What is covered at least. */
  readonly least: readonly ByteRange[];
  /** Whether it is complete; undefined: it may be. */
  readonly isComplete?: boolean | undefined;
  /** The group that its record names; undefined: any. */
  readonly group?: string | undefined;
}

/** What must hold of whatever is found after a crash. */
export interface Promises {
  /** All contents that a key has ever had: what is claimed is wholly of one. */
  readonly versions: ReadonlyMap<string, readonly Uint8Array[]>;
  /** When the browser was killed. */
  readonly killed: ReadonlyMap<string, Promised>;
  /** When power was lost. */
  readonly powerLost: ReadonlyMap<string, Promised>;
}

interface Seen {
  readonly wreck: Wreck;
  readonly promises: Promises;
  readonly after: string;
}

export const FRESH = { isFresh: true, replaces: false, isDurable: () => false };

/** Looks at whatever may be found after a crash at any call. */
export class Witness {
  readonly folder: CrashingFolder;
  readonly #seen = new Map<string, Seen>();

  /**
   * @param promises - what must be found at the moment
   * @param most - how many wrecks of each call are looked at
   */
  constructor(promises: () => Promises, most: number) {
    this.folder = new CrashingFolder(undefined, (folder) => {
      const then = promises();
      let looked = 0;
      for (const wreck of folder.wrecks()) {
        if (looked === most) break;
        const digest = digestOf(wreck, then);
        if (this.#seen.has(digest)) continue;
        looked += 1;
        this.#seen.set(digest, { wreck, promises: then, after: folder.calls.slice(-4).join(', ') });
      }
    });
  }

  /** Throws for the first that breaks a promise. Returns how many there were. */
  async check(): Promise<number> {
    for (const { wreck, promises, after } of this.#seen.values()) {
      const problem = await problemOf(wreck, promises);
      if (problem !== undefined) throw new Error(`after ${after}, ${wreck.what}: ${problem}`);
    }
    return this.#seen.size;
  }
}

function digestOf({ what, files }: Wreck, { killed, powerLost }: Promises): string {
  const promised = what.startsWith('killed') ? killed : powerLost;
  const digest = createHash('sha1').update(JSON.stringify([...promised]));
  for (const [name, bytes] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    digest.update(name).update(bytes);
  }
  return digest.digest('hex');
}

/** What is wrong with what was found; undefined: nothing. */
async function problemOf(wreck: Wreck, promises: Promises): Promise<string | undefined> {
  // The last call of a wreck that was killed within it may have been done by half.
  const promised = wreck.what === 'killed' ? promises.killed : promises.powerLost;
  const backend = backendIn(new CrashingFolder(wreck.files));
  try {
    const { entries, dropped } = await backend.open();
    if (dropped.length > 0) return `${dropped[0]?.key ?? ''} was dropped: ${dropped[0]?.reason ?? ''}`;
    // What is written next must take nothing that the others have.
    const added = await addTo(backend);
    const found = new Map(entries.map((entry) => [entry.name, entry]));
    for (const [key, { isThere, least, group, isComplete }] of promised) {
      const entry = found.get(key);
      if (isThere !== undefined && isThere !== (entry !== undefined)) return `${key} is ${isThere ? 'lost' : 'there'}`;
      if (entry === undefined) continue;
      if (group !== undefined && entry.record.group !== group)
        return `${key} has the record of ${String(entry.record.group)}`;
      if (isComplete !== undefined && isComplete !== (entry.state === 'complete')) return `${key} is ${entry.state}`;
      const resource = Resource.open(backend.driver(key, { ...FRESH, isFresh: false }));
      try {
        const { coverage, coveredBytes } = resource;
        if (coveredBytes !== entry.coveredBytes)
          return `${key} says ${entry.coveredBytes} bytes, and has ${coveredBytes}`;
        const [missing] = subtractRanges(least, coverage);
        if (missing !== undefined) return `of ${key}, ${JSON.stringify(missing)} is missing`;
        const versions = promises.versions.get(key) ?? [];
        if (coveredBytes > 0 && !versions.some((version) => coversOnly(resource, version))) {
          return `what ${key} claims, ${JSON.stringify(coverage.toArray())}, was never written to it`;
        }
      } finally {
        resource.close();
      }
    }
    return added.every(({ resource, bytes }) => coversOnly(resource, bytes))
      ? undefined
      : 'what was added is not there';
  } finally {
    await backend.close();
    await settled();
  }
}

async function addTo(backend: StoreBackend): Promise<{ resource: Resource; bytes: Uint8Array }[]> {
  const added: { resource: Resource; bytes: Uint8Array }[] = [];
  for (const name of ['added 1', 'added 2']) {
    backend.storeFirst(name, recordOf(name), 1);
    const resource = Resource.open(backend.driver(name, FRESH));
    const bytes = new Uint8Array(300).fill(name.charCodeAt(6));
    resource.writeAt(0, bytes);
    await resource.checkpoint();
    added.push({ resource, bytes });
  }
  return added;
}

export function recordOf(key: string, group?: string): EntryRecord {
  return {
    key,
    group,
    contentType: undefined,
    metadata: {},
    validatedAt: undefined,
    pinned: false,
    intent: undefined,
    boot: 'opfs',
  };
}

export function coversOnly(resource: Resource, version: Uint8Array): boolean {
  for (const { start, end } of resource.coverage) {
    const found = new Uint8Array(end - start);
    if (end > version.length || resource.readAt(start, found) < found.length) return false;
    if (Buffer.compare(found, version.subarray(start, end)) !== 0) return false;
  }
  return true;
}

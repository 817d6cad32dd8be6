import type { Driver } from '../../drivers/driver.js';
import type { Claim } from '../../drivers/opfs/claim.js';
import type { Folder } from '../../drivers/opfs/folder.js';
import type { Geometry } from '../../drivers/opfs/geometry.js';
import { type OpenedPool, openPool, type PoolPlace } from '../../drivers/opfs/pool/open-pool.js';
import { PooledDriver } from '../../drivers/opfs/pool/pooled-driver.js';
import { sha256 } from '../../drivers/opfs/sha256.js';
import { StorageError } from '../../errors/storage-error.js';
import type { BackendDriverOptions, StoreBackend, StoredEntries } from '../../store/backend.js';
import type { EntryRecord } from '../../store/entry-record.js';
import { encodeEntry } from '../../store/record-codec.js';
import { FreeSpace } from './free-space.js';
import { storedEntries } from './stored-entries.js';

/** The journal is up to twice as long as what counts in it. */
const JOURNAL_FACTOR = 2;
/** What the frames of most entries take at most, in bytes. */
const FRAMES = 2 ** 13;

/** Where a store is kept. */
export interface BackendPlace extends PoolPlace {
  readonly claim: () => Promise<Claim>;
  /** The folder of the path, which is claimed. */
  readonly folder: () => Promise<Folder>;
  /** How much may still be stored, in bytes. */
  readonly estimate: () => Promise<number | undefined>;
}

/** What there is from {@link OpfsBackend.open} to {@link OpfsBackend.close}. */
interface Opened extends OpenedPool {
  readonly claim: Claim;
  readonly free: FreeSpace;
  /** The numbers of the entries in the journal, by their names. */
  readonly ids: Map<string, number>;
}

/**
 * The entries of a store as contents in one pool of chunk files (`ContentPool`), and their records
 * as frames of its journal.
 *
 * **Why {@link boot} is always the same.** No browser tells when the machine was started, and with
 * another name each time, all that was not durable yet would be gone whenever a tab is closed. None
 * is needed: what is found of an entry is true in any case. Its frames claim bytes that were
 * flushed before, and places are written again only once no frame claims them, durably. So the end
 * of the machine can take the last frames, and leave an entry as it was a moment before; it cannot
 * leave one that says more than is there.
 */
export class OpfsBackend implements StoreBackend {
  readonly boot = 'opfs';
  readonly replaces = true;
  readonly blockBytes: number;
  /** What its last block has not, and its frames. */
  readonly overheadBytes: number;
  readonly #place: BackendPlace;
  #opened: Opened | undefined;

  constructor(place: BackendPlace) {
    this.#place = place;
    this.blockBytes = place.geometry.blockSize;
    this.overheadBytes = this.blockBytes + FRAMES;
  }

  async open(): Promise<StoredEntries> {
    const { geometry, estimate } = this.#place;
    const claim = await this.#place.claim();
    let opened: OpenedPool | undefined;
    try {
      const found = (opened = await openPool(this.#place, await this.#place.folder()));
      const free = new FreeSpace(estimate, () => found.pool.chunks.charged);
      await free.ask();
      const { entries, dropped, strangers, ids } = storedEntries(found, ({ id }) => countOf(found, id, geometry));
      this.#opened = { ...found, claim, free, ids };
      return { entries, dropped, strangers };
    } catch (error) {
      opened?.pool.abandon();
      claim.release(opened?.pool.settled());
      throw error;
    }
  }

  nameOf(key: string): string {
    return key;
  }

  driver(name: string, { replaces, isDurable }: BackendDriverOptions): Driver {
    const { pool } = this.#held;
    const id = this.#idOf(name);
    return new PooledDriver({
      open: () => (replaces ? pool.openNext(id) : pool.open(id)),
      removeKept: (committed) => {
        if (!replaces && this.#opened?.pool === pool) pool.removeKept(id, committed);
      },
      isDurable,
    });
  }

  storeFirst(name: string, record: EntryRecord, usedAt: number): void {
    const { ids, journal, pool } = this.#held;
    const entry = journal.state.nextId();
    pool.append({ kind: 'record', entry, usedAt, record: encodeEntry(record, sha256) });
    ids.set(name, entry);
  }

  store(name: string, record: EntryRecord, usedAt: number): void {
    const { pool } = this.#held;
    pool.append({ kind: 'record', entry: this.#idOf(name), usedAt, record: encodeEntry(record, sha256) });
  }

  /** It is durable once {@link syncNames} has made all of the journal so, for many at once. */
  storeDurably(name: string, record: EntryRecord, usedAt: () => number, wanted: () => boolean): Promise<boolean> {
    return promised(() => {
      const isWanted = wanted();
      if (isWanted) this.store(name, record, usedAt());
      return isWanted;
    });
  }

  touch(name: string, usedAt: number): void {
    this.#held.pool.append({ kind: 'used', entry: this.#idOf(name), usedAt });
  }

  /** Its bytes are durable: the frame that says that they are committed was written after that. */
  syncContent(): Promise<void> {
    return Promise.resolve();
  }

  syncNames(): Promise<void> {
    return promised(() => this.#held.pool.flush());
  }

  count(name: string): number {
    const opened = this.#held;
    const id = opened.ids.get(name);
    return id === undefined ? 0 : countOf(opened, id, this.#place.geometry);
  }

  remove(name: string): void {
    const { ids, pool } = this.#held;
    pool.remove(this.#idOf(name));
    ids.delete(name);
  }

  freeBytes(): number | undefined {
    return this.#opened?.free.bytes;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) return;
    this.#opened = undefined;
    const { pool, claim } = opened;
    try {
      pool.close();
    } finally {
      const settled = pool.settled();
      claim.release(settled);
      await settled;
    }
  }

  get #held(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    const { path } = this.#place;
    throw new StorageError('CLOSED', `The backend of ${path} is not open.`, { path });
  }

  #idOf(name: string): number {
    const id = this.#held.ids.get(name);
    if (id !== undefined) return id;
    throw new StorageError('NOT_FOUND', `Asked for ${JSON.stringify(name).slice(0, 80)}, which this backend lacks.`);
  }
}

/** How many bytes an entry takes: its blocks, and its share of the journal. */
function countOf({ pool, journal }: OpenedPool, id: number, { blockSize }: Geometry): number {
  const { recordBytes = 0, contentBytes = 0 } = journal.state.entries.get(id) ?? {};
  return pool.countOf(id) * blockSize + JOURNAL_FACTOR * (recordBytes + contentBytes);
}

/** What `action` returns, or throws, as a promise. */
function promised<T>(action: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(action());
  });
}

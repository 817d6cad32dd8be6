import type { Driver, DriverDescription, FinalStep, StoredContent } from '../drivers/driver.js';
import { MemDriver } from '../drivers/memory/mem-driver.js';
import { StorageError } from '../errors/storage-error.js';
import type { ContentRecord } from '../record/content-record.js';
import type { BackendDriverOptions, StoreBackend, StoredEntries } from './backend.js';
import type { EntryRecord } from './entry-record.js';

const NOTHING: StoredContent = { coverage: [] };

/** The memory of one entry, which outlives its drivers. */
interface Place {
  readonly memory: MemDriver;
  /** What was there when its last driver was closed. */
  content: StoredContent;
  /** What is there while a driver is open. */
  live: (() => ContentRecord) | undefined;
}

interface Kept {
  record: EntryRecord;
  usedAt: number;
  /** Undefined until something is opened. */
  place: Place | undefined;
  /** What is to replace it. */
  next: Place | undefined;
}

/**
 * Keeps the entries of a store in memory, for as long as somebody holds it: another store may be
 * opened over it once the first is closed.
 *
 * @example
 * ```ts
 * import { memoryBackend, Store } from 'tidemark/store';
 *
 * await using store = await Store.open(memoryBackend(), { maxBytes: 64 * 2 ** 20 });
 * ```
 */
export function memoryBackend(): StoreBackend {
  return new MemoryBackend();
}

class MemoryBackend implements StoreBackend {
  /** As long as it is there, nothing is lost. */
  readonly boot = 'memory';
  readonly replaces = true;
  readonly blockBytes = 1;
  readonly overheadBytes = 0;
  readonly #kept = new Map<string, Kept>();
  #isClaimed = false;

  open(): Promise<StoredEntries> {
    if (this.#isClaimed) {
      const message = 'Asked to open a memory backend, and another store has it. Close that one, or share it.';
      return Promise.reject(new StorageError('CLAIMED', message));
    }
    this.#isClaimed = true;
    const entries = Array.from(this.#kept, ([name, { record, usedAt, place }]) => {
      const { committedLength, expectedLength, identity } = place?.content ?? NOTHING;
      return {
        name,
        record,
        usedAt,
        bytes: this.count(name),
        state: committedLength === undefined ? ('partial' as const) : ('complete' as const),
        coveredBytes: coveredBytes(place),
        expectedLength: committedLength ?? expectedLength,
        identity,
      };
    });
    return Promise.resolve({ entries, dropped: [], strangers: [] });
  }

  nameOf(key: string): string {
    return key;
  }

  driver(name: string, { replaces }: BackendDriverOptions): Driver {
    const kept = this.#keptOf(name);
    const place = kept.place;
    if (!replaces && place !== undefined) {
      return new KeptDriver(place, (end) => {
        if (end === 'removed' && kept.place === place) kept.place = undefined;
      });
    }
    const fresh: Place = { memory: new MemDriver(), content: NOTHING, live: undefined };
    fresh.memory.open();
    if (replaces) kept.next = fresh;
    else kept.place = fresh;
    return new KeptDriver(fresh, (end) => {
      if (end === 'committed') kept.place = fresh;
      if (end === 'removed' && kept.place === fresh) kept.place = undefined;
      if (kept.next === fresh) kept.next = undefined;
    });
  }

  storeFirst(name: string, record: EntryRecord, usedAt: number): void {
    this.#kept.set(name, { record, usedAt, place: undefined, next: undefined });
  }

  store(name: string, record: EntryRecord, usedAt: number): void {
    Object.assign(this.#keptOf(name), { record, usedAt });
  }

  storeDurably(name: string, record: EntryRecord, usedAt: () => number, wanted: () => boolean): Promise<boolean> {
    const isWanted = wanted();
    if (isWanted) this.store(name, record, usedAt());
    return Promise.resolve(isWanted);
  }

  touch(name: string, usedAt: number): void {
    this.#keptOf(name).usedAt = usedAt;
  }

  syncContent(): Promise<void> {
    return Promise.resolve();
  }

  syncNames(): Promise<void> {
    return Promise.resolve();
  }

  count(name: string): number {
    const kept = this.#kept.get(name);
    return coveredBytes(kept?.place) + coveredBytes(kept?.next);
  }

  remove(name: string): void {
    this.#kept.get(name)?.place?.memory.close();
    this.#kept.delete(name);
  }

  freeBytes(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    this.#isClaimed = false;
    return Promise.resolve();
  }

  #keptOf(name: string): Kept {
    const kept = this.#kept.get(name);
    if (kept === undefined) throw new StorageError('NOT_FOUND', `Asked for ${name}, which this backend does not have.`);
    return kept;
  }
}

/**
 * A driver of memory that stays when it is closed. Memory cannot shrink: it does not evict.
 *
 * The memory driver underneath is open from the first of them on, and knows no end of its own.
 */
class KeptDriver implements Driver {
  readonly capabilities;
  readonly #place: Place;
  readonly #ended: (end: 'committed' | 'closed' | 'removed') => void;
  #committedLength: number | undefined;

  /** @param ended - called at each commit, at close, and when the content is removed */
  constructor(place: Place, ended: (end: 'committed' | 'closed' | 'removed') => void) {
    this.#place = place;
    this.#ended = ended;
    // Nothing of it is durable in any case.
    this.capabilities = { ...place.memory.capabilities, durable: false };
  }

  open(record: () => ContentRecord): StoredContent {
    const { content } = this.#place;
    this.#place.live = record;
    this.#committedLength = content.committedLength;
    return content;
  }

  write(offset: number, data: Uint8Array): void {
    this.#place.memory.write(offset, data);
  }

  read(offset: number, target: Uint8Array): void {
    this.#place.memory.read(offset, target);
  }

  commit(length: number): FinalStep {
    return this.#final(length, this.#place.memory.commit());
  }

  replace(data: Uint8Array): FinalStep {
    return this.#final(data.length, this.#place.memory.replace(data));
  }

  settle(): void {
    // Who opens the content while this driver has it finds what is committed.
    this.#keep();
  }

  reopen(): void {
    this.#committedLength = undefined;
  }

  view(start: number, end: number): Uint8Array {
    return this.#place.memory.view(start, end);
  }

  describe(): DriverDescription {
    return this.#place.memory.describe();
  }

  remove(committed: boolean): void {
    this.#place.live = undefined;
    if (this.#committedLength !== undefined && !committed) return;
    this.#place.content = NOTHING;
    this.#ended('removed');
  }

  close(keep: boolean): void {
    if (keep) this.#keep();
    this.#place.live = undefined;
    if (this.#committedLength === undefined) this.#ended('closed');
  }

  #final(length: number, step: FinalStep): FinalStep {
    return (alive) => {
      step(alive);
      this.#committedLength = length;
      this.#ended('committed');
    };
  }

  /** For the next driver, and for the next store. */
  #keep(): void {
    const place = this.#place;
    if (place.live === undefined) return;
    const { coverage, expectedLength, identity } = place.live();
    const committedLength = this.#committedLength;
    place.content = {
      coverage: [...coverage],
      expectedLength,
      identity,
      ...(committedLength !== undefined && { committedLength }),
    };
  }
}

function coveredBytes(place: Place | undefined): number {
  let bytes = 0;
  const { coverage } = place?.live?.() ?? place?.content ?? NOTHING;
  for (const { start, end } of coverage) bytes += end - start;
  return bytes;
}

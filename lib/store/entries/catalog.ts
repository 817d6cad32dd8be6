import { StorageError } from '../../errors/storage-error.js';
import type { ByteRange } from '../../range/byte-range.js';
import type { StoredEntry } from '../backend.js';
import type { EntryRecord } from '../entry-record.js';
import type { Parts } from '../parts.js';
import { Item } from './item.js';

const NOTHING: Omit<EntryRecord, 'key'> = {
  group: undefined,
  contentType: undefined,
  metadata: Object.freeze({}),
  validatedAt: undefined,
  pinned: false,
  intent: undefined,
  boot: undefined,
};

/** The entries of a store, by their keys: how they come and go. */
export class Catalog {
  readonly items = new Map<string, Item>();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes up what the backend has. */
  load(stored: readonly StoredEntry[]): void {
    const { order, clock } = this.#parts;
    for (const found of [...stored].sort((one, other) => one.usedAt - other.usedAt)) {
      clock.seen(found.usedAt);
      const item = new Item(found.record.key, found.name, found.record, found.usedAt, found);
      item.bytes = found.bytes;
      this.items.set(item.key, item);
      if (item.isPinned) item.guards.add('pinned');
      order.add(item);
    }
  }

  /** Throws `NOT_FOUND` for a key that nobody knows. */
  known(key: string, asked: string): Item {
    const item = this.items.get(key);
    if (item !== undefined) return item;
    throw new StorageError(
      'NOT_FOUND',
      `Asked to ${asked} ${JSON.stringify(key).slice(0, 80)}, which this store does not have. Acquire or download it first.`,
    );
  }

  /** Adds a key; throws what the backend does, and `NO_SPACE`. */
  add(key: string, about: Partial<EntryRecord>): Item {
    const { backend, clock, order, quota, durability, publications } = this.#parts;
    quota.makeRoom(backend.blockBytes === 1 ? 0 : backend.blockBytes);
    const item = new Item(key, backend.nameOf(key), { ...NOTHING, ...about, key }, clock.next());
    // It is not evicted before it is used.
    item.guards.add('opening');
    durability.begin(item);
    item.bytes = backend.blockBytes === 1 ? 0 : backend.blockBytes;
    this.items.set(key, item);
    order.add(item);
    publications.together(() => {
      publications.changed(item, true);
    });
    publications.tell({ kind: 'added', key });
    return item;
  }

  /** Replaces what is known of an item; throws what the backend does. */
  update(item: Item, about: Partial<EntryRecord>): void {
    const { durability, order, publications } = this.#parts;
    const record = { ...item.record, ...about };
    order.change(item, () => {
      durability.save(item, record);
    });
    publications.changed(item);
  }

  /** As {@link update}, of what nobody has asked for: never throws. */
  note(item: Item, about: Partial<EntryRecord>): void {
    try {
      this.update(item, about);
    } catch {
      this.#parts.durability.saveLater(item, { ...item.record, ...about });
      this.#parts.publications.changed(item);
    }
  }

  /** Removes an item and all that it has. Its leases end with `CLOSED`, its download stops. */
  remove(item: Item, kind: 'removed' | 'evicted', reason?: string): void {
    if (item.isGone) return;
    const { backend, contents, downloads, durability, order, publications, quota } = this.#parts;
    publications.together(() => {
      downloads.drop(item);
      contents.end(item);
      backend.remove(item.name);
      item.isGone = true;
      order.remove(item);
      quota.forget(item);
      durability.forget(item);
      this.items.delete(item.key);
      publications.changed(item, true);
    });
    publications.tell({ kind, key: item.key, ...(reason !== undefined && { reason }) });
  }

  /**
   * Gives an item up for room, or so many bytes of it: what is still to be downloaded keeps its
   * record, and partial content keeps what is near the place that was read last.
   */
  evict(item: Item, needed: number): void {
    const { contents, downloads, order, publications } = this.#parts;
    const reason = 'to make room';
    const isWanted = item.intent !== undefined || downloads.has(item);
    if (item.content.state === 'complete' || (item.content.coveredBytes === 0 && !isWanted)) {
      this.remove(item, 'evicted', reason);
      return;
    }
    if (item.content.coveredBytes === 0) {
      order.guard(item, 'empty');
      return;
    }
    const ranges: readonly ByteRange[] = contents.shrink(item, needed, isWanted);
    if (ranges.length === 0 && !isWanted) {
      this.remove(item, 'evicted', reason);
      return;
    }
    publications.changed(item);
    publications.tell({ kind: 'evicted', key: item.key, ranges, reason });
  }
}

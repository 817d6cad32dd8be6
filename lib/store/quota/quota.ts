import { StorageError } from '../../errors/storage-error.js';
import type { StoreBackend } from '../backend.js';
import type { Item } from '../entries/item.js';
import type { StoreUsage } from '../store-entry.js';
import type { EvictionOrder } from './eviction-order.js';

export interface QuotaLimits {
  readonly maxBytes?: number | undefined;
  readonly minFreeBytes?: number | undefined;
}

/** What a quota has others do. */
export interface QuotaHooks {
  /** Gives up entries, or enough of them; `needed` bytes are too many. */
  evict(items: readonly Item[], needed: number): void;
  /** How many bytes downloads hold that come after that of `item`. */
  yieldable(item: Item | undefined): number;
  /** Has the last of these downloads give its bytes up; false if there is none. */
  yieldOne(item: Item | undefined): boolean;
}

/**
 * How much the store may take, and how room is made.
 *
 * What an item takes is estimated from what is written, in whole blocks, and counted when there is
 * no room any more. So most writes cost no look at the disk.
 */
export class Quota {
  maxBytes: number | undefined;
  readonly #minFreeBytes: number;
  readonly #order: EvictionOrder;
  readonly #backend: StoreBackend;
  readonly #hooks: QuotaHooks;
  /** Items whose size is an estimate. */
  readonly #estimated = new Set<Item>();
  #isDue = false;
  #isClosed = false;

  constructor(limits: QuotaLimits, order: EvictionOrder, backend: StoreBackend, hooks: QuotaHooks) {
    this.maxBytes = limits.maxBytes;
    this.#minFreeBytes = limits.minFreeBytes ?? 0;
    this.#order = order;
    this.#backend = backend;
    this.#hooks = hooks;
  }

  /** What the store takes. */
  get usage(): StoreUsage {
    const { bytes, guardedBytes } = this.#order;
    return { bytes, reclaimableBytes: bytes - guardedBytes, maxBytes: this.maxBytes };
  }

  /** Whether others leave or take room. */
  get keepsSpaceFree(): boolean {
    return this.#minFreeBytes > 0 && this.#backend.freeBytes() !== undefined;
  }

  /** How much the store could take at most, in bytes, if all of it were evicted first. */
  get capacity(): number {
    const free = this.#minFreeBytes > 0 ? this.#backend.freeBytes() : undefined;
    const most = free === undefined ? Infinity : this.#order.bytes + free - this.#minFreeBytes;
    return Math.min(this.maxBytes ?? Infinity, most);
  }

  /**
   * Makes room for so many bytes more, of `item`, or throws `NO_SPACE`. Nothing is evicted if that
   * would not be enough.
   */
  makeRoom(bytes: number, item?: Item): void {
    // What takes nothing needs no room, also where there is too much already.
    if (bytes === 0 || this.#excess(bytes) <= 0) return;
    this.#recount();
    const hooks = this.#hooks;
    const excess = this.#excess(bytes);
    if (excess > this.#order.reclaimable(item) + hooks.yieldable(item)) throw this.#noSpace(bytes, item);
    for (let left = excess; left > 0; left = this.#excess(bytes)) {
      const items = this.#order.next(item);
      if (items.length > 0) hooks.evict(items, left);
      else if (!hooks.yieldOne(item)) throw this.#noSpace(bytes, item);
    }
  }

  /** Evicts what is too much, as far as may be evicted. */
  reduce(): void {
    if (this.#excess(0) <= 0) return;
    this.#recount();
    for (let left = this.#excess(0); left > 0; left = this.#excess(0)) {
      const items = this.#order.next();
      if (items.length > 0) this.#hooks.evict(items, left);
      else if (!this.#hooks.yieldOne(undefined)) return;
    }
  }

  /** As {@link reduce}, at the end of this turn: what stood in the way may have ended. */
  reduceSoon(): void {
    if (this.#isDue || this.#isClosed) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.#isClosed) return;
      try {
        this.reduce();
      } catch {
        // What cannot be removed is tried again when something needs the room.
      }
    });
  }

  /** Evicts nothing from here on. */
  close(): void {
    this.#isClosed = true;
  }

  /** Counts bytes that are about to be stored. */
  add(item: Item, bytes: number): void {
    this.#order.sized(item, item.bytes + bytes);
    this.#estimated.add(item);
  }

  /** Counts what an item takes. */
  count(item: Item): void {
    this.#estimated.delete(item);
    if (!item.isGone) this.#order.sized(item, this.#measure(item));
  }

  forget(item: Item): void {
    this.#estimated.delete(item);
  }

  #recount(): void {
    for (const each of this.#estimated) this.#order.sized(each, this.#measure(each));
    this.#estimated.clear();
  }

  /** What an item takes, with content that was replaced, for as long as it is leased. */
  #measure({ name, former }: Item): number {
    const { blockBytes } = this.#backend;
    let bytes = this.#backend.count(name);
    for (const { resource } of former) bytes += Math.ceil(resource.coveredBytes / blockBytes) * blockBytes;
    return bytes;
  }

  /** How many bytes too many there would be with so many more. */
  #excess(bytes: number): number {
    return this.#order.bytes + bytes - this.capacity;
  }

  #noSpace(bytes: number, item: Item | undefined): StorageError {
    const { bytes: used, guardedBytes } = this.#order;
    const what = item === undefined ? '' : ` of ${JSON.stringify(item.key).slice(0, 80)}`;
    return new StorageError(
      'NO_SPACE',
      `Asked to store ${bytes} more bytes${what}, and the store takes ${used} of ${this.capacity} bytes, of which ${guardedBytes} may not be ` +
        'evicted: they are pinned, leased, or come right now. Close leases, unpin or remove entries, or allow more with maxBytes.',
    );
  }
}

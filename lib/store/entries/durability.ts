import { isStorageError } from '../../errors/storage-error.js';
import type { StoreBackend } from '../backend.js';
import type { EntryRecord } from '../entry-record.js';
import type { Item } from './item.js';

/** Within so many milliseconds what was stored is on its way to be durable. */
const WITHIN = 100;
/** How many files are made durable at the same time. */
const AT_A_TIME = 4;
/** How long to wait after the backend has refused, in milliseconds. */
const AGAIN = 1000;

/** Why a batch could not be made durable. */
interface Refusal {
  readonly error: unknown;
}

interface Waiter {
  readonly item: Item;
  readonly version: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes entries durable, many at once.
 *
 * **Why an entry that says it is durable is.** A batch makes the content durable, then all names,
 * and only then writes a record that says so, durable itself, and makes its name durable. If
 * anything of the entry changed in between, its record stays as it was, until the next batch. From
 * the moment that such a record is written the item counts as durable: its driver makes each
 * commit durable from then on, and its record is only ever replaced by one that is.
 *
 * **Why one that is not is not believed too long.** Its record has the name of this start of the
 * machine. The end of the process loses nothing of it, and the end of the machine ends the name.
 */
export class Durability {
  readonly #backend: StoreBackend;
  readonly #stored: (item: Item) => void;
  /** Items with something that is not durable. */
  readonly #dirty = new Set<Item>();
  /** Items whose time of use is not kept yet. */
  readonly #used = new Set<Item>();
  readonly #waiters = new Set<Waiter>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<Refusal | undefined> | undefined;
  #isDue = false;

  /** @param stored - told of each item whose files are as they will stay */
  constructor(backend: StoreBackend, stored: (item: Item) => void) {
    this.#backend = backend;
    this.#stored = stored;
  }

  /** Keeps the first record of an item; throws what the backend does. */
  begin(item: Item): void {
    this.#backend.storeFirst(item.name, this.#recordOf(item), item.usedAt);
    this.#mark(item);
  }

  /**
   * Replaces the record of an item: it survives the end of the process at once, unless the item is
   * durable, and that of the machine soon.
   */
  save(item: Item, record: EntryRecord): void {
    if (!item.isDurable) this.#backend.store(item.name, { ...record, boot: this.#backend.boot }, item.usedAt);
    item.record = record;
    this.#mark(item);
  }

  /** As {@link save}, at the next time when the backend takes it. */
  saveLater(item: Item, record: EntryRecord): void {
    item.record = record;
    this.#mark(item);
  }

  /** Its content was committed. */
  committed(item: Item): void {
    // A durable item's commit is durable.
    if (!item.isDurable) this.#mark(item);
  }

  used(item: Item): void {
    this.#used.add(item);
    this.#schedule(WITHIN);
  }

  forget(item: Item): void {
    this.#dirty.delete(item);
    this.#used.delete(item);
    this.#settle((waiter) => waiter.item === item);
  }

  /** Resolves once the item is durable as it is now. */
  now(item: Item): Promise<void> {
    if (!this.#dirty.has(item)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.add({ item, version: item.version, resolve, reject });
      this.#schedule(0);
    });
  }

  /** Does nothing more. */
  close(): void {
    this.#stop();
    this.#dirty.clear();
    this.#used.clear();
  }

  /** Resolves once all is durable; rejects with the error of what cannot be. */
  async flush(): Promise<void> {
    this.#stop();
    while (this.#running !== undefined || this.#dirty.size > 0 || this.#used.size > 0) {
      const refused = await (this.#running ?? this.#run());
      if (refused !== undefined) throw refused.error;
    }
    this.#stop();
  }

  #mark(item: Item): void {
    item.version += 1;
    this.#dirty.add(item);
    this.#schedule(WITHIN);
  }

  #schedule(ms: number): void {
    if (this.#running !== undefined) return;
    if (ms === 0) {
      this.#runSoon();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, ms);
  }

  /** At the end of this turn, for all who ask in it. */
  #runSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.#running !== undefined) return;
      this.#stop();
      void this.#run();
    });
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #run(): Promise<Refusal | undefined> {
    this.#running = this.#batch();
    const refused = await this.#running;
    this.#running = undefined;
    if (refused !== undefined) this.#schedule(AGAIN);
    else if (this.#dirty.size > 0 || this.#used.size > 0) this.#schedule(this.#waiters.size > 0 ? 0 : WITHIN);
    return refused;
  }

  /** Never rejects. */
  async #batch(): Promise<Refusal | undefined> {
    const items = [...this.#dirty];
    this.#keepTimes();
    if (items.length === 0) return undefined;
    try {
      const stored = await this.#store(items);
      for (const [item, version] of stored) {
        if (item.version === version) this.#dirty.delete(item);
        this.#settle(({ item: other, version: wanted }) => other === item && wanted <= version);
      }
      return undefined;
    } catch (error) {
      this.#settle(({ item }) => items.includes(item), error);
      return { error };
    }
  }

  /** Returns the items whose record is durable now, and of which version that is. */
  async #store(items: readonly Item[]): Promise<Map<Item, number>> {
    const backend = this.#backend;
    const begun = new Map(items.map((item) => [item, item.version]));
    await eachOf(items, async (item) => {
      if (!item.isDurable && !item.isGone) await this.#syncContent(item);
    });
    await backend.syncNames();
    const stored = new Map<Item, number>();
    await eachOf(items, async (item) => {
      const { version } = item;
      if (item.isGone || (!item.isDurable && version !== begun.get(item))) return;
      item.isDurable = true;
      const isStored = await backend.storeDurably(
        item.name,
        this.#recordOf(item),
        () => item.usedAt,
        () => !item.isGone && item.version === version,
      );
      if (!isStored) return;
      stored.set(item, version);
      this.#stored(item);
    });
    await backend.syncNames();
    return stored;
  }

  async #syncContent(item: Item): Promise<void> {
    if (item.content.state === 'complete') {
      await this.#backend.syncContent(item.name);
      return;
    }
    try {
      // What is closed has made its checkpoint.
      await item.open?.resource.checkpoint();
    } catch (error) {
      if (!isStorageError(error, 'CLOSED', 'CANCELLED')) throw error;
    }
  }

  /** A time that cannot be kept is no reason to stop. */
  #keepTimes(): void {
    for (const item of this.#used) {
      try {
        if (!item.isGone) this.#backend.touch(item.name, item.usedAt);
      } catch {
        // Its record may be about to be replaced by hand; the next use is kept.
      }
    }
    this.#used.clear();
  }

  #settle(which: (waiter: Waiter) => boolean, error?: unknown): void {
    for (const waiter of [...this.#waiters]) {
      if (!which(waiter)) continue;
      this.#waiters.delete(waiter);
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
  }

  /** As it is to be on disk. */
  #recordOf(item: Item): EntryRecord {
    return { ...item.record, boot: item.isDurable ? undefined : this.#backend.boot };
  }
}

/** Runs `action` for each item, a few at a time; rejects with the first error, after all. */
async function eachOf(items: readonly Item[], action: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) await action(item);
  };
  const done = await Promise.allSettled(Array.from({ length: AT_A_TIME }, work));
  for (const outcome of done) if (outcome.status === 'rejected') throw outcome.reason;
}

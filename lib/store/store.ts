/// <reference lib="esnext.disposable" preserve="true" />
import type { Observable } from 'rxjs';

import { StorageError } from '../errors/storage-error.js';
import { Downloader } from '../http/downloader/downloader.js';
import { assemble } from './assemble.js';
import { closeParts } from './close-parts.js';
import type { StoreBackend, StoredEntries } from './backend.js';
import { Intents } from './downloads/intents.js';
import { Sources } from './downloads/sources.js';
import { Access } from './entries/access.js';
import { itemsOf } from './entries/items-of.js';
import { Pins } from './entries/pins.js';
import { Freshness } from './freshness.js';
import type { Metadata } from './entry-record.js';
import type { Lease } from './leases/lease.js';
import type { Parts } from './parts.js';
import { setInside } from './store-inside.js';
import type { StoreChange, StoreEntry, StoreUsage } from './store-entry.js';
import {
  type AcquireOptions,
  checkBackend,
  checkBytes,
  checkKey,
  checkPin,
  checkStoreOptions,
  checkUpdate,
  type EntryUpdate,
  type StoreOptions,
} from './store-options.js';

/**
 * Many resources under one quota: one for each key, whoever asks.
 *
 * *Entry*: what the store has of a key: content, partial or complete, and what is known of it.
 * *Lease*: a view of the content of an entry, which keeps it from being evicted. *Intent*: that an
 * entry is to be downloaded, kept until it is. *Pin*: that it is not to be evicted. *Group*: a name
 * that entries have in common.
 *
 * @example
 * ```ts
 * import { folderBackend } from 'tidemark/node';
 * import { Store } from 'tidemark/store';
 *
 * await using store = await Store.open(folderBackend({ path: 'cache' }), {
 *   maxBytes: 2 ** 30,
 *   source: (key) => `https://example.org/songs/${key}`,
 * });
 * store.entries$.subscribe((entries) => {
 *   for (const { key, coveredBytes } of entries) console.log(key, coveredBytes);
 * });
 * await store.download('1.flac'); // goes on by itself, also after a restart
 * using lease = await store.acquire('2.flac', { download: true });
 * lease.read({ start: 0, end: 4 }).subscribe((magic) => console.log(magic));
 * ```
 */
export class Store<M extends Metadata = Metadata> {
  /** The keys of all entries; a new array only when the set changes. Replays, never errors. */
  readonly keys$: Observable<readonly string[]>;
  /** All entries; the same array until something changes. Replays, never errors. */
  readonly entries$: Observable<readonly StoreEntry<M>[]>;
  /**
   * What happens to entries; not conflated, not replayed. What opening the store has removed is
   * told to the first who subscribes.
   */
  readonly changes$: Observable<StoreChange<M>>;
  /** What the store takes. Replays, conflated, never errors. */
  readonly usage$: Observable<StoreUsage>;
  /** What lies where the store keeps its entries, and is not its own: it is never touched. */
  readonly strangers: readonly string[];
  readonly #parts: Parts;
  readonly #pins: Pins;
  readonly #freshness: Freshness;
  readonly #intents: Intents;
  readonly #access: Access<M>;
  #closing: Promise<void> | undefined;

  /**
   * Opens a store over a backend, and goes on with what was being downloaded.
   *
   * Rejects with `CLAIMED` while another store has the backend, with `INVALID_ARGUMENT`, and with
   * what the backend does.
   */
  static open<M extends Metadata = Metadata>(backend: StoreBackend, options: StoreOptions<M> = {}): Promise<Store<M>> {
    return Store.openFor<M>(backend, options, false);
  }

  /**
   * @internal
   *
   * @param awaits - asks nobody where keys are before somebody is there who uses it from afar
   */
  static async openFor<M extends Metadata>(
    backend: StoreBackend,
    options: StoreOptions<M>,
    awaits: boolean,
  ): Promise<Store<M>> {
    checkStoreOptions(options);
    checkBackend(backend);
    const stored = await backend.open();
    try {
      return new Store(backend, options, stored, awaits);
    } catch (error) {
      // Nobody has it to close it.
      await backend.close();
      throw error;
    }
  }

  private constructor(backend: StoreBackend, options: StoreOptions<M>, stored: StoredEntries, awaits: boolean) {
    const { downloader = new Downloader() } = options;
    const sources = new Sources(options.source as StoreOptions['source'], (key) => this.entry(key), awaits);
    const parts = assemble(backend, options, downloader, sources);
    this.#parts = parts;
    this.#pins = new Pins(parts);
    this.#freshness = new Freshness(parts, downloader);
    this.#intents = new Intents(parts);
    this.#access = new Access<M>(parts, sources, this.#freshness, (asked) => {
      this.#assertOpen(asked);
    });
    const { keys$, entries$, changes$, usage$ } = parts.publications;
    this.keys$ = keys$;
    this.entries$ = entries$ as Observable<readonly StoreEntry<M>[]>;
    this.changes$ = changes$ as Observable<StoreChange<M>>;
    this.usage$ = usage$;
    setInside(this, { sources, publications: parts.publications });
    this.strangers = Object.freeze([...stored.strangers]);
    this.#begin(stored);
  }

  /** The keys of all entries; the same array until the set changes. */
  get keys(): readonly string[] {
    return this.#parts.publications.keys;
  }

  /** All entries; the same array until something changes. */
  get entries(): readonly StoreEntry<M>[] {
    return this.#parts.publications.entries as readonly StoreEntry<M>[];
  }

  /** What the store takes; the same object until that changes. */
  get usage(): StoreUsage {
    return this.#parts.publications.usage;
  }

  /** What fetches for the store. */
  get downloader(): Downloader {
    return this.#parts.downloads.downloader;
  }

  /**
   * The most that the store may take, in bytes; undefined: no limit. Settable: less evicts, as far
   * as may be evicted, and the rest once it may. Throws `INVALID_ARGUMENT`, and `CLOSED`.
   */
  get maxBytes(): number | undefined {
    return this.#parts.quota.maxBytes;
  }

  /** Settable at any time. */
  set maxBytes(maxBytes: number | undefined) {
    checkBytes('maxBytes', maxBytes);
    this.#assertOpen('Set the quota');
    const { quota, publications, downloads } = this.#parts;
    quota.maxBytes = maxBytes;
    publications.together(() => {
      quota.reduce();
    });
    publications.used();
    downloads.admitSoon();
  }

  /**
   * What there is of a key; the same object until something of it changes. Neither opens it nor
   * counts as use.
   */
  entry(key: string): StoreEntry<M> | undefined {
    return this.#parts.publications.entry(key) as StoreEntry<M> | undefined;
  }

  /** As {@link entry}, now and whenever it has changed. Never errors. */
  entry$(key: string): Observable<StoreEntry<M> | undefined> {
    checkKey(key);
    return this.#parts.publications.entry$(key) as Observable<StoreEntry<M> | undefined>;
  }

  /**
   * Returns a lease of the content of a key: joins what others have open, or opens it. A key that
   * is new becomes an entry. With `download` what is missing is fetched, for as long as there is a
   * lease.
   *
   * Rejects with `NOT_FOUND` for a key that is new, without a `url`, and where `source` knows none;
   * `NO_SPACE`, `CANCELLED`, `CLOSED`, `INVALID_ARGUMENT`, and what opening a resource throws.
   */
  async acquire(key: string, options: AcquireOptions<M> = {}): Promise<Lease> {
    return this.#access.use(key, options, 'Acquired a key', (item) => {
      const { contents, downloads } = this.#parts;
      const lease = contents.lease(item);
      const { download = false, priority = 'playback', range, url } = options;
      if (download) downloads.want(item, lease, { priority, range: range && { ...range }, url });
      return lease;
    });
  }

  /**
   * Has a key downloaded, until it is there: also after a restart of the process or of the machine.
   * Resolves once that is durable. Again: goes on after `pause`, or after a failure. How it is
   * getting on is told by the entry.
   *
   * Rejects as {@link acquire} does.
   */
  async download(key: string, options: AcquireOptions<M> = {}): Promise<void> {
    const item = await this.#access.use(key, options, 'Asked to download a key', (used) => {
      this.#intents.begin(used, options);
      return used;
    });
    await this.#parts.durability.now(item);
  }

  /**
   * Takes back that a key is to be downloaded; what is there stays. Resolves once both are durable.
   * Rejects with `NOT_FOUND`, `CLOSED`, and what a checkpoint does.
   */
  async pause(key: string): Promise<void> {
    this.#assertOpen('Asked to pause a download');
    checkKey(key);
    const { catalog, durability } = this.#parts;
    const item = catalog.known(key, 'pause');
    this.#intents.pause(item);
    await durability.now(item);
    await item.open?.resource.checkpoint();
  }

  /**
   * Keeps an entry from being evicted, or lets it go again (`pinned` false). Resolves once that is
   * durable. Rejects with `NOT_FOUND`, `CLOSED`, `INVALID_ARGUMENT`.
   *
   * @param options.until - when the pin ends, in epoch milliseconds
   */
  async pin(key: string, pinned = true, options: { until?: number | undefined } = {}): Promise<void> {
    this.#assertOpen('Asked to pin an entry');
    checkKey(key);
    checkPin(pinned, options);
    const { until } = options;
    const { catalog, durability } = this.#parts;
    const item = catalog.known(key, 'pin');
    catalog.update(item, { pinned: pinned && (until ?? true) });
    this.#pins.look(item);
    await durability.now(item);
  }

  /**
   * Changes what is known of an entry: metadata are merged. Resolves once that is durable. Rejects
   * with `NOT_FOUND`, `CLOSED`, `INVALID_ARGUMENT`.
   */
  async update(key: string, change: EntryUpdate<M>): Promise<void> {
    this.#assertOpen('Asked to update an entry');
    checkKey(key);
    checkUpdate(change);
    const { catalog, durability } = this.#parts;
    const item = catalog.known(key, 'update');
    this.#access.describe(item, change);
    await durability.now(item);
  }

  /**
   * Removes an entry, or all of a group, with its content: leases end with `CLOSED`, downloads
   * stop. A key that nobody knows: nothing. Rejects with `CLOSED`, and what the backend throws.
   */
  remove(which: string | { group: string }): Promise<void> {
    return new Promise((resolve) => {
      this.#assertOpen('Asked to remove an entry');
      const { catalog, downloads, publications } = this.#parts;
      publications.together(() => {
        for (const item of itemsOf(catalog, which)) catalog.remove(item, 'removed');
      });
      downloads.admitSoon();
      resolve();
    });
  }

  /**
   * Ends all leases and downloads, makes everything durable, and gives the backend back.
   * Idempotent. Rejects with what could not be made durable.
   */
  close(): Promise<void> {
    this.#closing ??= closeParts(this.#parts, () => {
      this.#freshness.close();
      this.#pins.close();
    });
    return this.#closing;
  }

  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin({ entries, dropped }: StoredEntries): void {
    const { catalog, publications, quota } = this.#parts;
    catalog.load(entries);
    for (const { key, reason } of dropped) publications.tell({ kind: 'removed', key, reason });
    for (const item of catalog.items.values()) this.#pins.look(item);
    for (const item of [...catalog.items.values()]) this.#intents.goOn(item);
    publications.together(() => {
      quota.reduce();
    });
    publications.opened();
  }

  #assertOpen(asked: string): void {
    if (this.#closing === undefined) return;
    throw new StorageError('CLOSED', `${asked} of a store that is closed. Open it anew.`);
  }
}

/// <reference lib="esnext.disposable" preserve="true" />
import { Observable } from 'rxjs';

import { StorageError } from '../../errors/storage-error.js';
import type { Metadata } from '../entry-record.js';
import type { Lease } from '../leases/lease.js';
import type { Store } from '../store.js';
import type { StoreChange, StoreEntry, StoreUsage } from '../store-entry.js';
import {
  type AcquireOptions,
  checkAcquire,
  checkBytes,
  checkKey,
  checkPin,
  checkUpdate,
  checkWhich,
  type EntryUpdate,
} from '../store-options.js';
import { abortedError } from '../../waits/abort.js';
import { Answers, type RemoteSource } from './answers.js';
import type { StoreToClient, StoreToServer, StoreWelcome } from './messages.js';
import { RemoteCalls } from './remote-calls.js';
import { RemoteEntries } from './remote-entries.js';
import { RemoteLeases } from './remote-leases.js';
import { toSentOptions } from './plain.js';

/** What a remote store talks to. */
export interface StoreLink {
  send(message: StoreToServer): void;
}

/**
 * A store on the other side of a port. Made by `connectStore` and `shareStore`.
 *
 * It does all that a {@link Store} does, but for `downloader`. Its leases have no `resource`, and
 * none of the bytes: `readAt` answers 0, and whatever waits and copies fetches them. What it tells
 * of entries is what the other side has told it: it knows of what a call has done when that call
 * resolves.
 */
export class RemoteStore<M extends Metadata = Metadata> implements Omit<Store<M>, 'downloader'> {
  /** The keys of all entries; a new array only when the set changes. Replays, never errors. */
  readonly keys$: Observable<readonly string[]>;
  /** All entries; the same array until something changes. Replays, never errors. */
  readonly entries$: Observable<readonly StoreEntry<M>[]>;
  /** What happens to entries; not conflated, not replayed. */
  readonly changes$: Observable<StoreChange<M>>;
  /** What the store takes. Replays, conflated, never errors. */
  readonly usage$: Observable<StoreUsage>;
  readonly #entries = new RemoteEntries();
  readonly #calls = new RemoteCalls((message) => this.#send(message));
  readonly #leases: RemoteLeases;
  readonly #answers: Answers;
  readonly #leave: () => void | Promise<void>;
  #link: StoreLink | undefined;
  #listeners = 0;
  /** How many times somebody began to listen. */
  #listening = 0;
  #closing: Promise<void> | undefined;

  /**
   * @internal
   *
   * @param leave - called once, at `close`
   */
  constructor(source: RemoteSource | undefined, leave: () => void | Promise<void>) {
    const entries = this.#entries;
    this.#leave = leave;
    this.#leases = new RemoteLeases(
      (message) => this.#send(message),
      this.#calls,
      (key) => entries.entry(key)?.contentType,
    );
    this.#answers = new Answers(source, (key) => entries.entry(key));
    this.keys$ = entries.keys$;
    this.entries$ = entries.entries$ as Observable<readonly StoreEntry<M>[]>;
    this.usage$ = entries.usage$;
    this.changes$ = new Observable((subscriber) => {
      this.#listen(1);
      subscriber.add(() => this.#listen(-1));
      subscriber.add(entries.changes$.subscribe(subscriber as never));
    });
  }

  /** The keys of all entries; the same array until the set changes. */
  get keys(): readonly string[] {
    return this.#entries.keys;
  }

  /** All entries; the same array until something changes. */
  get entries(): readonly StoreEntry<M>[] {
    return this.#entries.entries as readonly StoreEntry<M>[];
  }

  /** What the store takes; the same object until that changes. */
  get usage(): StoreUsage {
    return this.#entries.usage;
  }

  /** What lies where the store keeps its entries, and is not its own: it is never touched. */
  get strangers(): readonly string[] {
    return this.#entries.strangers;
  }

  /**
   * The most that the store may take, in bytes; undefined: no limit. Settable, for all who use the
   * store: less evicts, as far as may be evicted, and the rest once it may. Throws
   * `INVALID_ARGUMENT`, and `CLOSED`.
   */
  get maxBytes(): number | undefined {
    return this.#entries.maxBytes;
  }

  /** Settable at any time. */
  set maxBytes(maxBytes: number | undefined) {
    checkBytes('maxBytes', maxBytes);
    this.#assertOpen('Set the quota');
    this.#entries.setMaxBytes(maxBytes);
    this.#send({ type: 'set-max-bytes', maxBytes });
  }

  /** What there is of a key; the same object until something of it changes. */
  entry(key: string): StoreEntry<M> | undefined {
    return this.#entries.entry(key) as StoreEntry<M> | undefined;
  }

  /** As {@link entry}, now and whenever it has changed. Never errors. */
  entry$(key: string): Observable<StoreEntry<M> | undefined> {
    checkKey(key);
    return this.#entries.entry$(key) as Observable<StoreEntry<M> | undefined>;
  }

  /**
   * Returns a lease of the content of a key, as `Store.acquire` does. A `url` function is called
   * here, as long as this side is there.
   *
   * Rejects with `NOT_FOUND` for a key that is new, without a `url`, and where nobody knows one;
   * `NO_SPACE`, `CANCELLED`, `CLOSED`, `INVALID_ARGUMENT`, and what opening a resource throws.
   */
  async acquire(key: string, options: AcquireOptions<M> = {}): Promise<Lease> {
    this.#check(key, options, 'Acquired a key');
    return this.#leases.acquire(key, options);
  }

  /**
   * Has a key downloaded, until it is there, as `Store.download` does: also when this side has
   * gone. Resolves once that is durable. Rejects as {@link acquire} does.
   */
  async download(key: string, options: AcquireOptions<M> = {}): Promise<void> {
    const asked = 'Asked to download a key';
    this.#check(key, options, asked);
    await this.#calls.call({ name: 'download', args: [key, toSentOptions(options)] }, asked, options.signal);
  }

  /**
   * Takes back that a key is to be downloaded; what is there stays. Resolves once both are durable.
   * Rejects with `NOT_FOUND`, `CLOSED`, and what a checkpoint does.
   */
  async pause(key: string): Promise<void> {
    const asked = 'Asked to pause a download';
    this.#assertOpen(asked);
    checkKey(key);
    await this.#calls.call({ name: 'pause', args: [key] }, asked);
  }

  /**
   * Keeps an entry from being evicted, or lets it go again (`pinned` false). Resolves once that is
   * durable. Rejects with `NOT_FOUND`, `CLOSED`, `INVALID_ARGUMENT`.
   *
   * @param options.until - when the pin ends, in epoch milliseconds
   */
  async pin(key: string, pinned = true, options: { until?: number | undefined } = {}): Promise<void> {
    const asked = 'Asked to pin an entry';
    this.#assertOpen(asked);
    checkKey(key);
    checkPin(pinned, options);
    await this.#calls.call({ name: 'pin', args: [key, pinned, { ...options }] }, asked);
  }

  /**
   * Changes what is known of an entry: metadata are merged. Resolves once that is durable. Rejects
   * with `NOT_FOUND`, `CLOSED`, `INVALID_ARGUMENT`.
   */
  async update(key: string, change: EntryUpdate<M>): Promise<void> {
    const asked = 'Asked to update an entry';
    this.#assertOpen(asked);
    checkKey(key);
    checkUpdate(change);
    await this.#calls.call({ name: 'update', args: [key, toSentOptions(change)] }, asked);
  }

  /**
   * Removes an entry, or all of a group, with its content: leases end with `CLOSED`, downloads
   * stop. A key that nobody knows: nothing. Rejects with `CLOSED`, and what the backend throws.
   */
  async remove(which: string | { group: string }): Promise<void> {
    const asked = 'Asked to remove an entry';
    this.#assertOpen(asked);
    checkWhich(which);
    await this.#calls.call(
      { name: 'remove', args: [typeof which === 'string' ? which : { group: which.group }] },
      asked,
    );
  }

  /**
   * Ends the leases of this side, and the connection. The store itself goes on for others.
   * Idempotent. Rejects, where this side runs a shared store, with what could not be made durable.
   */
  close(): Promise<void> {
    return this.#end(closedError('Used a store'));
  }

  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal Another side serves, in place of the one before. */
  welcomed(link: StoreLink, welcome: StoreWelcome): void {
    const { set } = this.#entries;
    this.#link = link;
    this.#entries.welcomed(welcome);
    // By one who has heard of these.
    if (this.#closing !== undefined) return;
    if (set !== undefined) this.maxBytes = set.maxBytes;
    if (this.#listeners > 0) this.#send({ type: 'listen', listening: this.#listening });
    // Calls first: those for leases that there are would be made twice.
    this.#calls.again();
    this.#leases.again();
  }

  /** @internal */
  received(message: StoreToClient): void {
    switch (message.type) {
      case 'entries':
        this.#entries.changed(message);
        break;
      case 'usage':
        this.#entries.setUsage(message);
        break;
      case 'change':
        if (message.listening === this.#listening) this.#entries.tell(message.change);
        break;
      case 'done':
        this.#calls.done(message);
        break;
      case 'view':
        this.#leases.received(message);
        break;
      case 'ask': {
        // Not to another other side: that counts its questions anew.
        const link = this.#link;
        void this.#answers.answer(message).then((answer) => link?.send(answer));
      }
    }
  }

  /** @internal The other side has gone; another one may come. */
  lost(): void {
    this.#link = undefined;
    this.#leases.lost();
  }

  /** @internal The other side has gone, and no other will come. */
  gone(error: Error): void {
    // Who closes it hears of what has failed then.
    this.#end(error).catch(() => undefined);
  }

  #end(error: Error): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    let left: (leaving: void | Promise<void>) => void = () => undefined;
    // Before anybody hears of it, who may call something.
    this.#closing = new Promise((resolve) => (left = resolve));
    this.#leases.end();
    this.#calls.end(error);
    this.#link = undefined;
    this.#entries.close();
    left(this.#leave());
    return this.#closing;
  }

  #send(message: StoreToServer): void {
    this.#link?.send(message);
  }

  #listen(change: 1 | -1): void {
    this.#listeners += change;
    const isFirst = change === 1 && this.#listeners === 1;
    if (isFirst) this.#listening += 1;
    if (isFirst || this.#listeners === 0)
      this.#send({ type: 'listen', listening: isFirst ? this.#listening : undefined });
  }

  #check(key: string, options: AcquireOptions<M>, asked: string): void {
    checkKey(key);
    checkAcquire(options);
    const { signal, url } = options;
    if (signal?.aborted === true) throw abortedError(asked, signal);
    this.#assertOpen(asked);
    this.#answers.given(key, url);
  }

  #assertOpen(asked: string): void {
    if (this.#closing !== undefined) throw closedError(asked);
  }
}

function closedError(asked: string): StorageError {
  return new StorageError('CLOSED', `${asked} of a store that is closed, or has gone. Connect to it anew.`);
}

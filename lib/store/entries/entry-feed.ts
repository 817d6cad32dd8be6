import { Observable, Subject } from 'rxjs';

import { Notifications } from '../../changes/notifications.js';
import { StateStream } from '../../changes/state-stream.js';
import type { StoreChange, StoreEntry, StoreUsage } from '../store-entry.js';
import { Live } from './live.js';

/** What a feed tells of. */
export interface EntrySource {
  readonly keys: () => Iterable<string>;
  /** The same object until something of it changes. */
  readonly entry: (key: string) => StoreEntry | undefined;
  readonly usage: () => StoreUsage;
}

/** Tells of all entries of a store. What a getter and its observable show is always the same. */
export class EntryFeed {
  readonly keys$: Observable<readonly string[]>;
  readonly entries$: Observable<readonly StoreEntry[]>;
  readonly usage$: Observable<StoreUsage>;
  readonly changes$: Observable<StoreChange>;
  readonly #source: EntrySource;
  readonly #live = new Map<string, Live<StoreEntry | undefined>>();
  readonly #liveKeys: Live<readonly string[]>;
  readonly #liveEntries: Live<readonly StoreEntry[]>;
  readonly #liveUsage: StateStream<StoreUsage>;
  readonly #changes$ = new Subject<StoreChange>();
  readonly #flushed$ = new Subject<readonly string[]>();
  /** What happened before anybody could subscribe. */
  #early: StoreChange[] = [];
  #isOpening = true;
  #keys: readonly string[] | undefined;
  #entries: readonly StoreEntry[] | undefined;
  #usage: StoreUsage | undefined;
  /** Keys whose entry has changed since the last emission. */
  readonly #dirty = new Set<string>();
  #depth = 0;
  #isClosed = false;

  constructor(source: EntrySource) {
    this.#source = source;
    this.#liveKeys = new Live(() => this.keys);
    this.#liveEntries = new Live(() => this.entries);
    this.#liveUsage = new StateStream(() => this.usage, new Notifications());
    this.keys$ = this.#liveKeys.state$;
    this.entries$ = this.#liveEntries.state$;
    this.usage$ = this.#liveUsage.state$;
    this.changes$ = new Observable((subscriber) => {
      const early = this.#early;
      this.#early = [];
      for (const change of early) subscriber.next(change);
      return this.#changes$.subscribe(subscriber);
    });
  }

  get keys(): readonly string[] {
    return (this.#keys ??= Object.freeze([...this.#source.keys()]));
  }

  get entries(): readonly StoreEntry[] {
    return (this.#entries ??= Object.freeze(
      this.keys.map((key) => this.#source.entry(key)).filter((entry) => entry !== undefined),
    ));
  }

  get usage(): StoreUsage {
    const now = this.#source.usage();
    const last = this.#usage;
    const isSame =
      last?.bytes === now.bytes && last.reclaimableBytes === now.reclaimableBytes && last.maxBytes === now.maxBytes;
    return isSame ? last : (this.#usage = Object.freeze(now));
  }

  entry(key: string): StoreEntry | undefined {
    return this.#source.entry(key);
  }

  entry$(key: string): Observable<StoreEntry | undefined> {
    return new Observable((subscriber) => {
      let live = this.#live.get(key);
      if (live === undefined) {
        const made = new Live(
          () => this.entry(key),
          () => {
            if (this.#live.get(key) === made) this.#live.delete(key);
          },
        );
        live = made;
        this.#live.set(key, live);
        if (this.#isClosed) live.complete();
      }
      return live.state$.subscribe(subscriber);
    });
  }

  /** The keys of entries that have changed, whenever that is published. Completes at close. */
  get flushed$(): Observable<readonly string[]> {
    return this.#flushed$;
  }

  /** The entry of a key has changed, or it has come or gone (`isSet`). */
  keyChanged(key: string, isSet: boolean): void {
    this.#entries = undefined;
    if (isSet) this.#keys = undefined;
    this.#dirty.add(key);
    if (this.#depth === 0) this.#flush();
  }

  /** The usage has changed. */
  used(): void {
    this.#liveUsage.changed();
  }

  /** Tells of a change, after what the entries show of it. */
  tell(change: Omit<StoreChange, 'entry'>): void {
    if (!this.#isOpening && !this.#changes$.observed) return;
    const told: StoreChange = { ...change, entry: this.entry(change.key) };
    if (this.#isOpening) this.#early.push(told);
    this.#changes$.next(told);
  }

  /** Publishes once what `action` changes. */
  together<T>(action: () => T): T {
    this.#depth += 1;
    try {
      return action();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#flush();
    }
  }

  /** From here on changes are told as they come. */
  opened(): void {
    this.#isOpening = false;
  }

  close(): void {
    this.#isClosed = true;
    for (const live of [...this.#live.values()]) live.complete();
    this.#liveKeys.complete();
    this.#liveEntries.complete();
    this.#liveUsage.flush();
    this.#liveUsage.complete();
    this.#changes$.complete();
    this.#flushed$.complete();
  }

  #flush(): void {
    while (this.#dirty.size > 0) {
      const keys = [...this.#dirty];
      this.#dirty.clear();
      for (const key of keys) this.#live.get(key)?.emit();
      this.#liveKeys.emit();
      this.#liveEntries.emit();
      this.#liveUsage.changed();
      this.#flushed$.next(keys);
    }
  }
}

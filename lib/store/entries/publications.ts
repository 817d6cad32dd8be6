import { Observable, Subject } from 'rxjs';

import { Notifications } from '../../changes/notifications.js';
import { StateStream } from '../../changes/state-stream.js';
import type { StoreChange, StoreEntry, StoreUsage } from '../store-entry.js';
import type { Item } from './item.js';
import { Live } from './live.js';
import { snapshotOf } from './snapshot.js';

/** How often numbers of bytes are published, in milliseconds. */
const EVERY = 250;

/**
 * Tells of all entries: each is one object until something of it changes.
 *
 * Changes of state are published at once, numbers of bytes every 250 ms. A getter and its
 * observable show the same: until numbers are published, both show the numbers before.
 */
export class Publications {
  readonly keys$: Observable<readonly string[]>;
  readonly entries$: Observable<readonly StoreEntry[]>;
  readonly usage$: Observable<StoreUsage>;
  readonly changes$: Observable<StoreChange>;
  readonly #items: ReadonlyMap<string, Item>;
  readonly #measure: () => StoreUsage;
  readonly #live = new Map<string, Live<StoreEntry | undefined>>();
  readonly #liveKeys: Live<readonly string[]>;
  readonly #liveEntries: Live<readonly StoreEntry[]>;
  readonly #liveUsage: StateStream<StoreUsage>;
  readonly #changes$ = new Subject<StoreChange>();
  /** What happened before anybody could subscribe. */
  #early: StoreChange[] = [];
  #isOpening = true;
  #keys: readonly string[] | undefined;
  #entries: readonly StoreEntry[] | undefined;
  #usage: StoreUsage | undefined;
  /** Keys whose entry has changed since the last emission. */
  readonly #dirty = new Set<string>();
  readonly #counted = new Set<Item>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #depth = 0;
  #isClosed = false;

  constructor(items: ReadonlyMap<string, Item>, measure: () => StoreUsage) {
    this.#items = items;
    this.#measure = measure;
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
    return (this.#keys ??= Object.freeze([...this.#items.keys()]));
  }

  get entries(): readonly StoreEntry[] {
    return (this.#entries ??= Object.freeze(Array.from(this.#items.values(), entryOf)));
  }

  get usage(): StoreUsage {
    const now = this.#measure();
    const last = this.#usage;
    const isSame =
      last?.bytes === now.bytes && last.reclaimableBytes === now.reclaimableBytes && last.maxBytes === now.maxBytes;
    return isSame ? last : (this.#usage = Object.freeze(now));
  }

  entry(key: string): StoreEntry | undefined {
    const item = this.#items.get(key);
    return item && entryOf(item);
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

  /** Something of an item has changed, or it has come or gone (`isSet`). */
  changed(item: Item, isSet = false): void {
    item.snapshot = undefined;
    this.#counted.delete(item);
    this.#entries = undefined;
    if (isSet) this.#keys = undefined;
    this.#dirty.add(item.key);
    if (this.#depth === 0) this.#flush();
  }

  /** Numbers of bytes of an item have changed. */
  counted(item: Item): void {
    this.#counted.add(item);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.together(() => {
        for (const each of [...this.#counted]) if (!each.isGone) this.changed(each);
      });
    }, EVERY);
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
    clearTimeout(this.#timer);
    for (const live of [...this.#live.values()]) live.complete();
    this.#liveKeys.complete();
    this.#liveEntries.complete();
    this.#liveUsage.flush();
    this.#liveUsage.complete();
    this.#changes$.complete();
  }

  #flush(): void {
    while (this.#dirty.size > 0) {
      const keys = [...this.#dirty];
      this.#dirty.clear();
      for (const key of keys) this.#live.get(key)?.emit();
      this.#liveKeys.emit();
      this.#liveEntries.emit();
      this.#liveUsage.changed();
    }
  }
}

function entryOf(item: Item): StoreEntry {
  return (item.snapshot ??= item.published = snapshotOf(item));
}

import type { StoreEntry, StoreUsage } from '../store-entry.js';
import { EntryFeed } from './entry-feed.js';
import type { Item } from './item.js';
import { snapshotOf } from './snapshot.js';

/** How often numbers of bytes are published, in milliseconds. */
const EVERY = 250;

/**
 * Tells of all items of a store: each is one object until something of it changes.
 *
 * Changes of state are published at once, numbers of bytes every 250 ms: until then getters show
 * the numbers before, too.
 */
export class Publications extends EntryFeed {
  readonly #counted = new Set<Item>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(items: ReadonlyMap<string, Item>, usage: () => StoreUsage) {
    super({ keys: () => items.keys(), entry: (key) => entryOf(items.get(key)), usage });
  }

  /** Something of an item has changed, or it has come or gone (`isSet`). */
  changed(item: Item, isSet = false): void {
    item.snapshot = undefined;
    this.#counted.delete(item);
    this.keyChanged(item.key, isSet);
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

  override close(): void {
    clearTimeout(this.#timer);
    super.close();
  }
}

function entryOf(item: Item | undefined): StoreEntry | undefined {
  return item && (item.snapshot ??= item.published = snapshotOf(item));
}

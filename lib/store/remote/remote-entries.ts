import { EntryFeed } from '../entries/entry-feed.js';
import type { StoreEntry, StoreUsage } from '../store-entry.js';
import type { StoreToClient, StoreWelcome } from './messages.js';
import { fromSentEntry } from './plain.js';

/** What is known here of a store on another side, as far as that has told it. */
export class RemoteEntries extends EntryFeed {
  strangers: readonly string[] = [];
  readonly #entries: Map<string, StoreEntry>;
  readonly #state: { usage: StoreUsage };
  /** How many times the quota was set here, and what to. */
  #settings = 0;
  #maxBytes: number | undefined;

  constructor() {
    const entries = new Map<string, StoreEntry>();
    const state = { usage: { bytes: 0, reclaimableBytes: 0, maxBytes: undefined } as StoreUsage };
    super({ keys: () => entries.keys(), entry: (key) => entries.get(key), usage: () => ({ ...state.usage }) });
    this.#entries = entries;
    this.#state = state;
    this.opened();
  }

  /** Whether the quota was set here. */
  get isSet(): boolean {
    return this.#settings > 0;
  }

  get maxBytes(): number | undefined {
    return this.#state.usage.maxBytes;
  }

  /** Takes up all that the other side knows, in place of what was known before. */
  welcomed({ entries, usage, strangers }: StoreWelcome): void {
    this.strangers = Object.freeze([...strangers]);
    const keys = new Set(entries.map(({ key }) => key));
    this.changed({ changed: entries, gone: [...this.#entries.keys()].filter((key) => !keys.has(key)) });
    // It has not heard of any.
    this.#settings = 0;
    this.setUsage({ usage, settings: 0 });
  }

  changed({ changed, gone }: Pick<StoreToClient & { type: 'entries' }, 'changed' | 'gone'>): void {
    this.together(() => {
      for (const key of gone) if (this.#entries.delete(key)) this.keyChanged(key, true);
      for (const sent of changed) {
        const isNew = !this.#entries.has(sent.key);
        this.#entries.set(sent.key, fromSentEntry(sent));
        this.keyChanged(sent.key, isNew);
      }
    });
  }

  setUsage({ usage, settings }: Pick<StoreToClient & { type: 'usage' }, 'usage' | 'settings'>): void {
    // It may not have heard yet of what was set here.
    this.#state.usage = settings < this.#settings ? { ...usage, maxBytes: this.#maxBytes } : usage;
    this.used();
  }

  /** The quota was set here. */
  setMaxBytes(maxBytes: number | undefined): void {
    this.#settings += 1;
    this.#maxBytes = maxBytes;
    this.#state.usage = { ...this.#state.usage, maxBytes };
    this.used();
  }
}

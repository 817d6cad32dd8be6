import { EntryFeed } from '../entries/entry-feed.js';
import type { StoreEntry, StoreUsage } from '../store-entry.js';
import type { StoreToClient, StoreWelcome } from './messages.js';
import { fromSentEntry, toSentEntry } from './plain.js';

/** What is known here of a store on another side, as far as that has told it. */
export class RemoteEntries extends EntryFeed {
  strangers: readonly string[] = [];
  readonly #entries: Map<string, StoreEntry>;
  readonly #state: { usage: StoreUsage };
  /** How many times the quota was set here, as far as this other side is concerned. */
  #settings = 0;
  /** What it was set to here, unless somebody else has set it since. */
  #set: { readonly maxBytes: number | undefined } | undefined;

  constructor() {
    const entries = new Map<string, StoreEntry>();
    const state = { usage: { bytes: 0, reclaimableBytes: 0, maxBytes: undefined } as StoreUsage };
    super({ keys: () => entries.keys(), entry: (key) => entries.get(key), usage: () => ({ ...state.usage }) });
    this.#entries = entries;
    this.#state = state;
    this.opened();
  }

  /** The quota that was set here, if it is in force. */
  get set(): { readonly maxBytes: number | undefined } | undefined {
    return this.#set;
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
    this.#set = undefined;
    this.setUsage({ usage, settings: 0 });
  }

  changed({ changed, gone }: Pick<StoreToClient & { type: 'entries' }, 'changed' | 'gone'>): void {
    this.together(() => {
      for (const key of gone) if (this.#entries.delete(key)) this.keyChanged(key, true);
      for (const sent of changed) {
        const before = this.#entries.get(sent.key);
        // It may have been told of it before, with a change or by another other side.
        if (before !== undefined && isSame(toSentEntry(before), sent)) continue;
        this.#entries.set(sent.key, fromSentEntry(sent));
        this.keyChanged(sent.key, before === undefined);
      }
    });
  }

  setUsage({ usage, settings }: Pick<StoreToClient & { type: 'usage' }, 'usage' | 'settings'>): void {
    const set = this.#set;
    // It may not have heard yet of what was set here.
    this.#state.usage = set !== undefined && settings < this.#settings ? { ...usage, ...set } : usage;
    if (set?.maxBytes !== this.#state.usage.maxBytes) this.#set = undefined;
    this.used();
  }

  /** The quota was set here. */
  setMaxBytes(maxBytes: number | undefined): void {
    this.#settings += 1;
    this.#set = { maxBytes };
    this.#state.usage = { ...this.#state.usage, maxBytes };
    this.used();
  }
}

/** Whether two plain values say the same. */
function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const [names, others] = [Object.entries(one), Object.keys(other)];
  return (
    names.length === others.length &&
    names.every(([name, value]) => Object.hasOwn(other, name) && isSame(value, other[name as keyof typeof other]))
  );
}

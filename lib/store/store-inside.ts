import type { Sources } from './downloads/sources.js';
import type { EntryFeed } from './entries/entry-feed.js';

/** What a store is served by. */
export interface StoreInside {
  readonly sources: Sources;
  readonly publications: EntryFeed;
}

const insides = new WeakMap<object, StoreInside>();

/** Called by a store with what it is made of. */
export function setInside(store: object, inside: StoreInside): void {
  insides.set(store, inside);
}

/** What a store is made of; undefined for anything else. */
export function insideOf(store: object): StoreInside | undefined {
  return insides.get(store);
}

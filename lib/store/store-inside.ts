import type { Sources } from './downloads/sources.js';
import type { EntryFeed } from './entries/entry-feed.js';

/** The member of a store that has what serving it needs. */
export const STORE_INSIDE: unique symbol = Symbol('tidemark.store.inside');

/** What a store is served by. */
export interface StoreInside {
  readonly sources: Sources;
  readonly publications: EntryFeed;
}

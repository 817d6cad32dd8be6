import type { Catalog } from './entries/catalog.js';
import type { Contents } from './entries/contents.js';
import type { Durability } from './entries/durability.js';
import type { Publications } from './entries/publications.js';
import type { UseClock } from './entries/use-clock.js';
import type { StoreBackend } from './backend.js';
import type { Downloads } from './downloads/downloads.js';
import type { EvictionOrder } from './quota/eviction-order.js';
import type { Quota } from './quota/quota.js';

/** The parts of one store. Each knows the others that it needs by this. */
export interface Parts {
  readonly backend: StoreBackend;
  readonly clock: UseClock;
  readonly order: EvictionOrder;
  readonly quota: Quota;
  readonly publications: Publications;
  readonly durability: Durability;
  readonly catalog: Catalog;
  readonly contents: Contents;
  readonly downloads: Downloads;
}

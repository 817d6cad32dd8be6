import type { Downloader } from '../http/downloader/downloader.js';
import type { StoreBackend } from './backend.js';
import { Downloads } from './downloads/downloads.js';
import type { Sources } from './downloads/sources.js';
import { Catalog } from './entries/catalog.js';
import { Contents } from './entries/contents.js';
import { Durability } from './entries/durability.js';
import { Publications } from './entries/publications.js';
import { UseClock } from './entries/use-clock.js';
import type { Parts } from './parts.js';
import { EvictionOrder } from './quota/eviction-order.js';
import { Quota, type QuotaLimits } from './quota/quota.js';

/** Makes the parts of a store, which know each other by what it returns. */
export function assemble(
  backend: StoreBackend,
  { by = 'entry', ...limits }: QuotaLimits & { readonly by?: 'entry' | 'group' | undefined },
  downloader: Downloader,
  sources: Sources,
): Parts {
  const parts = { backend, clock: new UseClock(), order: new EvictionOrder(by) } as {
    -readonly [K in keyof Parts]: Parts[K];
  };
  parts.catalog = new Catalog(parts);
  parts.contents = new Contents(parts);
  parts.downloads = new Downloads(parts, downloader, sources);
  parts.durability = new Durability(backend, (item) => {
    parts.quota.count(item);
  });
  parts.quota = new Quota(limits, parts.order, backend, {
    evict: (items, needed) => {
      const each = by === 'group' ? Infinity : needed;
      parts.publications.together(() => {
        // Who hears of the first may use the others.
        for (const item of items) if (item.guards.size === 0) parts.catalog.evict(item, each);
      });
    },
    yieldable: (item) => parts.downloads.yieldable(item),
    yieldOne: (item) => parts.downloads.yieldOne(item),
  });
  parts.publications = new Publications(parts.catalog.items, () => parts.quota.usage);
  return parts;
}

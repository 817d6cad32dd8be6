import { checkWhich } from '../store-options.js';
import type { Catalog } from './catalog.js';
import type { Item } from './item.js';

/**
 * The item of a key, or those of a group; none where there is none. Throws `INVALID_ARGUMENT`, and
 * a `TypeError` for what TypeScript rejects.
 */
export function itemsOf({ items }: Pick<Catalog, 'items'>, which: string | { group: string }): Item[] {
  checkWhich(which);
  if (typeof which === 'string') {
    const item = items.get(which);
    return item === undefined ? [] : [item];
  }
  return [...items.values()].filter(({ record }) => record.group === which.group);
}

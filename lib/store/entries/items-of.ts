import { checkOptions } from '../../errors/check-options.js';
import { wrongType } from '../../errors/invalid-argument.js';
import type { Catalog } from './catalog.js';
import type { Item } from './item.js';

/**
 * The item of a key, or those of a group; none where there is none. Throws `INVALID_ARGUMENT`, and
 * a `TypeError` for what TypeScript rejects.
 */
export function itemsOf({ items }: Pick<Catalog, 'items'>, which: string | { group: string }): Item[] {
  if (typeof which === 'string') {
    const item = items.get(which);
    return item === undefined ? [] : [item];
  }
  const given: unknown = which;
  if (typeof given !== 'object' || given === null) throw wrongType('which', 'a key or { group }', which);
  checkOptions(which, ['group']);
  if (typeof which.group !== 'string') throw wrongType('group', 'a string', which.group);
  return [...items.values()].filter(({ record }) => record.group === which.group);
}

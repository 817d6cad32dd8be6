import type { Resource } from '../../resource/resource.js';
import type { Parts } from '../parts.js';
import type { Meter } from '../quota/metered-driver.js';
import type { Item } from './item.js';

/**
 * Asks the quota before bytes of an item are stored, and counts them.
 *
 * @param content - has the resource once that is open
 */
export function meterOf(parts: Parts, item: Item, content: { readonly resource?: Resource }): Meter {
  const { backend, order, quota, publications, downloads } = parts;
  return {
    beforeWrite: (start, end) => {
      const { resource } = content;
      const bytes = resource === undefined ? end - start : missingBlocks(resource, start, end, backend.blockBytes);
      if (bytes === 0) return;
      try {
        quota.makeRoom(bytes, item);
      } catch (error) {
        downloads.refused(item, bytes);
        throw error;
      }
      order.unguard(item, 'empty');
      quota.add(item, bytes);
      publications.counted(item);
    },
    writeFailed: () => {
      order.unguard(item, 'committing');
      quota.count(item);
    },
    announced: (bytes) => {
      if (content.resource === item.open?.resource) downloads.announced(item, bytes);
    },
    committing: () => {
      order.guard(item, 'committing');
    },
    committed: () => {
      order.unguard(item, 'committing');
    },
  };
}

/** How much more space the missing bytes of `[start, end)` take, in whole blocks. */
function missingBlocks(resource: Resource, start: number, end: number, block: number): number {
  let bytes = 0;
  for (let gap = resource.nextGap(start, end); gap !== undefined; gap = resource.nextGap(gap.end, end)) {
    bytes += (Math.ceil(gap.end / block) - Math.ceil(gap.start / block)) * block;
    if (gap.end >= end) break;
  }
  return bytes;
}

import type { StoreBackend } from '../backend.js';
import type { EvictionOrder } from '../quota/eviction-order.js';
import type { Quota } from '../quota/quota.js';
import { compareJobs, type Job } from './job.js';

/** Which downloads have leave to go on, and which can never have it. */
export interface Plan {
  readonly admitted: ReadonlySet<Job>;
  readonly tooLarge: ReadonlySet<Job>;
}

/**
 * Decides which downloads may store bytes: in order of priority and time, each whose missing bytes
 * fit beside those of the ones before.
 *
 * **Why none waits for another for ever.** What one is admitted for is reserved for it: all that is
 * admitted fits together. So the first in order is either admitted, or waits for what only its
 * owner ends (leases, pins), or is too large for the store. A later one is stopped where an earlier
 * one turns out to need its room, and its bytes can be evicted then. What does not fit now lets
 * pass what does: it is looked at first again whenever something changes.
 */
export function planDownloads(
  jobs: Iterable<Job>,
  { quota, order, backend }: { quota: Quota; order: EvictionOrder; backend: StoreBackend },
): Plan {
  const { capacity } = quota;
  const sorted = [...jobs].sort(compareJobs);
  if (capacity === Infinity) return { admitted: new Set(sorted), tooLarge: new Set() };
  const admitted = new Set<Job>();
  const tooLarge = new Set<Job>();
  let left = capacity - order.guardedBytes;
  // What downloads have themselves goes with them.
  for (const { item } of sorted) if (isOnlyDownloading(item.guards)) left += item.bytes;
  for (const job of sorted) {
    const { item, missingBytes, length } = job;
    const { overheadBytes } = backend;
    if (quota.maxBytes !== undefined && job.wantsAll && (length ?? 0) + overheadBytes > quota.maxBytes) {
      tooLarge.add(job);
      continue;
    }
    const isMovable = item.guards.size === 0 || isOnlyDownloading(item.guards);
    const needed = (isMovable ? item.bytes : 0) + missingBytes + (item.bytes > 0 ? 0 : overheadBytes);
    if (needed > left) continue;
    left -= needed;
    admitted.add(job);
  }
  return { admitted, tooLarge };
}

function isOnlyDownloading(guards: ReadonlySet<string>): boolean {
  return guards.size === 1 && guards.has('downloading');
}

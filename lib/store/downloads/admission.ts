import type { StoreBackend } from '../backend.js';
import type { EvictionOrder, Unit } from '../quota/eviction-order.js';
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
  const movable = movableUnits(sorted, order);
  let left = capacity - order.guardedBytes;
  // What downloads have themselves, and what goes together with it, goes with them.
  for (const unit of new Set(movable.values())) if (unit.guarded > 0) left += unit.bytes;
  const taken = new Set<Unit>();
  for (const job of sorted) {
    const { item, missingBytes, wantedBytes } = job;
    const { overheadBytes } = backend;
    if (quota.maxBytes !== undefined && wantedBytes > 0 && wantedBytes + overheadBytes > quota.maxBytes) {
      tooLarge.add(job);
      continue;
    }
    const unit = movable.get(job);
    const kept = unit === undefined || taken.has(unit) ? 0 : unit.bytes;
    const needed = kept + missingBytes + (item.bytes > 0 ? 0 : overheadBytes);
    if (needed > left) continue;
    left -= needed;
    admitted.add(job);
    if (unit !== undefined) taken.add(unit);
  }
  return { admitted, tooLarge };
}

/**
 * What is evicted together with the item of a job, where nothing but downloads guards any of it.
 */
function movableUnits(jobs: readonly Job[], order: EvictionOrder): Map<Job, Unit> {
  const movable = new Map<Job, Unit>();
  const looked = new Map<Unit, boolean>();
  for (const job of jobs) {
    const unit = order.unitOf(job.item);
    if (unit === undefined) continue;
    const isMovable = looked.get(unit) ?? [...unit.items].every(({ guards }) => isOnlyDownloading(guards));
    looked.set(unit, isMovable);
    if (isMovable) movable.set(job, unit);
  }
  return movable;
}

function isOnlyDownloading(guards: ReadonlySet<string>): boolean {
  return guards.size === 0 || (guards.size === 1 && guards.has('downloading'));
}

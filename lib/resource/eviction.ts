import type { EvictedRange } from '../changes/wait-queue.js';
import type { ControlBlock } from '../control/control-block.js';
import type { Driver } from '../drivers/driver.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import { subtractRanges } from '../range/subtract-ranges.js';
import { noEvictionError } from './checks.js';
import type { Content } from './content.js';
import { wantsOfAll } from './demand-list.js';
import type { Hold } from './hold.js';
import type { OwnerFeed } from './owner-feed.js';

/** Evicts the bytes of one resource, but for those that are held or waited for. */
export class Eviction {
  readonly #content: Content<Driver>;
  readonly #feed: OwnerFeed;
  /** One range for each hold that is not released. */
  readonly #held = new Set<ByteRange>();

  constructor(content: Content<Driver>, feed: OwnerFeed) {
    this.#content = content;
    this.#feed = feed;
  }

  hold(range: ByteRange): Hold {
    // A copy: the caller may hold another range by the same object, or change it.
    const held = { ...checkedRange(range) };
    this.#content.assertUsable('Held bytes');
    this.#held.add(held);
    const release = (): void => {
      this.#held.delete(held);
    };
    return { release, [Symbol.dispose]: release };
  }

  /** Evicts what may go of a range, and returns how many bytes that was. */
  evict(range: ByteRange): number {
    const { start, end } = checkedRange(range);
    const content = this.#content;
    const { status, driver } = content;
    if (driver.capabilities.evicts !== true && content.ended === undefined) throw noEvictionError(driver.path);
    if (status.state !== 'failed') content.assertActive('Evicted bytes');
    const evicted: EvictedRange[] = [];
    try {
      for (const piece of subtractRanges([{ start, end }], this.#kept())) this.#evict(piece, evicted);
    } finally {
      // Also if there was no room to cut the last piece.
      if (evicted.length > 0) this.#feed.evicted(evicted);
    }
    return evicted.reduce((bytes, gone) => bytes + gone.end - gone.start, 0);
  }

  #evict(piece: ByteRange, evicted: EvictedRange[]): void {
    const { control, driver, state } = this.#content;
    const covered = coveredIn(piece, state);
    const [first] = covered;
    const last = covered.at(-1);
    if (first === undefined || last === undefined) return;
    control.uncover(first.start, last.end);
    // All of it has gone, even if the driver should throw.
    evicted.push(...covered);
    for (const { start, end } of covered) driver.evict?.(start, end);
  }

  /**
   * What is left alone: what is held, and what waits that make a demand have asked for. Ordered by
   * starts.
   */
  #kept(): ByteRange[] {
    const { changes, ports } = this.#feed;
    return [...this.#held, ...wantsOfAll(changes.waits.pending, ports)].sort((one, other) => one.start - other.start);
  }
}

/** The covered parts of a range, in ascending order. */
function coveredIn({ start, end }: ByteRange, state: ControlBlock): EvictedRange[] {
  const covered: EvictedRange[] = [];
  for (let at = start; at < end;) {
    const runEnd = state.coveredUntil(at);
    if (runEnd > at) covered.push({ start: at, end: Math.min(runEnd, end), runEnd });
    at = state.nextGap(at, end)?.end ?? end;
  }
  return covered;
}

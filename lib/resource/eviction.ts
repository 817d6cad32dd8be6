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
    content.driver.use?.connect(this.#held, feed.ports);
  }

  hold(range: ByteRange): Hold {
    // A copy: the caller may hold another range by the same object, or change it.
    const held = { ...checkedRange(range) };
    this.#content.assertUsable('Held bytes');
    this.#content.driver.use?.checkFits('Held', held);
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
    try {
      driver.use?.evicting({ start, end });
      return this.#evictAll(subtractRanges([{ start, end }], this.#kept(start, end)), false);
    } finally {
      this.#feed.changes.run();
    }
  }

  /**
   * Evicts what the driver has to give up so that `[start, end)` can be written. The caller
   * notifies (`ChangeFeed.run`) once it is written: a subscriber may write, too, and would take the
   * room.
   */
  makeRoom(start: number, end: number): void {
    const { driver } = this.#content;
    const { use } = driver;
    if (use !== undefined) this.#evictAll(driver.makeRoom?.(start, end, use) ?? [], use.keepsLatest);
  }

  /** Returns how many bytes that was. */
  #evictAll(pieces: readonly ByteRange[], lost: boolean): number {
    const { control, driver, state } = this.#content;
    const evicted: EvictedRange[] = [];
    try {
      for (const piece of pieces) {
        const covered = coveredIn(piece, state, lost);
        const [first] = covered;
        const last = covered.at(-1);
        if (first === undefined || last === undefined) continue;
        control.uncover(first.start, last.end, lost);
        // All of it has gone, even if the driver should throw.
        evicted.push(...covered);
        for (const { start, end } of covered) driver.evict?.(start, end);
      }
    } finally {
      // Also if there was no room to cut the last piece.
      if (evicted.length > 0) this.#feed.evicted(evicted);
    }
    return evicted.reduce((bytes, gone) => bytes + gone.end - gone.start, 0);
  }

  /**
   * What of a range is left alone: what is held, and what waits that make a demand have asked for.
   * Ordered by starts.
   */
  #kept(start: number, end: number): ByteRange[] {
    const { changes, ports } = this.#feed;
    const kept: ByteRange[] = [];
    for (const ranges of [this.#held, wantsOfAll(changes.waits.pending, ports)])
      for (const range of ranges) if (range.start < end && start < range.end) kept.push(range);
    return kept.sort((one, other) => one.start - other.start);
  }
}

/** The covered parts of a range, in ascending order. */
function coveredIn({ start, end }: ByteRange, state: ControlBlock, lost: boolean): EvictedRange[] {
  const covered: EvictedRange[] = [];
  for (let at = start; at < end;) {
    const runEnd = state.coveredUntil(at);
    if (runEnd > at) covered.push({ start: at, end: Math.min(runEnd, end), runEnd, lost });
    at = state.nextGap(at, end)?.end ?? end;
  }
  return covered;
}

import type { Driver } from '../drivers/driver.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
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
    content.use?.connect(this.#held, feed.ports);
  }

  hold(range: ByteRange): Hold {
    // A copy: the caller may hold another range by the same object, or change it.
    const held = { ...checkedRange(range) };
    this.#content.assertUsable('Held bytes');
    this.#content.use?.checkFits('Held', held);
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
    const { status, driver, state, use } = content;
    if (driver.capabilities.evicts !== true && content.ended === undefined) throw noEvictionError(driver.path);
    if (status.state !== 'failed') content.assertActive('Evicted bytes');
    const { coveredBytes } = state;
    use?.evicting(start, end);
    try {
      this.#evictAll(this.#unused(start, end));
      return coveredBytes - state.coveredBytes;
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
    const { driver, use } = this.#content;
    if (use) this.#evictAll(driver.makeRoom?.(start, end, use) ?? [], use.keepsLatest);
  }

  #evictAll(pieces: readonly ByteRange[], lost = false): void {
    const { control, driver, state } = this.#content;
    const evicted: ByteRange[] = [];
    try {
      for (const { start, end } of pieces) {
        for (let at = start; at < end;) {
          const runEnd = state.coveredUntil(at);
          const gone = { start: at, end: Math.min(runEnd, end), runEnd, lost };
          if (runEnd > at) {
            control.uncover(at, gone.end, lost);
            this.#feed.evicted(gone);
            evicted.push(gone);
          }
          at = state.nextGap(at, end)?.end ?? end;
        }
      }
    } finally {
      // Also if there was no room to cut the last piece. All of it has gone, even if the driver
      // should throw.
      for (const { start, end } of evicted) driver.evict?.(start, end);
    }
  }

  /**
   * The parts of a range that are neither held nor asked for by waits that make a demand. Of all
   * waits only those that overlap it are copied and sorted.
   */
  #unused(start: number, end: number): ByteRange[] {
    const { changes, ports } = this.#feed;
    const kept: ByteRange[] = [{ start: end, end }];
    for (const ranges of [this.#held, wantsOfAll(changes.waits.pending, ports)])
      for (const range of ranges) if (range.start < end && start < range.end) kept.push(range);
    kept.sort((one, other) => one.start - other.start);
    const unused: ByteRange[] = [];
    let at = start;
    for (const range of kept) {
      if (at < range.start) unused.push({ start: at, end: range.start });
      at = Math.max(at, range.end);
    }
    return unused;
  }
}

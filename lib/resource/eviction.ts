import type { Driver } from '../drivers/driver.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import type { Use } from '../window/use.js';
import { noEvictionError } from './checks.js';
import type { Content } from './content.js';
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
      this.#content.use?.changed();
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
      let at = start;
      for (const kept of this.#keptOf(start, end)) {
        this.#evictAll(at, kept.start);
        at = Math.max(at, kept.end);
      }
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
    if (use) for (const piece of driver.makeRoom?.(start, end, use) ?? []) this.#evictAll(piece.start, piece.end, use);
  }

  /** Evicts what is covered of a range; `use`: of that of the driver, which needs the room. */
  #evictAll(start: number, end: number, use?: Use): void {
    const { control, driver, state } = this.#content;
    for (let at = start; at < end;) {
      const runEnd = state.coveredUntil(at);
      const until = Math.min(runEnd, end);
      if (runEnd > at) {
        control.uncover(at, until);
        this.#feed.evicted({ start: at, end: until, runEnd, lost: use?.lose(at, until) === true });
        driver.evict?.(at, until);
      }
      at = state.nextGap(until, end)?.end ?? end;
    }
  }

  /**
   * What is held of a range, and what waits have asked for that make a demand, by starts; and its
   * end. Of all waits only those that overlap it are copied and sorted.
   */
  #keptOf(start: number, end: number): ByteRange[] {
    const kept: ByteRange[] = [{ start: end, end }];
    for (const ranges of [this.#held, this.#feed.wants()])
      for (const range of ranges) if (range.start < end && start < range.end) kept.push(range);
    return kept.sort((one, other) => one.start - other.start);
  }
}

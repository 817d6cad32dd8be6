import { IntervalTree, type Node } from 'node-interval-tree';

/** Something that waits until `[start, until)`, half-open in bytes and not empty, is covered. */
export interface PendingWait {
  readonly start: number;
  /** What it needs now; a read that ends at a known length needs less than it asked for. */
  readonly until: number;
}

/**
 * All waits of one distinct start. The tree compares every record of one key with every other, so 10,000 waits with equal starts
 * as records of their own take seconds (measured: 6–12 s); as one record they take milliseconds.
 */
class Bucket<W extends PendingWait> {
  readonly low: number;
  /** The last byte that any wait here needs, inclusive as the tree wants it; an upper bound after waits have left. */
  high: number;
  readonly waits = new Set<W>();
  /** A lower bound of what any of them needs: below it a look at each is not worth it. */
  nearest = Infinity;

  constructor(start: number, high: number) {
    this.low = start;
    this.high = high;
  }
}

/** The waits that are pending in one thread, found by the bytes they wait for. */
export class PendingWaits<W extends PendingWait> {
  readonly #tree = new IntervalTree<Bucket<W>>();
  readonly #buckets = new Map<number, Bucket<W>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(wait: W): void {
    const high = wait.until - 1;
    let bucket = this.#buckets.get(wait.start);
    if (bucket === undefined) {
      bucket = new Bucket<W>(wait.start, high);
      this.#buckets.set(wait.start, bucket);
      this.#tree.insert(bucket);
    } else if (high > bucket.high) {
      // The tree keeps sums over `high`, so it may change only outside.
      this.#tree.remove(bucket);
      bucket.high = high;
      this.#tree.insert(bucket);
    }
    bucket.waits.add(wait);
    if (wait.until < bucket.nearest) bucket.nearest = wait.until;
    this.#size += 1;
  }

  /** Forgets a wait; nothing happens if it is not there. */
  delete(wait: W): void {
    const bucket = this.#buckets.get(wait.start);
    if (bucket?.waits.delete(wait) !== true) return;
    this.#size -= 1;
    this.#dropIfEmpty(bucket);
  }

  /** Whether any wait needs bytes of `[start, end)`, not empty. Allocates nothing: every write asks. */
  touches(start: number, end: number): boolean {
    return this.#size > 0 && overlaps(this.#tree.root, start, end - 1);
  }

  /** Takes out the waits that a write of `[start, end)` has completed. `coveredUntil` tells the end of the covered run at an offset. */
  takeCovered(start: number, end: number, coveredUntil: (from: number) => number): W[] {
    const taken: W[] = [];
    for (const bucket of this.#tree.search(start, end - 1)) {
      const until = coveredUntil(bucket.low);
      if (until < bucket.nearest) continue;
      bucket.nearest = Infinity;
      for (const wait of bucket.waits) {
        if (wait.until <= until) {
          bucket.waits.delete(wait);
          taken.push(wait);
        } else if (wait.until < bucket.nearest) {
          bucket.nearest = wait.until;
        }
      }
      this.#dropIfEmpty(bucket);
    }
    this.#size -= taken.length;
    return taken;
  }

  *[Symbol.iterator](): Iterator<W> {
    for (const bucket of this.#buckets.values()) yield* bucket.waits;
  }

  #dropIfEmpty(bucket: Bucket<W>): void {
    if (bucket.waits.size > 0) return;
    this.#buckets.delete(bucket.low);
    this.#tree.remove(bucket);
  }
}

/** Whether an interval below `node` has a byte of `[low, high]`; a search of the tree makes arrays all the way. */
function overlaps<W extends PendingWait>(node: Node<Bucket<W>> | undefined, low: number, high: number): boolean {
  if (node === undefined || node.max < low) return false;
  if (overlaps(node.left, low, high)) return true;
  return node.key <= high && (node.getNodeHigh() >= low || overlaps(node.right, low, high));
}

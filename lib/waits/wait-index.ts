import { IntervalTree, type Node } from 'node-interval-tree';

/** Something that waits until `[start, until)`, half-open in bytes and not empty, is covered. */
export interface IndexedWait {
  readonly start: number;
  /** What it needs now; a read that ends at a known length needs less than it asked for. */
  readonly until: number;
}

/**
 * All waits that lack the same byte first. The tree compares every record of one key with every
 * other, so 10,000 waits with equal keys as records of their own take seconds (measured: 6–12 s);
 * as one record they take milliseconds.
 */
interface Bucket<W extends IndexedWait> {
  /** The byte that all of them lack first. */
  low: number;
  /**
   * The last byte that any wait here needs, inclusive as the tree wants it; an upper bound after
   * waits have left.
   */
  high: number;
  /** A lower bound of the ends that they need: while less is covered, none of them is complete. */
  nearest: number;
  readonly waits: Set<W>;
}

/** Says how far bytes are covered. */
interface CoveredState {
  /** The end of the covered run at an offset. */
  coveredUntil(from: number): number;
}

/**
 * The waits that are pending in one thread, found by the bytes they wait for.
 *
 * A wait cannot be complete before its first missing byte is there, so it is indexed by that byte.
 * A write looks only at the waits whose first missing byte it has written, however many others have
 * a range around its bytes; those that stay incomplete move on together. Where coverage shrinks,
 * those that had the bytes move back ({@link uncover}).
 */
export class WaitIndex<W extends IndexedWait> {
  readonly #state: CoveredState;
  readonly #tree = new IntervalTree<Bucket<W>>();
  readonly #buckets = new Map<number, Bucket<W>>();
  readonly #bucketOf = new Map<W, Bucket<W>>();

  constructor(state: CoveredState) {
    this.#state = state;
  }

  get size(): number {
    return this.#bucketOf.size;
  }

  add(wait: W): void {
    const { start, until } = wait;
    const missing = this.#state.coveredUntil(start);
    const bucket = { low: missing, high: until - 1, nearest: until, waits: new Set([wait]) };
    this.#bucketOf.set(wait, bucket);
    // In another thread than the owner's, all of it may have been covered since.
    this.#index(bucket, Math.min(missing, until - 1));
  }

  /** Forgets a wait; nothing happens if it is not there. */
  delete(wait: W): void {
    const bucket = this.#bucketOf.get(wait);
    if (bucket === undefined) return;
    this.#forget(wait, bucket);
    if (bucket.waits.size === 0) this.#drop(bucket);
  }

  /**
   * True if any wait lacks bytes of `[start, end)`, not empty. Allocates nothing, since every write
   * calls it.
   */
  touches(start: number, end: number): boolean {
    return this.size > 0 && overlaps(this.#tree.root, start, end - 1);
  }

  /**
   * Takes out the waits that a write of `[start, end)` has completed, and returns them; undefined
   * if no wait lacked bytes of it.
   */
  takeCovered(start: number, end: number): W[] | undefined {
    if (!this.touches(start, end)) return undefined;
    const taken: W[] = [];
    let bucket = firstFrom(this.#tree.root, start);
    while (bucket !== undefined && bucket.low < end) {
      const { low } = bucket;
      const until = this.#state.coveredUntil(low);
      this.#drop(bucket);
      if (until >= bucket.nearest) {
        bucket.nearest = Infinity;
        for (const wait of bucket.waits) {
          if (wait.until <= until) {
            this.#forget(wait, bucket);
            taken.push(wait);
          } else {
            bucket.nearest = Math.min(bucket.nearest, wait.until);
          }
        }
      }
      if (bucket.waits.size > 0) this.#index(bucket, until);
      bucket = firstFrom(this.#tree.root, low + 1);
    }
    return taken;
  }

  /**
   * Files anew the waits that now lack bytes before `end`, up to which a part of a covered run was
   * evicted that ends at `runEnd`. Those are waits for the byte at `runEnd` first.
   */
  uncover(end: number, runEnd: number): void {
    const bucket = this.#buckets.get(runEnd);
    for (const wait of [...(bucket?.waits ?? [])]) {
      if (wait.start >= end) continue;
      this.delete(wait);
      this.add(wait);
    }
  }

  *[Symbol.iterator](): Iterator<W> {
    for (const bucket of this.#buckets.values()) yield* bucket.waits;
  }

  /**
   * Adds a bucket that is not in the index. Where there is one for the same byte, the smaller of
   * the two is merged into the larger one, so a wait moves O(log n) times at most. The tree keeps
   * maxima of `high`, so that may change only while the bucket is not in it.
   */
  #index(bucket: Bucket<W>, low: number): void {
    let large = bucket;
    const there = this.#buckets.get(low);
    if (there !== undefined) {
      this.#drop(there);
      const small = there.waits.size < bucket.waits.size ? there : bucket;
      large = small === there ? bucket : there;
      large.high = Math.max(large.high, small.high);
      large.nearest = Math.min(large.nearest, small.nearest);
      for (const wait of small.waits) {
        large.waits.add(wait);
        this.#bucketOf.set(wait, large);
      }
    }
    large.low = low;
    this.#buckets.set(low, large);
    this.#tree.insert(large);
  }

  #forget(wait: W, bucket: Bucket<W>): void {
    bucket.waits.delete(wait);
    this.#bucketOf.delete(wait);
  }

  #drop(bucket: Bucket<W>): void {
    this.#buckets.delete(bucket.low);
    this.#tree.remove(bucket);
  }
}

/**
 * True if an interval below `node` has a byte of `[low, high]`. The search of the tree itself would
 * allocate arrays.
 */
function overlaps<W extends IndexedWait>(node: Node<Bucket<W>> | undefined, low: number, high: number): boolean {
  if (node === undefined || node.max < low) return false;
  if (overlaps(node.left, low, high)) return true;
  return node.key <= high && (node.getNodeHigh() >= low || overlaps(node.right, low, high));
}

/** Returns the bucket below `node` for the first byte from `low` on. */
function firstFrom<W extends IndexedWait>(node: Node<Bucket<W>> | undefined, low: number): Bucket<W> | undefined {
  if (node === undefined) return undefined;
  return node.key < low ? firstFrom(node.right, low) : (firstFrom(node.left, low) ?? node.records[0]);
}

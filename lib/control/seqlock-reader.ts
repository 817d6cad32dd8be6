import type { CoverageTree } from '../coverage/coverage-tree.js';
import { PAGE_WORDS } from '../coverage/pages.js';
import { EPOCH_AT, GENERATION_AT, GONE, LONGEST_PAUSE, PAGES_AT, PAUSE_AT, SEQUENCE_AT } from './layout.js';
import { damagedError, ownerLostError } from './reader-errors.js';

/**
 * After how many milliseconds a reader gives up an owner that has left an update unfinished: it was
 * terminated in the middle of it.
 */
export const UNFINISHED_FOR = 1000;
/**
 * How long to spin, in milliseconds. A running owner is done within microseconds; after this time
 * it has no CPU, and spinning would only keep it from one.
 */
const SPIN_FOR = 0.2;
/**
 * The most that one step of waiting counts, in milliseconds: some fifty times what it should take.
 */
const LONGEST_STEP = 50;
/** Failed snapshots before the owner is asked to pause. */
const PATIENCE = 8;
/**
 * The first pause that is asked for, in microseconds. It is doubled up to the second number; beyond
 * that, the time that a try takes decides.
 */
const FIRST_PAUSE = 100;
const DOUBLED_PAUSE = 50_000;

/** The reading side of the seqlock, in any thread; the argument is in `control/layout.ts`. */
export class SeqlockReader {
  readonly #buffer: SharedArrayBuffer;
  readonly #tree: CoverageTree;
  #pausing = false;
  /** When the last try at a snapshot began, and how long the longest one took, in milliseconds. */
  #triedAt = 0;
  #longestTry = 0;
  #ownerLost = false;

  /** @param tree - whose view of `buffer` this extends as the block grows */
  constructor(buffer: SharedArrayBuffer, tree: CoverageTree) {
    this.#buffer = buffer;
    this.#tree = tree;
  }

  /**
   * True once the owner has left an update unfinished for a second, or the memory was found
   * damaged.
   */
  get ownerLost(): boolean {
    return this.#ownerLost;
  }

  /**
   * Makes the view as long as the block is. Called after the sequence number was loaded, whose
   * state refers to no page beyond those counted here.
   */
  extend(): void {
    const tree = this.#tree;
    const length = Atomics.load(tree.words, PAGES_AT) * PAGE_WORDS;
    if (length <= tree.words.length) return;
    if (length * 4 > this.#buffer.byteLength) this.damaged();
    tree.words = new Int32Array(this.#buffer, 0, length);
  }

  /**
   * True if nothing has changed since the read began; then what it saw counts. Throws `CLOSED` if
   * that contradicts itself.
   */
  validate(sequence: number): boolean {
    const tree = this.#tree;
    const same = Atomics.load(tree.words, SEQUENCE_AT) === sequence;
    if (tree.astray) {
      tree.astray = false;
      if (same) this.damaged();
    }
    return same;
  }

  /** Called if memory contradicts itself. */
  damaged(): never {
    this.#ownerLost = true;
    throw damagedError();
  }

  /** Called before a snapshot that has failed `attempts` times is tried again. */
  snapshotFailed(attempts: number): void {
    const now = performance.now();
    // The first try may only have compared the version with that of the last snapshot.
    if (attempts > 1) this.#longestTry = Math.max(this.#longestTry, now - this.#triedAt);
    else this.#longestTry = 0;
    this.#triedAt = now;
    if (attempts < PATIENCE) return;
    // Twice what a try took: a million ranges take 50 to 100 ms, more on a busy machine. A try that
    // met stale words ended early; while the owner pauses a try takes its full time, so the pause
    // grows until it is enough.
    const doubled = Math.min(DOUBLED_PAUSE, FIRST_PAUSE * 2 ** (attempts - PATIENCE));
    const pause = Math.min(LONGEST_PAUSE, Math.max(doubled, Math.ceil(2000 * this.#longestTry)));
    Atomics.store(this.#tree.words, PAUSE_AT, pause);
    this.#pausing = true;
  }

  /** Called after a snapshot was taken. */
  snapshotTaken(): void {
    if (!this.#pausing) return;
    Atomics.store(this.#tree.words, PAUSE_AT, 0);
    this.#pausing = false;
  }

  /**
   * See `ContentState`.
   *
   * It is a read-modify-write on purpose. Plain loads before a mere atomic load may still be
   * satisfied after it. A read-modify-write that finds the old generation comes before the owner's
   * `Atomics.add` to it, which then reads what this one wrote and so synchronizes with it: the
   * reads happen before the replacement.
   */
  isGeneration(generation: number): boolean {
    return Atomics.add(this.#tree.words, GENERATION_AT, 0) === generation;
  }

  /**
   * Waits until an update is finished, and returns the sequence number.
   *
   * Throws `CLOSED` if the owner has left the update unfinished for a second, or is gone in the
   * middle of it.
   */
  awaitFinished(): number {
    const { words } = this.#tree;
    let unfinished = Atomics.load(words, SEQUENCE_AT);
    let waited = 0;
    let last = performance.now();
    for (;;) {
      const sequence = Atomics.load(words, SEQUENCE_AT);
      if ((sequence & 1) === 0) return sequence;
      // A step that took longer was no waiting: the whole process was stopped, and the owner with
      // it.
      const now = performance.now();
      waited += Math.min(now - last, LONGEST_STEP);
      last = now;
      if (sequence !== unfinished) {
        unfinished = sequence;
        waited = 0;
      }
      const isOver = waited >= UNFINISHED_FOR || (Atomics.load(words, EPOCH_AT) & GONE) !== 0;
      // Once more: the owner may have finished the update before it was gone.
      if (isOver && Atomics.load(words, SEQUENCE_AT) === sequence) {
        // From now on this reader is closed: it does not wait a second in each call.
        this.#ownerLost = true;
        throw ownerLostError();
      }
      if (waited >= SPIN_FOR) yieldProcessor(words, sequence);
    }
  }
}

/**
 * Sleeps for a millisecond where the thread may block; a browser's main thread goes on spinning.
 */
function yieldProcessor(words: Int32Array, sequence: number): void {
  try {
    Atomics.wait(words, SEQUENCE_AT, sequence, 1);
  } catch {
    // This thread must not block.
  }
}

import { CoverageWriter } from '../coverage/coverage-writer.js';
import { loadNumber, storeNumber } from '../coverage/pages.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import { ControlBlock } from './control-block.js';
import {
  ACTIVE,
  CANCELLED,
  CLOSED,
  COMMITTED,
  EPOCH_AT,
  EVICTED_BYTES_AT,
  EXPECTED_LENGTH_AT,
  FAILED,
  FINAL_LENGTH_AT,
  GENERATION_AT,
  GONE,
  HAS_EXPECTED_AT,
  IDENTITY_AT,
  LONGEST_PAUSE,
  MAGIC,
  MAGIC_AT,
  OWNER_AT,
  PAUSE_AT,
  PROTOCOL,
  REASON_AT,
  SEQUENCE_AT,
  STATE_AT,
  STATUS_VERSION_AT,
  VERSION_AT,
  WANTS_AT,
} from './layout.js';
import { PagePool } from './page-pool.js';
import { changeStamps, makeStamps } from './stamps.js';
import { freeText, storeText, textPages } from './text-pages.js';
import { threadToken } from './thread-token.js';
import { wakeEverybody, WakeWords } from './wake-words.js';

/** Puts bytes in place, inside an update and ahead of it; see `FinalStep` of the drivers. */
interface FinalStep {
  (alive: () => void): void;
  readonly ahead?: (() => void) | undefined;
}

/** The owner's side of a control block: the only writer. Arguments are checked by the caller. */
export class ControlOwner {
  /** Reads the block. */
  readonly block: ControlBlock;
  readonly wakeWords: WakeWords;
  readonly #pages: PagePool;
  readonly #coverage: CoverageWriter;
  /**
   * Readers give up an owner whose sequence number does not change for a second. So a long update
   * adds to it by this: 10,000 removals take some 5 ms (measured).
   */
  readonly #alive: () => void;
  /** `SEQUENCE` in the last update. */
  #sequence = 0;
  /** How far bytes reached that were evicted since the last commit. */
  #evictedEnd = 0;

  /**
   * @param shares - other threads may be to read the block
   * @param evicts - bytes may be evicted
   */
  constructor(shares: boolean, evicts = false) {
    const pages = new PagePool(shares);
    if (evicts) makeStamps(pages);
    this.#alive = () => Atomics.add(pages.words, SEQUENCE_AT, 2);
    const coverage = new CoverageWriter(pages, this.#alive);
    this.block = new ControlBlock(coverage.tree);
    this.#pages = pages;
    this.#coverage = coverage;
    this.wakeWords = new WakeWords(pages);
    Atomics.store(pages.words, VERSION_AT, PROTOCOL);
    storeNumber(pages.words, OWNER_AT, threadToken());
    Atomics.store(pages.words, MAGIC_AT, MAGIC);
  }

  /** The block's words; another array after it has grown, or is shared. */
  get words(): Int32Array {
    return this.#pages.words;
  }

  /**
   * Returns the block, to hand to other threads; undefined where memory is not shared. Throws
   * `CAPACITY`.
   */
  share(): SharedArrayBuffer | undefined {
    const shared = this.#pages.share();
    this.#coverage.tree.words = this.words;
    return shared;
  }

  /** Counts changes of what readers in other threads want. */
  get wants(): number {
    return Atomics.load(this.words, WANTS_AT);
  }

  /** The end of the last byte that has come, evicted since or not; 0 if there is none. */
  get arrivedEnd(): number {
    return Math.max(this.#evictedEnd, this.block.coveredEnd);
  }

  /** Makes sure that {@link cover} cannot fail; throws `CAPACITY`. */
  reserve(): void {
    this.#coverage.reserve();
  }

  /** Covers `[start, end)`, not empty, whose bytes are there. */
  cover(start: number, end: number): void {
    this.#coverage.reserve();
    this.#beginUpdate();
    this.#coverage.insert(start, end);
    this.#endUpdate();
  }

  /**
   * Uncovers `[start, end)`, which is covered as a whole, and whose bytes are evicted: steps A and
   * B of `control/stamps.ts`.
   */
  uncover(start: number, end: number): void {
    this.#coverage.reserve();
    const { words } = this;
    this.#evictedEnd = Math.max(this.#evictedEnd, end);
    this.#beginUpdate();
    this.#coverage.subtract(start, end);
    storeNumber(words, EVICTED_BYTES_AT, loadNumber(words, EVICTED_BYTES_AT) + end - start);
    this.#endUpdate();
    changeStamps(words, start, end);
  }

  /**
   * Makes content final, and `[0, finalLength)` its coverage, in one update: a reader in another
   * thread sees all of the old content or all of the new. `step` puts the bytes in place. It calls
   * `alive` every so often, since readers give up an owner whose update is unfinished for a second.
   * `step.ahead` does what may block for longer (a rename on a slow disk is one call) before the
   * update begins. Readers see the old state meanwhile, and the driver lets them find the old
   * bytes. If either throws, nothing has changed.
   */
  finalize(finalLength: number, step: FinalStep): void {
    this.#coverage.reserve();
    step.ahead?.();
    this.#update(() => {
      this.#changeGeneration();
      step(this.#alive);
      const coverage = this.#coverage;
      coverage.subtract(finalLength, MAX_OFFSET);
      if (coverage.tree.locate(0).end < finalLength) coverage.insert(0, finalLength);
      storeNumber(this.words, FINAL_LENGTH_AT, finalLength);
      this.#evictedEnd = 0;
      this.#setState(COMMITTED);
    });
  }

  /**
   * Makes committed or failed content active again. The expected length of committed content
   * becomes unknown, since it is about to change.
   */
  reactivate(): void {
    this.#update(() => {
      if (this.block.state === COMMITTED) {
        Atomics.store(this.words, HAS_EXPECTED_AT, 0);
        this.#changeGeneration();
      }
      this.#setState(ACTIVE);
    });
  }

  fail(reason: string): void {
    this.#changeText(REASON_AT, reason, () => this.#setState(FAILED));
  }

  cancel(): void {
    this.#update(() => this.#setState(CANCELLED));
  }

  close(): void {
    this.#update(() => this.#setState(CLOSED));
  }

  /**
   * Ends the waits of all readers of uncommitted content, since nobody can finish it any more.
   * `exiting`: the thread ends, so nobody can interrupt either; waits for an interrupt end, also
   * those of readers of committed content.
   */
  abandon(exiting: boolean): void {
    if (this.block.state !== COMMITTED) this.close();
    if (exiting) Atomics.or(this.words, EPOCH_AT, GONE);
    wakeEverybody(this.words);
  }

  setExpectedLength(length: number | undefined): void {
    this.#update(() => {
      const { words } = this;
      Atomics.store(words, HAS_EXPECTED_AT, length === undefined ? 0 : 1);
      storeNumber(words, EXPECTED_LENGTH_AT, length ?? 0);
      this.#bumpStatus();
    });
  }

  setIdentity(identity: string | undefined): void {
    this.#changeText(IDENTITY_AT, identity, () => this.#bumpStatus());
  }

  #changeGeneration(): void {
    Atomics.add(this.words, GENERATION_AT, 1);
  }

  #setState(state: number): void {
    Atomics.store(this.words, STATE_AT, state);
    this.#bumpStatus();
  }

  #bumpStatus(): void {
    Atomics.add(this.words, STATUS_VERSION_AT, 1);
  }

  /** Changes a text, and calls `step` in the same update. */
  #changeText(at: number, text: string | undefined, step: () => void): void {
    const pages = this.#pages;
    if (text !== undefined) pages.reserve(textPages(text.length));
    const { words } = pages;
    // The tree has the words of its last reservation.
    this.#coverage.tree.words = words;
    this.#update(() => {
      freeText(pages, Atomics.load(words, at));
      Atomics.store(words, at, text === undefined ? 0 : storeText(pages, text));
      step();
    });
  }

  #update(change: () => void): void {
    this.#beginUpdate();
    try {
      change();
    } finally {
      this.#endUpdate();
    }
  }

  #beginUpdate(): void {
    const { words } = this;
    const microseconds = Atomics.load(words, PAUSE_AT);
    if (microseconds !== 0) pause(words, microseconds);
    Atomics.add(words, SEQUENCE_AT, 1);
  }

  #endUpdate(): void {
    const { words } = this;
    const sequence = Atomics.add(words, SEQUENCE_AT, 1);
    // It has passed 2^31 or 2^32.
    if ((sequence ^ this.#sequence) < 0) Atomics.add(words, EPOCH_AT, 2);
    this.#sequence = sequence;
    this.block.forget();
  }
}

/**
 * Waits while a reader takes its snapshot, once, and no longer than it asked for: it may have been
 * terminated.
 */
function pause(words: Int32Array, microseconds: number): void {
  const until = performance.now() + Math.min(microseconds, LONGEST_PAUSE) / 1000;
  while (Atomics.load(words, PAUSE_AT) !== 0 && performance.now() < until);
  Atomics.store(words, PAUSE_AT, 0);
}

import type { Coverage } from '../coverage/coverage.js';
import { CoverageTree } from '../coverage/coverage-tree.js';
import { PAGE_WORDS } from '../coverage/pages.js';
import { ControlView } from './control-view.js';
import { GONE_AT, HOLD_AT, PAGES_AT, SEQUENCE_AT } from './layout.js';
import { ownerLostError, UNFINISHED_FOR } from './unfinished.js';

/** A live owner is done within microseconds; past this it is off the CPU, and spinning only keeps it there. */
const SPIN_FOR = 0.2;
/** Failed snapshots before the owner is asked to hold off. */
const PATIENCE = 8;
const LONGEST_HOLD = 50_000;

/** A reader's side of a control block, in any thread. */
export class ControlReader extends ControlView {
  readonly #buffer: SharedArrayBuffer;
  #holding = false;

  constructor(buffer: SharedArrayBuffer) {
    super(new CoverageTree(new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4 / PAGE_WORDS) * PAGE_WORDS)));
    this.#buffer = buffer;
  }

  /** The block's words, as far as this reader has had to look. */
  get words(): Int32Array {
    return this.tree.words;
  }

  override get coverage(): Coverage {
    const coverage = super.coverage;
    if (this.#holding) {
      this.#holding = false;
      Atomics.store(this.tree.words, HOLD_AT, 0);
    }
    return coverage;
  }

  /** @throws {@link StorageError} `CLOSED` if the owner has left an update unfinished for a second, or is gone in the middle of one */
  protected override begin(): number {
    const { words } = this.tree;
    const sequence = Atomics.load(words, SEQUENCE_AT);
    if ((sequence & 1) !== 0) return this.#awaitSettled();
    // In this order: the state of `sequence` refers to no page beyond those counted by now.
    if (Atomics.load(words, PAGES_AT) * PAGE_WORDS > words.length) this.#extend();
    return sequence;
  }

  protected override settled(sequence: number): boolean {
    return Atomics.load(this.tree.words, SEQUENCE_AT) === sequence;
  }

  protected override snapshotFailed(attempts: number): void {
    if (attempts < PATIENCE) return;
    const hold = Math.min(LONGEST_HOLD, 100 * 2 ** (attempts - PATIENCE));
    Atomics.store(this.tree.words, HOLD_AT, hold);
    this.#holding = true;
  }

  #extend(): void {
    this.tree.words = new Int32Array(this.#buffer, 0, Atomics.load(this.tree.words, PAGES_AT) * PAGE_WORDS);
  }

  #awaitSettled(): number {
    const { words } = this.tree;
    let unfinished = Atomics.load(words, SEQUENCE_AT);
    let since = performance.now();
    for (;;) {
      const sequence = Atomics.load(words, SEQUENCE_AT);
      if ((sequence & 1) === 0) return this.begin();
      if (sequence !== unfinished) {
        unfinished = sequence;
        since = performance.now();
      }
      const waited = performance.now() - since;
      if (waited >= UNFINISHED_FOR || Atomics.load(words, GONE_AT) !== 0) throw ownerLostError();
      if (waited >= SPIN_FOR) yieldProcessor(words, sequence);
    }
  }
}

/** Leaves the processor for a millisecond where that is allowed; the browser's main thread goes on spinning. */
function yieldProcessor(words: Int32Array, sequence: number): void {
  try {
    Atomics.wait(words, SEQUENCE_AT, sequence, 1);
  } catch {
    // This thread must not block.
  }
}

import { type Coverage, CoverageSnapshot } from '../coverage/coverage.js';
import { CoverageTree } from '../coverage/coverage-tree.js';
import { PAGE_WORDS } from '../coverage/pages.js';
import { isStorageError } from '../errors/storage-error.js';
import { ControlView } from './control-view.js';
import { GENERATION_AT, GONE_AT, HOLD_AT, OWNER_AT, PAGES_AT, SEQUENCE_AT } from './layout.js';
import { CLOSED_STATUS, type ResourceStatus } from './resource-status.js';
import { ownerLostError, UNFINISHED_FOR } from './unfinished.js';
import type { Answer } from './wait-outcome.js';

/** A live owner is done within microseconds; past this it is off the CPU, and spinning only keeps it there. */
const SPIN_FOR = 0.2;
/** What one step of waiting counts at most, in milliseconds: some fifty times what it should take. */
const LONGEST_STEP = 50;
/** Failed snapshots before the owner is asked to hold off. */
const PATIENCE = 8;
const LONGEST_HOLD = 50_000;

type LastValues = { -readonly [K in 'coverage' | 'coveredBytes' | 'expectedLength' | 'identity']: ControlView[K] };

/** A reader's side of a control block, in any thread. */
export class ControlReader extends ControlView {
  readonly #buffer: SharedArrayBuffer;
  #holding = false;
  #over = false;
  /** What the properties keep saying once this reader is over. */
  #last: LastValues = {
    coverage: new CoverageSnapshot(new Float64Array(0), 0),
    coveredBytes: 0,
    expectedLength: undefined,
    identity: undefined,
  };

  constructor(buffer: SharedArrayBuffer) {
    super(new CoverageTree(new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4 / PAGE_WORDS) * PAGE_WORDS)));
    this.#buffer = buffer;
  }

  /** The block's words, as far as this reader has had to look. */
  get words(): Int32Array {
    return this.tree.words;
  }

  /** From here on the properties keep their values, and everything else says closed. */
  freeze(): void {
    if (this.#over) return;
    const { coverage, coveredBytes, expectedLength, identity } = this;
    this.#last = { coverage, coveredBytes, expectedLength, identity };
    this.#over = true;
  }

  override get coverage(): Coverage {
    return this.#unlessOver('coverage', () => {
      const coverage = super.coverage;
      if (this.#holding) Atomics.store(this.tree.words, HOLD_AT, 0);
      this.#holding = false;
      return coverage;
    });
  }

  override get coveredBytes(): number {
    return this.#unlessOver('coveredBytes', () => super.coveredBytes);
  }

  override get expectedLength(): number | undefined {
    return this.#unlessOver('expectedLength', () => super.expectedLength);
  }

  override get identity(): string | undefined {
    return this.#unlessOver('identity', () => super.identity);
  }

  override get status(): ResourceStatus {
    if (this.#over) return CLOSED_STATUS;
    try {
      return super.status;
    } catch (error) {
      return this.#giveUp(error, CLOSED_STATUS);
    }
  }

  override get ended(): 'closed' | 'cancelled' | undefined {
    return this.#over ? 'closed' : super.ended;
  }

  override answer(start: number, end: number, clipped: boolean): Answer {
    if (this.#over) return 'closed';
    try {
      return super.answer(start, end, clipped);
    } catch (error) {
      return this.#giveUp(error, 'closed');
    }
  }

  /** The token of the owner's thread. */
  get owner(): number {
    return this.tree.number(OWNER_AT);
  }

  /**
   * It is a read-modify-write on purpose. Plain loads before a mere atomic load may still be satisfied after it. A
   * read-modify-write that finds the old generation comes before the owner's `Atomics.add` to it, which then reads what
   * this one wrote and so synchronizes with it: the reads happen before the replacement.
   */
  override isGeneration(generation: number): boolean {
    return Atomics.add(this.tree.words, GENERATION_AT, 0) === generation;
  }

  /** Throws `CLOSED` if the owner has left an update unfinished for a second, or is gone in the middle of one. */
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

  #unlessOver<K extends keyof LastValues>(name: K, read: () => LastValues[K]): LastValues[K] {
    if (this.#over) return this.#last[name];
    try {
      this.#last[name] = read();
    } catch (error) {
      this.#giveUp(error, undefined);
    }
    return this.#last[name];
  }

  #giveUp<T>(error: unknown, answer: T): T {
    if (!isStorageError(error, 'CLOSED')) throw error;
    return answer;
  }

  #extend(): void {
    this.tree.words = new Int32Array(this.#buffer, 0, Atomics.load(this.tree.words, PAGES_AT) * PAGE_WORDS);
  }

  #awaitSettled(): number {
    const { words } = this.tree;
    let unfinished = Atomics.load(words, SEQUENCE_AT);
    let waited = 0;
    let last = performance.now();
    for (;;) {
      const sequence = Atomics.load(words, SEQUENCE_AT);
      if ((sequence & 1) === 0) return this.begin();
      // A step that took longer was no waiting: the whole process was stopped, and the owner with it.
      const now = performance.now();
      waited += Math.min(now - last, LONGEST_STEP);
      last = now;
      if (sequence !== unfinished) {
        unfinished = sequence;
        waited = 0;
      }
      if (waited >= UNFINISHED_FOR || Atomics.load(words, GONE_AT) !== 0) {
        // And this reader with it: it does not wait a second at each look.
        this.#over = true;
        throw ownerLostError();
      }
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

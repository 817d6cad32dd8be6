import { type Coverage, CoverageSnapshot } from '../coverage/coverage.js';
import { loadNumber, PAGE_WORDS } from '../coverage/pages.js';
import { SharedTree } from '../coverage/shared-tree.js';
import { isStorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import type { WaitState } from '../waits/wait-outcome.js';
import type { ContentState, ReadLimits } from './content-state.js';
import { ControlBlock, endedBy } from './control-block.js';
import {
  COMMITTED,
  EPOCH_AT,
  GENERATION_AT,
  GONE,
  OWNER_AT,
  SEQUENCE_AT,
  STAMPS_AT,
  STATE_AT,
  STATUS_VERSION_AT,
} from './layout.js';
import { CLOSED_STATUS, type ResourceStatus } from './resource-status.js';
import { SeqlockReader } from './seqlock-reader.js';
import { sumStamps } from './stamps.js';

type KeptValues = {
  -readonly [K in 'coverage' | 'coveredBytes' | 'arrivedBytes' | 'expectedLength' | 'identity']: ContentState[K];
};

/**
 * A control block as a reader in any thread sees it.
 *
 * Each result is of one state between two updates: a read is repeated until the sequence number
 * validates that no update came in between. What the block remembers of the last reads needs no
 * validation while that number is the same (`control/layout.ts`).
 *
 * Once it is closed, or its owner is lost, its status is closed, and its other properties keep
 * their last values.
 */
export class ControlReader implements ContentState {
  readonly #tree: SharedTree;
  readonly #block: ControlBlock;
  readonly #lock: SeqlockReader;
  /** Where the stamps lie; 0 if there are none. */
  readonly #stampsAt: number;
  #closed = false;
  /** What `SEQUENCE` and `EPOCH` were when the last read began. */
  #sequence = 0;
  #epoch = 0;
  /** The block's snapshot for which `#kept.coverage` was returned last. */
  #copied: Coverage | undefined;
  readonly #kept: KeptValues = {
    coverage: new CoverageSnapshot(new Float64Array(0), 0),
    coveredBytes: 0,
    arrivedBytes: 0,
    expectedLength: undefined,
    identity: undefined,
  };

  constructor(buffer: SharedArrayBuffer) {
    const length = Math.floor(buffer.byteLength / 4 / PAGE_WORDS) * PAGE_WORDS;
    const tree = new SharedTree(new Int32Array(buffer, 0, length));
    this.#tree = tree;
    this.#stampsAt = tree.words[STAMPS_AT] ?? 0;
    this.#lock = new SeqlockReader(buffer, tree);
    this.#block = new ControlBlock(tree);
  }

  /** The block's words, as far as this reader has needed them. */
  get words(): Int32Array {
    return this.#tree.words;
  }

  /** The token of the owner's thread. */
  get owner(): number {
    return loadNumber(this.words, OWNER_AT);
  }

  get ownerGone(): boolean {
    return (Atomics.load(this.words, EPOCH_AT) & GONE) !== 0;
  }

  close(): void {
    if (this.#over) return;
    const { coverage, coveredBytes, arrivedBytes, expectedLength, identity } = this;
    Object.assign(this.#kept, { coverage, coveredBytes, arrivedBytes, expectedLength, identity });
    this.#closed = true;
  }

  get coverage(): Coverage {
    return this.#keep('coverage', () => this.#snapshot());
  }

  get coveredBytes(): number {
    return this.#keep('coveredBytes');
  }

  get arrivedBytes(): number {
    return this.#keep('arrivedBytes');
  }

  get expectedLength(): number | undefined {
    return this.#keep('expectedLength');
  }

  get identity(): string | undefined {
    return this.#keep('identity');
  }

  get status(): ResourceStatus {
    return this.#unlessOver(() => this.#read(({ status }) => status), CLOSED_STATUS);
  }

  get statusVersion(): number {
    return Atomics.load(this.words, STATUS_VERSION_AT);
  }

  get ended(): 'closed' | 'cancelled' | undefined {
    if (this.#over) return 'closed';
    // In this order: an owner that is gone changes its state no more.
    const { ownerGone } = this;
    const state = Atomics.load(this.words, STATE_AT);
    return endedBy(state, ownerGone && state !== COMMITTED);
  }

  get generation(): number {
    return Atomics.load(this.words, GENERATION_AT);
  }

  stamp(start: number, end: number): number {
    return this.#stampsAt === 0 ? 0 : sumStamps(this.words, this.#stampsAt, start, end);
  }

  isUnchanged(generation: number, final: boolean, stamp: number, start: number, end: number): boolean {
    if (!this.#lock.isGeneration(generation)) return false;
    return final || this.#stampsAt === 0 || sumStamps(this.words, this.#stampsAt, start, end, 0) === stamp;
  }

  // What is called often has its own loop: one that takes a closure would allocate it.

  has(start: number, end: number): boolean | undefined {
    if (this.#over) return undefined;
    for (;;) {
      const sequence = this.#begin();
      const has = this.#block.has(start, end);
      if (this.#validate(sequence)) return has;
    }
  }

  coveredUntil(from: number): number {
    for (;;) {
      const sequence = this.#begin();
      const until = this.#block.coveredUntil(from);
      if (this.#validate(sequence)) return until;
    }
  }

  readLimits(from: number, limits: ReadLimits): void {
    for (;;) {
      const sequence = this.#begin();
      this.#block.readLimits(from, limits);
      if (this.#validate(sequence)) return;
    }
  }

  nextGap(from: number, limit: number | undefined): ByteRange | undefined {
    for (;;) {
      const sequence = this.#begin();
      const gap = this.#block.nextGap(from, limit);
      if (this.#validate(sequence)) return gap;
    }
  }

  waitState(start: number, end: number, withinLength: boolean): WaitState {
    if (this.#over) return 'closed';
    try {
      for (;;) {
        const sequence = this.#begin();
        const state = this.#block.waitState(start, end, withinLength);
        if (this.#validate(sequence)) return state;
      }
    } catch (error) {
      return orRethrow(error, 'closed');
    }
  }

  #begin(): number {
    const tree = this.#tree;
    const sequence = Atomics.load(tree.words, SEQUENCE_AT);
    // In this order: see «What a reader remembers» in `control/layout.ts`.
    const epoch = Atomics.load(tree.words, EPOCH_AT);
    if (sequence === this.#sequence && epoch === this.#epoch && !tree.unsure) return sequence;
    if ((sequence & 1) === 0) return this.#forget(sequence, epoch);
    const finished = this.#lock.awaitFinished();
    return this.#forget(finished, Atomics.load(tree.words, EPOCH_AT));
  }

  #forget(sequence: number, epoch: number): number {
    this.#lock.extend();
    this.#block.forget((epoch & GONE) !== 0, this.#tree.unsure || epoch !== this.#epoch);
    this.#sequence = sequence;
    this.#epoch = epoch;
    return sequence;
  }

  /** What was thrown, or is not valid, stays unsure, and the next read forgets it. */
  #validate(sequence: number): boolean {
    const tree = this.#tree;
    if (tree.unsure && !this.#lock.validate(sequence)) return false;
    tree.unsure = false;
    return true;
  }

  #read<T>(read: (block: ControlBlock) => T): T {
    for (;;) {
      const sequence = this.#begin();
      const value = read(this.#block);
      if (this.#validate(sequence)) return value;
    }
  }

  #snapshot(): Coverage {
    for (let attempts = 0; ; attempts += 1) {
      if (attempts > 0) this.#lock.snapshotFailed(attempts);
      const sequence = this.#begin();
      const { coverage } = this.#block;
      if (!this.#validate(sequence)) continue;
      this.#lock.snapshotTaken();
      return this.#unlessSame(coverage);
    }
  }

  /**
   * Returns the last coverage again if this one is no other: the block copies it anew wherever it
   * cannot be certain of the version, and who subscribes is told of each new object.
   */
  #unlessSame(coverage: Coverage): Coverage {
    const last = this.#kept.coverage;
    const same = coverage === this.#copied || isSame(coverage, last);
    this.#copied = coverage;
    return same ? last : coverage;
  }

  get #over(): boolean {
    return this.#closed || this.#lock.ownerLost;
  }

  #keep<K extends keyof KeptValues>(
    name: K,
    read = (): KeptValues[K] => this.#read((block): KeptValues[K] => block[name]),
  ): KeptValues[K] {
    const kept = this.#kept;
    return (kept[name] = this.#unlessOver<KeptValues[K]>(read, kept[name]));
  }

  #unlessOver<T>(read: () => T, otherwise: T): T {
    if (this.#over) return otherwise;
    try {
      return read();
    } catch (error) {
      return orRethrow(error, otherwise);
    }
  }
}

/** Of as many bytes, none of one is missing of the other. */
function isSame(one: Coverage, other: Coverage): boolean {
  if (one.coveredBytes !== other.coveredBytes) return false;
  for (const range of one) if (!other.has(range)) return false;
  return true;
}

/** Returns `otherwise` if the owner was lost. */
function orRethrow<T>(error: unknown, otherwise: T): T {
  if (!isStorageError(error, 'CLOSED')) throw error;
  return otherwise;
}

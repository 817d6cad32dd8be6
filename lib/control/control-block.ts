import { type Coverage, CoverageSnapshot } from '../coverage/coverage.js';
import type { CoverageTree } from '../coverage/coverage-tree.js';
import { Place } from '../coverage/place.js';
import { FEW_SEARCHES, MANY_RANGES } from '../coverage/thresholds.js';
import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import {
  ACTIVE,
  CANCELLED,
  CLOSED,
  COMMITTED,
  EVICTED_BYTES_AT,
  EXPECTED_LENGTH_AT,
  FAILED,
  FINAL_LENGTH_AT,
  GENERATION_AT,
  HAS_EXPECTED_AT,
  IDENTITY_AT,
  REASON_AT,
  STATE_AT,
  STATUS_VERSION_AT,
} from './layout.js';
import { CLOSED_STATUS, type ResourceStatus } from './resource-status.js';
import { loadText } from './text-pages.js';
import type { WaitState } from '../waits/wait-outcome.js';
import type { ContentState, ReadLimits } from './content-state.js';

/**
 * Reads a control block, and remembers what it has read until {@link forget}.
 *
 * The owner, the only writer, forgets after each update. A reader in another thread
 * (`control-reader.ts`) forgets whenever the block may have changed, and validates what was read.
 */
export class ControlBlock implements ContentState {
  /** The ranges; its words are those of the whole block. */
  readonly tree: CoverageTree;
  #status: ResourceStatus | undefined;
  #statusVersion = 0;
  // The state, which is loaded by each `forget`.
  /** `ACTIVE`, `COMMITTED` … */
  state = ACTIVE;
  ended: 'closed' | 'cancelled' | undefined;
  /** Null until it is read. */
  #known: number | undefined | null = null;
  readonly #place = new Place();
  /** Lookups that this place did not answer. */
  #misses = 0;
  /** The last snapshot. From the first miss on it is of the present coverage, or undefined. */
  #snapshot: CoverageSnapshot | undefined;
  #version = 0;

  constructor(tree: CoverageTree) {
    this.tree = tree;
  }

  /**
   * Forgets what was read, except for what has a version: the snapshot and the status.
   *
   * @param gone - the owner is
   * @param all - versions may have come round, or what was read last may be older than its version
   */
  forget(gone = false, all = false): void {
    // There is no such version.
    if (all) this.#statusVersion = this.#version = NaN;
    this.state = this.tree.word(STATE_AT);
    this.ended = endedBy(this.state, gone);
    this.#known = null;
    this.#place.next = -1;
    this.#misses = 0;
  }

  /** The place of `at`, remembered or found. */
  #locate(at: number): Place {
    const place = this.#place;
    return place.holds(at) ? place : this.#search(at, place);
  }

  #search(at: number, place: Place): Place {
    const { tree } = this;
    if (this.#misses === 0) this.#forgetOldSnapshot();
    const misses = (this.#misses += 1);
    // At powers of two only, since it loads the number of ranges.
    if (misses >= FEW_SEARCHES && misses <= MANY_RANGES && (misses & (misses - 1)) === 0 && tree.rangeCount <= misses)
      this.#snapshot ??= this.#copy();
    return (this.#snapshot ?? tree).locate(at, place);
  }

  has(start: number, end: number): boolean | undefined {
    return this.ended === undefined ? this.coveredUntil(start) >= end : undefined;
  }

  coveredUntil(from: number): number {
    return this.#locate(from).coveredUntil(from);
  }

  readLimits(from: number, limits: ReadLimits): void {
    limits.final = this.state === COMMITTED;
    limits.end = this.expectedLength ?? Infinity;
    // Committed content is covered up to its final length.
    limits.until = limits.final ? limits.end : this.coveredUntil(from);
  }

  nextGap(from: number, limit: number | undefined): ByteRange | undefined {
    // Committed content is covered up to its final length.
    if (this.state === COMMITTED) return undefined;
    return this.#locate(from).gap(from, limit ?? this.expectedLength ?? MAX_OFFSET);
  }

  /**
   * Returns the range from the first to the last missing byte of a want, within the known length;
   * undefined if none is missing.
   */
  missing(from: number, until: number): ByteRange | undefined {
    const start = this.coveredUntil(from);
    const last = Math.min(until, this.expectedLength ?? MAX_OFFSET);
    const place = this.#locate(last - 1);
    const end = last > place.end ? last : place.start;
    return start < end ? { start, end } : undefined;
  }

  waitState(start: number, end: number, withinLength: boolean): WaitState {
    const { ended } = this;
    if (ended !== undefined) return ended;
    let until = end;
    if (withinLength) {
      const known = this.expectedLength;
      if (known !== undefined) {
        if (start >= known) return 'eof';
        if (until > known) until = known;
      }
    }
    const missing = this.coveredUntil(start);
    if (missing >= until) return 'ready';
    // Committed content is covered up to its final length.
    if (this.state === COMMITTED) return start >= (this.expectedLength ?? 0) ? 'eof' : 'ready';
    return this.state === FAILED ? 'failed' : 'pending';
  }

  get coverage(): Coverage {
    this.#forgetOldSnapshot();
    return (this.#snapshot ??= this.#copy());
  }

  #forgetOldSnapshot(): void {
    if (this.#snapshot !== undefined && this.tree.version !== this.#version) this.#snapshot = undefined;
  }

  #copy(): CoverageSnapshot {
    const { tree } = this;
    this.#version = tree.version;
    const { coveredBytes, rangeCount } = tree;
    // Each range takes some words, so a larger count is of damaged memory.
    const bounds = new Float64Array(2 * (rangeCount >>> 0 < tree.words.length ? rangeCount : 0));
    if (tree.copyTo(bounds) !== 2 * rangeCount) tree.astray = true;
    return new CoverageSnapshot(bounds, coveredBytes);
  }

  /** The end of the last covered range; 0 if there is none. */
  get coveredEnd(): number {
    return this.#locate(MAX_OFFSET).end;
  }

  get coveredBytes(): number {
    return this.tree.coveredBytes;
  }

  get arrivedBytes(): number {
    return this.coveredBytes + this.tree.number(EVICTED_BYTES_AT);
  }

  get statusVersion(): number {
    return this.tree.word(STATUS_VERSION_AT);
  }

  get status(): ResourceStatus {
    if (this.ended === 'closed') return CLOSED_STATUS;
    const version = this.statusVersion;
    if (this.#status !== undefined && version === this.#statusVersion) return this.#status;
    const status = this.#readStatus();
    this.#statusVersion = version;
    // A new identity is a new version, but no new status.
    if (JSON.stringify(status) !== JSON.stringify(this.#status)) this.#status = status;
    return this.#status ?? status;
  }

  #readStatus(): ResourceStatus {
    switch (this.state) {
      case ACTIVE:
        return { state: 'active', expectedLength: this.expectedLength };
      case COMMITTED:
        return { state: 'committed', finalLength: this.expectedLength ?? 0 };
      case FAILED:
        return { state: 'failed', reason: this.#text(REASON_AT) ?? '' };
      default:
        return { state: 'cancelled' };
    }
  }

  get expectedLength(): number | undefined {
    if (this.#known === null) {
      const { tree } = this;
      if (this.state === COMMITTED) this.#known = tree.number(FINAL_LENGTH_AT);
      else this.#known = tree.word(HAS_EXPECTED_AT) === 0 ? undefined : tree.number(EXPECTED_LENGTH_AT);
    }
    return this.#known;
  }

  get identity(): string | undefined {
    return this.#text(IDENTITY_AT);
  }

  #text(at: number): string | undefined {
    return loadText(this.tree.words, this.tree.word(at));
  }

  get generation(): number {
    return this.tree.word(GENERATION_AT);
  }

  // The owner's reads need no check.

  stamp(): number {
    return 0;
  }

  isUnchanged(): boolean {
    return true;
  }
}

/** What a state means for waits and reads; `gone`: the owner is. */
export function endedBy(state: number, gone: boolean): 'closed' | 'cancelled' | undefined {
  if (state === CLOSED || (gone && state !== COMMITTED)) return 'closed';
  return state === CANCELLED ? 'cancelled' : undefined;
}

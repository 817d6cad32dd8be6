import { type Coverage, CoverageSnapshot } from '../coverage/coverage.js';
import type { CoverageTree } from '../coverage/coverage-tree.js';
import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import {
  ACTIVE,
  CANCELLED,
  CLOSED,
  COMMITTED,
  EXPECTED_LENGTH_AT,
  FAILED,
  FINAL_LENGTH_AT,
  GENERATION_AT,
  GONE_AT,
  HAS_EXPECTED_AT,
  IDENTITY_AT,
  REASON_AT,
  STATE_AT,
  STATUS_VERSION_AT,
} from './layout.js';
import type { ResourceStatus } from './resource-status.js';
import { loadText } from './text-pages.js';
import type { Answer } from './wait-outcome.js';

/** What {@link ControlView.lookAt} fills in, all in bytes; whoever reads keeps one, so that a read allocates nothing. */
export interface Look {
  /** The end of the covered run there, or the offset itself at a gap. */
  until: number;
  /** What is known of the length, else infinite. */
  end: number;
  /** Whether the content is committed. */
  final: boolean;
}

/**
 * What a control block says, asked from any thread.
 *
 * Each question is answered from one state between two sections (`control/layout.ts`): it is asked again until
 * {@link settled} says that no section came in between. In the owner's thread none can.
 */
export abstract class ControlView {
  protected readonly tree: CoverageTree;
  #coverage: Coverage | undefined;
  #coverageVersion = 0;
  #status: ResourceStatus | undefined;
  #statusVersion = 0;

  protected constructor(tree: CoverageTree) {
    this.tree = tree;
  }

  /** Starts a look: the number to give to {@link settled}. */
  protected abstract begin(): number;
  /** True if nothing changed since the look began; then what it saw counts. */
  protected abstract settled(sequence: number): boolean;
  /** Called before a snapshot that has failed `attempts` times is tried again. */
  protected abstract snapshotFailed(attempts: number): void;

  /** See {@link CoverageTree.coveredUntil}. */
  coveredUntil(from: number): number {
    for (;;) {
      const sequence = this.begin();
      const until = this.tree.coveredUntil(from);
      if (this.settled(sequence)) return until;
    }
  }

  /** Everything that a read at `from` has to know, of one moment. */
  lookAt(from: number, look: Look): void {
    for (;;) {
      const sequence = this.begin();
      look.final = this.state() === COMMITTED;
      look.end = this.knownLength() ?? Infinity;
      // Committed content is covered up to its final length.
      look.until = look.final ? look.end : this.tree.coveredUntil(from);
      if (this.settled(sequence)) return;
    }
  }

  /** The first gap at `from` or later; by default up to what is known of the length, and never past the final one. */
  nextGap(from: number, limit: number | undefined): ByteRange | undefined {
    return this.#ask(() => {
      const known = this.knownLength() ?? MAX_OFFSET;
      const stop = this.state() === COMMITTED ? Math.min(limit ?? known, known) : (limit ?? known);
      const start = this.tree.coveredUntil(from);
      return start < stop ? { start, end: Math.min(this.tree.nextStart(start), stop) } : undefined;
    });
  }

  /** From the first to the last missing byte of a wanted range, within the known length; undefined if none is missing. */
  missing(from: number, until: number): ByteRange | undefined {
    return this.#ask(() => {
      const start = this.tree.coveredUntil(from);
      const end = this.tree.coveredSince(Math.min(until, this.knownLength() ?? MAX_OFFSET));
      return start < end ? { start, end } : undefined;
    });
  }

  /**
   * What the present state says to a wait for `[start, end)`, not empty; `clipped`: cut to what is known of the length, as reads
   * are. The order of the rules is the contract's.
   */
  answer(start: number, end: number, clipped: boolean): Answer {
    for (;;) {
      const sequence = this.begin();
      const answer = this.#answer(start, end, clipped);
      if (this.settled(sequence)) return answer;
    }
  }

  #answer(start: number, end: number, clipped: boolean): Answer {
    const { ended } = this;
    if (ended !== undefined) return ended;
    const state = this.state();
    let until = end;
    if (clipped) {
      const known = this.knownLength();
      if (known !== undefined) {
        if (start >= known) return 'eof';
        if (until > known) until = known;
      }
    }
    if (this.tree.coveredUntil(start) >= until) return 'ready';
    // Committed content is covered up to its final length.
    if (state === COMMITTED) return start >= this.tree.number(FINAL_LENGTH_AT) ? 'eof' : 'ready';
    return state === FAILED ? 'failed' : 'wait';
  }

  /** The coverage; the same object until it changes. */
  get coverage(): Coverage {
    for (let attempts = 0; ; attempts += 1) {
      if (attempts > 0) this.snapshotFailed(attempts);
      const sequence = this.begin();
      const { tree } = this;
      const { version } = tree;
      if (this.#coverage !== undefined && version === this.#coverageVersion && this.settled(sequence)) {
        return this.#coverage;
      }
      const bytes = tree.coveredBytes;
      const count = tree.rangeCount;
      if (!this.settled(sequence)) continue;
      const bounds = new Float64Array(2 * count);
      if (tree.copyTo(bounds) !== bounds.length || !this.settled(sequence)) continue;
      this.#coverageVersion = version;
      this.#coverage = new CoverageSnapshot(bounds, bytes);
      return this.#coverage;
    }
  }

  /** The end of the last covered range; 0 if there is none. */
  get coveredEnd(): number {
    return this.#ask(() => this.tree.coveredEnd);
  }

  get coveredBytes(): number {
    return this.#ask(() => this.tree.coveredBytes);
  }

  /** Counts changes of {@link status}, of the lengths and of the identity. */
  get statusVersion(): number {
    return this.tree.word(STATUS_VERSION_AT);
  }

  /** The status; the same object until it changes. */
  get status(): ResourceStatus {
    for (;;) {
      const sequence = this.begin();
      // Nothing changes any more once the owner is gone.
      const version = this.ownerGone ? -1 : this.statusVersion;
      if (this.#status !== undefined && version === this.#statusVersion && this.settled(sequence)) return this.#status;
      const status = this.#readStatus();
      if (!this.settled(sequence)) continue;
      this.#statusVersion = version;
      // A new identity is a new version, but no new status.
      if (JSON.stringify(status) !== JSON.stringify(this.#status)) this.#status = status;
      return this.#status ?? status;
    }
  }

  #readStatus(): ResourceStatus {
    const state = this.state();
    if (state !== COMMITTED && this.ownerGone) return { state: 'closed' };
    switch (state) {
      case ACTIVE:
        return { state: 'active', expectedLength: this.knownLength() };
      case COMMITTED:
        return { state: 'committed', finalLength: this.tree.number(FINAL_LENGTH_AT) };
      case FAILED:
        return { state: 'failed', reason: this.#text(REASON_AT) ?? '' };
      case CANCELLED:
        return { state: 'cancelled' };
      default:
        return { state: 'closed' };
    }
  }

  /** The final length while committed, else the expected one. */
  get expectedLength(): number | undefined {
    return this.#ask(() => this.knownLength());
  }

  get identity(): string | undefined {
    return this.#ask(() => this.#text(IDENTITY_AT));
  }

  /** What `read` answers of one moment; what is asked often does the same by itself. */
  #ask<T>(read: () => T): T {
    for (;;) {
      const sequence = this.begin();
      const answer = read();
      if (this.settled(sequence)) return answer;
    }
  }

  #text(at: number): string | undefined {
    return loadText(this.tree.words, this.tree.word(at));
  }

  /** Counts commits, replacements and reactivations; see {@link isGeneration}. */
  get generation(): number {
    return this.tree.word(GENERATION_AT);
  }

  /** Tells, behind a plain read of bytes, that none of them was replaced meanwhile (`writeAll`). */
  abstract isGeneration(generation: number): boolean;

  /** Why nothing can be asked any more, if so. */
  get ended(): 'closed' | 'cancelled' | undefined {
    const state = this.state();
    if (state === CLOSED || (state !== COMMITTED && this.ownerGone)) return 'closed';
    return state === CANCELLED ? 'cancelled' : undefined;
  }

  get ownerGone(): boolean {
    return Atomics.load(this.tree.words, GONE_AT) !== 0;
  }

  protected state(): number {
    return this.tree.word(STATE_AT);
  }

  protected knownLength(): number | undefined {
    if (this.state() === COMMITTED) return this.tree.number(FINAL_LENGTH_AT);
    return this.tree.word(HAS_EXPECTED_AT) === 0 ? undefined : this.tree.number(EXPECTED_LENGTH_AT);
  }
}

/// <reference lib="esnext.disposable" preserve="true" />
import type { ControlView, Look } from '../control/control-view.js';
import type { ResourceStatus } from '../control/resource-status.js';
import type { Coverage } from '../coverage/coverage.js';
import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkRange, checkSpan } from '../range/checks.js';
import { checkBytes } from '../range/bytes.js';

/** Where a view's bytes come from: a driver, or its attach side in another thread. */
export interface ByteSource {
  read(offset: number, target: Uint8Array): void;
  refresh?(): void;
}

/**
 * What can be asked of a resource's bytes at once, without waiting: common to the owner, to asynchronous readers and to blocking ones.
 */
export abstract class BytesView {
  /** @internal */
  abstract readonly control: ControlView;
  protected abstract readonly bytes: ByteSource;
  /** As of which {@link ControlView.generation} the bytes were opened. */
  #generation = -1;
  /** The last look; where it found committed content, it holds for its generation. */
  readonly #look: Look = { until: 0, end: 0, final: false };

  /** The status; the same object until it changes. */
  abstract get status(): ResourceStatus;

  /** The coverage; the same object until it changes. */
  get coverage(): Coverage {
    return this.control.coverage;
  }

  /** How many bytes are covered; costs the same however many ranges there are. */
  get coveredBytes(): number {
    return this.control.coveredBytes;
  }

  /** The final length while committed, in bytes, else undefined. */
  get length(): number | undefined {
    const { status } = this;
    return status.state === 'committed' ? status.finalLength : undefined;
  }

  /** The total where it is known, in bytes; the final length once committed. */
  get expectedLength(): number | undefined {
    return this.control.expectedLength;
  }

  /** Names the remote content's version (a strong ETag, say), where it is known. */
  get identity(): string | undefined {
    return this.control.identity;
  }

  /**
   * Tells whether every byte of `range` (half-open) is there; an empty range always is. As `coverage.has`, without building a snapshot.
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   */
  has(range: ByteRange): boolean {
    const { start, end } = range;
    checkRange(start, end);
    this.assertUsable('Asked for the coverage');
    return start === end || this.control.coveredUntil(start) >= end;
  }

  /**
   * The first gap that has a byte at `from` or later, cut to `[from, limit)`; undefined if there is none.
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   *
   * @param limit - where to stop looking, exclusive; by default `expectedLength`, else 2^53−1. Never past the final length
   */
  nextGap(from: number, limit?: number): ByteRange | undefined {
    checkRange(from, from);
    if (limit !== undefined) checkRange(limit, limit);
    this.assertUsable('Asked for the coverage');
    return this.control.nextGap(from, limit);
  }

  /**
   * Copies the bytes at `offset` into `target`, up to the first gap, the end of the content or the end of `target`; never waits.
   *
   * Answers how many bytes it copied: 0 at a gap or at the end. Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   */
  readAt(offset: number, target: Uint8Array): number {
    checkBytes('target', target);
    checkSpan(offset, target.length);
    this.assertUsable('Asked for bytes');
    return this.copy(offset, target) ?? 0;
  }

  /**
   * As {@link readAt}, its arguments checked. With `min` it ends at what is known of the length, too, and copies nothing and answers
   * undefined where fewer bytes than that are there before the end.
   */
  protected copy(offset: number, target: Uint8Array, min?: number): number | undefined {
    const { control, bytes } = this;
    const look = this.#look;
    for (;;) {
      const { generation } = control;
      // Committed content stays so, and all of it is there, until the generation changes.
      if (generation !== this.#generation || !look.final) control.lookAt(offset, look);
      const until = min === undefined ? look.until : Math.min(look.until, look.end);
      const length = Math.max(0, Math.min(target.length, until - offset));
      if (min !== undefined && length < min && until < look.end) return undefined;
      try {
        // Behind the look: the section that made this generation is over by then.
        if (generation !== this.#generation) bytes.refresh?.();
        if (length > 0) bytes.read(offset, length === target.length ? target : target.subarray(0, length));
      } catch (error) {
        // The owner may have replaced the bytes by fewer since, or taken them elsewhere.
        if (control.isGeneration(generation)) throw error;
        continue;
      }
      if (!control.isGeneration(generation)) continue;
      this.#generation = generation;
      return length;
    }
  }

  /** Lets go of everything; again: nothing. */
  abstract close(): void;

  /** As {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Throws once this view is closed, or its resource closed or cancelled. */
  protected abstract assertUsable(asked: string): void;
}

/** The error of a read that an interrupt has ended. */
export function interruptedError(start: number, end: number): StorageError {
  return new StorageError(
    'INTERRUPTED',
    `Waited for the bytes of [${start}, ${end}), and the wait was interrupted (a seek). Read again, there or elsewhere.`,
    { range: { start, end } },
  );
}

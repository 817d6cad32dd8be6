/// <reference lib="esnext.disposable" preserve="true" />
import type { ContentState } from '../control/content-state.js';
import type { ResourceStatus } from '../control/resource-status.js';
import type { Coverage } from '../coverage/coverage.js';
import type { StorageErrorDetails } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkBytes } from '../range/bytes.js';
import { checkedRange, checkOffset, checkSpan } from '../range/checks.js';
import type { ByteReader } from './byte-reader.js';

/** How a view waits for more bytes than the driver keeps at a time, and copies them. */
export interface PieceWise {
  /** The longest range that can be waited for in one piece, in bytes. */
  readonly longestWait: number;
  /** Returns pieces that follow one another as one array. */
  join(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>;
}

/** What a view of a resource is made of. */
export interface ViewParts {
  /** What is known of the content. */
  readonly state: ContentState;
  readonly bytes: Pick<ByteReader, 'copy'>;
  /** The status of this view, which may be closed before the resource is. */
  readonly status: ResourceStatus;
  /** Set once nothing can be read or waited for any more. */
  readonly ended: 'closed' | 'cancelled' | undefined;
  /** True if `[start, end)` is covered; undefined once `ended` is set. */
  has(start: number, end: number): boolean | undefined;
  /** How it waits for more bytes than are kept at a time; undefined where all are kept. */
  readonly use: PieceWise | undefined;
  /** The details that errors of this view have in its present status. */
  readonly errorDetails: StorageErrorDetails;
  /** Throws `CLOSED` or `CANCELLED` once `ended` is set; `asked` begins the message. */
  assertUsable(asked: string): void;
}

/**
 * What every view of a resource does without waiting: that of the owner, asynchronous readers and
 * blocking ones.
 */
export abstract class BytesView {
  readonly #parts: ViewParts;

  /** @internal */
  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  /** The status; the same object until it changes. */
  get status(): ResourceStatus {
    return this.#parts.status;
  }

  /** The coverage; the same object until it changes. */
  get coverage(): Coverage {
    return this.#parts.state.coverage;
  }

  /** How many bytes are covered; costs the same however many ranges there are. */
  get coveredBytes(): number {
    return this.#parts.state.coveredBytes;
  }

  /** The final length while committed, in bytes, else undefined. */
  get length(): number | undefined {
    const { status } = this;
    return status.state === 'committed' ? status.finalLength : undefined;
  }

  /** The total where it is known, in bytes; the final length once committed. */
  get expectedLength(): number | undefined {
    return this.#parts.state.expectedLength;
  }

  /** Names the remote content's version (a strong ETag, say), where it is known. */
  get identity(): string | undefined {
    return this.#parts.state.identity;
  }

  /**
   * Returns true if every byte of `range` (half-open) is there; an empty range always is. As
   * `coverage.has`, without a snapshot: where nothing changes it remembers the last run, and after
   * many calls up to 16,384 ranges (256 KiB).
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   */
  has(range: ByteRange): boolean {
    const { start, end } = checkedRange(range);
    const has = this.#parts.has(start, end);
    if (has === undefined) this.#parts.assertUsable('Asked for the coverage');
    return has === true;
  }

  /**
   * The first gap that has a byte at `from` or later, cut to `[from, limit)`; undefined if there is
   * none.
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   *
   * @param limit - where to stop looking, exclusive; by default `expectedLength`, else 2^53−1.
   * Never past the final length
   */
  nextGap(from: number, limit?: number): ByteRange | undefined {
    checkOffset('from', from);
    if (limit !== undefined) checkOffset('limit', limit);
    this.#parts.assertUsable('Asked for the coverage');
    return this.#parts.state.nextGap(from, limit);
  }

  /**
   * Copies the bytes at `offset` into `target`, up to the first gap, the end of the content or the
   * end of `target`; never waits.
   *
   * Returns how many bytes it copied: 0 at a gap or at the end. Throws `INVALID_RANGE`, `CLOSED`,
   * `CANCELLED`.
   */
  readAt(offset: number, target: Uint8Array): number {
    checkBytes('target', target);
    checkSpan(offset, target.length);
    this.#parts.assertUsable('Asked for bytes');
    return this.#parts.bytes.copy(offset, target.length, target) ?? 0;
  }

  /** Releases all resources. Idempotent. */
  abstract close(): void;

  /** As {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

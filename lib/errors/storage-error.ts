import type { ByteRange } from '../range/byte-range.js';

/**
 * What went wrong, as a stable word to branch on.
 *
 * | code | meaning |
 * |---|---|
 * | `INVALID_RANGE` | a range or offset outside 0 … 2^53−1, or `start > end` |
 * | `INVALID_ARGUMENT` | any other invalid argument |
 * | `NOT_FOUND` | a file to be read does not exist |
 * | `FAILED` | the resource failed, and the bytes asked for are not there |
 * | `CANCELLED` | the signal of the resource or of the call was aborted; `name` is `'AbortError'` |
 * | `CLOSED` | the resource, reader or port is closed, or its owner is gone |
 * | `READ_ONLY` | a write to committed content, or an eviction of it |
 * | `INCOMPLETE` | complete content is needed, and bytes are missing; `range` is the first gap |
 * | `CLAIMED` | somebody else writes this path |
 * | `CAPACITY` | memory or mappings past a fixed limit |
 * | `NO_SPACE` | the disk is full |
 * | `IO` | the operating system refused; `cause` says how |
 * | `TIMEOUT` | a blocking call ran out of time, or a server stalled |
 * | `INTERRUPTED` | a read was ended by a seek |
 * | `DEADLOCK` | a thread would block waiting for itself |
 * | `UNSUPPORTED` | this platform or driver cannot do that; the message says what to do instead |
 * | `CHANGED` | the remote content is no longer the version being stored |
 * | `GONE` | bytes that are waited for made room for later ones; `range`: which |
 * | `HTTP` | a final HTTP error: `httpStatus` says which; without one the connection failed |
 */
export type StorageErrorCode =
  | 'INVALID_RANGE'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'FAILED'
  | 'CANCELLED'
  | 'CLOSED'
  | 'READ_ONLY'
  | 'INCOMPLETE'
  | 'CLAIMED'
  | 'CAPACITY'
  | 'NO_SPACE'
  | 'IO'
  | 'TIMEOUT'
  | 'INTERRUPTED'
  | 'DEADLOCK'
  | 'UNSUPPORTED'
  | 'CHANGED'
  | 'HTTP'
  | 'GONE';

/** What a {@link StorageError} carries beside its code and message. */
export interface StorageErrorDetails {
  /** The half-open byte range it is about, `[start, end)`. */
  readonly range?: ByteRange | undefined;
  /** The file it is about. */
  readonly path?: string | undefined;
  /** What led to it. */
  readonly cause?: unknown;
  /** The status of the HTTP response it is about. */
  readonly httpStatus?: number | undefined;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

// In the registry, so that two copies of this module (two entry points, two realms) recognise each
// other's errors.
const BRAND: unique symbol = Symbol.for('tidemark.StorageError') as never;

/**
 * The one error class of this library; branch on {@link StorageError.code | code}.
 *
 * An error that crosses threads by `structuredClone` loses class and code: send the code beside it.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource, isStorageError } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver());
 * try {
 *   resource.commit(10);
 * } catch (error) {
 *   if (!isStorageError(error, 'INCOMPLETE')) throw error;
 *   console.log('still missing', error.range); // { start: 0, end: 10 }
 * }
 * ```
 */
export class StorageError extends Error {
  /** What went wrong, as a stable word to branch on. */
  readonly code: StorageErrorCode;
  /** The half-open byte range it is about, where there is one. */
  declare readonly range?: ByteRange;
  /** The file it is about, where there is one. */
  declare readonly path?: string;
  /** The status of the HTTP response it is about, where there was one. */
  declare readonly httpStatus?: number;
  /**
   * How long the server asked to wait before the next request (`Retry-After`), in milliseconds,
   * where it did.
   */
  declare readonly retryAfterMs?: number;

  /** @internal */
  readonly [BRAND] = true;

  /**
   * Makes one; drivers throw them too.
   *
   * @param code - what went wrong
   * @param message - what was asked, what was found, and what to do
   * @param details - range, path, cause and the like, where there are any
   */
  constructor(code: StorageErrorCode, message: string, details: StorageErrorDetails = {}) {
    const { cause, range, ...others } = details;
    super(message, cause === undefined ? undefined : { cause });
    // What abortable APIs of the platform throw has this name, and callers filter on it.
    this.name = code === 'CANCELLED' ? 'AbortError' : 'StorageError';
    this.code = code;
    if (range) this.range = { start: range.start, end: range.end };
    // A detail that is undefined is no member.
    const own = this as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries<unknown>(others)) if (value !== undefined) own[name] = value;
  }
}

/**
 * Returns true if `error` is a {@link StorageError}, with one of `codes` where any are given.
 *
 * It checks a brand and not the class, so it works across realms and across two loaded copies of
 * this library.
 *
 * @example
 * ```ts
 * import { isStorageError } from 'tidemark';
 *
 * const retryable = (error: unknown): boolean => isStorageError(error, 'NO_SPACE', 'TIMEOUT');
 * ```
 */
export function isStorageError<C extends StorageErrorCode = StorageErrorCode>(
  error: unknown,
  ...codes: C[]
): error is StorageError & { code: C } {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  return codes.length === 0 || codes.includes((error as StorageError).code as C);
}

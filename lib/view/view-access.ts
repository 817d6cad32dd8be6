import type { Observable } from 'rxjs';

import type { CopyTarget } from '../bytes/byte-reader.js';
import type { StorageErrorDetails } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import type { WaitOptions } from '../waits/wait-options.js';

/**
 * How the library's own operators wait for bytes and copy them. No interrupt of the view reaches
 * them.
 */
export interface ViewAccess {
  /**
   * Copies the bytes at `offset`, up to `length` of them, and returns how many: 0 at the end.
   * Undefined where fewer than `min` are there before the end: the caller has to wait.
   */
  copy(offset: number, length: number, target: CopyTarget, min: number): number | undefined;
  /**
   * As `ResourceView.waitRange`. `withinLength`: the range ends at the known length, and the wait
   * with it.
   */
  wait(range: ByteRange, options?: WaitOptions, withinLength?: boolean): Observable<unknown>;
  /**
   * Goes on from `covered$`, which says that bytes at `offset` are covered, until {@link copy} has
   * some of the `length` bytes there; undefined where it has them then.
   */
  arrived?(offset: number, length: number, covered$: Observable<unknown>): Observable<unknown>;
  /** As `ResourceView.read`. */
  read(range: ByteRange): Observable<Uint8Array<ArrayBuffer>>;
  /**
   * How many bytes have come so far, also those that were evicted. Views of other libraries count
   * what is covered.
   */
  readonly arrivedBytes: number;
  /** The details that errors of the view have in its present status. */
  readonly errorDetails: StorageErrorDetails;
}

import { type Observable, of, switchMap, tap } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import type { CopyTarget } from '../bytes/byte-reader.js';
import type { StorageErrorDetails } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import type { WaitOptions } from '../waits/wait-options.js';
import type { ColdSource } from './cold-source.js';
import { fetchRange } from './fetch-range.js';
import { OwnAccess } from './own-access.js';
import type { ViewInside } from './own-view.js';
import { readRange } from './read-range.js';
import type { ViewAccess } from './view-access.js';

/** The access to a view of our own whose bytes may be cold: an arrival brings them here. */
export class ColdAccess implements ViewAccess {
  readonly #inside: ViewInside;
  readonly #cold: ColdSource;
  readonly #own: OwnAccess;
  /** What the last arrival has brought, until something else is copied. */
  #piece: { readonly start: number; readonly bytes: Uint8Array; readonly generation: number } | undefined;

  constructor(inside: ViewInside, cold: ColdSource) {
    this.#inside = inside;
    this.#cold = cold;
    this.#own = new OwnAccess(inside);
  }

  get errorDetails(): StorageErrorDetails {
    return this.#own.errorDetails;
  }

  get arrivedBytes(): number {
    return this.#own.arrivedBytes;
  }

  copy(offset: number, length: number, target: CopyTarget, min: number): number | undefined {
    const piece = this.#piece;
    if (
      piece?.start === offset &&
      piece.generation === this.#cold.generation &&
      this.#inside.parts.ended === undefined
    ) {
      const copied = Math.min(length, piece.bytes.length);
      if (copied >= min) {
        (typeof target === 'function' ? target(copied) : target).set(piece.bytes.subarray(0, copied));
        return copied;
      }
    }
    this.#piece = undefined;
    return this.#own.copy(offset, length, target, min);
  }

  wait(range: ByteRange, options?: WaitOptions, withinLength = false): Observable<unknown> {
    return this.#own.wait(range, options, withinLength);
  }

  arrived(offset: number, length: number, covered$: Observable<unknown>): Observable<unknown> {
    return covered$.pipe(switchMap(() => this.#bring(offset, length)));
  }

  read(range: ByteRange): Observable<Uint8Array<ArrayBuffer>> {
    return readRange(this.#inside, range, true, {}, fetchRange);
  }

  /** Brings bytes, unless this thread can read them by itself, or there are none. */
  #bring(start: number, length: number): Observable<unknown> {
    if (this.#own.copy(start, 1, new Uint8Array(1), 1) !== undefined) return of(undefined);
    const { generation } = this.#cold;
    const target = allocate(length);
    const asked = { start, target, generation, uninterruptible: true, continues: true };
    return this.#cold.fetch(asked).pipe(
      tap((fetched) => {
        this.#piece = fetched === 0 ? undefined : { start, bytes: target.subarray(0, fetched), generation };
      }),
    );
  }
}

import { filter, merge, type Observable, take } from 'rxjs';

import type { CopyTarget } from '../bytes/byte-reader.js';
import type { StorageErrorDetails } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import type { WaitOptions } from '../waits/wait-options.js';
import { knownEnd, knownEnd$ } from './known-end.js';
import type { ResourceView } from './resource-view.js';
import type { ViewAccess } from './view-access.js';

/**
 * The access to a view of another library, through its public members. Interrupts of the view end
 * its waits.
 */
export class ForeignAccess implements ViewAccess {
  readonly #view: ResourceView;
  /** The end as it was known at the last copy. */
  #seenEnd = Infinity;

  constructor(view: ResourceView) {
    this.#view = view;
  }

  copy(offset: number, length: number, target: CopyTarget, min: number): number | undefined {
    const view = this.#view;
    this.#seenEnd = knownEnd(view);
    const end = Math.min(offset + length, this.#seenEnd);
    if (offset >= end) return 0;
    const there = (view.nextGap(offset, end)?.start ?? end) - offset;
    const needed = Math.min(min, end - offset);
    if (there < needed) return undefined;
    const room = typeof target === 'function' ? target(there) : target.subarray(0, there);
    const copied = view.readAt(offset, room);
    return copied < needed ? undefined : copied;
  }

  get arrivedBytes(): number {
    return this.#view.coveredBytes;
  }

  get errorDetails(): StorageErrorDetails {
    return {};
  }

  wait(range: ByteRange, options?: WaitOptions, withinLength = false): Observable<unknown> {
    const view = this.#view;
    const arrived$ = view.waitRange(range, options);
    if (!withinLength) return arrived$;
    // Not `skip(1)`: another thread may have moved the end since the copy.
    return merge(arrived$, knownEnd$(view).pipe(filter((end) => end !== this.#seenEnd))).pipe(take(1));
  }

  read(range: ByteRange): Observable<Uint8Array<ArrayBuffer>> {
    return this.#view.read(range);
  }
}

import type { Observable } from 'rxjs';

import type { CopyTarget } from '../bytes/byte-reader.js';
import type { StorageErrorDetails } from '../errors/storage-error.js';
import type { WaitAge } from '../changes/wait-queue.js';
import type { ByteRange } from '../range/byte-range.js';
import type { WaitOptions } from '../waits/wait-options.js';
import type { ViewInside } from './own-view.js';
import { readRange } from './read-range.js';
import type { ViewAccess } from './view-access.js';

/** The access to a view of our own. */
export class OwnAccess implements ViewAccess {
  readonly #inside: ViewInside;
  /** Waits that are repeated before anything was copied keep their age. */
  readonly #age: WaitAge = {};

  constructor(inside: ViewInside) {
    this.#inside = inside;
  }

  get errorDetails(): StorageErrorDetails {
    return this.#inside.parts.errorDetails;
  }

  get arrivedBytes(): number {
    return this.#inside.parts.state.arrivedBytes;
  }

  copy(offset: number, length: number, target: CopyTarget, min: number): number | undefined {
    const { ended, state, bytes } = this.#inside.parts;
    // A reader at the end needs nothing more. For others the wait errors with what has ended the
    // view.
    if (ended !== undefined) return offset >= (state.expectedLength ?? Infinity) ? 0 : undefined;
    const copied = bytes.copy(offset, length, target, min);
    if (copied !== undefined) this.#age.order = undefined;
    return copied;
  }

  wait(range: ByteRange, options?: WaitOptions, withinLength = false): Observable<unknown> {
    return this.#inside.waits.wait(range, options, { withinLength, uninterruptible: true, age: this.#age });
  }

  read(range: ByteRange): Observable<Uint8Array<ArrayBuffer>> {
    return readRange(this.#inside, range, true);
  }
}

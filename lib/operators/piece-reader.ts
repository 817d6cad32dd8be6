import { type Observable, timer } from 'rxjs';

import type { CopyTarget } from '../bytes/byte-reader.js';
import { neededAt, type NeededBy } from '../range/times.js';
import { knownEnd } from '../view/known-end.js';
import type { ResourceView } from '../view/resource-view.js';
import { accessTo, arrival } from '../view/access-to.js';
import type { ViewAccess } from '../view/view-access.js';
import { TURN } from './chunk-sizes.js';

/** Reads the bytes of `[position, end)` in order, piece by piece, however late they arrive. */
export class PieceReader {
  /** Offset of the next byte. */
  position: number;
  readonly #view: ResourceView;
  readonly #access: ViewAccess;
  readonly #end: number;
  readonly #neededBy: (offset: number) => number | undefined;
  #sinceTurn = 0;

  constructor(view: ResourceView, start: number, end: number, neededBy: NeededBy | undefined) {
    this.#view = view;
    this.#access = accessTo(view);
    this.position = start;
    this.#end = end;
    this.#neededBy = (offset) => neededAt(neededBy, offset, start);
  }

  /**
   * Copies what is there of the next `length` bytes, and returns how many: 0 at the end. Returns an
   * observable where none is there yet, or the event loop is due for a turn: call again when it
   * completes. Throws what a `neededBy` that is a function does.
   *
   * @param demanded - how much to demand where nothing is there yet, in bytes
   */
  next(length: number, target: CopyTarget, demanded = length): number | Observable<unknown> {
    const wanted = Math.min(length, this.#end - this.position);
    if (wanted <= 0) return 0;
    if (this.#sinceTurn >= TURN && this.position < knownEnd(this.#view)) {
      this.#sinceTurn = 0;
      return timer(0);
    }
    const copied = this.#access.copy(this.position, wanted, target, 1);
    if (copied === undefined) {
      this.#sinceTurn = 0;
      const asked = Math.min(demanded, wanted);
      return arrival(this.#access, this.position, asked, 1, this.#neededBy(this.position));
    }
    this.position += copied;
    this.#sinceTurn += copied;
    return copied;
  }
}

import type { ReadState } from '../bytes/byte-reader.js';
import type { ContentState, ReadLimits } from '../control/content-state.js';

/** How far this thread can read by itself: `Attachment.reach`. */
type Reach = (start: number, end: number) => number;

/**
 * What a {@link ByteReader} sees of content whose bytes may be cold: a read ends at the first one.
 * Nothing of it is taken for final, since that what can be reached changes while content is.
 */
export class ColdState implements ReadState {
  readonly #state: ContentState;
  readonly #reach: Reach;

  constructor(state: ContentState, reach: Reach) {
    this.#state = state;
    this.#reach = reach;
  }

  get generation(): number {
    return this.#state.generation;
  }

  stamp(start: number, end: number): number {
    return this.#state.stamp(start, end);
  }

  isUnchanged(generation: number, final: boolean, stamp: number, start: number, end: number): boolean {
    return this.#state.isUnchanged(generation, final, stamp, start, end);
  }

  readLimits(from: number, limits: ReadLimits): void {
    this.#state.readLimits(from, limits);
    limits.final = false;
    if (limits.until > from) limits.until = this.#reach(from, limits.until);
  }
}

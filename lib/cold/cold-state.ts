import type { ReadState } from '../bytes/byte-reader.js';
import type { ContentState, ReadLimits } from '../control/content-state.js';

/** What this thread can read by itself: see `Attachment`. */
export interface Reachable {
  reach(start: number, end: number): number;
  stamp?(start: number, end: number, copied: boolean): number;
}

/**
 * What a {@link ByteReader} sees of content whose bytes may be cold: a read ends at the first one.
 * Nothing of it is taken for final, since that what can be reached changes while content is.
 */
export class ColdState implements ReadState {
  readonly #state: ContentState;
  readonly #bytes: Reachable;
  /** Of the copy that is being made. */
  #end = 0;
  #stamp = 0;

  constructor(state: ContentState, bytes: Reachable) {
    this.#state = state;
    this.#bytes = bytes;
  }

  get generation(): number {
    return this.#state.generation;
  }

  stamp(start: number, end: number): number {
    this.#end = end;
    this.#stamp = this.#stampOf(start, end, false);
    return this.#state.stamp(start, end);
  }

  isUnchanged(generation: number, final: boolean, stamp: number, start: number, end: number): boolean {
    const isSame = this.#stampOf(start, end, true) === this.#stamp;
    return this.#state.isUnchanged(generation, final, stamp, start, end) && isSame;
  }

  readLimits(from: number, limits: ReadLimits): void {
    this.#state.readLimits(from, limits);
    limits.final = false;
    // What lies behind the copy is not looked at.
    if (limits.until > from) limits.until = this.#bytes.reach(from, Math.min(limits.until, this.#end));
  }

  #stampOf(start: number, end: number, copied: boolean): number {
    return this.#bytes.stamp?.(start, end, copied) ?? 0;
  }
}

import type { ByteRange } from '../../../range/byte-range.js';

/** A stretch that somebody has read. */
interface Place {
  readonly start: number;
  end: number;
  /** When somebody last waited for bytes there, in milliseconds. */
  waitedAt: number;
  /** When somebody last came back to it from another place. */
  returnedAt: number;
  /** When it was last seen to be read in turn with others. */
  inTurnAt: number;
}

type NextGap = (from: number, limit: number) => ByteRange | undefined;

/** So long a place is expected to be returned to, in milliseconds. */
const SECONDS = 5000;
const MOST = 8;
/** So much may be left out. */
const LEFT_OUT = 64 * 1024;

/**
 * Where somebody has waited for bytes and got them, and whether these places are read in turn:
 * somebody has waited in one, then in others, and is back.
 */
export class Places {
  /** The latest first. */
  #places: Place[] = [];

  /**
   * Somebody begins to wait for `[start, …)`. Returns whether they go on where they have read in
   * turn with other places.
   */
  waits(start: number, nextGap: NextGap, now: number): boolean {
    this.#places = this.#places.filter(({ waitedAt }) => now - waitedAt <= SECONDS);
    const index = this.#find(start, nextGap);
    const place = this.#places[index];
    // A seek: the others are not read any more.
    if (place === undefined) for (const other of this.#places) other.inTurnAt = -Infinity;
    else {
      place.waitedAt = now;
      const between = this.#places.slice(0, index);
      // Back in one, and then in another: once alone would be somebody who seeks and changes their
      // mind.
      const isTurn = between.some(({ returnedAt }) => now - returnedAt <= SECONDS);
      if (isTurn) for (const other of [place, ...between]) other.inTurnAt = now;
      else if (now - place.inTurnAt <= SECONDS) place.inTurnAt = now;
      if (index > 0) place.returnedAt = now;
      this.#places.unshift(...this.#places.splice(index, 1));
    }
    return place !== undefined && this.inTurn(now).length > 0;
  }

  /** Somebody has got `[start, end)`. */
  got({ start, end }: ByteRange, nextGap: NextGap, now: number): void {
    const index = this.#find(start, nextGap);
    const place = this.#places[index];
    if (place === undefined) {
      this.#places.unshift({ start, end, waitedAt: now, returnedAt: -Infinity, inTurnAt: -Infinity });
      this.#places.splice(MOST);
    } else {
      place.end = Math.max(place.end, end);
      place.waitedAt = now;
      this.#places.unshift(...this.#places.splice(index, 1));
    }
  }

  /** The stretches that are read in turn, the latest first; none or several. */
  inTurn(now: number): readonly ByteRange[] {
    const places = this.#places.filter(({ inTurnAt }) => now - inTurnAt <= SECONDS);
    return places.length > 1 ? places : [];
  }

  /** Which place a reader goes on with that begins at `start`. */
  #find(start: number, nextGap: NextGap): number {
    return this.#places.findIndex(
      (place) => place.start <= start && (start <= place.end + LEFT_OUT || nextGap(place.end, start) === undefined),
    );
  }
}

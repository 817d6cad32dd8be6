// Which bytes to ask the server for next: none that are there, none that are on their way.

const CHUNK = 32_768; // bytes in a request: short enough to change course quickly

/** @typedef {import('tidemark').ByteRange} ByteRange half-open */

export class FetchPlan {
  #resource;
  /** @type {Set<ByteRange>} */
  #onTheWay = new Set();

  /** @param {import('tidemark').Resource} resource */
  constructor(resource) {
    this.#resource = resource;
  }

  /** What to begin with: the first bytes that are missing, of a length that need not be known; undefined if none are. */
  get opening() {
    const gap = this.#resource.nextGap(0);
    return gap && this.#chunkAt(gap);
  }

  /** The first piece of work at or after an offset; undefined if there is none. */
  next(from = 0) {
    const end = this.#resource.expectedLength ?? 0;
    for (let start = from; start < end;) {
      const gap = this.#resource.nextGap(start, end);
      if (gap === undefined) return undefined;
      const busy = this.#ranges.find((range) => range.start <= gap.start && gap.start < range.end);
      if (busy === undefined) return this.#chunkAt(gap);
      start = busy.end;
    }
    return undefined;
  }

  /** The last bytes, if they are still to be fetched. */
  tail() {
    return this.next(Math.max(0, (this.#resource.expectedLength ?? 0) - CHUNK));
  }

  /**
   * What to fetch for those who wait, the most urgent first; undefined if all of it is on its way.
   *
   * @param {readonly import('tidemark').Demand[]} demands
   */
  forDemand(demands) {
    for (const { range } of demands) {
      const work = this.next(range.start);
      if (work && work.start < range.end) return work;
    }
    return undefined;
  }

  /** @param {ByteRange} range */
  begin(range) {
    this.#onTheWay.add(range);
  }

  /** @param {ByteRange} range */
  end(range) {
    this.#onTheWay.delete(range);
  }

  get #ranges() {
    return [...this.#onTheWay];
  }

  /** @param {ByteRange} gap */
  #chunkAt({ start, end }) {
    const nextBusy = this.#ranges.map((range) => range.start).filter((other) => other > start);
    return { start, end: Math.min(end, start + CHUNK, ...nextBusy) };
  }
}

/** Which blocks a window holds, the oldest first: a list in typed arrays. All of it is O(1). */
export class BlockAges implements Iterable<number> {
  readonly #blocks: Float64Array;
  /** The neighbours of each place plus 1; at 0 the newest and the oldest. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;

  /** @param blocks - the number of the block in each place */
  constructor(blocks: Float64Array) {
    this.#blocks = blocks;
    this.#older = new Int32Array(blocks.length + 1);
    this.#newer = new Int32Array(blocks.length + 1);
  }

  /** Adds the block in `place` as the newest. */
  add(place: number): void {
    this.#link(this.#older[0] ?? 0, place + 1);
    this.#link(place + 1, 0);
  }

  /** Removes the block in `place`. */
  remove(place: number): void {
    this.#link(this.#older[place + 1] ?? 0, this.#newer[place + 1] ?? 0);
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let node = this.#newer[0] ?? 0; node > 0; node = this.#newer[node] ?? 0) yield this.#blocks[node - 1] ?? 0;
  }

  #link(older: number, newer: number): void {
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }
}

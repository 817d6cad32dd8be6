import type { BlocksInOrder } from './room-policy.js';

/**
 * Which blocks a window holds, in order: a skip list in typed arrays, so that it costs no
 * allocation. All of it is O(log n).
 *
 * A node is a place plus 1, and 0 is both the head and the end. A node is in the lists of its
 * levels, from the lowest up to its height; in each list the numbers of blocks ascend.
 */
export class SortedBlocks implements BlocksInOrder {
  readonly #blocks: Float64Array;
  readonly #levels: number;
  /** The next node of each, in each level. */
  readonly #next: Int32Array;
  /** The last node before that which is looked for, in each level. */
  readonly #path: Int32Array;
  #random = 1;

  /** @param blocks - the number of the block in each place */
  constructor(blocks: Float64Array) {
    this.#blocks = blocks;
    const places = blocks.length;
    // A quarter of the nodes of each level is in the next one, too.
    this.#levels = Math.max(1, Math.ceil(Math.log2(places) / 2));
    this.#next = new Int32Array((places + 1) * this.#levels);
    this.#path = new Int32Array(this.#levels);
  }

  /** Adds the block in `place`. */
  add(place: number): void {
    this.#seek(this.#blocks[place] ?? 0);
    const levels = this.#levels;
    const next = this.#next;
    const node = place + 1;
    const height = this.#height();
    for (let level = 0; level < height; level += 1) {
      const before = (this.#path[level] ?? 0) * levels + level;
      next[node * levels + level] = next[before] ?? 0;
      next[before] = node;
    }
  }

  /** Removes the block in `place`. */
  remove(place: number): void {
    this.#seek(this.#blocks[place] ?? 0);
    const levels = this.#levels;
    const next = this.#next;
    const node = place + 1;
    for (let level = 0; level < levels; level += 1) {
      const before = (this.#path[level] ?? 0) * levels + level;
      if (next[before] === node) next[before] = next[node * levels + level] ?? 0;
    }
  }

  /** The highest block below `block`, or −1. */
  below(block: number): number {
    const node = this.#seek(block);
    return node === 0 ? -1 : this.#blockOf(node);
  }

  /** The lowest block that is `block` or higher, or `Infinity`. */
  from(block: number): number {
    const node = this.#next[this.#seek(block) * this.#levels] ?? 0;
    return node === 0 ? Infinity : this.#blockOf(node);
  }

  /** Fills in the path to the last node whose block is below `block`, and returns that node. */
  #seek(block: number): number {
    const levels = this.#levels;
    let node = 0;
    for (let level = levels - 1; level >= 0; level -= 1) {
      for (let next = this.#nextOf(node, level); next > 0 && this.#blockOf(next) < block;) {
        node = next;
        next = this.#nextOf(node, level);
      }
      this.#path[level] = node;
    }
    return node;
  }

  #nextOf(node: number, level: number): number {
    return this.#next[node * this.#levels + level] ?? 0;
  }

  #blockOf(node: number): number {
    return this.#blocks[node - 1] ?? 0;
  }

  /** How many levels a new node is in (xorshift: the same ones in each run). */
  #height(): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return Math.min(this.#levels, 1 + (Math.clz32(this.#random) >> 1));
  }
}

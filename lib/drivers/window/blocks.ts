import { BlockRuns } from './block-runs.js';
import type { Keep } from './keeps.js';
import type { WindowBytes } from './window-bytes.js';

/** A place that holds no block. */
const FREE = -1;

/**
 * Which block lies in which place of the pool, and which bytes of it are there.
 *
 * Each place is in exactly one of two states: free, and then on the stack of free places; or it
 * holds a block, and then the table, the keep and the runs know it, and at least one of its bytes
 * is there.
 */
export class Blocks {
  readonly #bytes: WindowBytes;
  readonly #keep: Keep;
  /** The number of the block in each place. */
  readonly #blocks: Float64Array;
  readonly #runs: BlockRuns;
  readonly #free: Int32Array;
  #freeCount = 0;

  /** @param blocks - the number of the block in each place, which the keep knows, too */
  constructor(bytes: WindowBytes, keep: Keep, blocks: Float64Array) {
    this.#bytes = bytes;
    this.#keep = keep;
    this.#blocks = blocks.fill(FREE);
    this.#runs = new BlockRuns(blocks.length);
    this.#free = new Int32Array(blocks.length);
    for (let place = blocks.length - 1; place >= 0; place -= 1) this.#release(place);
  }

  /** How many places `[start, end)` needs and there are not. */
  lacking(start: number, end: number): number {
    const { blockSize, table } = this.#bytes;
    const first = Math.floor(start / blockSize);
    const behind = Math.ceil(end / blockSize);
    let lacking = -this.#freeCount;
    if (behind - first + lacking <= 0) return 0;
    for (let block = first; block < behind && lacking <= this.#blocks.length; block += 1) {
      if (table.find(block) < 0) lacking += 1;
    }
    return Math.max(0, lacking);
  }

  /** Stores `data` at `offset`; there are places enough. */
  write(offset: number, data: Uint8Array): void {
    const { blockSize } = this.#bytes;
    for (let done = 0; done < data.length;) {
      const block = Math.floor((offset + done) / blockSize);
      const from = offset + done - block * blockSize;
      const length = Math.min(blockSize - from, data.length - done);
      const place = this.#placeFor(block);
      this.#bytes.put(place, from, length === data.length ? data : data.subarray(done, done + length));
      this.#runs.add(place, from, from + length);
      done += length;
    }
  }

  /** Gives the bytes of `[start, end)` up, and places with them in which no byte is left. */
  evict(start: number, end: number): void {
    const { blockSize, table } = this.#bytes;
    for (let at = start; at < end;) {
      const block = Math.floor(at / blockSize);
      const from = at - block * blockSize;
      const to = Math.min(blockSize, end - block * blockSize);
      const place = table.find(block);
      if (place >= 0 && this.#runs.remove(place, from, to)) this.#giveBack(block, place);
      at = block * blockSize + to;
    }
  }

  /** Gives all bytes from `length` on up. */
  truncate(length: number): void {
    const { blockSize } = this.#bytes;
    for (const [place, block] of this.#blocks.entries()) {
      const kept = Math.max(0, length - block * blockSize);
      if (block === FREE || kept >= blockSize) continue;
      if (this.#runs.remove(place, kept, blockSize)) this.#giveBack(block, place);
    }
  }

  #placeFor(block: number): number {
    const { table } = this.#bytes;
    const found = table.find(block);
    if (found >= 0) return found;
    this.#freeCount -= 1;
    const place = this.#free[this.#freeCount] ?? 0;
    this.#blocks[place] = block;
    this.#keep.add(place);
    table.add(block, place);
    return place;
  }

  #giveBack(block: number, place: number): void {
    this.#bytes.table.remove(block);
    this.#keep.remove(place);
    this.#release(place);
  }

  #release(place: number): void {
    this.#blocks[place] = FREE;
    this.#free[this.#freeCount] = place;
    this.#freeCount += 1;
  }
}

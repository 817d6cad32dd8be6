import { StorageError } from '../../errors/storage-error.js';
import type { ByteRange } from '../../range/byte-range.js';
import { addRun, removeRun, runFrom, type Runs } from '../window/runs.js';
import { type Block, type Piece, piecesOf } from './block-pieces.js';
import type { ChunkFile } from './chunk-file.js';
import type { ChunkFiles } from './chunk-files.js';
import type { Geometry } from './geometry.js';
import { type BlockRun, runsOf } from './opfs-record.js';

/** The most bytes that wait in memory for files to be opened. */
export const BUFFER_BYTES = 16 * 2 ** 20;

/**
 * Which block lies in which place, and the bytes of those that wait for a place.
 *
 * A place that is taken belongs to exactly one block, or is retired.
 */
export class PlacedBlocks {
  readonly #path: string;
  readonly #chunks: ChunkFiles;
  readonly #geometry: Geometry;
  readonly #retire: (place: number) => void;
  readonly #waitingElsewhere: () => number;
  #blocks = new Map<number, Block>();
  /** The blocks that wait for a place, in the order in which they came. */
  readonly #waiting = new Map<number, Block & { where: Uint8Array }>();

  /**
   * @param retire - called for each place whose bytes are given up
   * @param waitingElsewhere - how many blocks of others wait for places in the same files
   */
  constructor(
    path: string,
    chunks: ChunkFiles,
    geometry: Geometry,
    retire: (place: number) => void,
    waitingElsewhere = (): number => 0,
  ) {
    this.#path = path;
    this.#chunks = chunks;
    this.#geometry = geometry;
    this.#retire = retire;
    this.#waitingElsewhere = waitingElsewhere;
  }

  /** How many there are. */
  get count(): number {
    return this.#blocks.size;
  }

  /** How many of them wait for a place. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** The ranges of those that wait for a place: in no order, half-open. */
  get waitingRanges(): ByteRange[] {
    const { blockSize } = this.#geometry;
    return Array.from(this.#waiting.keys(), (block) => ({ start: block * blockSize, end: (block + 1) * blockSize }));
  }

  /** Takes up what a record lists, whose places are taken. */
  adopt(runs: readonly BlockRun[], coverage: Iterable<ByteRange>): void {
    for (const { block, place, count } of runs) {
      for (let index = 0; index < count; index += 1) {
        this.#blocks.set(block + index, { where: place + index, runs: [] });
      }
    }
    for (const { start, end } of coverage) this.#cover(start, end);
  }

  /** Stores `data` at `offset`. If it throws, it has taken no place. */
  write(offset: number, data: Uint8Array): void {
    const isAnew = this.#hasAny(offset, offset + data.length);
    const fresh = this.#makeBlocks(offset, offset + data.length);
    try {
      // Before any byte that is there is overwritten.
      if (isAnew) {
        for (const { where, from, length } of this.#piecesOf(offset, data.length))
          if (typeof where === 'number') this.#chunks.makeRoom(where, from + length);
      }
      let done = 0;
      for (const { where, from, length } of this.#piecesOf(offset, data.length)) {
        const part = length === data.length ? data : data.subarray(done, done + length);
        if (typeof where === 'number') this.#chunks.write(where, from, part);
        else where.set(part, from);
        done += length;
      }
    } catch (error) {
      for (const block of fresh) this.#forget(block);
      throw error;
    }
    this.#cover(offset, offset + data.length);
  }

  /** Fills `target` with the bytes at `offset`, all of which are there. */
  read(offset: number, target: Uint8Array): void {
    let done = 0;
    for (const { where, from, length } of this.#piecesOf(offset, target.length)) {
      const part = length === target.length ? target : target.subarray(done, done + length);
      if (typeof where === 'number') this.#chunks.read(where, from, part);
      else part.set(where.subarray(from, from + length));
      done += length;
    }
  }

  /** Copies those of the bytes at `offset` into `target` that are there; false if none is. */
  readThere(offset: number, target: Uint8Array): boolean {
    const { blockSize } = this.#geometry;
    const end = offset + target.length;
    let isAny = false;
    for (let block = Math.floor(offset / blockSize); block * blockSize < end; block += 1) {
      const runs = this.#blocks.get(block)?.runs ?? [];
      for (let index = 0; index < runs.length; index += 2) {
        const from = Math.max(offset, block * blockSize + (runs[index] ?? 0));
        const until = Math.min(end, block * blockSize + (runs[index + 1] ?? 0));
        if (from >= until) continue;
        this.read(from, target.subarray(from - offset, until - offset));
        isAny = true;
      }
    }
    return isAny;
  }

  /** Gives the bytes of `[start, end)` up, and retires the places in which none is left. */
  evict(start: number, end: number): void {
    const { blockSize } = this.#geometry;
    for (let block = Math.floor(start / blockSize); block * blockSize < end; block += 1) {
      const found = this.#blocks.get(block);
      if (found === undefined) continue;
      const first = block * blockSize;
      removeRun(found.runs, Math.max(0, start - first), Math.min(blockSize, end - first));
      if (found.runs.length === 0) this.#giveUp(block, found);
    }
  }

  /** Gives all bytes from `length` on up. */
  truncate(length: number): void {
    const { blockSize } = this.#geometry;
    for (const block of [...this.#blocks.keys()]) {
      const end = (block + 1) * blockSize;
      if (end > length) this.evict(Math.max(length, block * blockSize), end);
    }
  }

  /** Gives the blocks that wait a place, as far as there are free ones. */
  place(): void {
    for (const [number, block] of this.#waiting) {
      const place = this.#chunks.take();
      if (place === undefined) return;
      const from = block.runs[0] ?? 0;
      try {
        this.#chunks.write(place, from, block.where.subarray(from, block.runs.at(-1)));
      } catch (error) {
        this.#chunks.give(place);
        throw error;
      }
      this.#waiting.delete(number);
      (block as Block).where = place;
    }
  }

  /** Moves blocks out of a chunk, as far as others have free places. Returns how many. */
  moveOutOf(chunk: ChunkFile): number {
    let moved = 0;
    const bytes = new Uint8Array(this.#geometry.blockSize);
    for (const block of this.#blocks.values()) {
      const { where, runs } = block;
      if (typeof where !== 'number' || this.#chunks.chunkAt(where) !== chunk) continue;
      const place = this.#chunks.takeInFullest(chunk);
      if (place === undefined) break;
      const from = runs[0] ?? 0;
      const part = bytes.subarray(from, runs.at(-1));
      try {
        this.#chunks.read(where, from, part);
        this.#chunks.write(place, from, part);
      } catch (error) {
        this.#chunks.give(place);
        throw error;
      }
      block.where = place;
      this.#retire(where);
      moved += 1;
    }
    return moved;
  }

  /** The block table of those that have a place; of those below `length` alone. */
  runs(length = Infinity): BlockRun[] {
    return runsOf(
      Array.from(this.#blocks, ([block, { where }]) => [block, where] as const).filter(
        (entry): entry is readonly [number, number] =>
          typeof entry[1] === 'number' && entry[0] * this.#geometry.blockSize < length,
      ),
    );
  }

  /** Writes `data` into free places, beside what is there; undefined if there are too few. */
  writeBeside(data: Uint8Array): ContentBeside | undefined {
    const { blockSize } = this.#geometry;
    const count = Math.ceil(data.length / blockSize);
    if (count > this.#chunks.free) return undefined;
    const places: number[] = [];
    try {
      for (let block = 0; block < count; block += 1) {
        const place = this.#chunks.take() ?? 0;
        places.push(place);
        this.#chunks.write(place, 0, data.subarray(block * blockSize, (block + 1) * blockSize));
      }
    } catch (error) {
      for (const place of places) this.#chunks.give(place);
      throw error;
    }
    return { length: data.length, runs: runsOf(places.map((place, block) => [block, place])) };
  }

  /** Puts content that was written beside in the place of all that is there. */
  replaceBy({ runs, length }: ContentBeside): void {
    for (const [block, found] of this.#blocks) this.#giveUp(block, found);
    this.adopt(runs, length > 0 ? [{ start: 0, end: length }] : []);
  }

  /** Throws if there is no room; returns the blocks that were not there. */
  #makeBlocks(start: number, end: number): number[] {
    const { blockSize } = this.#geometry;
    const fresh: number[] = [];
    for (let block = Math.floor(start / blockSize); block * blockSize < end; block += 1) {
      if (!this.#blocks.has(block)) fresh.push(block);
    }
    const waiting = this.#waiting.size + Math.max(0, fresh.length - this.#chunks.free);
    const isTooMuch = (): boolean => (waiting + this.#waitingElsewhere()) * blockSize > BUFFER_BYTES;
    if (fresh.length > this.#chunks.free && isTooMuch()) {
      throw new StorageError(
        'CAPACITY',
        `Asked to write ${end - start} bytes to ${this.#path} faster than files can be opened for them, and ${BUFFER_BYTES} bytes may ` +
          'wait. Await checkpoint(), then write it again.',
        { path: this.#path, range: { start, end } },
      );
    }
    for (const block of fresh) {
      const place = this.#chunks.take();
      const runs: Runs = [];
      if (place === undefined) {
        const added = { where: new Uint8Array(blockSize), runs };
        this.#waiting.set(block, added);
        this.#blocks.set(block, added);
      } else this.#blocks.set(block, { where: place, runs });
    }
    return fresh;
  }

  /** True if any byte of a range is there. */
  #hasAny(start: number, end: number): boolean {
    const { blockSize } = this.#geometry;
    for (let block = Math.floor(start / blockSize); block * blockSize < end; block += 1) {
      const first = block * blockSize;
      const runs = this.#blocks.get(block)?.runs ?? [];
      const next = runs[runFrom(runs, Math.max(0, start - first))] ?? Infinity;
      if (next < end - first) return true;
    }
    return false;
  }

  /** Removes a block that no record has ever claimed. */
  #forget(block: number): void {
    const where = this.#blocks.get(block)?.where;
    if (typeof where === 'number') this.#chunks.give(where);
    this.#waiting.delete(block);
    this.#blocks.delete(block);
  }

  #giveUp(block: number, { where }: Block): void {
    if (typeof where === 'number') this.#retire(where);
    this.#waiting.delete(block);
    this.#blocks.delete(block);
  }

  #cover(start: number, end: number): void {
    const { blockSize } = this.#geometry;
    for (let block = Math.floor(start / blockSize); block * blockSize < end; block += 1) {
      const first = block * blockSize;
      const runs = this.#blocks.get(block)?.runs;
      if (runs !== undefined) addRun(runs, Math.max(0, start - first), Math.min(blockSize, end - first));
    }
  }

  #piecesOf(start: number, length: number): Iterable<Piece> {
    return piecesOf(start, length, this.#geometry, (block) => this.#whereOf(block));
  }

  #whereOf(block: number): number | Uint8Array {
    const where = this.#blocks.get(block)?.where;
    if (where !== undefined) return where;
    throw new StorageError('IO', `Asked for block ${block} of ${this.#path}, and it has no place.`, {
      path: this.#path,
    });
  }
}

/** Content that was written and does not count yet: its length in bytes, and where it is. */
export interface ContentBeside {
  readonly length: number;
  readonly runs: readonly BlockRun[];
}

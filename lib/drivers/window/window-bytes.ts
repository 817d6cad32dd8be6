import { StorageError } from '../../errors/storage-error.js';
import { isShared } from '../../memory/is-shared.js';
import { copyFromShared, copyToShared } from '../../memory/shared-copy.js';
import { BlockTable } from './block-table.js';

/** The memory of a window. */
export interface WindowMemory {
  /** The pool: places of `blockSize` bytes each. */
  readonly pool: ArrayBufferLike;
  /** Where each block lies; a {@link BlockTable}. */
  readonly table: ArrayBufferLike;
  /** In bytes, a power of two. */
  readonly blockSize: number;
}

/** The bytes of a window, in the owner's thread or another. */
export class WindowBytes {
  readonly blockSize: number;
  readonly table: BlockTable;
  readonly #bytes: Uint8Array;
  readonly #shared: boolean;

  constructor({ pool, table, blockSize }: WindowMemory) {
    this.blockSize = blockSize;
    this.table = new BlockTable(table);
    this.#bytes = new Uint8Array(pool);
    this.#shared = isShared(pool);
  }

  /** Fills `target` with the bytes at `offset`. */
  read(offset: number, target: Uint8Array): void {
    const { blockSize } = this;
    for (let done = 0; done < target.length;) {
      const block = Math.floor((offset + done) / blockSize);
      const from = offset + done - block * blockSize;
      const length = Math.min(blockSize - from, target.length - done);
      const at = this.table.find(block) * blockSize + from;
      if (at < 0 || at + length > this.#bytes.length) throw lostError(offset, target.length);
      const part = length === target.length ? target : target.subarray(done, done + length);
      if (this.#shared) copyFromShared(this.#bytes, at, part);
      else part.set(this.#bytes.subarray(at, at + length));
      done += length;
    }
  }

  /** Puts `data` into a place, from its byte `from` on. */
  put(place: number, from: number, data: Uint8Array): void {
    const at = place * this.blockSize + from;
    if (this.#shared) copyToShared(data, this.#bytes, at);
    else this.#bytes.set(data, at);
  }
}

/**
 * What a reader gets whose bytes were given up while it looked for them: it starts over. Otherwise
 * it reads what was never written.
 */
function lostError(offset: number, length: number): StorageError {
  const range = { start: offset, end: offset + length };
  return new StorageError(
    'CLOSED',
    `Asked for the bytes of [${offset}, ${offset + length}), and the window has no such block: the handle is not as its owner made it. ` +
      'Ask the owner for a new one.',
    { range },
  );
}

import type { Runs } from '../window/runs.js';
import type { Geometry } from './geometry.js';

/** A block of which at least one byte is there. */
export interface Block {
  /** Its place in the chunk files, or its bytes as long as no file is open for it. */
  where: number | Uint8Array;
  /** Which of its bytes are there, from its start. */
  readonly runs: Runs;
}

/** A part of one block, or of several in places that follow each other. */
export interface Piece {
  readonly where: number | Uint8Array;
  /** From the start of the block, in bytes. */
  readonly from: number;
  readonly length: number;
}

/**
 * The parts of a range whose blocks are all there.
 *
 * @param whereOf - returns the place of a block, or its bytes
 */
export function* piecesOf(
  start: number,
  length: number,
  { blockSize, chunkBlocks }: Geometry,
  whereOf: (block: number) => number | Uint8Array,
): Generator<Piece> {
  const end = start + length;
  for (let at = start; at < end;) {
    let block = Math.floor(at / blockSize);
    const from = at - block * blockSize;
    const where = whereOf(block);
    let until = Math.min(end, (block + 1) * blockSize);
    if (typeof where === 'number') {
      // One call for all that follow each other in one file.
      for (let place = where + 1; until < end && place % chunkBlocks !== 0; place += 1) {
        block += 1;
        if (whereOf(block) !== place) break;
        until = Math.min(end, (block + 1) * blockSize);
      }
    }
    yield { where, from, length: until - at };
    at = until;
  }
}

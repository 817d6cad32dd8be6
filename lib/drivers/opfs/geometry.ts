/**
 * How content is cut: into blocks, which lie in places of chunk files.
 *
 * Place `p` is the `p % chunkBlocks`-th of the chunk `floor(p / chunkBlocks)`; a block may lie in
 * any place.
 */
export interface Geometry {
  /** Bytes in a block. */
  readonly blockSize: number;
  /** Places in a chunk file. */
  readonly chunkBlocks: number;
}

/** Blocks of 64 KiB in chunk files of up to 16 MiB. */
export const GEOMETRY: Geometry = { blockSize: 2 ** 16, chunkBlocks: 2 ** 8 };

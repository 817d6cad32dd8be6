import { StorageError } from '../../errors/storage-error.js';
import type { ChunkFiles } from './chunk-files.js';
import type { Geometry } from './geometry.js';
import type { PlacedBlocks } from './placed-blocks.js';

/** Has chunk files opened ahead of need, and gives blocks that wait for that their places. */
export class PlacesAhead {
  readonly #path: string;
  readonly #geometry: Geometry;
  readonly #chunks: ChunkFiles;
  readonly #blocks: PlacedBlocks;
  #needed = 0;

  constructor(path: string, geometry: Geometry, chunks: ChunkFiles, blocks: PlacedBlocks) {
    this.#path = path;
    this.#geometry = geometry;
    this.#chunks = chunks;
    this.#blocks = blocks;
  }

  /** How many places the call needed that came too soon; they stay until it is made again. */
  get needed(): number {
    return this.#needed;
  }

  /** Resolves when there are places for all blocks that wait, and more. */
  async open(): Promise<void> {
    await this.#chunks.ahead(Math.max(this.#blocks.waitingCount, this.#needed));
  }

  /** The content was committed or replaced. */
  settled(): void {
    this.#needed = 0;
  }

  /** Begins to open files for so many bytes more, if need be. */
  begin(bytes: number): void {
    const places = this.#blocks.waitingCount + Math.ceil(bytes / this.#geometry.blockSize);
    // What fails to open is tried again by the next checkpoint, which says so.
    if (!this.#chunks.hasAhead(places)) void this.#chunks.ahead(places).catch(() => undefined);
  }

  /** Gives blocks that wait the places that are free by now. */
  placeSome(): void {
    if (this.#blocks.waitingCount === 0) return;
    try {
      this.#blocks.place();
    } catch {
      // They go on waiting; the next checkpoint says why.
    }
  }

  /** Gives all blocks that wait a place; throws `CAPACITY` if there are too few. */
  placeAll(asked: string): void {
    this.#blocks.place();
    if (this.#blocks.waitingCount > 0) throw this.tooSoonError(asked);
  }

  /** The error for what needs more places than there are by now. */
  tooSoonError(asked: string, needed = this.#blocks.waitingCount): StorageError {
    this.#needed = needed;
    return new StorageError(
      'CAPACITY',
      `Asked to ${asked}, and not enough files are open for it yet. Await checkpoint(), then do it again.`,
      { path: this.#path },
    );
  }
}

import type { SyncFile } from './folder.js';
import type { Geometry } from './geometry.js';
import { readFully, writeFully } from './sync-io.js';

/** One open chunk file, and which of its places are taken. */
export class ChunkFile {
  readonly number: number;
  readonly #file: SyncFile;
  readonly #geometry: Geometry;
  /** 1 for each place that is taken. */
  readonly #taken: Uint8Array;
  #takenCount = 0;
  /** In bytes; all of it counts against the quota. */
  #size: number;
  #isDirty = false;

  constructor(number: number, file: SyncFile, geometry: Geometry) {
    this.number = number;
    this.#file = file;
    this.#geometry = geometry;
    this.#taken = new Uint8Array(geometry.chunkBlocks);
    this.#size = file.getSize();
  }

  get size(): number {
    return this.#size;
  }

  get takenCount(): number {
    return this.#takenCount;
  }

  get freeCount(): number {
    return this.#taken.length - this.#takenCount;
  }

  /** Takes the first free place; there is one. */
  takeFirst(): number {
    const index = this.#taken.indexOf(0);
    this.take(index);
    return index;
  }

  take(index: number): void {
    if (this.#taken[index] === 1) return;
    this.#taken[index] = 1;
    this.#takenCount += 1;
  }

  give(index: number): void {
    this.#taken[index] = 0;
    this.#takenCount -= 1;
  }

  /** `at`: from the start of the file, in bytes. */
  write(at: number, data: Uint8Array): void {
    this.#isDirty = true;
    try {
      writeFully(this.#file, at, data);
    } finally {
      this.#size = Math.max(this.#size, at + data.length);
    }
  }

  /** Makes it `size` bytes long, unless it is longer. */
  grow(size: number): void {
    if (size <= this.#size) return;
    this.#file.truncate(size);
    this.#size = size;
  }

  read(at: number, target: Uint8Array): void {
    readFully(this.#file, at, target);
  }

  /** Makes durable what was written. */
  flush(): void {
    if (!this.#isDirty) return;
    this.#file.flush();
    this.#isDirty = false;
  }

  /** Gives back what lies behind the last place that is taken. */
  trim(): void {
    const end = (this.#taken.lastIndexOf(1) + 1) * this.#geometry.blockSize;
    if (end >= this.#size) return;
    this.#file.truncate(end);
    this.#size = end;
  }

  close(): void {
    this.#file.close();
  }
}

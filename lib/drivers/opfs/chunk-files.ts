import { StorageError } from '../../errors/storage-error.js';
import { ChunkFile } from './chunk-file.js';
import { chunkName, chunkOf, type Folder } from './folder.js';
import type { Geometry } from './geometry.js';
import { attempt, attemptLater, ioError } from './io-error.js';

/** So much, and one chunk, may be charged. */
const CHARGED_PER_COVERED = 1.05;

/**
 * The open chunk files of a content, and their places.
 *
 * Each place is free or taken; who takes one gives it back. Files can only be opened and removed
 * asynchronously, so that is done ahead of need, one call after the other.
 */
export class ChunkFiles {
  readonly #path: string;
  readonly #folder: Folder;
  readonly #geometry: Geometry;
  readonly #chunks = new Map<number, ChunkFile>();
  /** The number of the next new chunk file. */
  #next = 0;
  /** Free places in open files, and in those that are being opened. */
  #free = 0;
  #opening = 0;
  /** Ends when all calls so far have. */
  #work: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  /** Why nothing can be made durable any more. */
  #undurable: StorageError | undefined;

  constructor(path: string, folder: Folder, geometry: Geometry) {
    this.#path = path;
    this.#folder = folder;
    this.#geometry = geometry;
  }

  /** How many places are free in open files. */
  get free(): number {
    return this.#free;
  }

  /** How many places are taken. */
  get taken(): number {
    let taken = 0;
    for (const { takenCount } of this.#chunks.values()) taken += takenCount;
    return taken;
  }

  /** The bytes of all files, which count against the quota. */
  get charged(): number {
    let charged = 0;
    for (const { size } of this.#chunks.values()) charged += size;
    return charged;
  }

  /** True if the files take too much for so many blocks. */
  isScattered(blocks: number): boolean {
    const { blockSize, chunkBlocks } = this.#geometry;
    return this.charged > (CHARGED_PER_COVERED * blocks + chunkBlocks) * blockSize;
  }

  /** Opens files that are there already; new ones get higher numbers. */
  async openExisting(numbers: Iterable<number>): Promise<void> {
    // All of them, so that none is opened any more when this has failed.
    const opened = await Promise.allSettled(Array.from(numbers, (number) => this.#open(number)));
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
  }

  /** Removes the files that hold chunks and are not open. */
  async removeOthers(): Promise<void> {
    await this.#queue(async () => {
      for (const name of await this.#folder.names()) {
        // Once these are closed, nobody knows any more which ones are in use.
        if (this.#isClosed) return;
        const number = chunkOf(name);
        if (number !== undefined && !this.#chunks.has(number)) await this.#folder.remove(name);
      }
    });
  }

  /** New chunk files get numbers from `number` on. */
  skipTo(number: number): void {
    this.#next = Math.max(this.#next, number);
  }

  /** True if so many places are free or being opened, and those of one file more. */
  hasAhead(places: number): boolean {
    return this.#isClosed || this.#free + this.#opening >= places + this.#geometry.chunkBlocks;
  }

  /** Opens files until so many places are free, and one file more to have it in time. */
  async ahead(places: number): Promise<void> {
    if (this.hasAhead(places)) {
      await this.#work;
      return;
    }
    const { chunkBlocks } = this.#geometry;
    const count = Math.ceil((places + chunkBlocks - this.#free - this.#opening) / chunkBlocks);
    this.#opening += count * chunkBlocks;
    await this.#queue(async () => {
      try {
        for (let index = 0; index < count && !this.#isClosed; index += 1) await this.#open(this.#next);
      } finally {
        this.#opening -= count * chunkBlocks;
      }
    });
  }

  /** Takes a free place; undefined if there is none. */
  take(): number | undefined {
    for (const chunk of this.#chunks.values()) if (chunk.freeCount > 0) return this.#takeIn(chunk);
    return undefined;
  }

  /** Takes a free place in the fullest chunk that has any, besides one; undefined if none has. */
  takeInFullest(besides: ChunkFile): number | undefined {
    let fullest: ChunkFile | undefined;
    for (const chunk of this.#chunks.values()) {
      if (chunk === besides || chunk.freeCount === 0) continue;
      if (fullest === undefined || chunk.freeCount < fullest.freeCount) fullest = chunk;
    }
    return fullest && this.#takeIn(fullest);
  }

  /** Takes a place that is known to be in use; false if its file is not open. */
  takeAt(place: number): boolean {
    const { chunkBlocks } = this.#geometry;
    const chunk = this.#chunks.get(Math.floor(place / chunkBlocks));
    if (chunk === undefined) return false;
    const before = chunk.freeCount;
    chunk.take(place % chunkBlocks);
    this.#free += chunk.freeCount - before;
    return true;
  }

  give(place: number): void {
    this.chunkAt(place).give(place % this.#geometry.chunkBlocks);
    this.#free += 1;
  }

  /** The file in which a taken place lies. */
  chunkAt(place: number): ChunkFile {
    const chunk = this.#chunks.get(Math.floor(place / this.#geometry.chunkBlocks));
    if (chunk !== undefined) return chunk;
    throw new StorageError('CLOSED', `The files of ${this.#path} are closed.`, { path: this.#path });
  }

  /** Where a place starts in its file, in bytes. */
  offsetOf(place: number): number {
    return (place % this.#geometry.chunkBlocks) * this.#geometry.blockSize;
  }

  /**
   * Makes a file as long as a write needs it that ends `end` bytes behind the start of a place, so
   * that the write itself does not exceed the quota.
   */
  makeRoom(place: number, end: number): void {
    attempt(`make room in ${this.#path}`, this.#path, () => this.chunkAt(place).grow(this.offsetOf(place) + end));
  }

  /** @param from - from the start of the place, in bytes; may reach into the places behind */
  write(place: number, from: number, data: Uint8Array): void {
    attempt(`write ${data.length} bytes into ${this.#path}`, this.#path, () => {
      this.chunkAt(place).write(this.offsetOf(place) + from, data);
    });
  }

  read(place: number, from: number, target: Uint8Array): void {
    attempt(`read ${target.length} bytes of ${this.#path}`, this.#path, () => {
      this.chunkAt(place).read(this.offsetOf(place) + from, target);
    });
  }

  /** Makes durable what was written. If that fails once, bytes may be lost, and it always fails. */
  flush(): void {
    if (this.#undurable !== undefined) throw this.#undurable;
    try {
      for (const chunk of this.#chunks.values()) chunk.flush();
    } catch (cause) {
      this.#undurable = ioError(`make the bytes of ${this.#path} durable`, this.#path, cause);
      throw this.#undurable;
    }
  }

  /**
   * Gives space back: free places at the ends of files, and files without any place taken.
   *
   * @param needed - so many free places stay
   */
  tidy(needed = 0): void {
    if (this.#isClosed) return;
    for (const chunk of this.#chunks.values()) {
      attempt(`give space of ${this.#path} back`, this.#path, () => chunk.trim());
      // One stays, to have it in time.
      if (chunk.takenCount === 0 && this.#free >= needed + 2 * this.#geometry.chunkBlocks) this.#remove(chunk);
    }
  }

  /** The file with the fewest places taken, but some. */
  get emptiest(): ChunkFile | undefined {
    let emptiest: ChunkFile | undefined;
    for (const chunk of this.#chunks.values()) {
      if (chunk.takenCount > 0 && chunk.takenCount < (emptiest?.takenCount ?? Infinity)) emptiest = chunk;
    }
    return emptiest;
  }

  /** Resolves when no file is being opened or removed any more. */
  async settled(): Promise<void> {
    await this.#work;
  }

  close(): void {
    this.#isClosed = true;
    for (const chunk of this.#chunks.values()) chunk.close();
    this.#chunks.clear();
    this.#free = 0;
  }

  #takeIn(chunk: ChunkFile): number {
    this.#free -= 1;
    return chunk.number * this.#geometry.chunkBlocks + chunk.takeFirst();
  }

  #remove(chunk: ChunkFile): void {
    chunk.close();
    this.#chunks.delete(chunk.number);
    this.#free -= chunk.freeCount;
    // What cannot be removed now is removed when the path is opened next.
    void this.#queue(() => this.#folder.remove(chunkName(chunk.number))).catch(() => undefined);
  }

  async #open(number: number): Promise<void> {
    this.skipTo(number + 1);
    const name = chunkName(number);
    const file = await attemptLater(`open ${name} of ${this.#path}`, this.#path, () => this.#folder.open(name));
    if (this.#isClosed) {
      file.close();
      return;
    }
    const chunk = new ChunkFile(number, file, this.#geometry);
    this.#chunks.set(number, chunk);
    this.#free += chunk.freeCount;
  }

  /** Runs an action after those before it. */
  async #queue(action: () => Promise<void>): Promise<void> {
    const done = this.#work.then(action);
    this.#work = done.catch(() => undefined);
    await done;
  }
}

import { useOf } from '../../../window/use.js';
import { isStorageError } from '../../../errors/storage-error.js';
import type { Resource } from '../../../resource/resource.js';
import { onAbort } from '../../../waits/abort.js';

/** The most bytes that are written into a window at once, while there is room for as many. */
const PIECE = 2 ** 16;

/**
 * Writes the chunks of one body, each behind the other; into a window piece by piece.
 *
 * A write into a window finds no room as long as everything in it is held or waited for. That is no
 * failure: what could not be written waits, and so does the body, which is not read on before. No
 * piece waits that goes into a block that is there: a wait may lack only that, and nothing may go
 * until it has it.
 */
export class PatientWriter {
  readonly #resource: Resource;
  readonly #write: (offset: number, data: Uint8Array) => void;
  /** What is still to be written, in this order. */
  readonly #rest: { readonly offset: number; readonly data: Uint8Array }[] = [];

  /** @param write - writes one piece; nothing of it where it throws `CAPACITY` */
  constructor(resource: Resource, write: (offset: number, data: Uint8Array) => void) {
    this.#resource = resource;
    this.#write = write;
  }

  /** Whether something waits for room. */
  get waits(): boolean {
    return this.#rest.length > 0;
  }

  /** Writes `data` at `offset`, or the first part of it: the rest waits for room. */
  write(offset: number, data: Uint8Array): void {
    if (this.waits) this.#rest.push({ offset, data });
    else this.#writeOn(offset, data);
  }

  /** Resolves when nothing waits for room any more, or when `signal` is aborted. */
  async written(signal?: AbortSignal): Promise<void> {
    while (this.waits && signal?.aborted !== true) {
      await this.#writeOrWait(signal);
    }
  }

  /**
   * Writes what waits. If there is no room for all of it, it resolves when less may be held or
   * waited for, or when `signal` is aborted.
   */
  async #writeOrWait(signal: AbortSignal | undefined): Promise<void> {
    const { driver, demand$ } = this.#resource;
    // As long as somebody listens, readers in other threads tell what they do.
    const listening = demand$.subscribe();
    try {
      // Before it writes: it is told of what may go from here on, and finds what has gone before.
      const told = new Promise<void>((resolve) => {
        listening.add(useOf(driver)?.whenChanged(resolve));
        listening.add(onAbort(signal, resolve));
      });
      for (const { offset, data } of this.#rest.splice(0)) this.write(offset, data);
      if (this.waits) await told;
    } finally {
      listening.unsubscribe();
    }
  }

  #writeOn(offset: number, data: Uint8Array): void {
    const use = useOf(this.#resource.driver);
    if (use === undefined) {
      this.#write(offset, data);
      return;
    }
    for (let at = 0; at < data.length;) {
      const length = this.#writePiece(offset + at, data.subarray(at), PIECE, use.blockSize);
      if (length === 0) {
        this.#rest.push({ offset: offset + at, data: data.subarray(at) });
        return;
      }
      at += length;
    }
  }

  /** Writes up to a multiple of one of `sizes`, the first that there is room for. */
  #writePiece(offset: number, data: Uint8Array, ...sizes: readonly number[]): number {
    for (const size of sizes) {
      const piece = data.subarray(0, size - (offset % size));
      if (this.#wrote(offset, piece)) return piece.length;
    }
    return 0;
  }

  #wrote(offset: number, data: Uint8Array): boolean {
    try {
      this.#write(offset, data);
      return true;
    } catch (error) {
      if (isStorageError(error, 'CAPACITY')) return false;
      throw error;
    }
  }
}

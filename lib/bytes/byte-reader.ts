import type { ContentState, ReadLimits } from '../control/content-state.js';

/** Where bytes are stored: a driver, or its attach side in another thread. */
export interface StoredBytes {
  read(offset: number, target: Uint8Array): void;
  refresh?(): void;
}

/** What a {@link ByteReader} needs to know of the content. */
export type ReadState = Pick<ContentState, 'generation' | 'stamp' | 'isUnchanged' | 'readLimits'>;

/**
 * Where to copy bytes to. A function gets the number of bytes and returns an array for them; it is
 * called again if the content was replaced meanwhile.
 */
export type CopyTarget = Uint8Array | ((length: number) => Uint8Array);

/**
 * Reads bytes without waiting.
 *
 * A read takes the generation, the coverage, the bytes and the generation again, and starts over if
 * it has changed: the owner may have replaced the bytes, or moved them to another file, in between.
 * Around coverage and bytes it compares the stamp, too: the bytes may have been evicted
 * (`control/stamps.ts`).
 */
export class ByteReader {
  readonly #state: ReadState;
  readonly #bytes: StoredBytes;
  /** The {@link ContentState.generation} in which the bytes were refreshed last. */
  #generation = -1;
  /** Those of the last read. The limits of committed content hold for its generation. */
  readonly #limits: ReadLimits = { until: 0, end: 0, final: false };

  constructor(state: ReadState, bytes: StoredBytes) {
    this.#state = state;
    this.#bytes = bytes;
  }

  /**
   * One step of «wait, copy, go on»: copies the covered bytes at `offset`, `length` at the most,
   * and returns how many it copied. The caller has checked the arguments.
   *
   * With `min` it also stops at the known length. Where fewer than `min` bytes are there before
   * that end, it copies nothing and returns undefined: the caller has to wait.
   */
  copy(offset: number, length: number, target: CopyTarget, min?: number): number | undefined {
    const state = this.#state;
    const bytes = this.#bytes;
    const limits = this.#limits;
    const end = offset + length;
    for (;;) {
      const { generation } = state;
      let stamp = 0;
      // Committed content stays so, and all of it is there, until the generation changes.
      if (generation !== this.#generation || !limits.final) {
        // Before the limits.
        stamp = state.stamp(offset, end);
        state.readLimits(offset, limits);
      }
      const until = min === undefined ? limits.until : Math.min(limits.until, limits.end);
      const there = Math.max(0, Math.min(length, until - offset));
      if (min !== undefined && there < min && until < limits.end) return undefined;
      try {
        // After the limits were loaded: the update that made this generation is over by then.
        if (generation !== this.#generation) bytes.refresh?.();
        if (there > 0) bytes.read(offset, room(target, there));
      } catch (error) {
        // The owner may have replaced the bytes by fewer since, or moved them to another file.
        if (state.isUnchanged(generation, limits.final, stamp, offset, end)) throw error;
        continue;
      }
      if (!state.isUnchanged(generation, limits.final, stamp, offset, end)) continue;
      this.#generation = generation;
      return there;
    }
  }
}

function room(target: CopyTarget, length: number): Uint8Array {
  if (typeof target === 'function') return target(length);
  return length === target.length ? target : target.subarray(0, length);
}

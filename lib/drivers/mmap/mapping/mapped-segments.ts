import { releaseMappings, releaseWhenCollected, takeMappings } from '../../../memory/mapping-count.js';
import type { OpenFile } from '../files/open-file.js';
import type { MapBinding } from './binding.js';
import type { Lender, LentPiece } from './lent-piece.js';

/** How long a segment is, in bytes: a multiple of every page size, half of what mmap-io can map. */
const SEGMENT = 2 ** 30;

/**
 * One mapping. `start` and `length` are kept beside the array, since a typed array works them out
 * at each access (measured: 15 ns a read).
 */
interface Segment {
  readonly bytes: Uint8Array;
  readonly buffer: ArrayBufferLike;
  /** Where the segment starts in `buffer`, and how long it is, in bytes. */
  readonly start: number;
  readonly length: number;
  readonly binding: MapBinding | undefined;
  /** How many pieces of it are lent. */
  lent: number;
  closed: boolean;
}

/** In place of a segment that nothing could map. */
const UNMAPPED = segmentOf(new Uint8Array(0), undefined);

/**
 * Reads a committed file through mappings, one a segment of the file. A segment is mapped when it
 * is first read; one that cannot be mapped is read by positional reads.
 *
 * The file must not change while this is open. Nothing is ever written through a mapping: if the
 * disk were full then, SIGBUS would end the process.
 *
 * **Why a lent piece keeps its bytes, whatever is closed.** A segment counts the pieces that are
 * lent. It is unmapped when it is closed and the count is 0: by {@link MappedSegments.close}, or
 * else by the release of the last piece. No piece is lent once it is closed. A piece is released by
 * the callback of its write, and Node calls that when the system has all its bytes, has refused
 * them, or has closed the socket, after which the system touches none. To unmap earlier would send
 * other bytes for the rest: zeros with koffi, since it puts empty pages in place of the file.
 *
 * **Why no mapping stays where a callback never comes** (it threw, or somebody has dropped what was
 * queued). Then the count stays above 0 and nobody unmaps; but the memory belongs to the buffer
 * that the piece shows. The write holds that buffer, and so does whoever else has the piece. Once
 * nobody does, the garbage collector unmaps. The same holds for mmap-io, which cannot unmap.
 */
export class MappedSegments implements Lender {
  readonly #file: OpenFile;
  readonly #length: number;
  readonly #bindings: readonly MapBinding[];
  /** By their index in the file; undefined until the first read. */
  readonly #segments: (Segment | undefined)[] = [];

  /** @param length - of the content, in bytes, and not more than the file has */
  constructor(file: OpenFile, length: number, bindings: readonly MapBinding[]) {
    this.#file = file;
    this.#length = length;
    this.#bindings = bindings;
  }

  /** Fills `target` with the bytes at `offset`. */
  read(offset: number, target: Uint8Array): void {
    const index = Math.floor(offset / SEGMENT);
    const from = offset - index * SEGMENT;
    const end = from + target.length;
    const segment = this.#segments[index] ?? this.#map(index);
    // A new array instead of a subarray, which takes 10 ns more over resizable memory (measured).
    if (end <= segment.length) target.set(new Uint8Array(segment.buffer, segment.start + from, target.length));
    else if (end <= SEGMENT) this.#file.read(offset, target);
    else {
      const first = SEGMENT - from;
      this.read(offset, target.subarray(0, first));
      this.read(offset + first, target.subarray(first));
    }
  }

  lend(offset: number, length: number): LentPiece | undefined {
    const index = Math.floor(offset / SEGMENT);
    const from = offset - index * SEGMENT;
    const segment = this.#segments[index] ?? this.#map(index);
    const end = Math.min(from + length, segment.length);
    if (from >= end) return undefined;
    segment.lent += 1;
    let held = true;
    return {
      bytes: new Uint8Array(segment.buffer, segment.start + from, end - from),
      release() {
        if (!held) return;
        held = false;
        segment.lent -= 1;
        unmapUnused(segment);
      },
    };
  }

  readUnmapped(offset: number, target: Uint8Array): void {
    this.#file.read(offset, target);
  }

  /** Unmaps what can be unmapped, as soon as no piece of it is lent; the file stays open. */
  close(): void {
    for (const segment of this.#segments) {
      if (segment === undefined) continue;
      segment.closed = true;
      unmapUnused(segment);
    }
    this.#segments.length = 0;
  }

  #map(index: number): Segment {
    const start = index * SEGMENT;
    const end = Math.min(start + SEGMENT, this.#length);
    const segment = this.#mapWith(start, end) ?? UNMAPPED;
    this.#segments[index] = segment;
    return segment;
  }

  #mapWith(start: number, end: number): Segment | undefined {
    for (const binding of this.#bindings) {
      if (end <= start || end > binding.largestEnd || !takeMappings(1)) continue;
      try {
        const bytes = binding.mapShared(this.#file.descriptor, start, end - start);
        releaseWhenCollected(bytes.buffer, 1);
        return segmentOf(bytes, binding);
      } catch {
        // Too little address space, say. The next binding, or else plain reads, give the same
        // bytes.
        releaseMappings(1);
      }
    }
    return undefined;
  }
}

function segmentOf(bytes: Uint8Array, binding: MapBinding | undefined): Segment {
  const { buffer, byteOffset: start, length } = bytes;
  return { bytes, buffer, start, length, binding, lent: 0, closed: false };
}

function unmapUnused({ bytes, binding, lent, closed }: Segment): void {
  if (closed && lent === 0) binding?.unmap?.(bytes);
}

import { releaseMappings, releaseWhenCollected, takeMappings } from '../../../memory/mapping-count.js';
import type { OpenFile } from '../open-file.js';
import type { MapBinding } from './binding.js';

/** How much of a file one mapping shows, in bytes: a multiple of every page size, and half of what mmap-io can map. */
const WINDOW = 2 ** 30;

interface Window {
  readonly bytes: Uint8Array;
  readonly binding: MapBinding;
}

/** In place of a window that nothing could map. */
const UNMAPPED = new Uint8Array(0);

/**
 * Reads a committed file through mappings of it, a window each, made when it is first read; where a window cannot be mapped, by
 * positional reads.
 *
 * The file must not change while this is open. Nothing is ever written through a mapping: a disk that is full then would end the
 * process by SIGBUS.
 */
export class FileWindows {
  readonly #file: OpenFile;
  readonly #length: number;
  readonly #bindings: readonly MapBinding[];
  readonly #windows: Uint8Array[] = [];
  readonly #mapped: Window[] = [];

  /** @param length - of the content, in bytes, and not more than the file has */
  constructor(file: OpenFile, length: number, bindings: readonly MapBinding[]) {
    this.#file = file;
    this.#length = length;
    this.#bindings = bindings;
  }

  /** Fills `target` with the bytes at `offset`. */
  read(offset: number, target: Uint8Array): void {
    const index = Math.floor(offset / WINDOW);
    const from = offset - index * WINDOW;
    const end = from + target.length;
    const window = this.#windows[index] ?? this.#map(index);
    if (end <= window.length) target.set(window.subarray(from, end));
    else if (end <= WINDOW) this.#file.read(offset, target);
    else {
      const first = WINDOW - from;
      this.read(offset, target.subarray(0, first));
      this.read(offset + first, target.subarray(first));
    }
  }

  /** Unmaps what can be; the file stays open. */
  close(): void {
    for (const { bytes, binding } of this.#mapped) binding.unmap?.(bytes);
    this.#mapped.length = 0;
    this.#windows.length = 0;
  }

  #map(index: number): Uint8Array {
    const start = index * WINDOW;
    const end = Math.min(start + WINDOW, this.#length);
    const window = this.#mapWith(start, end) ?? UNMAPPED;
    this.#windows[index] = window;
    return window;
  }

  #mapWith(start: number, end: number): Uint8Array | undefined {
    for (const binding of this.#bindings) {
      if (end <= start || end > binding.largestEnd || !takeMappings(1)) continue;
      try {
        const bytes = binding.mapShared(this.#file.descriptor, start, end - start);
        this.#mapped.push({ bytes, binding });
        releaseWhenCollected(bytes.buffer, 1);
        return bytes;
      } catch {
        // Too little address space, say: the next way, and at last plain reads, give the same bytes.
        releaseMappings(1);
      }
    }
    return undefined;
  }
}

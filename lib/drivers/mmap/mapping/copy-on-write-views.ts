import { StorageError } from '../../../errors/storage-error.js';
import { releaseMappings, releaseWhenCollected, takeMappings } from '../../../memory/mapping-count.js';
import type { OpenFile } from '../files/open-file.js';
import type { MapBinding } from './binding.js';

/** Mappings start and end at multiples of this, in bytes: so a few of them serve all views. */
const ALIGNMENT = 2 ** 30;

/**
 * Shows the bytes of a committed file without copying, from copy-on-write mappings: what somebody
 * writes into a view reaches no file and ends no process.
 *
 * A file of up to 1 GiB has one mapping for all its views. A mapping that was transferred to
 * another thread, or resized, is replaced.
 */
export class CopyOnWriteViews {
  readonly #file: OpenFile;
  readonly #length: number;
  readonly #bindings: readonly MapBinding[];
  readonly #path: string;
  readonly #mapped = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(file: OpenFile, length: number, bindings: readonly MapBinding[], path: string) {
    this.#file = file;
    this.#length = length;
    this.#bindings = bindings;
    this.#path = path;
  }

  view(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (start === end) return new Uint8Array(0);
    const from = Math.floor(start / ALIGNMENT) * ALIGNMENT;
    const to = Math.min(this.#length, Math.ceil(end / ALIGNMENT) * ALIGNMENT);
    const key = `${from}-${to}`;
    let mapping = this.#mapped.get(key);
    if (mapping?.length !== to - from) {
      mapping = this.#map(from, to);
      this.#mapped.set(key, mapping);
    }
    return mapping.subarray(start - from, end - from);
  }

  #map(from: number, to: number): Uint8Array<ArrayBuffer> {
    const details = { path: this.#path, range: { start: from, end: to } };
    let cause: unknown;
    for (const binding of this.#bindings) {
      if (to > binding.largestEnd || to - from > binding.longest) continue;
      if (!takeMappings(1)) {
        throw new StorageError(
          'CAPACITY',
          `Asked to view [${from}, ${to}), and this thread has as many memory mappings as is safe. Close resources that are done with, ` +
            'or use readAt().',
          details,
        );
      }
      try {
        const mapping = binding.mapPrivate(this.#file.descriptor, from, to - from);
        releaseWhenCollected(mapping.buffer, 1);
        return mapping;
      } catch (error) {
        releaseMappings(1);
        cause = error;
      }
    }
    throw new StorageError(
      'UNSUPPORTED',
      `Asked to view [${from}, ${to}), and no way to map files does that here. View smaller ranges, or use readAt(). ` +
        'Past 2 GiB only koffi can.',
      cause === undefined ? details : { ...details, cause },
    );
  }
}

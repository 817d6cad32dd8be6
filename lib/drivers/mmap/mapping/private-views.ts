import { StorageError } from '../../../errors/storage-error.js';
import { releaseMappings, releaseWhenCollected, takeMappings } from '../../../memory/mapping-count.js';
import type { OpenFile } from '../open-file.js';
import type { MapBinding } from './binding.js';

/** Views start and end at multiples of this in their mappings, so that a few mappings serve all views. In bytes. */
const STEP = 2 ** 30;

/**
 * Shows the bytes of a committed file without copying, from private mappings: what somebody writes into them reaches no file and ends
 * no process. A file of up to 1 GiB has one; they are kept, since koffi's are never unmapped (`binding.ts`).
 */
export class PrivateViews {
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
    const from = Math.floor(start / STEP) * STEP;
    const to = Math.min(this.#length, Math.ceil(end / STEP) * STEP);
    const key = `${from}-${to}`;
    let mapping = this.#mapped.get(key);
    if (mapping === undefined) {
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
        if (binding.collectsPrivate) releaseWhenCollected(mapping.buffer, 1);
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

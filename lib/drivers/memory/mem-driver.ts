import { checkOptions } from '../../errors/check-options.js';
import { invalidArgument, wrongType } from '../../errors/invalid-argument.js';
import { StorageError } from '../../errors/storage-error.js';
import { GrowableBuffer, SHARED_MEMORY } from '../../memory/growable-buffer.js';
import { copyFromShared, copyToShared } from '../../memory/shared-copy.js';
import { checkBytes } from '../../range/bytes.js';
import type { ContentRecord } from '../../record/content-record.js';
import type { Driver, DriverCapabilities, DriverDescription, FinalStep, StoredContent } from '../driver.js';
import { MEMORY_KIND } from './memory-attachment.js';

/**
 * 2 GiB: most media files are shorter, and the address space of 10,000 such drivers fits into the
 * 128 TiB of a process.
 */
const DEFAULT_CAPACITY = 2 * 2 ** 30;
/** The most that V8 reserves for one buffer (measured). */
const LARGEST_CAPACITY = 4 * 2 ** 30;
const INITIAL_BYTES = 4096;
/** A replacement calls `alive` after so many bytes. */
const SLICE = 64 * 2 ** 20;

/**
 * Keeps bytes in memory: one buffer that grows as it is written.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 *
 * const empty = Resource.open(new MemDriver({ capacity: 64 * 2 ** 20 }));
 * const complete = Resource.open(new MemDriver({ initialData: new Uint8Array([1, 2, 3]) }));
 * console.log(empty.status.state, complete.length); // active 3
 * ```
 */
export class MemDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  readonly #capacity: number;
  readonly #initialData: Uint8Array | undefined;
  #record: (() => ContentRecord) | undefined;
  #memory: GrowableBuffer | undefined;
  #bytes = new Uint8Array(0);

  /**
   * @param options.initialData - the whole content, copied; the resource opens committed
   * @param options.capacity - hard cap in bytes, at most 4 GiB; a write past it throws `CAPACITY`
   * and changes nothing. Address space of this size is reserved. `@default` 2 GiB
   * @param options.shared - whether other threads can read. Memory that is not shared costs no
   * reservation and is copied faster. `@default` true, where the platform has shared memory
   * @throws {@link StorageError} `INVALID_ARGUMENT`
   */
  constructor(
    options: { initialData?: Uint8Array | undefined; capacity?: number | undefined; shared?: boolean | undefined } = {},
  ) {
    checkOptions(options, ['initialData', 'capacity', 'shared']);
    const { initialData, capacity = DEFAULT_CAPACITY, shared = true } = options;
    if (typeof shared !== 'boolean') throw wrongType('shared', 'a boolean', shared);
    if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > LARGEST_CAPACITY) {
      throw invalidArgument(
        'capacity',
        'an integer from 0 to 2^32 (bytes)',
        capacity,
        ' Larger content goes into a file.',
      );
    }
    if (initialData !== undefined) checkBytes('initialData', initialData);
    if (initialData !== undefined && initialData.length > capacity) throw capacityError(initialData.length, capacity);
    this.#capacity = capacity;
    this.#initialData = initialData;
    this.capabilities = { rewrites: true, view: true, share: shared && SHARED_MEMORY };
  }

  open(record?: () => ContentRecord): StoredContent {
    const data = this.#initialData;
    this.#record = record;
    this.#memory = new GrowableBuffer({
      initial: Math.min(this.#capacity, INITIAL_BYTES),
      max: this.#capacity,
      shared: this.capabilities.share,
    });
    this.#remap(this.#memory);
    if (data === undefined) return { coverage: [] };
    if (data.length > 0) this.write(0, data);
    return { coverage: data.length > 0 ? [{ start: 0, end: data.length }] : [], committedLength: data.length };
  }

  write(offset: number, data: Uint8Array): void {
    this.#makeRoom(offset + data.length);
    this.#put(offset, data);
  }

  announce(bytesStillMissing: number): void {
    let needed = bytesStillMissing;
    for (const { start, end } of this.#record?.().coverage ?? []) needed += end - start;
    if (needed > this.#capacity) throw capacityError(needed, this.#capacity);
  }

  read(offset: number, target: Uint8Array): void {
    if (this.capabilities.share) copyFromShared(this.#bytes, offset, target);
    else target.set(this.#bytes.subarray(offset, offset + target.length));
  }

  commit(): FinalStep {
    // Final bytes lie in memory as others do.
    return () => undefined;
  }

  reopen(): void {
    // Final bytes lie in memory as others do.
  }

  replace(data: Uint8Array): FinalStep {
    this.#makeRoom(data.length);
    return (alive) => {
      for (let at = 0; at < data.length; at += SLICE) {
        this.#put(at, data.subarray(at, at + SLICE));
        alive();
      }
    };
  }

  view(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }

  describe(): DriverDescription {
    return { kind: MEMORY_KIND, data: this.#memory?.shared };
  }

  close(): void {
    this.#memory = undefined;
    this.#bytes = new Uint8Array(0);
  }

  #put(offset: number, data: Uint8Array): void {
    if (this.capabilities.share) copyToShared(data, this.#bytes, offset);
    else this.#bytes.set(data, offset);
  }

  /** Makes room up to `end`. */
  #makeRoom(end: number): void {
    if (end <= this.#bytes.length) return;
    if (this.#memory === undefined || end > this.#capacity) throw capacityError(end, this.#capacity);
    this.#memory.grow(end);
    this.#remap(this.#memory);
  }

  #remap({ buffer }: GrowableBuffer): void {
    this.#bytes = new Uint8Array(buffer as ArrayBuffer, 0, buffer.byteLength);
  }
}

function capacityError(asked: number, capacity: number): StorageError {
  return new StorageError(
    'CAPACITY',
    `Asked for ${asked} bytes of a memory driver whose capacity is ${capacity}. ` +
      'Nothing was written. Give it a larger `capacity` (at most 4 GiB), or store into a file.',
  );
}

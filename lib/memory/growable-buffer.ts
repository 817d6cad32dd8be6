import { StorageError } from '../errors/storage-error.js';
import { isShared } from './is-shared.js';
import { MAPPINGS, releaseMappings, releaseWhenCollected, takeMappings } from './mapping-count.js';

/**
 * True where memory can be shared with other threads and grow (V8 11.2, Safari 16.4, Firefox 128).
 */
export const SHARED_MEMORY = typeof SharedArrayBuffer === 'function' && 'grow' in SharedArrayBuffer.prototype;

/**
 * A buffer that grows up to a fixed maximum and keeps its content.
 *
 * Shared, it grows in place: other threads that hold it see the growth. V8 reserves address space
 * for the maximum at once (it costs no memory) and at most 4 GiB of it. Not shared, it moves when
 * it grows, which costs no reservation. Views of the buffer are of fixed length, since
 * length-tracking ones are slower (measured): make new ones after {@link GrowableBuffer.grow}.
 */
export class GrowableBuffer {
  #buffer: ArrayBuffer | SharedArrayBuffer;
  readonly #max: number;

  /** All three in bytes; `shared` falls back to plain memory where the platform has no other. */
  constructor(options: { initial: number; max: number; shared: boolean }) {
    const { initial, max } = options;
    this.#max = max;
    this.#buffer = options.shared && SHARED_MEMORY ? reserve(initial, max) : new ArrayBuffer(initial);
  }

  /** The memory; of a buffer that is not shared, another object after each growth. */
  get buffer(): ArrayBuffer | SharedArrayBuffer {
    return this.#buffer;
  }

  /** The memory where it can be handed to other threads. */
  get shared(): SharedArrayBuffer | undefined {
    return isShared(this.#buffer) ? this.#buffer : undefined;
  }

  /**
   * Moves to memory that can be handed to other threads, unless it is there already, and returns
   * it; undefined where the platform has none. Throws `CAPACITY`, with nothing changed.
   */
  share(): SharedArrayBuffer | undefined {
    const old = this.#buffer;
    if (isShared(old) || !SHARED_MEMORY) return this.shared;
    return this.#moveTo(reserve(old.byteLength, this.#max));
  }

  /**
   * Makes room for `bytes` bytes and some more; throws `CAPACITY` past the maximum, with nothing
   * changed.
   */
  grow(bytes: number): void {
    const old = this.#buffer;
    if (bytes <= old.byteLength) return;
    if (bytes > this.#max) throw memoryError(`a buffer holds ${this.#max} bytes, not ${bytes}`);
    // Doubling keeps the number of growths logarithmic; past 64 MiB memory not asked for starts to
    // matter more.
    const target = Math.min(this.#max, Math.max(bytes, old.byteLength + Math.min(old.byteLength, 64 * 2 ** 20)));
    try {
      if (isShared(old)) old.grow(target);
      else this.#moveTo(new ArrayBuffer(target));
    } catch (cause) {
      throw memoryError(`the platform gives no ${bytes} bytes`, cause);
    }
  }

  #moveTo<B extends ArrayBuffer | SharedArrayBuffer>(buffer: B): B {
    new Uint8Array(buffer).set(new Uint8Array(this.#buffer));
    this.#buffer = buffer;
    return buffer;
  }
}

function reserve(initial: number, max: number): SharedArrayBuffer {
  if (!takeMappings(MAPPINGS)) {
    throw memoryError('this thread has 50,000 mappings, as many as is safe');
  }
  try {
    const buffer = new SharedArrayBuffer(initial, { maxByteLength: max });
    releaseWhenCollected(buffer, MAPPINGS);
    return buffer;
  } catch (cause) {
    releaseMappings(MAPPINGS);
    throw memoryError(`the platform gives no ${max} bytes`, cause);
  }
}

function memoryError(found: string, cause?: unknown): StorageError {
  return new StorageError(
    'CAPACITY',
    `Asked for memory, and ${found}. Close resources and let the event loop run, ` +
      'or open them with a smaller `capacity` or `shared: false`.',
    { cause },
  );
}

import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

import { type StreamOptions, toReadableStream } from '../operators/to-readable-stream.js';
import type { ByteRange } from '../range/byte-range.js';
import type { ResourceView } from '../view/resource-view.js';

/**
 * Returns the bytes of `view` in order, as they arrive, as a stream of Node's: for `pipeline`,
 * `createHash`, `createWriteStream`.
 *
 * It is `Readable.fromWeb(toReadableStream(view, range, options))`, which TypeScript refuses in a
 * project that has the types of Node and of the web: they declare the same stream differently.
 * `range` is half-open, in bytes; by default it is everything. The stream ends at its end, at the
 * final length or at the expected length, whichever comes first.
 *
 * The stream errors with what the wait for missing bytes ends with, `FAILED`, `CANCELLED` or
 * `CLOSED`. Destroying it withdraws the wait and its demand, and leaves the view open.
 *
 * Throws `INVALID_RANGE` and `INVALID_ARGUMENT` at the call.
 *
 * @example
 * ```ts
 * import { createHash } from 'node:crypto';
 * import { pipeline } from 'node:stream/promises';
 * import { MemDriver, Resource } from 'tidemark';
 * import { toNodeReadable } from 'tidemark/node';
 *
 * const initialData = new TextEncoder().encode('high tide');
 * const resource = Resource.open(new MemDriver({ initialData }));
 * const hash = createHash('sha256');
 * await pipeline(toNodeReadable(resource), hash);
 * console.log(hash.digest('hex').slice(0, 8)); // 212c44d4
 * ```
 */
export function toNodeReadable(view: ResourceView, range?: ByteRange, options?: StreamOptions): Readable {
  return readableOf(toReadableStream(view, range, options));
}

/**
 * The one place where the web's type of a stream is taken for Node's: at run time they are the
 * same.
 */
export function readableOf(stream: ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(stream as NodeReadableStream);
}

import { concat, defer, EMPTY, filter, map, type OperatorFunction, tap } from 'rxjs';

import type { ByteRange } from '../range/byte-range.js';
import { checkSpan } from '../range/checks.js';
import type { Resource } from '../resource/resource.js';

/** Bytes that say where they belong. */
export interface OffsetChunk {
  /** Where the first byte of `data` goes, in bytes. */
  readonly offset: number;
  /** The bytes. */
  readonly data: Uint8Array;
}

/** How {@link writeTo} writes. */
export interface WriteToOptions {
  /** Where the first chunk without an offset of its own goes, in bytes. `@default` 0 */
  readonly offset?: number | undefined;
  /** Commit when the source completes. `@default` true */
  readonly commit?: boolean | undefined;
  /** What becomes of an active resource when the pipeline ends with an error. `@default` 'fail' */
  readonly onError?: 'fail' | 'leave' | undefined;
}

/**
 * Writes what the source emits into `resource`, and emits the range of each write, half-open.
 *
 * A plain `Uint8Array` goes behind the chunk before it, an {@link OffsetChunk} where it says, and plain chunks go on behind that. When
 * the source completes, the resource is committed. An error of the source, of a write or of the commit fails the resource
 * (`onError: 'leave'`: leaves it active) and is passed on. Unsubscribing leaves the resource active, to be gone on with.
 *
 * @example
 * ```ts
 * import { from } from 'rxjs';
 * import { MemDriver, Resource, writeTo } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver());
 * from([new Uint8Array(3), new Uint8Array(2)])
 *   .pipe(writeTo(resource))
 *   .subscribe({ next: (range) => console.log(range), complete: () => console.log(resource.length) });
 * // { start: 0, end: 3 }, { start: 3, end: 5 }, 5
 * ```
 */
export function writeTo(
  resource: Resource,
  options: WriteToOptions = {},
): OperatorFunction<Uint8Array | OffsetChunk, ByteRange> {
  const { offset = 0, commit = true, onError = 'fail' } = options;
  checkSpan(offset, 0);
  return (source) =>
    defer(() => {
      let next = offset;
      const written = source.pipe(
        map((chunk) => {
          const { offset: start, data } = 'data' in chunk ? chunk : { offset: next, data: chunk };
          resource.writeAt(start, data);
          next = start + data.length;
          return { start, end: next };
        }),
        filter(({ start, end }) => start < end),
      );
      const committed = defer(() => {
        if (commit) resource.commit();
        return EMPTY;
      });
      return concat(written, committed).pipe(
        tap({
          error: (error: unknown) => {
            if (onError === 'fail') resource.fail(error instanceof Error ? error : String(error));
          },
        }),
      );
    });
}

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
 * A Node stream and a web stream are sources by `from(stream)`, which asks for a chunk only when the one before it is written. But RxJS
 * notices an unsubscription only when the stream's next chunk comes, and until then leaves it open, and locked. So close it yourself:
 * a Node stream by `finalize(() => stream.destroy())`; a response by `fromFetch` with a `selector`, which aborts the request; any other
 * web stream by sending it through `pipeThrough(new TransformStream(), { signal })`, and aborting that signal in `finalize`.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * import { finalize, from, type ObservableInput } from 'rxjs';
 * import { fromFetch } from 'rxjs/fetch';
 * import { MemDriver, Resource, writeTo } from 'tidemark';
 *
 * const parts = Resource.open(new MemDriver());
 * from([new Uint8Array(3), new Uint8Array(2)])
 *   .pipe(writeTo(parts))
 *   .subscribe({ next: (range) => console.log(range), complete: () => console.log(parts.length) });
 * // { start: 0, end: 3 }, { start: 3, end: 5 }, 5
 *
 * const copy = Resource.open(new MemDriver());
 * const file = createReadStream('song.flac');
 * from(file).pipe(writeTo(copy), finalize(() => file.destroy())).subscribe();
 *
 * // RxJS takes the chunks of a web stream for something else: say what they are.
 * const remote = Resource.open(new MemDriver());
 * const selector = ({ body }: Response): ObservableInput<Uint8Array> => body ?? [];
 * fromFetch('https://example.org/song.flac', { selector }).pipe(writeTo(remote)).subscribe();
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

import { concat, defer, EMPTY, filter, map, type OperatorFunction, tap } from 'rxjs';

import { wrongType } from '../errors/invalid-argument.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkSpan } from '../range/checks.js';
import type { Resource } from '../resource/resource.js';
import { checkType } from '../resource/checks.js';
import { checkOnError, checkResource } from './checks.js';

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
 * A plain `Uint8Array` is written behind the chunk before it, an {@link OffsetChunk} at its offset,
 * and later plain chunks behind that. When the source completes, the resource is committed. An
 * error of the source, of a write or of the commit fails the resource (`onError: 'leave'`: leaves
 * it active) and is passed on. Unsubscribing leaves the resource active, so that it can be
 * continued.
 *
 * A Node stream and a web stream are sources by `from(stream)`, which asks for a chunk only when
 * the one before it is written. But RxJS notices an unsubscription only when the stream's next
 * chunk comes, and until then leaves it open, and locked. So close it yourself: a Node stream by
 * `finalize(() => stream.destroy())`; a response by `fromFetch` with a `selector`, which aborts the
 * request; any other web stream by sending it through
 * `pipeThrough(new TransformStream(), { signal })`, and aborting that signal in `finalize`.
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
  checkResource(resource);
  checkOptionNames(options, ['offset', 'commit', 'onError']);
  const { offset = 0, commit = true, onError = 'fail' } = options;
  checkSpan(offset, 0);
  checkType('commit', 'boolean', commit);
  checkOnError(onError);
  return (source) =>
    defer(() => {
      let next = offset;
      const written = source.pipe(
        map((chunk) => {
          const { offset: start, data } = placed(chunk, next);
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

function placed(chunk: Uint8Array | OffsetChunk, next: number): OffsetChunk {
  const given: unknown = chunk;
  if (typeof given !== 'object' || given === null) {
    const way = typeof given === 'string' ? ' Encode text first, with a TextEncoder or a TextEncoderStream.' : '';
    throw wrongType('what is written', 'a Uint8Array or { offset, data }', given, way);
  }
  return 'data' in chunk ? chunk : { offset: next, data: chunk };
}

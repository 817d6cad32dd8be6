import { firstValueFrom, merge, type Observable, Subject } from 'rxjs';

import { checkNoOptions } from '../errors/check-options.js';
import { StorageError } from '../errors/storage-error.js';
import type { ResourceView } from '../view/resource-view.js';
import { accessTo } from '../view/access-to.js';
import { checkView } from './checks.js';
import { knownLength } from './known-length.js';

/**
 * Random access by promises; the shape of the options of mediabunny's `CustomSource`. Made by
 * {@link byteSource}.
 */
export interface ByteSource {
  /**
   * Resolves to the total length in bytes as soon as it is known, and demands the first byte until
   * then.
   *
   * Rejects with `FAILED`, `CANCELLED` or `CLOSED` if it will not be known.
   */
  readonly getSize: () => Promise<number>;
  /**
   * Resolves to a copy of the bytes of `[start, end)` once all of them are there; demands them
   * until then.
   *
   * They are fewer, or none, where the content ends before `end`. Rejects as `ResourceView.read`
   * errors, but an interrupt does not reach it.
   */
  readonly read: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Withdraws what is pending, with its demand, and rejects it, and all later calls, with `CLOSED`.
   * The view stays open.
   */
  readonly dispose: () => void;
}

/**
 * Gives `view` to what reads in any order, by promises: to mediabunny's `CustomSource` as its
 * options, to tag readers.
 *
 * It demands only what is being read. The functions need no `this`, and can be spread among other
 * options.
 *
 * @example
 * ```ts
 * import { ALL_FORMATS, CustomSource, Input } from 'mediabunny';
 * import { byteSource, MemDriver, Resource } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver()); // somebody writes into it
 * const source = new CustomSource(byteSource(resource));
 * using input = new Input({ source, formats: ALL_FORMATS });
 * console.log(await input.computeDuration(), 'seconds');
 * ```
 */
export function byteSource(view: ResourceView): ByteSource;
export function byteSource(view: ResourceView, options?: unknown): ByteSource {
  checkView(view);
  checkNoOptions(options);
  const disposed$ = new Subject<never>();
  // The first to emit or to error settles the promise, and unsubscribes the other.
  const settle = <T>(source: Observable<T>): Promise<T> => firstValueFrom(merge(disposed$, source));
  return {
    getSize: () => settle(knownLength(view, 0)),
    read: (start, end) => settle(accessTo(view).read({ start, end })),
    dispose: () => {
      disposed$.error(new StorageError('CLOSED', 'Asked for bytes of a source that is disposed. Make another one.'));
    },
  };
}

import { checkOptionNames } from '../errors/check-option-names.js';
import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { RemoteSource } from '../store/remote/answers.js';
import type { ConnectStoreOptions } from '../store/remote/connect-store.js';
import type { RemoteStore } from '../store/remote/remote-store.js';
import type { Metadata } from '../store/entry-record.js';
import { checkSignal } from '../waits/abort.js';
import { SharedStore } from './shared-store.js';

/** How to share a store. */
export interface ShareStoreOptions<M extends Metadata = Metadata> extends Pick<
  ConnectStoreOptions<M>,
  'source' | 'signal'
> {
  /** Which store it is: all tabs of an origin that give the same name share it. */
  readonly name: string;
  /** Starts the worker that runs the store, by `runStore`. Called in one tab at a time. */
  readonly worker: () => Worker;
}

/**
 * Returns the store that all tabs of an origin share under a name.
 *
 * One tab runs it, in a worker; the others reach it by messages, whether their pages are isolated
 * or not. When that tab is closed or dies, the next one takes over: leases stay, and go on with
 * what was stored; what waits goes on waiting; calls that were not answered are made again. Two
 * tabs that play one song make one download.
 *
 * `source` and `url` functions are called in a tab that is alive, first in the one that asks.
 *
 * Closing it leaves the store to the other tabs. If the worker cannot be started it rejects, or
 * closes if it was open before, with the reason: `UNSUPPORTED` where there is no such storage,
 * `CLAIMED` if somebody else has it for longer than ten seconds, and what opening it throws.
 * Rejects with `UNSUPPORTED` without Web Locks (a page that is not on `https:` or `localhost`), and
 * with `CANCELLED` when `signal` is aborted before the store is open.
 *
 * @example
 * ```ts browser
 * import { shareStore } from 'tidemark/browser';
 *
 * const store = await shareStore({
 *   name: 'music',
 *   worker: () => new Worker(new URL('./store-worker.js', import.meta.url), { type: 'module' }),
 *   source: (key) => `https://example.org/songs/${key}`,
 * });
 * using lease = await store.acquire('1.flac', { download: true });
 * lease.read({ start: 0, end: 4 }).subscribe((magic) => console.log(magic));
 * ```
 */
export async function shareStore<M extends Metadata = Metadata>(
  options: ShareStoreOptions<M>,
): Promise<RemoteStore<M>> {
  if ((options as unknown) === undefined) throw wrongType('the options', 'an object with a name and a worker', options);
  checkOptionNames(options, ['name', 'worker', 'source', 'signal']);
  const { name, worker, source, signal } = options;
  if (typeof name !== 'string') throw wrongType('name', 'a string', name);
  if (typeof worker !== 'function') throw wrongType('worker', 'a function that returns a Worker', worker);
  if (source !== undefined && typeof source !== 'function') throw wrongType('source', 'a function', source);
  checkSignal(signal);
  const { navigator } = globalThis as { readonly navigator?: Partial<Navigator> };
  if (navigator?.locks === undefined) throw unsupportedError();
  const shared = new SharedStore(name, worker, source as RemoteSource | undefined);
  return (await shared.open(signal)) as unknown as RemoteStore<M>;
}

function unsupportedError(): StorageError {
  return new StorageError(
    'UNSUPPORTED',
    'Asked for a store that tabs share, and this page has no Web Locks. Serve it by https:, or from localhost; ' +
      'or open a Store in memory.',
  );
}

import { takeClaim } from '../drivers/opfs/claim.js';
import { GEOMETRY } from '../drivers/opfs/geometry.js';
import { JOURNAL_LIMITS } from '../drivers/opfs/pool/journal.js';
import { assertHandles, checkPath, OpfsFolder, STORE_SUFFIX } from '../drivers/opfs/opfs-folder.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import { wrongType } from '../errors/invalid-argument.js';
import type { StoreBackend } from '../store/backend.js';
import { checkSignal } from '../waits/abort.js';
import { freeOfOrigin } from './opfs-backend/free-space.js';
import { OpfsBackend } from './opfs-backend/opfs-backend.js';

/** How to keep a store in the origin private file system. */
export interface OpfsBackendOptions {
  /** Names with slashes between them, from the root of the origin private file system. */
  readonly path: string;
  /**
   * While another store has the path, in this tab or in another one: `true` or a signal waits until
   * it is free, or the signal fires (`CANCELLED`); otherwise opening it is `CLAIMED`. `@default`
   * `CLAIMED`
   */
  readonly wait?: AbortSignal | true | undefined;
}

const WAY_OUT = {
  inWorker: 'Open the store in one',
  without: 'Open the store over memoryBackend(); in Node and Electron over folderBackend() of tidemark/node',
};

/**
 * Keeps the entries of a store in the browser's origin private file system, where they survive a
 * reload and the end of the browser. For a store in a dedicated worker.
 *
 * One store has a path at a time, across tabs; it is free as soon as that one is closed, or its tab
 * has ended. What lies in its folder and is not the store's is left alone. What is written faster
 * than files can be opened waits in memory, up to 16 MiB of all entries; beyond it a write is
 * `CAPACITY`. A download waits by itself.
 *
 * Throws `INVALID_ARGUMENT`, and a `TypeError` for what TypeScript rejects. `Store.open` rejects
 * with `CLAIMED`, `CANCELLED`, `NO_SPACE`, `IO`, and `UNSUPPORTED` outside of a dedicated worker
 * and for what a newer version of this library has written.
 *
 * @example
 * ```ts
 * import { opfsBackend } from 'tidemark/browser';
 * import { Store } from 'tidemark/store';
 *
 * // in a dedicated worker
 * const store = await Store.open(opfsBackend({ path: 'music' }), { maxBytes: 2 ** 30 });
 * ```
 */
export function opfsBackend(options: OpfsBackendOptions): StoreBackend {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw wrongType('the options', 'an object with a path', given);
  checkOptionNames(options, ['path', 'wait']);
  const { path, wait } = options;
  checkPath(path);
  if (wait !== undefined && (wait as unknown) !== true && typeof wait !== 'object') {
    throw wrongType('wait', 'true or an AbortSignal', wait);
  }
  if (wait !== true) checkSignal(wait);
  return new OpfsBackend({
    path,
    geometry: GEOMETRY,
    limits: JOURNAL_LIMITS,
    claim: () => {
      assertHandles(WAY_OUT);
      return takeClaim(path, { mode: 'exclusive', wait: wait ?? false, signal: undefined, kind: 'store' });
    },
    folder: () => OpfsFolder.at(path, 'write', STORE_SUFFIX),
    estimate: freeOfOrigin,
  });
}

import { OpfsDriver } from '../drivers/opfs/opfs-driver.js';
import { checkNames, type OpfsDriverOptions } from '../drivers/opfs/options.js';
import type { ResourceOptions } from '../resource/resource-options.js';
import { Resource } from '../resource/resource.js';

/** How to open a resource in the origin private file system. */
export interface OpfsOptions extends OpfsDriverOptions, ResourceOptions {
  /**
   * Aborting it cancels the resource for good, unless it is committed by then; and the opening, as
   * long as that takes.
   */
  readonly signal?: AbortSignal | undefined;
}

/** A resource in the origin private file system. */
export type OpfsResource = Resource<OpfsDriver>;

/**
 * Opens a resource whose bytes survive a reload and the end of the browser, in its origin private
 * file system. In a dedicated worker.
 *
 * Coverage, identity and expected length are kept by checkpoints and at close. What is written
 * faster than files can be opened waits in memory, up to 16 MiB, and is durable at the next
 * checkpoint, not at close: await `checkpoint()` before.
 *
 * Its ports are for threads that import `tidemark/browser`, too: in a page that is cross-origin
 * isolated. They find what they have read last in a shared cache, and fetch the rest by this
 * thread.
 *
 * Rejects with what {@link OpfsDriver.prepare} and `Resource.open` throw.
 *
 * @example
 * ```ts
 * import { download } from 'tidemark/http';
 * import { openOpfs } from 'tidemark/browser';
 *
 * const resource = await openOpfs({ path: 'songs/7' });
 * console.log(resource.origin.from, resource.coveredBytes);
 * download(resource, 'https://example.org/7.flac').subscribe({ complete: () => resource.close() });
 * ```
 */
export async function openOpfs(options: OpfsOptions): Promise<OpfsResource> {
  checkNames(options, 'expectedLength', 'identity');
  const { expectedLength, identity, ...rest } = options;
  const driver = await OpfsDriver.prepare(rest);
  try {
    return Resource.open(driver, { signal: options.signal, expectedLength, identity });
  } catch (error) {
    driver.close(false);
    throw error;
  }
}

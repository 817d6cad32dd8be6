import { first, map, type Observable } from 'rxjs';

import { checkNoOptions } from '../errors/check-options.js';
import { endedErrorOf } from '../view/ended-error-of.js';
import type { ResourceView } from '../view/resource-view.js';
import { checkView } from './checks.js';

/**
 * Emits the final length, in bytes, once `view` is committed, and completes.
 *
 * Emits synchronously if it is committed already. Errors with `FAILED`, `CANCELLED` or `CLOSED` if
 * it will not be. Unsubscribing changes nothing.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource, whenCommitted } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver());
 * whenCommitted(resource).subscribe((length) => console.log(length, 'bytes, complete'));
 * resource.writeAll(new Uint8Array(3)); // 3 bytes, complete
 * ```
 */
export function whenCommitted(view: ResourceView): Observable<number>;
export function whenCommitted(view: ResourceView, options?: unknown): Observable<number> {
  checkView(view);
  checkNoOptions(options);
  return view.status$.pipe(
    first((status) => status.state !== 'active'),
    map((status) => {
      if (status.state === 'committed') return status.finalLength;
      throw endedErrorOf(view, status, 'Waited for the complete content');
    }),
  );
}

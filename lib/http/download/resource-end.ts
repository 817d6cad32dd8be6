import { filter, map, type Observable } from 'rxjs';

import type { Resource } from '../../resource/resource.js';
import { endedErrorOf } from '../../view/ended-error-of.js';

/**
 * Emits when a resource is committed or closed; errors with `FAILED` or `CANCELLED` when it ends
 * otherwise.
 */
export function endOf(resource: Resource): Observable<unknown> {
  return resource.status$.pipe(
    filter(({ state }) => state !== 'active'),
    map((status) => {
      if (status.state === 'committed' || status.state === 'closed') return status;
      throw endedErrorOf(resource, status, 'Downloaded the rest');
    }),
  );
}

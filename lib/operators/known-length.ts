import { filter, first, ignoreElements, map, merge, type Observable } from 'rxjs';

import { endedErrorOf } from '../view/ended-error-of.js';
import { knownEnd } from '../view/known-end.js';
import type { ResourceView } from '../view/resource-view.js';
import { accessTo } from '../view/access-to.js';

/**
 * Emits the total length once it is known, in bytes, and completes; demands `from` until then, so
 * that a downloader that fetches only what is demanded learns the length. Errors with `FAILED`,
 * `CANCELLED` or `CLOSED` if it will not be known.
 */
export function knownLength(view: ResourceView, from: number): Observable<number> {
  const size$ = view.status$.pipe(
    map((status) => {
      const size = knownEnd(view);
      const { state } = status;
      if (state === 'closed' || state === 'cancelled' || (state === 'failed' && size === Infinity)) {
        throw endedErrorOf(view, status, 'Asked for the length');
      }
      return size;
    }),
    filter((size) => size !== Infinity),
  );
  const demand$ = accessTo(view)
    .wait({ start: from, end: from + 1 })
    .pipe(ignoreElements());
  return merge(size$, demand$).pipe(first());
}

import { filter, first, ignoreElements, map, merge, type Observable } from 'rxjs';

import { endedError } from '../view/answer-error.js';
import type { ResourceView } from '../view/resource-view.js';
import { waitApart } from '../view/wait-apart.js';
import { knownEnd } from './known-end.js';

/**
 * Emits the total length once it is known, in bytes, and completes; demands `from` until then, so that a downloader that only answers
 * demand gets to know the length. Errors with `FAILED`, `CANCELLED` or `CLOSED` if it will not be known.
 */
export function knownLength(view: ResourceView, from: number): Observable<number> {
  const size$ = view.status$.pipe(
    map((status) => {
      const size = knownEnd(view);
      const { state } = status;
      if (state === 'closed' || state === 'cancelled' || (state === 'failed' && size === Infinity)) {
        throw endedError(status, 'Asked for the length');
      }
      return size;
    }),
    filter((size) => size !== Infinity),
  );
  const demand$ = waitApart(view, { start: from, end: from + 1 }).pipe(ignoreElements());
  return merge(size$, demand$).pipe(first());
}

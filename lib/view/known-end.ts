import { distinctUntilChanged, map, type Observable } from 'rxjs';

import type { ResourceView } from './resource-view.js';

/**
 * Returns where a view's content ends, as far as is known now; `Infinity` if it is not.
 */
export function knownEnd(view: ResourceView): number {
  return view.length ?? view.expectedLength ?? Infinity;
}

/** {@link knownEnd} as it changes; it never errors, and completes on close. */
export function knownEnd$(view: ResourceView): Observable<number> {
  return view.status$.pipe(
    map(() => knownEnd(view)),
    distinctUntilChanged(),
  );
}

import { filter, ignoreElements, merge, type Observable, take } from 'rxjs';

import type { ResourceView } from '../view/resource-view.js';
import { waitApart } from '../view/wait-apart.js';
import { knownEnd$ } from './known-end.js';

/**
 * Completes when it is worth looking at `position` again, where a byte was missing: that byte has come, or the content's known end is
 * no longer `seenEnd`. Demands `[position, limit)` meanwhile, and errors as a wait for it does. Interrupts of the view do not reach it.
 */
export function arrival(view: ResourceView, position: number, limit: number, seenEnd: number): Observable<never> {
  return merge(
    waitApart(view, { start: position, end: position + 1 }, { passive: true }),
    waitApart(view, { start: position, end: limit }).pipe(ignoreElements()),
    // Not `skip(1)`: another thread may have moved the end since it was looked at.
    knownEnd$(view).pipe(filter((end) => end !== seenEnd)),
  ).pipe(take(1), ignoreElements());
}

import { ignoreElements, merge, type Observable, take } from 'rxjs';

import { ColdAccess } from './cold-access.js';
import { ForeignAccess } from './foreign-access.js';
import type { ResourceView } from './resource-view.js';
import { OwnAccess } from './own-access.js';
import { INSIDE, isOwn } from './own-view.js';
import type { ViewAccess } from './view-access.js';

/** Returns the access to a view, of this library or of another. */
export function accessTo(view: ResourceView): ViewAccess {
  if (!isOwn(view)) return new ForeignAccess(view);
  const { cold } = view[INSIDE];
  return cold === undefined ? new OwnAccess(view[INSIDE]) : new ColdAccess(view[INSIDE], cold);
}

/**
 * Emits and completes when it is worth copying again at `offset`: when `min` bytes are there, or
 * the end has moved. Errors as a wait does. Demands `length` bytes meanwhile.
 *
 * @param neededBy - when they are needed, in epoch milliseconds
 */
export function arrival(
  access: ViewAccess,
  offset: number,
  length: number,
  min: number,
  neededBy: number | undefined,
): Observable<unknown> {
  const covered$ = coverage(access, offset, length, min, neededBy);
  return access.arrived?.(offset, length, covered$) ?? covered$;
}

/** Emits and completes when `min` bytes are covered, or the end has moved. */
function coverage(
  access: ViewAccess,
  offset: number,
  length: number,
  min: number,
  neededBy: number | undefined,
): Observable<unknown> {
  const all$ = access.wait({ start: offset, end: offset + length }, { neededBy }, true);
  if (min >= length) return all$;
  const enough$ = access.wait({ start: offset, end: offset + min }, { passive: true }, true);
  return merge(enough$, all$.pipe(ignoreElements())).pipe(take(1));
}

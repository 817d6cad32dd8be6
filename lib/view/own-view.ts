import type { ViewParts } from '../bytes/bytes-view.js';
import type { WaitQueue } from '../changes/wait-queue.js';
import type { ColdSource } from './cold-source.js';
import type { ResourceView } from './resource-view.js';

/** The member of a view of our own that has what its operators need. */
export const INSIDE: unique symbol = Symbol('tidemark.inside');

/** What a view of our own is made of. */
export interface ViewInside {
  readonly parts: ViewParts;
  readonly waits: Pick<WaitQueue, 'wait'>;
  /** How it gets bytes that it cannot read by itself; undefined where there are none. */
  readonly cold?: ColdSource | undefined;
}

/** A view of our own. */
export interface OwnView extends ResourceView {
  /** @internal */
  readonly [INSIDE]: ViewInside;
}

/** True if a view is one of our own. */
export function isOwn(view: ResourceView): view is OwnView {
  return INSIDE in view;
}

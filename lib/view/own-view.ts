import type { ViewParts } from '../bytes/bytes-view.js';
import type { WaitQueue } from '../changes/wait-queue.js';
import type { ResourceView } from './resource-view.js';

/** The member of a view of our own that has what its operators need. */
export const INSIDE: unique symbol = Symbol('tidemark.inside');

/** What a view of our own is made of. */
export interface ViewInside {
  readonly parts: ViewParts;
  readonly waits: Pick<WaitQueue, 'wait'>;
}

/** A view of our own. */
export interface OwnView extends ResourceView {
  /** @internal */
  readonly [INSIDE]: ViewInside;
}

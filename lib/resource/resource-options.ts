import type { RefusedContent } from '../drivers/driver.js';

/** What opening a resource found. */
export interface ResourceOrigin {
  /** Nothing, partial content that is taken up, or complete content. */
  readonly from: 'new' | 'partial' | 'complete';
  /** Why partial content that is there was not taken up. */
  readonly refused?: RefusedContent;
}

/** How to open a resource. */
export interface ResourceOptions {
  /**
   * Aborting it cancels the resource for good, unless it is committed by then; its reason is the
   * `cause` of the errors `CANCELLED` in this thread.
   */
  readonly signal?: AbortSignal | undefined;
  /** The total in bytes, for a new resource; a partial one keeps its own. */
  readonly expectedLength?: number | undefined;
  /** The remote content's version, for a new resource; a partial one keeps its own. */
  readonly identity?: string | undefined;
}

import type { NeededBy } from '../range/times.js';

/** How to read a range. */
export interface ReadOptions {
  /**
   * When the bytes are needed: orders the demand, nearest first. A function is called at each
   * subscription, with the range's start. `@default` none, which comes last
   */
  readonly neededBy?: NeededBy | undefined;
  /**
   * Aborting it ends the read with `CANCELLED`, its reason as the `cause`, and withdraws the
   * demand; the resource goes on. `@default` none
   */
  readonly signal?: AbortSignal | undefined;
}

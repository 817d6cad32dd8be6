import type { ControlBlock } from '../control/control-block.js';
import { compareUrgency } from '../waits/urgency.js';
import type { Demand } from './demand.js';
import type { Want } from '../control/cell-layout.js';

/**
 * Returns a function that returns the demand of this thread and of all readers in others, in one
 * list: the same object until it changes.
 */
export function demandList(state: ControlBlock, wants: () => Iterable<NamedWant>): () => readonly Demand[] {
  let current: readonly Demand[] = [];
  return () => {
    const demands: Demand[] = [];
    // Once the resource has ended there is none: the waits in other threads are about to end, too.
    const waiting = state.ended === undefined ? [...wants()].sort(compareUrgency) : [];
    for (const { start, end, reader = 'owner', blocking = false, neededBy, since } of waiting) {
      const range = state.missing(start, end);
      if (range !== undefined) demands.push({ range, reader, blocking, neededBy, since });
    }
    if (JSON.stringify(demands) !== JSON.stringify(current)) current = demands;
    return current;
  };
}

/** What somebody waits for. */
export interface NamedWant extends Omit<Want, 'blocking'> {
  readonly blocking?: boolean;
  /** The name of its port; none in the owner's thread. */
  readonly reader?: string | undefined;
}

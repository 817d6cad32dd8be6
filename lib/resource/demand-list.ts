import type { QueuedWait } from '../changes/wait-queue.js';
import type { ControlBlock } from '../control/control-block.js';
import { compareUrgency } from '../waits/urgency.js';
import type { Demand } from './demand.js';
import type { NamedWant, Ports } from './ports.js';

/**
 * Returns a function that returns the demand of this thread and of all readers in others, in one
 * list: the same object until it changes.
 */
export function demandList(state: ControlBlock, waits: Iterable<QueuedWait>, ports: Ports): () => readonly Demand[] {
  let current: readonly Demand[] = [];
  return () => {
    const demands: Demand[] = [];
    // Once the resource has ended there is none: the waits in other threads are about to end, too.
    const waiting = state.ended === undefined ? wantsOfAll(waits, ports).sort(compareUrgency) : [];
    for (const { start, end, reader, blocking, neededBy, since } of waiting) {
      const range = state.missing(start, end);
      if (range !== undefined) demands.push({ range, reader, blocking, neededBy, since });
    }
    if (JSON.stringify(demands) !== JSON.stringify(current)) current = demands;
    return current;
  };
}

/** Returns all waits that make a demand, in no order. */
export function wantsOfAll(waits: Iterable<QueuedWait>, ports: Ports): NamedWant[] {
  const own = [...waits].filter(({ passive }) => !passive);
  return [...ports.wants(), ...own.map((wait) => ({ ...wait, reader: 'owner', blocking: false }))];
}

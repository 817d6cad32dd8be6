import { CELL_WANTS, type Want } from '../control/cell-layout.js';
import type { QueuedWait } from '../changes/wait-queue.js';
import { compareUrgency } from '../waits/urgency.js';

/** What a reader publishes of its waits. */
export interface Publication {
  /** The most urgent waits that make a demand, as many as a cell holds. */
  readonly wants: readonly Want[];
  /** A range around all waits that are not among them: every change in it wakes the reader. */
  readonly watch: { readonly start: number; readonly end: number } | undefined;
}

/**
 * Picks the waits to publish: nearest `neededBy` first (none: last), then the oldest. The others
 * are watched.
 */
export function mostUrgent(waits: Iterable<QueuedWait>): Publication {
  const named: Want[] = [];
  let watchStart = Infinity;
  let watchEnd = 0;
  const watch = ({ start, end }: { start: number; end: number }): void => {
    watchStart = Math.min(watchStart, start);
    watchEnd = Math.max(watchEnd, end);
  };
  for (const { start, until: end, neededBy, since, order, passive } of waits) {
    const want = { start, end, neededBy, since, order, blocking: false };
    if (passive) {
      watch(want);
      continue;
    }
    const place = named.findIndex((other) => compareUrgency(want, other) < 0);
    named.splice(place < 0 ? named.length : place, 0, want);
    if (named.length > CELL_WANTS) watch(named.pop() ?? want);
  }
  return { wants: named, watch: watchEnd > 0 ? { start: watchStart, end: watchEnd } : undefined };
}

import { CELL_WANTS, type Want } from '../control/cell-layout.js';
import type { RoomWait } from '../view/waiting-room.js';

/** What a reader says of its waits to the owner. */
export interface Publication {
  /** The most urgent waits that make a demand, as many as a cell can name. */
  readonly wants: readonly Want[];
  /** A range in which every change is of interest, since a wait in it is not named. */
  readonly watch: { readonly start: number; readonly end: number } | undefined;
}

/** Picks the waits that a cell names: nearest `neededBy` first (none: last), then the oldest; the others are watched. */
export function mostUrgent(waits: Iterable<RoomWait>): Publication {
  const named: Want[] = [];
  let watchStart = Infinity;
  let watchEnd = 0;
  const watch = ({ start, end }: { start: number; end: number }): void => {
    watchStart = Math.min(watchStart, start);
    watchEnd = Math.max(watchEnd, end);
  };
  for (const { start, until: end, neededBy, since, passive } of waits) {
    const want = { start, end, neededBy, since, blocking: false };
    if (passive) {
      watch(want);
      continue;
    }
    let place = named.length;
    while (place > 0 && isMoreUrgent(want, named[place - 1])) place -= 1;
    named.splice(place, 0, want);
    if (named.length > CELL_WANTS) watch(named.pop() ?? want);
  }
  return { wants: named, watch: watchEnd > 0 ? { start: watchStart, end: watchEnd } : undefined };
}

function isMoreUrgent(one: Want, other: Want | undefined): boolean {
  if (other === undefined) return true;
  const oneBy = one.neededBy ?? Infinity;
  const otherBy = other.neededBy ?? Infinity;
  return oneBy === otherBy ? one.since < other.since : oneBy < otherBy;
}

import { TOLD_AT } from './cell-layout.js';
import { WANTS_AT } from './layout.js';

/**
 * Whether the owner is to hear of what a reader leaves in its cell for a driver with a window:
 * where it reads, and what it keeps.
 *
 * A reader tells it once, and then no more until the owner has asked again. So reads that find
 * their bytes cost one load each, however fast they are. A reader leaves something and then looks
 * whether to tell of it; the owner asks and then looks at what there is. All four are sequentially
 * consistent: what the owner does not see it is told of.
 */

/** The owner asks to be told of what comes from now on. A new cell is as if it had asked. */
export function askForNews(cell: Int32Array): void {
  Atomics.store(cell, TOLD_AT, 0);
}

/** The reader tells the owner, if that has asked; `control`: the words of the control block. */
export function tellNews(cell: Int32Array, control: Int32Array): void {
  if (Atomics.load(cell, TOLD_AT) !== 0) return;
  Atomics.store(cell, TOLD_AT, 1);
  Atomics.add(control, WANTS_AT, 1);
  Atomics.notify(control, WANTS_AT);
}

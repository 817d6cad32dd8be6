import { LONGEST_TIMER } from '../../range/times.js';
import type { Parts } from '../parts.js';
import type { Item } from './item.js';

/** Keeps what is pinned from being evicted, and lets it go when its pin ends. */
export class Pins {
  readonly #parts: Pick<Parts, 'order' | 'publications' | 'downloads' | 'quota'>;
  readonly #timers = new Map<Item, ReturnType<typeof setTimeout>>();

  constructor(parts: Pick<Parts, 'order' | 'publications' | 'downloads' | 'quota'>) {
    this.#parts = parts;
  }

  /** The pin of an item may have changed, or ended. */
  look(item: Item): void {
    const { order, publications, downloads, quota } = this.#parts;
    clearTimeout(this.#timers.get(item));
    this.#timers.delete(item);
    if (item.isGone) return;
    const { pinned } = item.record;
    if (item.isPinned) order.guard(item, 'pinned');
    else {
      order.unguard(item, 'pinned');
      downloads.admitSoon();
      quota.reduceSoon();
    }
    publications.changed(item);
    if (typeof pinned !== 'number' || !item.isPinned) return;
    // Longer than a timer can wait: it looks again in between. It keeps no process alive.
    const timer: unknown = setTimeout(
      () => {
        this.look(item);
      },
      Math.min(pinned - Date.now() + 1, LONGEST_TIMER),
    );
    (timer as { unref?: () => void }).unref?.();
    this.#timers.set(item, timer as ReturnType<typeof setTimeout>);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}

import type { QueuedWait } from '../changes/wait-queue.js';
import { fromPlainError, type PlainError } from '../errors/plain-error.js';
import type { RemoteWant } from './messages.js';

/** Waits that have come and gone since the last time. */
export interface WantChanges {
  readonly added: readonly RemoteWant[];
  readonly gone: readonly number[];
}

/** Tells the other side which waits are pending here, once for all that come and go in a turn. */
export class RemoteWants {
  readonly #tell: (changes: WantChanges) => void;
  /** What the other side knows: each wait with its number, and the end that it needed then. */
  #told = new Map<QueuedWait, { readonly want: number; readonly until: number }>();
  #count = 0;
  #scheduled = false;

  constructor(tell: (changes: WantChanges) => void) {
    this.#tell = tell;
  }

  changed(pending: Iterable<QueuedWait>): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#compare(pending);
    });
  }

  /** Tells of all: the other side knows of none. */
  again(pending: Iterable<QueuedWait>): void {
    this.#told = new Map();
    this.#compare(pending);
  }

  /** Ends the wait with this number: the other side has an error for it. */
  unmet(unmet: number, error: PlainError): void {
    for (const [{ start, end, subscriber }, { want }] of this.#told)
      if (want === unmet) subscriber.error(fromPlainError({ ...error, range: error.range ?? { start, end } }));
  }

  #compare(pending: Iterable<QueuedWait>): void {
    const before = this.#told;
    const now: typeof before = new Map();
    const added: RemoteWant[] = [];
    for (const wait of pending) {
      const { start, until, neededBy, passive } = wait;
      const told = before.get(wait);
      if (told?.until === until) {
        now.set(wait, told);
        before.delete(wait);
        continue;
      }
      this.#count += 1;
      now.set(wait, { want: this.#count, until });
      added.push({ want: this.#count, start, end: until, neededBy, passive });
    }
    const gone = [...before.values()].map(({ want }) => want);
    this.#told = now;
    if (added.length + gone.length > 0) this.#tell({ added, gone });
  }
}

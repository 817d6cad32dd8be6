/**
 * Calls out to subscribers one after the other, in the order in which things happened.
 *
 * A call made from within a callback takes effect at once; what it has to tell queues behind what is being told. So no
 * subscriber hears of a later change before an earlier one, and the stack does not grow with the length of a chain.
 */
export class Notifications {
  #queue: (() => void)[] = [];
  #running = false;

  /** Queues a notification; {@link run} tells it. */
  add(notification: () => void): void {
    this.#queue.push(notification);
  }

  /** Tells everything queued, unless that is being done further up the stack. */
  run(): void {
    if (this.#queue.length > 0) this.enclose(() => undefined);
  }

  /** Calls out at once, as to a new subscriber; what happens meanwhile is told afterwards, like everything. */
  enclose(callOut: () => void): void {
    if (this.#running) {
      callOut();
      return;
    }
    this.#running = true;
    try {
      callOut();
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        // RxJS reports what a callback throws on its own; none of these throw.
        for (const notification of batch) notification();
      }
    } finally {
      this.#running = false;
    }
  }
}

import { callOut } from './call-out.js';

/**
 * Calls subscribers one after the other, in the order in which changes happened.
 *
 * A change made by a callback takes effect at once, and its notifications queue behind those in
 * progress. So no subscriber gets a later change before an earlier one, and the stack does not grow
 * with the length of a chain. What a notification throws is reported ({@link callOut}), and the
 * others are made all the same.
 */
export class Notifications {
  #queue: (() => void)[] = [];
  #running = false;

  /** Queues a notification, if there is one; {@link run} makes it. */
  add(notification: (() => void) | undefined): void {
    if (notification) this.#queue.push(notification);
  }

  /** Makes a notification, after those that are queued. */
  tell(notification: () => void): void {
    this.add(notification);
    this.run();
  }

  /** Makes all queued notifications, unless a call further up the stack is doing so. */
  run(): void {
    if (this.#queue.length > 0) this.tellNow(() => undefined);
  }

  /**
   * Makes a notification at once, as a new subscriber needs it. Notifications that it causes queue,
   * and are made right after it.
   */
  tellNow(notification: () => void): void {
    if (this.#running) {
      callOut(notification);
      return;
    }
    this.#running = true;
    callOut(notification);
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const queued of batch) callOut(queued);
    }
    this.#running = false;
  }
}

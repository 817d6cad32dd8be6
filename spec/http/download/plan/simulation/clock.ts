/**
 * Time that passes at no cost: what is to happen is done in its order, and the clock jumps from one
 * event to the next.
 */
export class VirtualClock {
  /** In milliseconds. */
  now = 0;
  readonly #events: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;

  /** Does something later; what is due at the same moment is done in the order of the calls. */
  after(milliseconds: number, run: () => void): void {
    const event = { at: this.now + milliseconds, order: this.#order++, run };
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      // The next one is the last in the list.
      if (other !== undefined && (other.at > event.at || (other.at === event.at && other.order > event.order)))
        low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Lets time pass until `isOver`, or until nothing is left to happen. */
  run(isOver: () => boolean): void {
    while (!isOver()) {
      const event = this.#events.pop();
      if (event === undefined) return;
      this.now = event.at;
      event.run();
    }
  }
}

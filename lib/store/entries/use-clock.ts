/** Times of use, in epoch milliseconds: each is later than all before, whatever the clock does. */
export class UseClock {
  #last = 0;

  /** A time that was given before, by an earlier store perhaps. */
  seen(usedAt: number): void {
    this.#last = Math.max(this.#last, usedAt);
  }

  next(): number {
    this.#last = Math.max(Date.now(), this.#last + 1);
    return this.#last;
  }
}

/**
 * Places whose bytes are given up, until they may be used again.
 *
 * A record in a slot may claim them: the one that was durable last, the one before it in the other
 * slot, or one whose write has failed. Two records that are made durable one after the other, both
 * made after the bytes were given up, have replaced all of these. Only then are the places free.
 */
export class RetiredPlaces {
  readonly #free: (place: number) => void;
  /** Those that no record has been stored without, and those that one has. */
  #new: number[] = [];
  #once: number[] = [];

  /** @param free - called for each place that may be used again */
  constructor(free: (place: number) => void) {
    this.#free = free;
  }

  get isEmpty(): boolean {
    return this.#new.length === 0 && this.#once.length === 0;
  }

  add(place: number): void {
    this.#new.push(place);
  }

  /** Adds a place that only the older of the two records claims. */
  addClaimedByOlder(place: number): void {
    this.#once.push(place);
  }

  /** A record is durable that was made just now, and claims none of them. */
  stored(): void {
    const free = this.#once;
    this.#once = this.#new;
    this.#new = [];
    for (const place of free) this.#free(place);
  }
}

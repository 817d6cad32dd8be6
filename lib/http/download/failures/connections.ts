/** How many requests at once a server takes, as far as it has shown. */
export class Connections {
  #most: number;
  #found = false;

  /** @param most - of what the user allows */
  constructor(most: number) {
    this.#most = most;
  }

  /** The most requests at once. */
  get most(): number {
    return this.#most;
  }

  /** Whether it has shown that there is a limit. */
  get found(): boolean {
    return this.#found;
  }

  /** A request was refused while so many others were on their way: it takes no more than those. */
  refused(others: number): void {
    this.#found = true;
    this.#most = Math.max(1, Math.min(this.#most, others));
  }
}

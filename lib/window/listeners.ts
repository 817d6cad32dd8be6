/** Whom to tell once of the next change, or when a moment has come. */
export class Listeners {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is due, in milliseconds of `performance.now()`; `Infinity`: there is none. */
  #due = Infinity;

  /**
   * @param ms - so long nobody else may tell of a change that comes by itself; `Infinity`: there is
   * none. It does not keep Node's process alive
   * @returns what calls it off
   */
  add(listener: () => void, ms: number): () => void {
    this.#listeners.add(listener);
    const due = performance.now() + ms;
    // An earlier one stays: others may listen for what it tells of.
    if (due < this.#due) this.#start(due, ms);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  tell(): void {
    if (this.#listeners.size === 0) return;
    this.#stop();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  #start(due: number, ms: number): void {
    this.#stop();
    this.#due = due;
    this.#timer = setTimeout(() => this.tell(), ms);
    // Node's timers are objects; a browser's are numbers, and keep nothing alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#due = Infinity;
  }
}

/** Whom to tell once of the next change, or when a moment has come. */
export class Listeners {
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param ms - so long nobody else may tell of a change that comes by itself; `Infinity`: there is
   * none. It does not keep Node's process alive
   * @returns what calls it off
   */
  add(listener: () => void, ms: number): () => void {
    clearTimeout(this.#timer);
    this.#listeners.add(listener);
    if (ms < Infinity) {
      this.#timer = setTimeout(() => this.tell(), ms);
      // Node's timers are objects; a browser's are numbers, and keep nothing alive.
      (this.#timer as { unref?: () => void }).unref?.();
    }
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(): void {
    if (this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}

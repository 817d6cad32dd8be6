/**
 * Whether the body of an answer that is everything is read on. One that is not read holds back its
 * sender: what has come waits in the connection.
 */
export class ReadingGate {
  #isShut = false;
  #waiting: (() => void)[] = [];

  get isShut(): boolean {
    return this.#isShut;
  }

  /** Returns whether that is a change. */
  set(isShut: boolean): boolean {
    if (isShut === this.#isShut) return false;
    this.#isShut = isShut;
    if (!isShut) for (const goOn of this.#waiting.splice(0)) goOn();
    return true;
  }

  /** Resolves when it is open. */
  async opened(): Promise<void> {
    while (this.#isShut) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }
}

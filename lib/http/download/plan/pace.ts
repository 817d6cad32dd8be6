/** The rate is that of about the last second. */
const MEMORY = 1000; // ms

/** How long this server takes to answer, and how fast it sends. */
export class Pace {
  #latency: number | undefined;
  #bytes = 0;
  #time = 0;
  #lastAt: number | undefined;

  /**
   * The first byte can be expected so many milliseconds after a request; undefined as long as there
   * was none.
   */
  get latency(): number | undefined {
    return this.#latency;
  }

  /** What comes in, of all answers together; 0 as long as that is not known. */
  get bytesPerSecond(): number {
    return this.#time > 0 ? (this.#bytes / this.#time) * 1000 : 0;
  }

  answered(milliseconds: number): void {
    this.#latency = this.#latency === undefined ? milliseconds : (this.#latency + milliseconds) / 2;
  }

  /** Bytes have come; `now` in milliseconds, of a clock that nobody can set. */
  received(bytes: number, now: number): void {
    if (this.#lastAt !== undefined) {
      const since = now - this.#lastAt;
      const weight = Math.exp(-since / MEMORY);
      this.#bytes = this.#bytes * weight + bytes;
      this.#time = this.#time * weight + since;
    }
    this.#lastAt = now;
  }

  /** Nothing is on its way: the time until something is says nothing about the rate. */
  rest(): void {
    this.#lastAt = undefined;
  }
}

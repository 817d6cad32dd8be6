/** How old what is known may be before it is asked for anew, in milliseconds. */
const FRESH = 1000;

/** How much the origin may still store, in bytes; undefined where the browser does not say. */
export async function freeOfOrigin(): Promise<number | undefined> {
  const { quota, usage } = await navigator.storage.estimate();
  return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage);
}

/** What is free, as far as it is known: browsers answer later. */
export class FreeSpace {
  readonly #estimate: () => Promise<number | undefined>;
  readonly #charged: () => number;
  /** What was free when this had charged so much, in bytes. */
  #known: { readonly free: number; readonly charged: number } | undefined;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  /** @param charged - how much of what is taken is our own at the moment, in bytes */
  constructor(estimate: () => Promise<number | undefined>, charged: () => number) {
    this.#estimate = estimate;
    this.#charged = charged;
  }

  /** Undefined: it is not known. What was taken since it was asked for is not free. */
  get bytes(): number | undefined {
    if (performance.now() - this.#askedAt > FRESH) void this.ask();
    if (this.#known === undefined) return undefined;
    return Math.max(0, this.#known.free - (this.#charged() - this.#known.charged));
  }

  /** Asks; never rejects. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    this.#askedAt = performance.now();
    try {
      const free = await this.#estimate();
      this.#known = free === undefined ? undefined : { free, charged: this.#charged() };
    } catch {
      // What was known before is all there is.
    }
  }
}

/** When coverage is made durable while writing: after so many bytes, or so many milliseconds of writing. */
export interface CheckpointPolicy {
  readonly bytes: number;
  readonly ms: number;
}

/**
 * Runs checkpoints, one at a time: on request, and by a policy as bytes are written. A timer that is set does not keep Node's process
 * alive.
 */
export class Checkpoints {
  readonly #policy: CheckpointPolicy | undefined;
  readonly #run: () => Promise<void>;
  #written = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param run - makes one; what it covers is what is covered when it is called */
  constructor(policy: CheckpointPolicy | undefined, run: () => Promise<void>) {
    this.#policy = policy;
    this.#run = run;
  }

  /** Counts bytes that were written, and will be covered by the end of this turn. */
  wrote(bytes: number): void {
    const policy = this.#policy;
    if (policy === undefined) return;
    const before = this.#written;
    this.#written += bytes;
    if (this.#written >= policy.bytes) {
      if (before < policy.bytes) queueMicrotask(this.#timed);
    } else {
      this.#timer ??= setTimeout(this.#timed, policy.ms).unref();
    }
  }

  /** Makes one that covers what is covered now. */
  now(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#start();
    // What is being made may have missed the latest bytes; whoever asks meanwhile shares the next one.
    const start = (): Promise<void> => {
      this.#next = undefined;
      return this.#start();
    };
    this.#next = this.#running.then(start, start);
    return this.#next;
  }

  /** No more by the policy until something is written again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#written = 0;
  }

  readonly #timed = (): void => {
    this.#timer = undefined;
    // One that is being made looks after what was written meanwhile.
    if (this.#written === 0 || this.#running !== undefined) return;
    // Nobody waits for it: what it could not make durable, the next one is asked for again.
    this.now().catch(() => undefined);
  };

  /** Only when none is being made: two would write the same file. */
  #start(): Promise<void> {
    this.stop();
    this.#running = this.#run().finally(() => {
      // Not in between: the next one starts when this one's promise settles, right behind.
      if (this.#next !== undefined) return;
      this.#running = undefined;
      const written = this.#written;
      this.#written = 0;
      if (written > 0) this.wrote(written);
    });
    return this.#running;
  }
}

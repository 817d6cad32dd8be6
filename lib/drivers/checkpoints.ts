import { invalidArgument, wrongType } from '../errors/invalid-argument.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import { LONGEST_TIMER } from '../range/times.js';

/** How often coverage is made durable while writing: whichever comes first. */
export interface CheckpointOptions {
  /**
   * After so many bytes. `@default` 8 MiB as long as less than 100 MB come in a second; where more
   * do, only `ms` counts
   */
  readonly bytes?: number | undefined;
  /** After so many milliseconds of writing. `@default` 1000 */
  readonly ms?: number | undefined;
}

/** After how many bytes, or milliseconds of writing, coverage is made durable. */
export interface CheckpointPolicy {
  readonly bytes: number;
  readonly ms: number;
  /** Where bytes come faster than that, in bytes a second, only time counts. */
  readonly fastest: number;
}

/** Where nothing else is said. */
export const DEFAULT_POLICY: CheckpointPolicy = { bytes: 8 * 2 ** 20, ms: 1000, fastest: 100e6 };

/**
 * Returns the policy that options ask for; undefined for none while writing. Throws
 * `INVALID_ARGUMENT`, or a `TypeError` for what is of no use at all.
 */
export function checkPolicy(checkpoint: false | CheckpointOptions): CheckpointPolicy | undefined {
  if (checkpoint === false) return undefined;
  const given: unknown = checkpoint;
  if (typeof given !== 'object' || given === null) throw wrongType('checkpoint', 'false or an object', given);
  checkOptionNames(checkpoint, ['bytes', 'ms']);
  const { bytes = DEFAULT_POLICY.bytes, ms = DEFAULT_POLICY.ms } = checkpoint;
  for (const [name, value] of Object.entries({ bytes, ms })) {
    if (typeof value === 'number' && value > 0) continue;
    const way = ' Use checkpoint: false for none while writing.';
    throw invalidArgument(`checkpoint.${name}`, 'a number above 0', value, way);
  }
  const fastest = checkpoint.bytes === undefined ? DEFAULT_POLICY.fastest : Infinity;
  return { bytes, ms: Math.min(ms, LONGEST_TIMER), fastest };
}

/**
 * Runs checkpoints, one at a time: on request, and by a policy while bytes are written. Its timer
 * does not keep the process alive.
 *
 * Each checkpoint flushes the disk twice, and takes time of this thread, too. Where bytes come so
 * fast that counting them would ask for many in a second, one a second keeps as much of what takes
 * long to fetch again.
 */
export class Checkpoints {
  readonly #policy: CheckpointPolicy | undefined;
  readonly #run: (asked: boolean) => Promise<void>;
  /** Bytes since the last one began. */
  #written = 0;
  /** When the first of them were written, in milliseconds of `performance.now()`. */
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One begins at the end of this turn. */
  #isQueued = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /**
   * @param policy - undefined: writes make none necessary
   * @param run - makes a checkpoint of what is covered when it is called; `asked`: somebody waits
   * for it
   */
  constructor(policy: CheckpointPolicy | undefined, run: (asked: boolean) => Promise<void>) {
    this.#policy = policy;
    this.#run = run;
  }

  /** Counts bytes that were written; they are covered by the end of this turn. */
  wrote(bytes: number): void {
    if (this.#policy !== undefined) this.#count(bytes, this.#policy);
  }

  /** Counts bytes that were evicted, whatever the policy: their space is to come back. */
  evicted(bytes: number): void {
    this.#count(bytes, this.#policy ?? DEFAULT_POLICY);
  }

  /** Makes a checkpoint of what is covered now. */
  now(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#start(true);
    // The running one may have missed the latest bytes. All who ask meanwhile share the next one.
    const start = (): Promise<void> => {
      this.#next = undefined;
      return this.#start(true);
    };
    this.#next = this.#running.then(start, start);
    return this.#next;
  }

  /** Makes none by the policy until something is written again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#written = 0;
  }

  #count(bytes: number, policy: CheckpointPolicy): void {
    if (this.#written === 0) this.#since = performance.now();
    this.#written += bytes;
    this.#schedule(policy);
  }

  #schedule(policy: CheckpointPolicy): void {
    if (!this.#isDue(policy)) this.#startTimer(policy.ms);
    else if (!this.#isQueued && this.#running === undefined) {
      this.#isQueued = true;
      queueMicrotask(this.#timed);
    }
  }

  #startTimer(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(this.#timed, ms);
    // In Node; a browser's is a number.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #isDue({ bytes, fastest }: CheckpointPolicy): boolean {
    if (this.#written < bytes) return false;
    return fastest === Infinity || this.#written <= ((performance.now() - this.#since) / 1000) * fastest;
  }

  readonly #timed = (): void => {
    this.#isQueued = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // When the running one ends, it counts what was written meanwhile.
    if (this.#written === 0 || this.#running !== undefined) return;
    // Nobody waits for it. What it could not make durable, the next one tries again.
    this.#start(false).catch(() => undefined);
  };

  /** Must not be called while one is running: two would write the same file. */
  #start(asked: boolean): Promise<void> {
    this.stop();
    this.#running = this.#run(asked).finally(() => {
      // If a next one was asked for, it starts right after this promise, and counts as running.
      if (this.#next !== undefined) return;
      this.#running = undefined;
      if (this.#written > 0) this.#schedule(this.#policy ?? DEFAULT_POLICY);
    });
    return this.#running;
  }
}

import { BytesView } from '../bytes/bytes-view.js';
import { endedError, interruptedError } from '../bytes/ended-error.js';
import { CLOSED_STATUS } from '../control/resource-status.js';
import { checkOptions } from '../errors/check-options.js';
import { invalidArgument, wrongType } from '../errors/invalid-argument.js';
import { AttachedReader } from '../handle/attached-reader.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange, checkOffset, checkSpan } from '../range/checks.js';
import { checkBytes } from '../range/bytes.js';
import { checkNeededBy, checkTimeout } from '../range/times.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import { BlockingWaits } from './blocking-waits.js';
import { assertMayBlock } from './may-block.js';
import { readCold } from './read-cold.js';

/** How to block for a range. */
export interface SyncWaitOptions {
  /**
   * How long to block at most, in milliseconds, counted to one absolute moment; 0 polls. `@default`
   * without end
   */
  readonly timeout?: number | undefined;
  /**
   * When the bytes are needed, in epoch milliseconds: orders the demand, nearest first. `@default`
   * none, which comes last
   */
  readonly neededBy?: number | undefined;
}

/** An interrupt, as the blocking thread gets it. */
export interface TakenInterrupt {
  /** What `ReaderPort.interrupt` was given last. */
  readonly token: number | undefined;
}

/** How to read. */
export interface SyncReadOptions {
  /**
   * Offset to read from, in bytes; the cursor stays where it is then. `@default` the cursor, which
   * advances
   */
  readonly at?: number | undefined;
  /** How many bytes to block for. `@default` all of the target */
  readonly min?: number | undefined;
  /**
   * How long to block at most, in milliseconds, counted to one absolute moment; 0 polls. `@default`
   * without end
   */
  readonly timeout?: number | undefined;
  /**
   * When the bytes are needed, in epoch milliseconds: orders the demand, nearest first. `@default`
   * none, which comes last
   */
  readonly neededBy?: number | undefined;
}

const WAIT_OPTIONS = ['timeout', 'neededBy'] as const;
const READ_OPTIONS = ['at', 'min', 'timeout', 'neededBy'] as const;
const INTERRUPT_OPTIONS = ['timeout'] as const;

/**
 * A blocking view of a resource that another thread owns, for synchronous decoders. Made by
 * {@link openSync}.
 *
 * Its thread sleeps (`Atomics.wait`) until the owner has written what it needs. In the owner's own
 * thread a call that would block throws `DEADLOCK`, in a thread that must not block (a browser's
 * page) `UNSUPPORTED`; everything else works there.
 *
 * An owner that is *terminated* while this reader is blocked wakes nobody: then only `timeout` ends
 * the wait, or `ownerGone`, called where the owner was spawned. After {@link close} every method
 * but `close` throws `CLOSED`.
 */
export class SyncReader extends BytesView {
  readonly #attached: AttachedReader;
  readonly #waits: BlockingWaits;
  #position = 0;

  /** @internal */
  constructor(attached: AttachedReader) {
    if (!(attached instanceof AttachedReader)) {
      throw wrongType('the argument', 'made by openSync(handle), which makes readers', attached);
    }
    super(attached);
    this.#attached = attached;
    this.#waits = new BlockingWaits(attached);
  }

  /** The name of the port, as in `Demand.reader`. */
  get name(): string {
    return this.#attached.name;
  }

  /** @internal Counts changes of status, lengths and content. */
  get version(): number {
    return this.#attached.state.statusVersion;
  }

  /** Where the next {@link read} without `at` starts, in bytes. */
  get position(): number {
    return this.#position;
  }

  /**
   * Moves the cursor, and takes a pending interrupt, which asked for just that.
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   *
   * @param position - in bytes; it may lie behind the end
   */
  seek(position: number): void {
    checkOffset('position', position);
    this.#attached.assertUsable('Moved the cursor');
    this.#attached.cell.takeInterrupt();
    this.#attached.use?.release();
    this.#position = position;
  }

  override readAt(offset: number, target: Uint8Array): number {
    const copied = super.readAt(offset, target);
    this.#attached.use?.release();
    return copied;
  }

  /**
   * Blocks until `range` (half-open) is Ready, Eof or Interrupted, by the rules of `waitRange` of a
   * resource.
   *
   * Throws `INVALID_RANGE`, `INVALID_ARGUMENT`, `TIMEOUT`, `FAILED`, `GONE`, `CANCELLED`, `CLOSED`,
   * `CAPACITY` for more than half of a window that is not there, and where it would have to block
   * `DEADLOCK` or `UNSUPPORTED`.
   *
   * @example
   * ```ts
   * import { workerData } from 'node:worker_threads';
   * import { openSync } from 'tidemark/sync';
   *
   * using reader = openSync(workerData);
   * const outcome = reader.waitRange({ start: 0, end: 42 }, { timeout: 5000 });
   * if (outcome === 'ready') console.log('the header is there');
   * ```
   */
  waitRange(range: ByteRange, options?: SyncWaitOptions): WaitOutcome {
    const { start, end } = checkedRange(range);
    checkOptions(options, WAIT_OPTIONS);
    const { use } = this.#attached;
    use?.release();
    const waits = this.#waits;
    waits.begin();
    const timeout = options?.timeout;
    const neededBy = options?.neededBy;
    try {
      const outcome = waits.block({ start, end, withinLength: false, timeout, neededBy });
      // The caller copies later: kept before the want is withdrawn.
      if (outcome === WaitOutcome.Ready) use?.keep({ start, end, neededBy, order: waits.order });
      return outcome;
    } finally {
      waits.withdraw();
    }
  }

  /**
   * Blocks until `min` bytes are there or the end is reached, and copies what is there into
   * `target`.
   *
   * The end is the final length, else the expected one. Returns how many bytes it copied: fewer
   * than `min` only at the end, 0 behind it. On any throw the cursor has not moved, and what is in
   * `target` does not count.
   *
   * Throws `INTERRUPTED` after an interrupt, else as {@link waitRange} does.
   *
   * @example
   * ```ts
   * import { workerData } from 'node:worker_threads';
   * import { openSync } from 'tidemark/sync';
   *
   * using reader = openSync(workerData);
   * const chunk = new Uint8Array(4096);
   * for (let length; (length = reader.read(chunk, { min: 1 })) > 0; ) {
   *   console.log('got', length, 'bytes');
   * }
   * ```
   */
  read(target: Uint8Array, options?: SyncReadOptions): number {
    checkBytes('target', target);
    checkOptions(options, READ_OPTIONS);
    const at = options?.at ?? this.#position;
    const min = options?.min ?? target.length;
    checkSpan(at, target.length);
    if (!Number.isSafeInteger(min) || min < 0 || min > target.length) {
      throw invalidArgument('min', `an integer from 0 to ${target.length} (bytes)`, min);
    }
    const timeout = options?.timeout;
    if (timeout !== undefined) checkTimeout(timeout);
    const neededBy = options?.neededBy;
    checkNeededBy(neededBy);
    const attached = this.#attached;
    const waits = this.#waits;
    waits.begin();
    try {
      const { cold } = attached;
      const done =
        cold === undefined
          ? this.#copy(at, target, min, timeout, neededBy)
          : readCold({ attached, cold, waits, at, target, min, timeout, neededBy });
      if (options?.at === undefined) this.#position = at + done;
      return done;
    } finally {
      // Not before it has copied: until then nobody makes room by what it waited for.
      waits.withdraw();
      attached.use?.release();
    }
  }

  /**
   * Takes the last interrupt with its token, whether it has ended a wait or not; undefined if it
   * was taken before, or there is none.
   *
   * This is how a seek position reaches a thread that blocks and can receive no message. What was
   * taken interrupts nothing later. Throws `INVALID_ARGUMENT`, `CLOSED`, `CANCELLED`, and where it
   * would have to block `DEADLOCK` or `UNSUPPORTED`.
   *
   * @param options.timeout - how long to block for one, in milliseconds. `@default` 0: polls
   */
  takeInterrupt(options?: { timeout?: number | undefined }): TakenInterrupt | undefined {
    checkOptions(options, INTERRUPT_OPTIONS);
    const timeout = options?.timeout ?? 0;
    checkTimeout(timeout);
    this.#attached.assertUsable('Asked for an interrupt');
    const pending = this.#attached.cell.takeInterrupt();
    if (pending !== undefined || timeout === 0) return pending;
    assertMayBlock(this.#attached.state.owner);
    const deadline = performance.now() + timeout;
    for (;;) {
      const count = this.#attached.acknowledge();
      this.#attached.assertUsable('Waited for an interrupt');
      const interrupt = this.#attached.cell.takeInterrupt();
      const left = deadline - performance.now();
      if (interrupt !== undefined || left <= 0) return interrupt;
      // Also if the content is committed: nobody is left who could interrupt.
      if (this.#attached.state.ownerGone) throw endedError(CLOSED_STATUS, 'Waited for an interrupt');
      Atomics.wait(this.#attached.words, this.#attached.wakeWord, count, left);
    }
  }

  /** Closes the reader, so that the owner releases its port. Idempotent. */
  close(): void {
    this.#attached.close();
  }

  /** Copies what this thread can read by itself, and waits for the rest of `min` bytes. */
  #copy(
    at: number,
    target: Uint8Array,
    min: number,
    timeout: number | undefined,
    neededBy: number | undefined,
  ): number {
    const attached = this.#attached;
    const longestWait = attached.use?.longestWait ?? Infinity;
    let deadline: number | undefined;
    let left = timeout;
    // What was copied, where `min` is longer than may be waited for at once: piece by piece then.
    let done = 0;
    for (;;) {
      if (min === 0) attached.assertUsable('Read bytes');
      const from = at + done;
      const needed = Math.min(min - done, longestWait);
      // First what is there, without publishing a want or reading the clock. If the view has ended,
      // the wait throws, with its range.
      const length =
        attached.ended === undefined
          ? attached.bytes.copy(from, target.length - done, done === 0 ? target : target.subarray(done), needed)
          : undefined;
      if (length !== undefined) {
        done += length;
        if (length < needed || done >= min) return done;
        continue;
      }
      deadline ??= timeout === undefined ? Infinity : performance.now() + timeout;
      const outcome = this.#waits.block({
        start: from,
        end: from + needed,
        withinLength: true,
        timeout: left,
        neededBy,
      });
      if (outcome === WaitOutcome.Interrupted) throw interruptedError(from, at + min);
      if (outcome === WaitOutcome.Eof) return done;
      // Once more: the content may be replaced, or its end moved, in between.
      if (timeout !== undefined) left = Math.max(0, deadline - performance.now());
    }
  }
}

import type { ControlReader } from '../control/control-reader.js';
import type { ReaderCell } from '../control/reader-cell.js';
import { CLOSED_STATUS, type ResourceStatus } from '../control/resource-status.js';
import { type Answer, WaitOutcome } from '../control/wait-outcome.js';
import type { Attachment } from '../drivers/driver.js';
import { invalidArgument } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { Attached } from '../handle/reader-handle.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkRange, checkSpan } from '../range/checks.js';
import { checkBytes } from '../range/bytes.js';
import { checkNeededBy, checkTimeout } from '../range/times.js';
import { endedError, statusBehind } from '../view/answer-error.js';
import { BytesView, interruptedError } from '../view/bytes-view.js';
import { assertMayBlock } from './may-block.js';

/** How to block for a range. */
export interface SyncWaitOptions {
  /** How long to block at most, in milliseconds, counted to one absolute moment; 0 polls. `@default` without end */
  readonly timeout?: number | undefined;
  /** When the bytes are needed, in epoch milliseconds: orders the demand, nearest first. `@default` none, which comes last */
  readonly neededBy?: number | undefined;
}

/** An interrupt, as the blocking thread gets it. */
export interface TakenInterrupt {
  /** What `ReaderPort.interrupt` was given last. */
  readonly token: number | undefined;
}

/** How to read. */
export interface SyncReadOptions {
  /** Offset to read from, in bytes; the cursor stays where it is then. `@default` the cursor, which advances */
  readonly at?: number | undefined;
  /** How many bytes to block for. `@default` all of the target */
  readonly min?: number | undefined;
  /** How long to block at most, in milliseconds, counted to one absolute moment; 0 polls. `@default` without end */
  readonly timeout?: number | undefined;
}

/**
 * A blocking view of a resource that another thread owns, for synchronous decoders. Made by {@link openSync}.
 *
 * Its thread sleeps (`Atomics.wait`) until the owner has written what it needs. In the owner's own thread a call that would block throws
 * `DEADLOCK`, in a thread that must not block (a browser's page) `UNSUPPORTED`; everything else works there.
 *
 * An owner that is *terminated* while this reader is blocked wakes nobody: whoever spawned it calls `ownerGone`, or only
 * `timeout` ends the wait. After {@link close} every method but `close` throws `CLOSED`.
 */
export class SyncReader extends BytesView {
  /** The name of the port, as in `Demand.reader`. */
  readonly name: string;
  /** @internal */
  readonly control: ControlReader;
  protected readonly bytes: Attachment;
  readonly #cell: ReaderCell;
  readonly #wakeWord: number;
  #position = 0;
  #closed = false;

  /** @internal */
  constructor(attached: Attached) {
    super();
    this.name = attached.name;
    this.control = attached.control;
    this.bytes = attached.bytes;
    this.#cell = attached.cell;
    this.#wakeWord = attached.wakeWord;
  }

  override get status(): ResourceStatus {
    return this.#over ? CLOSED_STATUS : this.control.status;
  }

  /** Where the next {@link read} without `at` starts, in bytes. */
  get position(): number {
    return this.#position;
  }

  /**
   * Moves the cursor; an interrupt that is pending is taken with it, since it asked for just that.
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   *
   * @param position - in bytes; it may lie behind the end
   */
  seek(position: number): void {
    checkRange(position, position);
    this.assertUsable('Moved the cursor');
    this.#cell.takeInterrupt();
    this.#position = position;
  }

  /**
   * Blocks until `range` (half-open) is Ready, Eof or Interrupted, by the rules of `waitRange` of a resource.
   *
   * Throws `INVALID_RANGE`, `INVALID_ARGUMENT`, `TIMEOUT`, `FAILED`, `CANCELLED`, `CLOSED`, and where it would have to block `DEADLOCK` or
   * `UNSUPPORTED`.
   *
   * @example
   * ```ts
   * import { workerData } from 'node:worker_threads';
   * import { openSync } from 'tidemark/sync';
   *
   * using reader = openSync(workerData);
   * if (reader.waitRange({ start: 0, end: 42 }, { timeout: 5000 }) === 'ready') console.log('the header is there');
   * ```
   */
  waitRange(range: ByteRange, options?: SyncWaitOptions): WaitOutcome {
    const { start, end } = range;
    checkRange(start, end);
    return this.#block(start, end, false, options?.timeout, options?.neededBy);
  }

  /**
   * Blocks until `min` bytes are there or the end is reached, and copies what is there into `target`.
   *
   * The end is the final length, else the expected one. Answers how many bytes it copied: fewer than `min` only at the end, 0 behind it.
   * On any throw the cursor has not moved, and what is in `target` does not count.
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
   * for (let length; (length = reader.read(chunk, { min: 1 })) > 0; ) console.log('got', length, 'bytes');
   * ```
   */
  read(target: Uint8Array, options?: SyncReadOptions): number {
    checkBytes('target', target);
    const at = options?.at ?? this.#position;
    const min = options?.min ?? target.length;
    checkSpan(at, target.length);
    if (!Number.isSafeInteger(min) || min < 0 || min > target.length) {
      throw invalidArgument('min', `an integer from 0 to ${target.length} (bytes)`, min);
    }
    let timeout = options?.timeout;
    if (timeout !== undefined) checkTimeout(timeout);
    let deadline: number | undefined;
    for (;;) {
      if (min === 0) this.assertUsable('Read bytes');
      // First what is there: no want is published, and no clock looked at. What has ended is told by the wait, with its range.
      const length = this.#ended === undefined ? this.copy(at, target, min) : undefined;
      if (length !== undefined) {
        if (options?.at === undefined) this.#position = at + length;
        return length;
      }
      deadline ??= timeout === undefined ? Infinity : performance.now() + timeout;
      const outcome = this.#block(at, at + min, true, timeout, undefined);
      if (outcome === WaitOutcome.Interrupted) throw interruptedError(at, at + min);
      if (outcome === WaitOutcome.Eof) return 0;
      // Once more: the content may be replaced, or its end moved, in between.
      if (timeout !== undefined) timeout = Math.max(0, deadline - performance.now());
    }
  }

  /**
   * Takes the last interrupt with its token, whether it has ended a wait or not; undefined if it was taken before, or there is none.
   *
   * This is how a seek position reaches a thread that blocks and can receive no message. What was taken interrupts nothing later.
   * Throws `INVALID_ARGUMENT`, `CLOSED`, `CANCELLED`, and where it would have to block `DEADLOCK` or `UNSUPPORTED`.
   *
   * @param options.timeout - how long to block for one, in milliseconds. `@default` 0: polls
   */
  takeInterrupt(options?: { timeout?: number | undefined }): TakenInterrupt | undefined {
    const timeout = options?.timeout ?? 0;
    checkTimeout(timeout);
    this.assertUsable('Asked for an interrupt');
    const pending = this.#cell.takeInterrupt();
    if (pending !== undefined || timeout === 0) return pending;
    assertMayBlock(this.control.owner);
    const deadline = performance.now() + timeout;
    for (;;) {
      const count = this.#cell.acknowledge(this.control.words, this.#wakeWord);
      this.assertUsable('Waited for an interrupt');
      const interrupt = this.#cell.takeInterrupt();
      const left = deadline - performance.now();
      if (interrupt !== undefined || left <= 0) return interrupt;
      // Of committed content, too: nobody is left who could interrupt.
      if (this.control.ownerGone) throw endedError(CLOSED_STATUS, 'Waited for an interrupt');
      Atomics.wait(this.control.words, this.#wakeWord, count, left);
    }
  }

  /** Ends the reader: its port is given back. Again: nothing. */
  close(): void {
    if (this.#closed) return;
    this.control.freeze();
    this.#closed = true;
    this.#cell.closeReader(this.control.words);
    this.bytes.close();
  }

  protected override assertUsable(asked: string): void {
    const ended = this.#ended;
    if (ended !== undefined) throw endedError({ state: ended }, asked);
  }

  get #ended(): 'closed' | 'cancelled' | undefined {
    return this.#over ? 'closed' : this.control.ended;
  }

  get #over(): boolean {
    return this.#closed || this.#cell.portClosed;
  }

  #answer(start: number, end: number, clipped: boolean): Answer {
    if (start === end) return 'ready';
    return this.#over ? 'closed' : this.control.answer(start, end, clipped);
  }

  /** The wake-up protocol of `control/cell-layout.ts`, around one wait. */
  #block(
    start: number,
    end: number,
    clipped: boolean,
    timeout: number | undefined,
    neededBy: number | undefined,
  ): WaitOutcome {
    const limit = timeout ?? Infinity;
    checkTimeout(limit);
    checkNeededBy(neededBy);
    const known = this.#outcome(this.#answer(start, end, clipped), start, end);
    if (known !== undefined) return known;
    if (limit === 0) throw timeoutError(start, end, limit);
    assertMayBlock(this.control.owner);
    const deadline = performance.now() + limit;
    const since = Date.now();
    let wanted = -1;
    try {
      for (;;) {
        if (wanted !== this.#needs(end, clipped)) {
          wanted = this.#needs(end, clipped);
          this.#cell.publish(this.control.words, [{ start, end: wanted, since, neededBy, blocking: true }]);
        }
        const count = this.#cell.acknowledge(this.control.words, this.#wakeWord);
        const outcome = this.#outcome(this.#answer(start, end, clipped), start, end);
        if (outcome !== undefined) return outcome;
        const left = deadline - performance.now();
        if (left <= 0) throw timeoutError(start, end, limit);
        // The end moved between publication and count: nobody would wake it for what it needs now. Later moves change the count.
        if (wanted !== this.#needs(end, clipped)) continue;
        Atomics.wait(this.control.words, this.#wakeWord, count, left);
      }
    } finally {
      this.#cell.withdraw(this.control.words);
    }
  }

  #needs(end: number, clipped: boolean): number {
    return clipped ? Math.min(end, this.expectedLength ?? end) : end;
  }

  /** What an answer means to a wait, a pending interrupt included; undefined: it has to wait. */
  #outcome(answer: Answer, start: number, end: number): WaitOutcome | undefined {
    if (answer === 'ready' || answer === 'eof') return answer;
    if (answer === 'wait') return this.#cell.deliverInterrupt() ? WaitOutcome.Interrupted : undefined;
    throw endedError(statusBehind(answer, this.status), `Waited for [${start}, ${end})`, { range: { start, end } });
  }
}

function timeoutError(start: number, end: number, timeout: number): StorageError {
  return new StorageError(
    'TIMEOUT',
    `Waited ${timeout} ms for [${start}, ${end}), and bytes of it are still missing. Wait again, or longer.`,
    { range: { start, end } },
  );
}

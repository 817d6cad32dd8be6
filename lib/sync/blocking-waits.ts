import type { AttachedReader } from '../handle/attached-reader.js';
import { checkNeededBy, checkTimeout } from '../range/times.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import { assertMayBlock } from './may-block.js';
import { timeoutError } from './timeout-error.js';

/** What a blocking call waits for. */
export interface BlockingWait {
  /** Half-open, in bytes. */
  readonly start: number;
  readonly end: number;
  /** It waits for no more than there is, once the length is known, as a read does. */
  readonly withinLength: boolean;
  /** In milliseconds; undefined: without end. */
  readonly timeout: number | undefined;
  /** In epoch milliseconds. */
  readonly neededBy: number | undefined;
}

/**
 * The waits of a reader that blocks: one at a time. A call of the reader may wait several times; it
 * begins by {@link begin}, and ends by {@link withdraw}.
 */
export class BlockingWaits {
  readonly #attached: AttachedReader;
  /** A want is published. */
  #wanting = false;
  /** The age of the wait of the present call; a read that waits again keeps it. */
  #order: number | undefined;

  constructor(attached: AttachedReader) {
    this.#attached = attached;
  }

  /** The age of the last wait of the present call that had to block; undefined if none had. */
  get order(): number | undefined {
    return this.#order;
  }

  begin(): void {
    this.#order = undefined;
  }

  /** Takes back what is wanted. */
  withdraw(): void {
    if (!this.#wanting) return;
    this.#wanting = false;
    this.#attached.publish([]);
  }

  /**
   * The wake-up protocol of `control/cell-layout.ts`, around one wait. The want stays published:
   * the caller withdraws it.
   */
  block(wait: BlockingWait): WaitOutcome {
    const { start, end, withinLength, timeout, neededBy } = wait;
    const limit = timeout ?? Infinity;
    checkTimeout(limit);
    checkNeededBy(neededBy);
    const attached = this.#attached;
    const known = this.#outcome(wait);
    if (known !== undefined) return known;
    if (!withinLength) attached.use?.checkFits({ start, end });
    if (limit === 0) throw missingError(wait, limit);
    assertMayBlock(attached.state.owner);
    attached.use?.note(start, 0);
    const deadline = performance.now() + limit;
    const since = Date.now();
    const order = (this.#order ??= attached.arrive());
    let published = -1;
    this.#wanting = true;
    for (;;) {
      if (published !== this.#untilOf(wait)) {
        published = this.#untilOf(wait);
        attached.publish([{ start, end: published, since, order, neededBy, blocking: true }]);
      }
      const count = attached.acknowledge();
      const outcome = this.#outcome(wait);
      if (outcome !== undefined) return outcome;
      const left = deadline - performance.now();
      if (left <= 0) throw missingError(wait, limit);
      // The end has moved since the want was published: nobody would wake this thread for what it
      // needs now. A later move changes the count.
      if (published !== this.#untilOf(wait)) continue;
      Atomics.wait(attached.words, attached.wakeWord, count, left);
    }
  }

  #untilOf({ end, withinLength }: BlockingWait): number {
    return withinLength ? Math.min(end, this.#attached.state.expectedLength ?? end) : end;
  }

  /**
   * Returns the outcome of a wait as of now, also by a pending interrupt; undefined while there is
   * none.
   */
  #outcome({ start, end, withinLength }: BlockingWait): WaitOutcome | undefined {
    if (start === end) return WaitOutcome.Ready;
    const attached = this.#attached;
    const state = attached.waitState(start, end, withinLength);
    if (state === 'ready' || state === 'eof') return state;
    if (state === 'pending') return attached.cell.deliverInterrupt() ? WaitOutcome.Interrupted : undefined;
    throw attached.waitError(state, start, end);
  }
}

function missingError({ start, end }: BlockingWait, timeout: number): Error {
  return timeoutError({ start, end }, timeout, 'bytes of it are still missing');
}

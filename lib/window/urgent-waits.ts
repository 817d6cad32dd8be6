import type { ByteRange } from '../range/byte-range.js';
import type { AskedWait } from '../waits/asked-wait.js';
import { compareUrgency, type Urgency } from '../waits/urgency.js';

type UrgentWait = AskedWait & Urgency;

/** What one wait needs, or several one behind the other. */
export interface Needed extends ByteRange, Urgency {
  start: number;
  end: number;
}

/**
 * The waits of one thread in the order of urgency, until their subscribers have been told or have
 * left.
 *
 * Most come in that order, so adding one costs little, and the first ones are found without a look
 * at the others, however many pend.
 */
export class UrgentWaits {
  readonly #blockSize: number;
  #waits: UrgentWait[] = [];
  /** How many there were when those that had ended were left out last. */
  #swept = 0;

  /** @param blockSize - bytes are kept in blocks of this size, so a wait needs whole ones */
  constructor(blockSize: number) {
    this.#blockSize = blockSize;
  }

  add(wait: UrgentWait): void {
    if (this.#waits.length > 2 * this.#swept + 16) this.#sweep();
    const waits = this.#waits;
    let low = 0;
    let high = waits.length;
    // Its place is most often the last one.
    let middle = high - 1;
    while (low < high) {
      const other = waits[middle];
      if (other !== undefined && compareUrgency(wait, other) < 0) high = middle;
      else low = middle + 1;
      middle = (low + high) >> 1;
    }
    waits.splice(low, 0, wait);
  }

  /**
   * What the first of them need, whole blocks of `length` bytes or more together, if they need as
   * many. Waits in one block that follow one another are one.
   */
  mostUrgent(length: number): Needed[] {
    const size = this.#blockSize;
    const first: Needed[] = [];
    let bytes = 0;
    let last: Needed | undefined;
    for (const { start, end, neededBy, order, subscriber } of this.#waits) {
      if (subscriber.closed) continue;
      const block = Math.floor(start / size);
      const behind = Math.ceil(end / size);
      if (last !== undefined && block >= Math.floor(last.start / size) && behind <= Math.ceil(last.end / size)) {
        last.start = Math.min(last.start, start);
        last.end = Math.max(last.end, end);
        continue;
      }
      if (bytes >= length) break;
      bytes += (behind - block) * size;
      last = { start, end, neededBy, order };
      first.push(last);
    }
    return first;
  }

  #sweep(): void {
    this.#waits = this.#waits.filter(({ subscriber }) => !subscriber.closed);
    this.#swept = this.#waits.length;
  }
}

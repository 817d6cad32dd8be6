import type { ByteRange } from '../range/byte-range.js';
import type { AskedWait } from '../waits/asked-wait.js';
import { compareUrgency, type Urgency } from '../waits/urgency.js';

type UrgentWait = AskedWait & Urgency;

/**
 * The waits of one thread in the order of urgency, until their subscribers have been told or have
 * left.
 *
 * Most come in that order, so adding one costs little, and the first ones are found without a look
 * at the others, however many pend.
 */
export class UrgentWaits {
  #waits: UrgentWait[] = [];
  /** How many there were when those that had ended were left out last. */
  #swept = 0;

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

  /** The first of them, with `length` bytes or more together, if there are as many. */
  mostUrgent(length: number): (ByteRange & Urgency)[] {
    const first: UrgentWait[] = [];
    let bytes = 0;
    let ended = 0;
    let last: UrgentWait | undefined;
    for (const wait of this.#waits) {
      if (wait.subscriber.closed) {
        ended += 1;
        continue;
      }
      first.push(wait);
      // Several that want the same, one after the other, need it once.
      if (wait.start !== last?.start || wait.end !== last.end) bytes += wait.end - wait.start;
      if (bytes >= length) break;
      last = wait;
    }
    if (ended > first.length + 16) this.#sweep();
    return first;
  }

  #sweep(): void {
    this.#waits = this.#waits.filter(({ subscriber }) => !subscriber.closed);
    this.#swept = this.#waits.length;
  }
}

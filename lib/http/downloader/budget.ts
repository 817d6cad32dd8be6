import type { Bid } from '../download/permits.js';

/** The least that a request asks for, in bytes: smaller ones cost more than they save. */
export const LEAST = 16 * 1024;
/**
 * So much of a second's bytes is saved up at most, and so much may be spent in advance for who
 * waits.
 */
const SHARE = 0.5;
/**
 * What may be spent in advance beside that, in bytes: what somebody waits for is not much, mostly.
 */
const ADVANCE = 128 * 1024;

/**
 * How many bytes may be asked for, under a cap in bytes a second.
 *
 * A cap on reading would not hold: what is not read is sent all the same, into buffers on the way.
 * So what is not asked for is not sent. Over any time, no more than the cap allows for it is asked
 * for, and one second's worth and {@link ADVANCE} on top.
 */
export class Budget {
  #rate: number;
  #bytes: number;
  #at: number;

  /** @param rate - bytes a second; `Infinity`: no cap */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#bytes = this.#most;
    this.#at = now;
  }

  get rate(): number {
    return this.#rate;
  }

  /** What was saved up is kept; a cap where there was none begins with as much as may be. */
  setRate(rate: number, now: number): void {
    const left = this.available(now);
    this.#rate = rate;
    this.#bytes = Math.min(left, this.#most);
    this.#at = now;
  }

  /** How many bytes may be asked for now; below 0 where more has come than was to. */
  available(now: number): number {
    if (this.#rate === Infinity) return Infinity;
    this.#bytes = Math.min(this.#most, this.#bytes + (this.#rate * (now - this.#at)) / 1000);
    this.#at = now;
    return this.#bytes;
  }

  /** How many more may be asked for, in advance, of what somebody waits for. */
  get advance(): number {
    return this.#rate === Infinity ? 0 : this.#rate * SHARE + ADVANCE;
  }

  /** What to save up for before asking: a few requests a second. */
  get portion(): number {
    return this.#rate === Infinity ? LEAST : Math.max(LEAST, this.#rate / 4);
  }

  /** Below 0: gives back. Returns false where there is no cap. */
  spend(bytes: number, now: number): boolean {
    const counts = this.available(now) !== Infinity;
    if (counts) this.#bytes = Math.min(this.#most, this.#bytes - bytes);
    return counts;
  }

  /** In how many milliseconds so many bytes are available. */
  until(bytes: number, now: number): number {
    const missing = bytes - this.available(now);
    return missing <= 0 ? 0 : (missing / this.#rate) * 1000;
  }

  get #most(): number {
    return this.#rate === Infinity ? Infinity : Math.max(LEAST, this.#rate * SHARE);
  }
}

/** How many bytes a request may ask for now; 0: none, before so many milliseconds have passed. */
export interface Allowance {
  readonly bytes: number;
  readonly inMs: number;
}

export const ENOUGH: Allowance = { bytes: Infinity, inMs: 0 };

/** What a budget allows a request now. What somebody waits for may be paid for later. */
export function allow(budget: Budget, { bytes, urgency }: Bid, now: number): Allowance {
  if (budget.rate === Infinity) return ENOUGH;
  const available = budget.available(now);
  // A body whose length nobody can choose is paid for as it is read.
  if (bytes === Infinity && available >= 0) return ENOUGH;
  if (urgency === undefined) {
    const least = Math.min(bytes, budget.portion);
    return available < least ? { bytes: 0, inMs: budget.until(least, now) } : { bytes: Math.ceil(available), inMs: 0 };
  }
  const least = Math.min(bytes, LEAST);
  const most = Math.max(available, Math.min(Math.max(LEAST, urgency.bytes), available + budget.advance));
  return most < least
    ? { bytes: 0, inMs: budget.until(least - budget.advance, now) }
    : { bytes: Math.ceil(most), inMs: 0 };
}

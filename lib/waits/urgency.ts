/** What says how urgent a wait is. */
export interface Urgency {
  /** When its bytes are needed, in epoch milliseconds. */
  readonly neededBy: number | undefined;
  /**
   * Counts the waits of all threads that became pending. It wraps: of two that pend at a time, it
   * is the older one that is behind by less than 2^31.
   */
  readonly order: number;
}

/** The order of urgency: nearest `neededBy` first (none: last), then the oldest. */
export function compareUrgency(one: Urgency, other: Urgency): number {
  // Infinity - Infinity is NaN, which counts as equal here.
  return (one.neededBy ?? Infinity) - (other.neededBy ?? Infinity) || compareAge(one, other);
}

/** The order of age: the oldest first. No clock is asked, since that may be set. */
export function compareAge(one: Urgency, other: Urgency): number {
  return (one.order - other.order) | 0;
}

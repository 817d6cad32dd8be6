import type { Bid, RequestUrgency } from '../download/permits.js';
import { type DownloadPriority, PRIORITIES } from './active-download.js';
import type { GiveBack } from './budgets.js';

/** Whose requests they are. */
export interface Bidder {
  readonly priority: DownloadPriority;
  /** Counts subscriptions. */
  readonly order: number;
}

/** One request that waits for leave, or has it. */
export interface Ticket {
  readonly bidder: Bidder;
  readonly bid: Bid;
  /** Counts tickets. */
  readonly order: number;
  /** Gives it leave to ask for so many bytes, of which it may give some back. */
  readonly grant: (bytes: number, giveBack: GiveBack) => void;
}

/** What decides which request goes first. */
export interface Rank {
  readonly urgency: RequestUrgency | undefined;
  readonly priority: number;
  readonly subscription: number;
  readonly order: number;
}

export function rankOf({ bidder, order }: Ticket, urgency: RequestUrgency | undefined): Rank {
  return {
    urgency,
    priority: PRIORITIES.indexOf(bidder.priority),
    subscription: bidder.order,
    order,
  };
}

/**
 * What somebody waits for goes first: the nearest `neededBy`, then who has waited longest. Then
 * what reads ahead, by priority, then by subscription.
 */
export function compareRanks(one: Rank, other: Rank): number {
  if (one.urgency !== undefined && other.urgency !== undefined) {
    return compare(one.urgency.neededBy, other.urgency.neededBy) || one.urgency.since - other.urgency.since;
  }
  if (one.urgency !== undefined) return -1;
  if (other.urgency !== undefined) return 1;
  return one.priority - other.priority || one.subscription - other.subscription || one.order - other.order;
}

/** Infinity - Infinity is NaN. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one - other;
}

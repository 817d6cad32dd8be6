import { Observable, of, retry, Subject, Subscription, tap, throwError, timer } from 'rxjs';

import { LONGEST_TIMER } from '../../range/times.js';
import { Rates } from '../download/failures/trickle.js';
import type { Bid, Permit, Permits } from '../download/permits.js';
import type { DownloadPriority } from './active-download.js';
import { LEAST } from './budget.js';
import { Budgets } from './budgets.js';
import { compareRanks, type Bidder, type Rank, rankOf, type Ticket } from './rank.js';

/** Gives a permit back for another one. */
const AGAIN = new Error('again');

/** Who has to wait for longer, while others get leave. */
interface Passed {
  readonly tickets: Set<Ticket>;
  readonly priorities: Set<DownloadPriority>;
}

/**
 * Gives leave to make requests, across all downloads of a downloader: to what somebody waits for
 * first, then to what reads ahead, by priority, then by subscription.
 *
 * A ticket is in exactly one of {@link #waiting} and {@link #holding}, from when it enters until it
 * leaves.
 */
export class Dispatcher {
  /** Emits when downloads may be paused that were not, or the other way round. */
  readonly changes$ = new Subject<void>();
  readonly #rates = new Rates();
  readonly #waiting = new Set<Ticket>();
  readonly #holding = new Set<Ticket>();
  /** Those of whose downloads somebody waits for something. */
  readonly #pressed = new Set<Bidder>();
  readonly #requestsPerOrigin: number;
  /** How many requests an origin takes, where that was found to be less. */
  readonly #found = new Map<string, number>();
  readonly #budgets = new Budgets();
  #requests: number;
  #isPaused = false;
  #entered = 0;
  #scheduled = false;
  #wakeUp: Subscription | undefined;

  constructor(requests: number, requestsPerOrigin: number) {
    this.#requests = requests;
    this.#requestsPerOrigin = requestsPerOrigin;
  }

  get requests(): number {
    return this.#requests;
  }

  set requests(requests: number) {
    this.#requests = requests;
    this.#schedule();
  }

  /** The cap in bytes a second of one priority, or of all together; `Infinity`: none. */
  rateOf(priority?: DownloadPriority): number {
    return this.#budgets.rateOf(priority);
  }

  setRate(rate: number, priority?: DownloadPriority): void {
    this.#budgets.setRate(rate, priority);
    // What was asked for before is more than would be asked for now.
    const most = Math.max(LEAST, rate / 2);
    this.#revoke(({ bidder, bid }) => {
      return (priority === undefined || bidder.priority === priority) && bid.yields && bid.bytes > most;
    });
    this.enforce();
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.enforce();
  }

  /** Who is paused has changed, or who goes first. */
  enforce(): void {
    this.#revoke(({ bidder }) => this.#pauses(bidder));
    this.changes$.next();
    this.#schedule();
  }

  permitsOf(bidder: Bidder): Permits {
    const pauses = (): boolean => this.#pauses(bidder);
    return {
      get paused() {
        return pauses();
      },
      changes$: this.changes$,
      rates: this.#rates,
      again: AGAIN,
      run: (bid, work) => this.#run(bidder, bid, work),
      reorder: (waits) => {
        if (waits) this.#pressed.add(bidder);
        else this.#pressed.delete(bidder);
        if (this.#waiting.size > 0) this.#schedule();
      },
      crowded: (bid) => this.#crowded(bid),
    };
  }

  #run<T>(bidder: Bidder, bid: Bid, work: (permit: Permit) => Observable<T>): Observable<T> {
    const granted$ = new Observable<T>((subscriber) => {
      this.#entered += 1;
      const at = performance.now();
      const working = new Subscription();
      const left$ = new Subject<void>();
      let failed = false;
      const ticket: Ticket = {
        bidder,
        bid,
        order: this.#entered,
        grant: (bytes, giveBack) => {
          const permit = this.#permit(ticket, bytes, performance.now() - at, left$);
          const failing = tap<T>({ error: () => (failed = true) });
          working.add(() => {
            if (bytes !== Infinity) giveBack(unused(bytes, bid.received, failed));
          });
          working.add(work(permit).pipe(failing).subscribe(subscriber));
        },
      };
      this.#waiting.add(ticket);
      this.#schedule();
      return () => {
        this.#waiting.delete(ticket);
        this.#holding.delete(ticket);
        working.unsubscribe();
        left$.next();
        // For others, and so that no timer is left where there are none.
        this.#schedule();
      };
    });
    return granted$.pipe(retry({ delay: (error: unknown) => (error === AGAIN ? of(true) : throwError(() => error)) }));
  }

  #permit(ticket: Ticket, bytes: number, waited: number, left$: Observable<unknown>): Permit {
    let paid = bytes === Infinity ? 0 : bytes;
    return {
      bytes,
      waited,
      fits: () => this.#countOf(ticket.bid.origin) <= this.#mostOf(ticket.bid.origin),
      paces: (read) => {
        const unpaid = Math.max(0, read - paid);
        paid = Math.max(0, paid - read);
        return unpaid === 0 ? undefined : this.#budgets.pay(unpaid, ticket.bidder.priority, left$);
      },
    };
  }

  /**
   * In a microtask: who has just got something may want more, and tickets that come together are
   * compared.
   */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    this.#wakeUp?.unsubscribe();
    const passed: Passed = { tickets: new Set(), priorities: new Set() };
    let soonest = Infinity;
    for (let ticket = this.#next(passed); ticket !== undefined; ticket = this.#next(passed)) {
      const { priority } = ticket.bidder;
      const { bytes, inMs, isOfAll } = this.#budgets.allow(ticket.bid, priority);
      if (bytes === 0) {
        soonest = Math.min(soonest, inMs);
        // What is left is not for who comes after.
        if (isOfAll) break;
        passed.priorities.add(priority);
        continue;
      }
      // Only now: a request that made room for one that may ask for nothing would come right back.
      if (!this.#hasRoom(ticket) && !this.#makeRoom(ticket)) {
        passed.tickets.add(ticket);
        continue;
      }
      this.#waiting.delete(ticket);
      this.#holding.add(ticket);
      ticket.grant(bytes, this.#budgets.spend(bytes, priority));
    }
    if (soonest === Infinity) return;
    this.#wakeUp = timer(Math.min(soonest, LONGEST_TIMER)).subscribe(() => {
      this.#dispatch();
    });
  }

  /**
   * The first of those that wait, and were not passed over, for which there is room, or might be
   * made.
   */
  #next(passed: Passed): Ticket | undefined {
    let first: Ticket | undefined;
    let rank: Rank | undefined;
    const idling = [...this.#holding].some(({ bid }) => bid.idles);
    const isFull = this.#holding.size >= this.#requests && !idling;
    if (isFull && this.#pressed.size === 0) return undefined;
    for (const ticket of this.#waiting) {
      const { bidder, bid } = ticket;
      if (this.#pauses(bidder) || passed.tickets.has(ticket) || passed.priorities.has(bidder.priority)) continue;
      const urgency = this.#pressed.has(bidder) ? bid.urgency : undefined;
      if (urgency === undefined && (isFull || !(idling || this.#hasRoom(ticket)))) continue;
      const other = rankOf(ticket, urgency);
      if (rank !== undefined && compareRanks(rank, other) <= 0) continue;
      first = ticket;
      rank = other;
    }
    return first;
  }

  #hasRoom({ bid: { origin } }: Ticket): boolean {
    return this.#holding.size < this.#requests && this.#countOf(origin) < this.#mostOf(origin);
  }

  /**
   * Ends a request that is read no more; or, for what somebody waits for, one that nobody waits
   * for: the one that would be the last to be made.
   */
  #makeRoom(ticket: Ticket): boolean {
    const { urgency, origin } = ticket.bid;
    const isFull = this.#countOf(origin) >= this.#mostOf(origin);
    const makesRoom = ({ bid }: Ticket): boolean =>
      bid.idles || (urgency !== undefined && bid.yields && bid.urgency === undefined);
    const [last] = [...this.#holding]
      .filter((holder) => makesRoom(holder) && (!isFull || holder.bid.origin === origin))
      .map((holder) => ({ holder, rank: rankOf(holder, undefined) }))
      .sort(
        (one, other) =>
          Number(other.holder.bid.idles) - Number(one.holder.bid.idles) || compareRanks(other.rank, one.rank),
      );
    if (last === undefined) return false;
    this.#holding.delete(last.holder);
    last.holder.bid.revoke();
    return this.#hasRoom(ticket);
  }

  #revoke(which: (ticket: Ticket) => boolean): void {
    for (const ticket of [...this.#holding]) if (which(ticket)) ticket.bid.revoke();
  }

  /** A request was refused: if others to that origin are served, it takes no more than those. */
  #crowded({ origin }: Bid): boolean {
    if (origin === undefined) return false;
    const others = [...this.#holding].filter(({ bid }) => bid.origin === origin && bid.receiving).length;
    if (others === 0) return false;
    this.#found.set(origin, Math.min(this.#found.get(origin) ?? Infinity, others));
    return true;
  }

  #countOf(origin: string | undefined): number {
    if (origin === undefined) return 0;
    let count = 0;
    for (const { bid } of this.#holding) if (bid.origin === origin) count += 1;
    return count;
  }

  #mostOf(origin: string | undefined): number {
    return Math.min(this.#requestsPerOrigin, this.#found.get(origin ?? '') ?? Infinity);
  }

  #pauses({ priority }: Bidder): boolean {
    return this.#isPaused || this.#budgets.pauses(priority);
  }
}

/**
 * How many of the bytes that a request was allowed were certainly not sent: the rest where it has
 * failed, all where no answer had begun. Where it was made to end, the rest may be on its way.
 */
function unused(bytes: number, received: number | undefined, failed: boolean): number {
  if (received === undefined) return bytes;
  return failed ? Math.max(0, bytes - received) : 0;
}

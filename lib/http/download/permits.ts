import { NEVER, type Observable } from 'rxjs';

import { Rates } from './failures/trickle.js';

/** Why a request is urgent: somebody waits for what it brings. */
export interface RequestUrgency {
  /** When it is needed, in epoch milliseconds; `Infinity` where that was not said. */
  readonly neededBy: number;
  /** Since when somebody waits, in milliseconds of `performance.now()`. */
  readonly since: number;
  /** How many bytes of the request are waited for. */
  readonly bytes: number;
}

/**
 * One request that is to be made. What it says may change as long as it waits for leave, and while
 * it has it.
 */
export interface Bid {
  /** Where it would go, as far as is known. */
  readonly origin: string | undefined;
  /** How many bytes it is about, from now on; `Infinity` where that is not known. */
  readonly bytes: number;
  /** Undefined: nobody waits for what it brings, it reads ahead. */
  readonly urgency: RequestUrgency | undefined;
  /** Whether bytes are coming. */
  readonly receiving: boolean;
  /** How many bytes of an answer have come; undefined: the last request has got none yet. */
  readonly received: number | undefined;
  /** Whether it may be made to end for a more urgent one; what it has brought is not lost then. */
  readonly yields: boolean;
  /**
   * Whether nothing of its answer is read until somebody waits for more: it may be made to end for
   * any other.
   */
  readonly idles: boolean;
  /** It has to end now: it is to give up what it does, and may bid anew. */
  revoke(): void;
}

/** Leave to make one request. */
export interface Permit {
  /** The most bytes to ask for. */
  readonly bytes: number;
  /** How long it was waited for, in milliseconds. */
  readonly waited: number;
  /** Whether the origin of the bid, now that it is known, has room for it. */
  fits(): boolean;
  /**
   * When to read on, now that so many bytes have come of a body whose length nobody could choose;
   * undefined: at once.
   */
  paces(bytes: number): Promise<void> | undefined;
}

/** Says when the requests of a download may be made. */
export interface Permits {
  /** Whether none may be made for now. */
  readonly paused: boolean;
  /** Emits when that changes. */
  readonly changes$: Observable<unknown>;
  /** How fast other requests were. */
  readonly rates: Rates;
  /**
   * Does `work` with leave for one request, as soon as there is. It is given back at the end, and
   * when unsubscribed.
   */
  run<T>(bid: Bid, work: (permit: Permit) => Observable<T>): Observable<T>;
  /** Gives the leave back and waits for another one: for a permit that does not fit. */
  readonly again: unknown;
  /** What somebody waits for has changed; whether anybody does. */
  reorder(waits: boolean): void;
  /**
   * The server refused a bid as one too many. Returns whether there will be fewer from now on,
   * beside those of this download.
   */
  crowded(bid: Bid): boolean;
}

const AT_ONCE: Permit = { bytes: Infinity, waited: 0, fits: () => true, paces: () => undefined };

/** The permits of a download on its own: every request may be made at once. */
export function unlimited(): Permits {
  return {
    paused: false,
    changes$: NEVER,
    rates: new Rates(),
    run: (_, work) => work(AT_ONCE),
    again: undefined,
    reorder: () => undefined,
    crowded: () => false,
  };
}

import { Subscription } from 'rxjs';

import type { Transit } from './plan.js';

/** A stretch of bytes on its way, over all the requests that it takes. */
export class Lane implements Transit {
  position: number;
  end: number;
  /** It brings everything from the first byte on, though a part was asked for. */
  whole = false;
  /** See {@link Transit.carriedAt}. */
  carriedAt = -Infinity;
  /** When it last asked, in epoch milliseconds. */
  askedAt = 0;
  /** The address last asked. */
  address = '';
  /** The last request failed in a way that is no fault of the server's: the next one is made at once. */
  again = false;
  /** The last request has brought bytes that were missing. */
  gained = false;
  readonly requests = new Subscription();

  constructor(
    readonly start: number,
    end: number,
  ) {
    this.position = start;
    this.end = end;
  }

  /** Every byte that it was for has come. */
  get drained(): boolean {
    return this.position >= this.end;
  }
}

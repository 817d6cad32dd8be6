import { Observable } from 'rxjs';

import { invalidArgument } from '../../../errors/invalid-argument.js';
import { checkBytes } from '../../../range/bytes.js';
import { LONGEST_TIMER } from '../../../range/times.js';
import { pageLocation } from './page-location.js';

/**
 * Says when the next bytes may be read, now that so many have come; undefined: at once. The signal
 * is aborted when the request is.
 */
export type Hold = (bytes: number, signal: AbortSignal) => Promise<void> | undefined;

/** What becomes of a request. */
export interface RequestEvents {
  /** An answer has come; what it throws ends the request. */
  readonly answered: (response: Response) => void;
  /** Makes an error of what `fetch` or the body threw. */
  readonly broke: (cause: unknown) => unknown;
  /** When the next bytes may be read, now that so many have come; undefined: at once. */
  readonly hold?: Hold | undefined;
  /** How long to wait for an answer, and for each next byte of it, in milliseconds. */
  readonly timeout: number;
  /** Makes the error for a longer wait. */
  readonly stalled: () => unknown;
}

/**
 * One request: calls `answered`, then emits the bytes of the body as they arrive, and completes at
 * its end.
 *
 * Unsubscribing aborts the request, whatever it waits for.
 */
export function fetchChunks(
  send: typeof globalThis.fetch,
  url: string,
  headers: Headers,
  { answered, broke, hold, timeout, stalled }: RequestEvents,
): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    // Somebody's `fetch` may not heed the signal; and an answer left unread would keep its
    // connection, and Node's process.
    const leave = (): void => {
      abort.abort();
      reader?.cancel().catch(() => undefined);
    };
    const isLeft = (): boolean => subscriber.closed;
    const stall = new StallTimer(timeout, () => {
      subscriber.error(stalled());
    });
    const run = async (): Promise<void> => {
      // The resource keeps what comes. A browser's cache beside it asks for a part anew that it has
      // the start of (Chromium, measured).
      const init = { headers, signal: abort.signal, ...(pageLocation() && { cache: 'no-store' as const }) };
      // Somebody's `fetch` may throw, in place of a promise that rejects.
      const response = await made((async () => send(url, init))());
      if (typeof (response as Partial<Response> | undefined)?.headers?.get !== 'function') {
        throw invalidArgument('what fetch gives', 'a Response', response);
      }
      reader = response.body?.getReader();
      if (isLeft()) {
        leave();
        return;
      }
      answered(response);
      while (reader !== undefined) {
        const { done, value } = await made(reader.read());
        if (done || isLeft()) break;
        checkBytes('a chunk of the answer', value);
        subscriber.next(value);
        const held = hold?.(value.length, abort.signal);
        if (held !== undefined) await held;
        if (isLeft()) break;
      }
      subscriber.complete();
    };
    // Somebody's `fetch` may return what is no promise.
    const made = async <T>(attempt: Promise<T>): Promise<T> => {
      stall.begin();
      try {
        return await attempt;
      } catch (error) {
        throw broke(error);
      } finally {
        stall.end();
      }
    };
    run().catch((error: unknown) => {
      subscriber.error(error);
    });
    return () => {
      stall.stop();
      leave();
    };
  });
}

/** A timer that comes so much later than it should tells that this thread was busy. */
const BUSY = 50; // ms

/** Says when one of many waits takes too long, by one timer for all of them. */
class StallTimer {
  readonly #longest: number;
  readonly #stalled: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /**
   * When the present wait began, in milliseconds of `performance.now()`; undefined: there is none.
   */
  #since: number | undefined;
  /** The wait that was already given more time. */
  #excused: number | undefined;

  /** @param longest - milliseconds; what no timer of the platform can wait is for ever */
  constructor(longest: number, stalled: () => void) {
    this.#longest = longest;
    this.#stalled = stalled;
    this.#start(longest);
  }

  begin(): void {
    this.#since = performance.now();
  }

  end(): void {
    this.#since = undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(ms: number): void {
    if (this.#longest > LONGEST_TIMER) return;
    const due = performance.now() + ms;
    this.#timer = setTimeout(() => {
      const now = performance.now();
      const late = now - due;
      const left = this.#longest - (this.#since === undefined ? 0 : now - this.#since);
      if (left > 0) this.#start(left);
      // This thread was busy: what has come meanwhile is still to be read.
      else if (late > BUSY && this.#excused !== this.#since) {
        this.#excused = this.#since;
        this.#start(Math.min(late, this.#longest));
      } else this.#stalled();
    }, ms);
  }
}

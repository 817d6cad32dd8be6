import { type Observable, Subject, Subscription } from 'rxjs';

import type { Transit } from '../plan/situation.js';
import type { ReadingGate } from '../reading-gate.js';

/**
 * What a stream is at: waiting for leave to ask, for an answer, for bytes, or until it may try
 * again.
 */
export type StreamPhase = 'queued' | 'requesting' | 'receiving' | 'retrying';

/** A stretch of bytes on its way, half-open, over all the requests that it takes. */
export class Stream implements Transit {
  position: number;
  end: number;
  /** It brings everything from the first byte on, though a part was asked for. */
  whole = false;
  /** What it is at. */
  phase: StreamPhase = 'queued';
  /** When it last asked, in milliseconds of `performance.now()`; `-Infinity`: not yet. */
  askedAt = -Infinity;
  /** Whether the server has begun to answer. */
  answered = false;
  /** When it tries again while it is `retrying`, in milliseconds of `performance.now()`. */
  retryAt = 0;
  /** How many requests it has made. */
  tries = 0;
  /** Bytes of the answer's body that have come. */
  bytes = 0;
  /** When the answer came, and the last bytes of it, in milliseconds of `performance.now()`. */
  answeredAt = 0;
  receivedAt = -Infinity;
  /** Until when nothing is read any more on purpose; undefined: it is read as it comes. */
  held: Promise<void> | undefined;
  /** What has come finds no room. */
  lacksRoom = false;
  /** When the next bytes may be read, now that so many have come; undefined: at once. */
  pace: ((bytes: number) => Promise<void> | undefined) | undefined;
  /** The address last asked. */
  address = '';
  /** The next request is made at once: the last answer was no failure of the server's. */
  again = false;
  /** The next request names no end, since the last one may have been refused for it. */
  openEnded = false;
  /** An answer lacked the entity tag of the content. */
  untagged = false;
  /** The last request has brought bytes that were missing. */
  gained = false;
  readonly requests = new Subscription();
  readonly #room$ = new Subject<void>();

  constructor(
    readonly start: number,
    end: number,
    /** See {@link Transit.carriedAt}; in milliseconds of `performance.now()`. */
    public carriedAt = -Infinity,
  ) {
    this.position = start;
    this.end = end;
  }

  /** Emits when another request is to take its place. */
  get room$(): Observable<void> {
    return this.#room$;
  }

  /** Another request is to take its place: the end of its body is not waited for much longer. */
  makeRoom(): void {
    this.#room$.next();
  }

  /** A request is made. */
  asked(address: string, now: number): void {
    this.address = address;
    this.askedAt = now;
    this.tries += 1;
    this.answered = false;
    this.bytes = 0;
    this.gained = false;
    this.receivedAt = -Infinity;
    this.phase = 'requesting';
  }

  /** Bytes of an answer's body have come. */
  received(bytes: number, now: number): void {
    this.bytes += bytes;
    this.receivedAt = now;
    this.phase = 'receiving';
  }

  /**
   * Holds reading as {@link pace} and the gate say, of an answer that is everything; and until what
   * has come is `written`.
   */
  hold(bytes: number, gate: ReadingGate, written?: Promise<void>): Promise<void> | undefined {
    const paced = this.pace?.(bytes);
    const isShut = this.whole && gate.isShut;
    if (paced === undefined && written === undefined && !isShut) return undefined;
    this.held = this.#hold(paced, gate, written);
    return this.held;
  }

  async #hold(paced: Promise<void> | undefined, gate: ReadingGate, written: Promise<void> | undefined): Promise<void> {
    this.lacksRoom = written !== undefined;
    await written;
    this.lacksRoom = false;
    await paced;
    if (this.whole) await gate.opened();
    this.held = undefined;
  }

  /** Every byte that it was for has come. */
  get drained(): boolean {
    return this.position >= this.end;
  }
}

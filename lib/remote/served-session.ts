import { map, type Observable, skip, type Subscription } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import type { Coverage } from '../coverage/coverage.js';
import { toPlainError } from '../errors/plain-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { accessTo } from '../view/access-to.js';
import { INSIDE, isOwn } from '../view/own-view.js';
import type { ResourceView } from '../view/resource-view.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import { coverageChanges, pairsOf } from './coverage-changes.js';
import {
  type FetchedRange,
  LONGEST_ANSWER,
  type RemoteState,
  type RemoteWant,
  type ViewToClient,
  type ViewToServer,
  type ViewWelcome,
} from './messages.js';
import type { PortSession } from './served-port.js';

/** One connection to a view that is served: tells what changes, waits and reads for it. */
export class ServedSession implements PortSession<ViewToServer> {
  readonly #view: ResourceView;
  readonly #name: string | undefined;
  readonly #send: (message: ViewWelcome | ViewToClient) => void;
  readonly #wants = new Map<number, Subscription>();
  /** Those of them that have ended here, and may not have on the other side. */
  readonly #over = new Map<number, RemoteWant>();
  readonly #fetches = new Map<number, Subscription>();
  readonly #subscriptions: Subscription[] = [];
  /** The coverage that the other side has, or is about to have. */
  #told: Coverage;
  /** It has acknowledged that. */
  #acknowledged = true;
  #generation: number;
  /** The identity that it was told last. */
  #identity: string | undefined;

  /** @param name - names its waits in `Demand.reader` */
  constructor(view: ResourceView, name: string | undefined, send: (message: ViewWelcome | ViewToClient) => void) {
    this.#view = view;
    this.#name = name;
    this.#send = send;
    this.#told = view.coverage;
    this.#generation = this.#generationNow;
  }

  /** Sends the state as it is now, and then what changes. */
  begin(lock: string | undefined): void {
    const longestWait = isOwn(this.#view) ? this.#view[INSIDE].parts.use?.longestWait : undefined;
    this.#send({ type: 'welcome', lock, ranges: pairsOf(this.#told), longestWait, ...this.#state });
    this.#subscriptions.push(
      this.#view.coverage$.subscribe(() => {
        if (this.#acknowledged) this.#tellCoverage();
      }),
      this.#view.status$.pipe(skip(1)).subscribe(() => this.#tellState()),
    );
  }

  received(message: ViewToServer): void {
    switch (message.type) {
      case 'wants':
        for (const want of message.gone) this.#unwant(want);
        for (const want of message.added) this.#want(want);
        break;
      case 'acknowledge':
        this.#acknowledged = true;
        this.#tellCoverage();
        break;
      case 'fetch':
        this.#fetch(message);
        break;
      case 'unfetch':
        this.#unfetch(message.fetch);
    }
  }

  /** Withdraws all that it has asked for. */
  end(): void {
    for (const subscription of [...this.#subscriptions, ...this.#wants.values(), ...this.#fetches.values()])
      subscription.unsubscribe();
    this.#wants.clear();
    this.#over.clear();
    this.#fetches.clear();
  }

  get #generationNow(): number {
    if (!isOwn(this.#view)) return 0;
    const { cold, parts } = this.#view[INSIDE];
    return (cold ?? parts.state).generation;
  }

  get #state(): RemoteState {
    const { status, expectedLength, identity } = this.#view;
    this.#generation = this.#generationNow;
    this.#identity = identity;
    const closedBy = status.state === 'closed' ? toPlainError(this.#usedAfterEnd) : undefined;
    return { status, expectedLength, identity, generation: this.#generation, closedBy };
  }

  /** What calls throw now that it is closed. */
  get #usedAfterEnd(): unknown {
    try {
      return this.#view.nextGap(0);
    } catch (error) {
      return error;
    }
  }

  #tellState(): void {
    // What the other side finds committed, or failed, it finds whole.
    this.#identity = this.#view.identity;
    this.#tellCoverage();
    this.#send({ type: 'state', ...this.#state });
  }

  #tellCoverage(): void {
    const { coverage } = this.#view;
    const changes = coverageChanges(this.#told, coverage);
    if (changes !== undefined) {
      this.#told = coverage;
      this.#acknowledged = false;
      this.#send({ type: 'coverage', ...changes });
    }
    // No status tells of that.
    if (this.#view.identity !== this.#identity) this.#send({ type: 'state', ...this.#state });
    this.#waitAgain();
  }

  #want(wanted: RemoteWant): void {
    const { want, start, end, neededBy, passive } = wanted;
    this.#unwant(want);
    const view = this.#view;
    const range = { start, end };
    const wait$ = isOwn(view)
      ? view[INSIDE].waits.wait(range, { neededBy, passive }, { uninterruptible: true, reader: this.#name })
      : view.waitRange(range, { neededBy, passive });
    const waiting = wait$.subscribe({
      next: (outcome) => {
        this.#over.set(want, wanted);
        // At once, as long as the bytes are there.
        if (outcome === WaitOutcome.Ready && this.#acknowledged) this.#tellCoverage();
      },
      error: (error: unknown) => this.#send({ type: 'unmet', want, error: toPlainError(error) }),
    });
    this.#wants.set(want, waiting);
  }

  #unwant(want: number): void {
    this.#wants.get(want)?.unsubscribe();
    this.#wants.delete(want);
    this.#over.delete(want);
  }

  /** Waits once more for what the other side was not told of, so that it waits still. */
  #waitAgain(): void {
    const known = this.#view.expectedLength ?? Infinity;
    for (const wanted of [...this.#over.values()]) {
      const { start, end } = wanted;
      if (start < known && !this.#told.has({ start, end: Math.min(end, known) })) this.#want(wanted);
    }
  }

  #fetch({ fetch, start, length, generation }: FetchedRange): void {
    const give = (bytes: Uint8Array): void => this.#give(fetch, generation, bytes);
    if (this.#generationNow !== generation) {
      give(new Uint8Array(0));
      return;
    }
    try {
      const until = this.#coveredUntil(start, start + Math.min(length, LONGEST_ANSWER));
      let bytes = new Uint8Array(0);
      const copied =
        until > start
          ? accessTo(this.#view).copy(start, until - start, (there) => (bytes = allocate(there)), 1)
          : undefined;
      if (copied !== undefined || until <= start) {
        give(bytes.subarray(0, copied ?? 0));
        return;
      }
      const read = this.#bring({ start, end: until }).subscribe({
        next: give,
        error: (error: unknown) => this.#refuse(fetch, error),
      });
      if (!read.closed) this.#fetches.set(fetch, read);
    } catch (error) {
      this.#refuse(fetch, error);
    }
  }

  /** Gets bytes that are cold here, too. */
  #bring({ start, end }: ByteRange): Observable<Uint8Array> {
    const cold = isOwn(this.#view) ? this.#view[INSIDE].cold : undefined;
    if (cold === undefined) return this.#view.read({ start, end });
    // No read: that would wait for bytes that have gone, and others with it.
    const target = allocate(end - start);
    const { generation } = cold;
    return cold
      .fetch({ start, target, generation, uninterruptible: true, continues: true })
      .pipe(map((length) => (length === target.length ? target : target.slice(0, length))));
  }

  #unfetch(fetch: number): void {
    const fetching = this.#fetches.get(fetch);
    if (fetching === undefined) return;
    fetching.unsubscribe();
    this.#give(fetch, this.#generation, new Uint8Array(0));
  }

  #coveredUntil(start: number, end: number): number {
    return this.#view.nextGap(start, end)?.start ?? Math.min(end, this.#view.expectedLength ?? end);
  }

  #give(fetch: number, asked: number, bytes: Uint8Array): void {
    this.#fetches.delete(fetch);
    const generation = this.#generationNow;
    // In this order: what is given is of the state that the other side knows.
    if (generation !== this.#generation) this.#tellState();
    else if (bytes.length === 0) this.#tellCoverage();
    const whole = generation === asked ? bytes : new Uint8Array(0);
    this.#send({ type: 'given', fetch, generation, bytes: whole });
  }

  #refuse(fetch: number, error: unknown): void {
    this.#fetches.delete(fetch);
    const generation = this.#generationNow;
    this.#send({ type: 'given', fetch, generation, bytes: new Uint8Array(0), error: toPlainError(error) });
  }
}

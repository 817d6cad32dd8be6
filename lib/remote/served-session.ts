import { skip, type Subscription } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import type { Coverage } from '../coverage/coverage.js';
import { toPlainError } from '../errors/plain-error.js';
import { accessTo } from '../view/access-to.js';
import { INSIDE, type OwnView } from '../view/own-view.js';
import type { ResourceView } from '../view/resource-view.js';
import { coverageChanges, pairsOf } from './coverage-changes.js';
import type { Endpoint } from './endpoint.js';
import type { FetchedRange, RemoteState, RemoteWant, ToServer } from './messages.js';

/** The most that one answer holds, in bytes. */
const LONGEST_ANSWER = 262_144;

/** One connection to a view that is served: tells what changes, waits and reads for it. */
export class ServedSession {
  readonly id: string;
  readonly #view: ResourceView;
  readonly #endpoint: Endpoint;
  readonly #name: string | undefined;
  readonly #wants = new Map<number, Subscription>();
  readonly #fetches = new Map<number, Subscription>();
  readonly #subscriptions: Subscription[] = [];
  /** The coverage that the other side has, or is about to have. */
  #told: Coverage;
  /** It has acknowledged that. */
  #acknowledged = true;
  #generation: number;

  constructor(view: ResourceView, endpoint: Endpoint, { id, name }: { id: string; name: string | undefined }) {
    this.id = id;
    this.#view = view;
    this.#endpoint = endpoint;
    this.#name = name;
    this.#told = view.coverage;
    this.#generation = this.#generationNow;
  }

  /** Sends the state as it is now, and then what changes. */
  begin(lock: string | undefined): void {
    const { id } = this;
    this.#endpoint.send({ type: 'welcome', id, lock, ranges: pairsOf(this.#told), ...this.#state });
    this.#subscriptions.push(
      this.#view.coverage$.subscribe(() => {
        if (this.#acknowledged) this.#tellCoverage();
      }),
      this.#view.status$.pipe(skip(1)).subscribe(() => this.#tellState()),
    );
  }

  received(message: ToServer): void {
    switch (message.type) {
      case 'wants':
        for (const want of message.gone) this.#drop(this.#wants, want);
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
        this.#drop(this.#fetches, message.fetch);
        break;
      case 'hello':
      case 'bye':
    }
  }

  /** Withdraws all that it has asked for. */
  end(): void {
    for (const subscription of [...this.#subscriptions, ...this.#wants.values(), ...this.#fetches.values()])
      subscription.unsubscribe();
    this.#wants.clear();
    this.#fetches.clear();
  }

  get #generationNow(): number {
    return isOwn(this.#view) ? this.#view[INSIDE].parts.state.generation : 0;
  }

  get #state(): RemoteState {
    const { status, expectedLength, identity } = this.#view;
    this.#generation = this.#generationNow;
    return { status, expectedLength, identity, generation: this.#generation };
  }

  #tellState(): void {
    // What the other side finds committed, or failed, it finds whole.
    this.#tellCoverage();
    this.#endpoint.send({ type: 'state', id: this.id, ...this.#state });
  }

  #tellCoverage(): void {
    const { coverage } = this.#view;
    const changes = coverageChanges(this.#told, coverage);
    if (changes === undefined) return;
    this.#told = coverage;
    this.#acknowledged = false;
    this.#endpoint.send({ type: 'coverage', id: this.id, ...changes });
  }

  #want({ want, start, end, neededBy }: RemoteWant): void {
    this.#drop(this.#wants, want);
    const view = this.#view;
    const range = { start, end };
    const wait$ = isOwn(view)
      ? view[INSIDE].waits.wait(range, { neededBy }, { uninterruptible: true, reader: this.#name })
      : view.waitRange(range, { neededBy });
    // How it ends, the other side learns by coverage and state.
    this.#wants.set(want, wait$.subscribe({ error: () => undefined }));
  }

  #fetch({ fetch, start, length, generation }: FetchedRange): void {
    const give = (bytes: Uint8Array): void => this.#give(fetch, generation, bytes);
    if (this.#generationNow !== generation) {
      give(new Uint8Array(0));
      return;
    }
    const access = accessTo(this.#view);
    try {
      const until = this.#coveredUntil(start, start + Math.min(length, LONGEST_ANSWER));
      let bytes = new Uint8Array(0);
      const copied =
        until > start ? access.copy(start, until - start, (there) => (bytes = allocate(there)), 1) : undefined;
      if (copied !== undefined || until <= start) {
        give(bytes.subarray(0, copied ?? 0));
        return;
      }
      // They are cold here, too.
      const read = access
        .read({ start, end: until })
        .subscribe({ next: give, error: (error: unknown) => this.#refuse(fetch, error) });
      if (!read.closed) this.#fetches.set(fetch, read);
    } catch (error) {
      this.#refuse(fetch, error);
    }
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
    this.#endpoint.send({ type: 'given', id: this.id, fetch, generation, bytes: whole });
  }

  #refuse(fetch: number, error: unknown): void {
    this.#fetches.delete(fetch);
    const { id } = this;
    const generation = this.#generationNow;
    this.#endpoint.send({ type: 'given', id, fetch, generation, bytes: new Uint8Array(0), error: toPlainError(error) });
  }

  #drop(of: Map<number, Subscription>, key: number): void {
    of.get(key)?.unsubscribe();
    of.delete(key);
  }
}

function isOwn(view: ResourceView): view is OwnView {
  return INSIDE in view;
}

import { Observable, Subject } from 'rxjs';

import { ChangeFeed } from '../changes/change-feed.js';
import type { StateStream } from '../changes/state-stream.js';
import type { EvictedRange } from '../changes/wait-queue.js';
import type { Cold } from '../cold/cold.js';
import type { ResourceStatus } from '../control/resource-status.js';
import type { Coverage } from '../coverage/coverage.js';
import type { Driver } from '../drivers/driver.js';
import type { ByteRange } from '../range/byte-range.js';
import type { Content } from './content.js';
import type { Demand } from './demand.js';
import { demandList, type NamedWant } from './demand-list.js';
import { Ports } from './ports.js';

/**
 * Tells everybody of every change of a resource, in the contract's order: other threads first, then
 * what {@link ChangeFeed} tells in this one.
 */
export class OwnerFeed {
  readonly demand$: Observable<readonly Demand[]>;
  readonly writes$: Observable<ByteRange>;
  readonly evictions$: Observable<ByteRange>;
  readonly ports: Ports;
  readonly changes: ChangeFeed<Coverage, ResourceStatus>;
  readonly #demand: StateStream<readonly Demand[]>;
  readonly #writes$ = new Subject<ByteRange>();
  readonly #evictions$ = new Subject<ByteRange>();

  constructor(content: Content<Driver>) {
    const { control, state, driver } = content;
    // What it has beside is no matter of who writes a driver.
    const cold = driver.cold as Cold | undefined;
    const demandChanged = (): void => {
      this.#demand.changed();
      content.use?.changed();
      cold?.answer(this.ports.open, content);
    };
    this.ports = new Ports(control, demandChanged);
    this.changes = new ChangeFeed(content, { ...content.use?.hooks, demandChanged });
    this.#demand = this.changes.stateStream(
      demandList(state, () => this.wants()),
      (watched) => {
        this.ports.watchDemand(watched);
      },
    );
    this.demand$ = this.#demand.state$;
    // Whoever asks for bytes is heard by this.
    if (cold) this.demand$.subscribe();
    this.writes$ = guarded(this.#writes$);
    this.evictions$ = guarded(this.#evictions$);
  }

  /** Yields all waits that make a demand, of this thread and of readers in others, in no order. */
  *wants(): Iterable<NamedWant> {
    this.ports.refresh();
    for (const { wants, name: reader } of this.ports.open) for (const want of wants) yield { ...want, reader };
    for (const wait of this.changes.waits.pending) if (!wait.passive) yield wait;
  }

  /** Tells of a write of `[start, end)`, not empty; `fresh`: some of it was missing before. */
  written(start: number, end: number, fresh: boolean): void {
    if (fresh) this.ports.wakeCovered(start, end);
    this.changes.written(start, end, fresh, this.#announce(this.#writes$, start, end));
  }

  /** Tells other threads of a range that was evicted; queues what tells this one. */
  evicted(range: EvictedRange): void {
    const { start, end } = range;
    this.ports.uncovered(start, end);
    this.changes.evicted(range, this.#announce(this.#evictions$, start, end));
    this.#demand.changed();
  }

  /** Tells of a new state; `replaced`: the length of new content, which was written whole. */
  stateChanged(replaced = 0): void {
    this.ports.wakeAll();
    this.changes.stateChanged(replaced === 0 ? undefined : this.#announce(this.#writes$, 0, replaced));
    this.#demand.changed();
  }

  /** Tells of the last state, and completes everything. */
  end(): void {
    this.ports.wakeAll();
    this.ports.watchDemand(false);
    this.changes.end(() => {
      this.#demand.flush();
      this.#writes$.complete();
      this.#evictions$.complete();
      this.#demand.complete();
    });
  }

  #announce(to$: Subject<ByteRange>, start: number, end: number): (() => void) | undefined {
    return to$.observed ? this.#announcement(to$, start, end) : undefined;
  }

  /** By itself, since what a closure holds is allocated at the call, where it is not made, too. */
  #announcement(to$: Subject<ByteRange>, start: number, end: number): () => void {
    return () => {
      to$.next({ start, end });
    };
  }
}

/**
 * A subject stops at the first subscriber that throws; the observer in between is one of RxJS's,
 * which catches and reports.
 */
function guarded<T>(subject: Subject<T>): Observable<T> {
  return new Observable((subscriber) =>
    subject.subscribe({
      next: (value) => {
        subscriber.next(value);
      },
      complete: () => {
        subscriber.complete();
      },
    }),
  );
}

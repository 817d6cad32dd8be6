import { type Observable, Subject } from 'rxjs';

import { ControlOwner } from '../control/control-owner.js';
import { CLOSED_STATUS, type ResourceStatus } from '../control/resource-status.js';
import type { Answer } from '../control/wait-outcome.js';
import type { ContentRecord, Driver, StoredContent } from '../drivers/driver.js';
import { StorageError, type StorageErrorDetails } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkLength } from '../range/checks.js';
import { endedError } from '../view/answer-error.js';
import type { StateStream } from '../view/state-stream.js';
import { ViewBase } from '../view/view-base.js';
import { checkDriver, checkIdentity, checkSignal } from './checks.js';
import { closeAtExit } from './close-at-exit.js';
import type { Demand } from './demand.js';
import { DemandBoard } from './demand-board.js';
import { Ports } from './ports.js';
import type { ResourceOptions, ResourceOrigin } from './resource-options.js';

/** A driver serves one resource, once. */
const opened = new WeakSet<Driver>();

/**
 * What makes a view the owner's: the driver, the writing side of the control block, the ports, and the telling of every change to
 * everybody in the contract's order. What a user calls is in `resource.ts`.
 */
export abstract class OwnedView<D extends Driver> extends ViewBase {
  /** The driver that it was opened with. */
  readonly driver: D;
  /** What opening it found. */
  readonly origin: ResourceOrigin;
  /** Every successful write, as the range written; not conflated, nothing replayed. Completes on close. */
  readonly writes$: Observable<ByteRange>;
  /**
   * What everybody waits for, in this thread and in others: most urgent first (`neededBy`, none last, then age). Replays, conflated
   * to at most one emission a turn. A subscription does not keep Node's process alive. Where the platform lacks `Atomics.waitAsync`,
   * what other threads wait for shows up to 4 ms later, by a timer that runs while somebody subscribes and there are ports.
   */
  readonly demand$: Observable<readonly Demand[]>;
  /** @internal */
  readonly control: ControlOwner;
  protected readonly bytes: D;
  protected readonly ports: Ports;
  /** The error that `fail` was given last; it says nothing any more when the resource is not failed. */
  protected cause: Error | undefined;
  readonly #demand: StateStream<readonly Demand[]>;
  readonly #writes$ = new Subject<ByteRange>();
  /** Undoes what would close or cancel it. */
  readonly #letGo: () => void;
  #closed = false;
  #driverOpen = true;

  protected constructor(driver: D, options: ResourceOptions) {
    super();
    const { signal, expectedLength, identity } = options;
    checkLength('expectedLength', expectedLength);
    checkIdentity(identity);
    checkSignal(signal);
    checkDriver(driver);
    if (opened.has(driver)) {
      throw new StorageError(
        'INVALID_ARGUMENT',
        'This driver serves another resource, open or closed. Make one driver for each resource.',
      );
    }
    if (signal?.aborted === true) {
      throw new StorageError('CANCELLED', 'Asked to open a resource with a signal that was aborted before.', {
        cause: signal.reason,
      });
    }
    this.driver = driver;
    this.bytes = driver;
    // First: a control block that is made for nothing (the path is claimed, say) is memory until it is collected.
    const content = driver.open(() => this.record());
    opened.add(driver);
    try {
      this.control = new ControlOwner(driver.capabilities.share);
      this.origin = this.#takeUp(content, expectedLength, identity);
    } catch (error) {
      // No room for it, or for its ranges. What is stored stays as it is.
      driver.close(false);
      throw error;
    }
    this.ports = new Ports(this.control, () => {
      this.demandChanged();
    });
    this.#demand = new DemandBoard(this.control, this.notifications, this.waits, this.ports).stream;
    this.writes$ = this.#writes$.asObservable();
    this.demand$ = this.#demand.state$;
    const abort = (): void => {
      this.#cancel();
    };
    signal?.addEventListener('abort', abort, { once: true });
    const staysOpenAtExit = closeAtExit(this, readersOf(this.control));
    this.#letGo = () => {
      signal?.removeEventListener('abort', abort);
      staysOpenAtExit();
    };
  }

  override get status(): ResourceStatus {
    return this.#closed ? CLOSED_STATUS : this.control.status;
  }

  /** @internal */
  override answer(start: number, end: number, clipped: boolean): Answer {
    return this.#closed ? 'closed' : this.control.answer(start, end, clipped);
  }

  /** @internal */
  override demandChanged(): void {
    this.#demand.changed();
  }

  protected override watchersChanged(): void {
    // Every change happens in this thread.
  }

  protected override assertUsable(asked: string): void {
    if (this.#closed || this.control.ended !== undefined) throw endedError(this.status, asked, this.errorDetails());
  }

  protected assertActive(asked: string): void {
    const { status } = this;
    if (status.state !== 'active') throw endedError(status, asked, this.errorDetails());
  }

  protected override errorDetails(): StorageErrorDetails {
    return { path: this.driver.path, cause: this.status.state === 'failed' ? this.cause : undefined };
  }

  /** What the driver may keep with partial content. */
  protected record(): ContentRecord {
    const { coverage, expectedLength, identity } = this.control;
    return { coverage, expectedLength, identity };
  }

  /** Queues the news of a write. */
  protected announce(start: number, end: number): void {
    if (!this.#writes$.observed) return;
    this.notifications.add(() => {
      this.#writes$.next({ start, end });
    });
  }

  /** Tells everybody of newly covered bytes: other threads, then waits; the caller announces the write. */
  protected covered(start: number, end: number): void {
    this.ports.wakeCovered(start, end);
    this.waits.settleCovered(start, end);
    this.coverageStream.changed();
  }

  /** Tells everybody of a new state: other threads, then waits, then `announce`, then the last coverage, then the status. */
  protected stateChanged(announce?: () => void): void {
    this.ports.wakeAll();
    this.waits.settleAnswered();
    announce?.();
    this.notifications.add(() => {
      this.coverageStream.flush();
    });
    this.notifications.add(this.statusStream.prepare(this.status));
    this.demandChanged();
    this.notifications.run();
  }

  /** Ends this view; `clean` is called before the driver is closed. */
  protected end(keep: boolean, clean?: () => void): void {
    if (this.#closed) return;
    const committed = this.status.state === 'committed';
    this.#closed = true;
    this.#letGo();
    if (!committed) this.control.close();
    try {
      try {
        clean?.();
      } finally {
        this.#closeDriver(keep);
      }
    } finally {
      this.stateChanged(() => {
        this.ports.watchDemand(false);
      });
      this.notifications.add(() => {
        this.#demand.flush();
        this.coverageStream.complete();
        this.statusStream.complete();
        this.#writes$.complete();
        this.#demand.complete();
      });
      this.notifications.run();
    }
  }

  #cancel(): void {
    const { state } = this.status;
    if (state !== 'active' && state !== 'failed') return;
    this.control.cancel();
    try {
      this.#closeDriver(true);
    } catch {
      // An abort has no caller to tell. What the driver could not keep is fetched again.
    }
    this.stateChanged();
  }

  #closeDriver(keep: boolean): void {
    if (!this.#driverOpen) return;
    this.#driverOpen = false;
    this.driver.close(keep);
  }

  #takeUp(content: StoredContent, expectedLength: number | undefined, identity: string | undefined): ResourceOrigin {
    const { control } = this;
    const { committedLength, refused } = content;
    const complete = committedLength !== undefined;
    const partial = !complete && content.coverage.length > 0;
    const kept = complete || partial ? content : { expectedLength, identity };
    for (const { start, end } of content.coverage) control.cover(start, end);
    if (kept.identity !== undefined) control.setIdentity(kept.identity);
    if (complete) control.commit(committedLength, () => undefined);
    else if (kept.expectedLength !== undefined) control.setExpectedLength(kept.expectedLength);
    const from = complete ? 'complete' : partial ? 'partial' : 'new';
    return refused === undefined ? { from } : { from, refused };
  }
}

/** Outside of the class, so that what it makes does not hold the resource. */
function readersOf(control: ControlOwner): (exiting: boolean) => void {
  return (exiting) => {
    control.abandon(exiting);
  };
}

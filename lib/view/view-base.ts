import { map, type Observable } from 'rxjs';

import type { ResourceStatus } from '../control/resource-status.js';
import { type Answer, WaitOutcome } from '../control/wait-outcome.js';
import type { Coverage } from '../coverage/coverage.js';
import { StorageError, type StorageErrorDetails } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { endedError, statusBehind } from './answer-error.js';
import { BytesView, interruptedError } from './bytes-view.js';
import { Notifications } from './notifications.js';
import type { ResourceView, WaitOptions } from './resource-view.js';
import { StateStream } from './state-stream.js';
import { READ_APART, WAIT_APART } from './wait-apart.js';
import { WaitingRoom } from './waiting-room.js';

/**
 * What the owner's view of a resource and an asynchronous reader's have in common. They differ in how they learn of changes, in what
 * closes them, and in that only one of them writes.
 */
export abstract class ViewBase extends BytesView implements ResourceView {
  /** @internal */
  readonly notifications = new Notifications();
  protected readonly waits = new WaitingRoom(this);
  protected readonly coverageStream = new StateStream<Coverage>(
    () => this.coverage,
    this.notifications,
    () => {
      this.watchersChanged();
    },
  );
  protected readonly statusStream = new StateStream<ResourceStatus>(
    () => this.status,
    this.notifications,
    () => {
      this.watchersChanged();
    },
  );
  /** See {@link ResourceView.coverage$}. */
  readonly coverage$: Observable<Coverage> = this.coverageStream.state$;
  /** See {@link ResourceView.status$}. */
  readonly status$: Observable<ResourceStatus> = this.statusStream.state$;

  /** See {@link ResourceView.waitRange}. */
  waitRange(range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
    return this.waits.wait(range, options);
  }

  /** @internal */
  [WAIT_APART](range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
    return this.waits.wait(range, { ...options, apart: true });
  }

  /** See {@link ResourceView.read}. */
  read(range: ByteRange): Observable<Uint8Array<ArrayBuffer>> {
    return this.#read(range, false);
  }

  /** @internal */
  [READ_APART](range: ByteRange): Observable<Uint8Array<ArrayBuffer>> {
    return this.#read(range, true);
  }

  /** @internal */
  abstract answer(start: number, end: number, clipped: boolean): Answer;

  /** @internal */
  refusal(answer: Answer, start: number, end: number): StorageError {
    const range = { start, end };
    return endedError(statusBehind(answer, this.status), `Waited for [${start}, ${end})`, {
      ...this.errorDetails(),
      range,
    });
  }

  /** @internal */
  abstract demandChanged(): void;

  /** Somebody subscribed to a state, or nobody does any more. */
  protected abstract watchersChanged(): void;

  protected errorDetails(): StorageErrorDetails {
    return {};
  }

  #read(range: ByteRange, apart: boolean): Observable<Uint8Array<ArrayBuffer>> {
    const { start, end } = range;
    return this.waits.wait(range, { clipped: true, apart }).pipe(
      map((outcome) => {
        if (outcome === WaitOutcome.Interrupted) throw interruptedError(start, end);
        if (outcome === WaitOutcome.Eof || start === end) return new Uint8Array(0);
        const stop = Math.min(end, this.expectedLength ?? end, this.control.coveredUntil(start));
        const target = allocate(Math.max(0, stop - start));
        const length = this.readAt(start, target);
        return length === target.length ? target : target.slice(0, length);
      }),
    );
  }
}

/** A buffer for `length` bytes of content; content may be larger than any. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new StorageError(
      'CAPACITY',
      `Asked for ${length} bytes in one piece, and the platform has no array of that size. Read smaller ranges.`,
      { cause },
    );
  }
}

import type { PieceWise, ViewParts } from '../bytes/bytes-view.js';
import { endedError, waitError } from '../bytes/ended-error.js';
import type { ControlBlock } from '../control/control-block.js';
import { ControlOwner } from '../control/control-owner.js';
import { CLOSED_STATUS, type ResourceStatus } from '../control/resource-status.js';
import { ARRIVALS_AT } from '../control/layout.js';
import type { CopyTarget } from '../bytes/byte-reader.js';
import { joinPieces } from '../bytes/join-pieces.js';
import type { EvictedRange } from '../changes/wait-queue.js';
import type { StorageError, StorageErrorDetails } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import type { WaitState } from '../waits/wait-outcome.js';
import type { RemoteState } from './messages.js';

/**
 * What is known here of content on another side, as far as that has told it: a control block of
 * its own, in memory that is not shared. All bytes are cold.
 */
export class RemoteContent implements ViewParts {
  readonly bytes = {
    copy: (offset: number, _length: number, _target: CopyTarget, min?: number): number | undefined =>
      min === undefined || min === 0 || offset >= (this.state.expectedLength ?? Infinity) ? 0 : undefined,
  };
  readonly errorDetails: StorageErrorDetails = {};
  /** The longest range that the other side can wait for at once, in bytes, if there is one. */
  longestWait: number | undefined;
  readonly #control = new ControlOwner(false, true);
  #closed = false;
  /** What calls throw once it is closed, if not that it is. */
  #closedBy: StorageError | undefined;

  get state(): ControlBlock {
    return this.#control.block;
  }

  get use(): PieceWise | undefined {
    const { longestWait } = this;
    return longestWait === undefined ? undefined : { longestWait, join: joinPieces };
  }

  get status(): ResourceStatus {
    return this.#closed ? CLOSED_STATUS : this.state.status;
  }

  get ended(): 'closed' | 'cancelled' | undefined {
    return this.#closed ? 'closed' : this.state.ended;
  }

  has(start: number, end: number): boolean | undefined {
    return this.#closed ? undefined : this.state.has(start, end);
  }

  waitState(start: number, end: number, withinLength = false): WaitState {
    return this.#closed ? 'closed' : this.state.waitState(start, end, withinLength);
  }

  waitError(state: WaitState, start: number, end: number): Error {
    return state === 'closed' && this.#closedBy !== undefined
      ? this.#closedBy
      : waitError(state, this.status, start, end);
  }

  arrive(): number {
    return Atomics.add(this.#control.words, ARRIVALS_AT, 1);
  }

  assertUsable(asked: string): void {
    if (this.ended !== undefined) throw this.#closedBy ?? endedError(this.status, asked);
  }

  cover({ start, end }: ByteRange): void {
    this.#control.cover(start, end);
  }

  /** Uncovers a range; calls `told` with each covered part of it. */
  uncover(range: ByteRange, told: (evicted: EvictedRange) => void): void {
    for (let at = range.start; at < range.end;) {
      const runEnd = this.state.coveredUntil(at);
      const end = Math.min(runEnd, range.end);
      if (end > at) {
        this.#control.uncover(at, end);
        told({ start: at, end, runEnd, lost: false });
      }
      at = this.state.nextGap(Math.max(at, end), range.end)?.end ?? range.end;
    }
  }

  reactivate(): void {
    if (this.state.status.state !== 'active') this.#control.reactivate();
  }

  /** Takes up what the other side knows beside its coverage. */
  setState({ status, expectedLength, identity }: RemoteState): void {
    const control = this.#control;
    const { state } = this;
    if (status.state === 'committed') {
      const now = state.status;
      if (now.state !== 'committed' || now.finalLength !== status.finalLength)
        control.finalize(status.finalLength, () => undefined);
    } else {
      this.reactivate();
      if (state.expectedLength !== expectedLength) control.setExpectedLength(expectedLength);
    }
    if (state.identity !== identity) control.setIdentity(identity);
    if (status.state === 'failed') control.fail(status.reason);
    if (status.state === 'cancelled') control.cancel();
  }

  /** Idempotent; returns false if it was closed before. */
  close(error?: StorageError): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#closedBy = error;
    return true;
  }
}

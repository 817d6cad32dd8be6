import { ByteReader, type StoredBytes } from '../bytes/byte-reader.js';
import type { ViewParts } from '../bytes/bytes-view.js';
import { endedError, waitError } from '../bytes/ended-error.js';
import { BoxReader } from '../cold/box-reader.js';
import { ColdState, type Reachable } from '../cold/cold-state.js';
import type { Want } from '../control/cell-layout.js';
import type { ControlReader } from '../control/control-reader.js';
import { ARRIVALS_AT } from '../control/layout.js';
import type { ReaderCell } from '../control/reader-cell.js';
import { tellNews } from '../control/reader-news.js';
import { CLOSED_STATUS, type ResourceStatus } from '../control/resource-status.js';
import type { Attachment } from '../drivers/driver.js';
import type { StorageErrorDetails } from '../errors/storage-error.js';
import type { WaitState } from '../waits/wait-outcome.js';
import { ReaderUse } from '../window/reader-use.js';

/** What an attached reader is made of. */
export interface AttachedParts {
  readonly name: string;
  readonly state: ControlReader;
  readonly cell: ReaderCell;
  readonly wakeWord: number;
  readonly bytes: Attachment;
}

/**
 * One reader of a resource that another thread owns: what blocking and asynchronous readers have in
 * common.
 */
export class AttachedReader implements ViewParts {
  /** The name of the port. */
  readonly name: string;
  readonly state: ControlReader;
  readonly cell: ReaderCell;
  readonly wakeWord: number;
  readonly bytes: ByteReader;
  /** What `bytes` reads. */
  readonly attachment: Attachment;
  /** What it leaves in its cell for the driver, where that keeps only a part of the content. */
  readonly use: ReaderUse | undefined;
  /** How it gets bytes that only the owner's thread can read; undefined where there are none. */
  readonly cold: BoxReader | undefined;
  #closed = false;

  constructor({ name, state, cell, wakeWord, bytes }: AttachedParts) {
    this.name = name;
    this.state = state;
    this.cell = cell;
    this.wakeWord = wakeWord;
    this.attachment = bytes;
    const { longestWait, lost } = bytes;
    const tell = (): void => tellNews(cell.words, state.words);
    this.use = longestWait === undefined ? undefined : new ReaderUse(cell.words, tell, longestWait, lost);
    this.cold = hasReach(bytes) ? new BoxReader(cell.buffer, state) : undefined;
    const readState = hasReach(bytes) ? new ColdState(state, bytes) : state;
    this.bytes = new ByteReader(readState, this.use === undefined ? bytes : noting(bytes, this.use));
  }

  /** The words of the control block. */
  get words(): Int32Array {
    return this.state.words;
  }

  /** True once {@link close} was called here. */
  get closed(): boolean {
    return this.#closed;
  }

  get status(): ResourceStatus {
    return this.#over ? CLOSED_STATUS : this.state.status;
  }

  /** Set once nothing can be read or waited for any more. */
  get ended(): 'closed' | 'cancelled' | undefined {
    return this.#over ? 'closed' : this.state.ended;
  }

  get errorDetails(): StorageErrorDetails {
    return {};
  }

  assertUsable(asked: string): void {
    const { ended } = this;
    if (ended !== undefined) throw endedError({ state: ended }, asked);
  }

  has(start: number, end: number): boolean | undefined {
    return this.#over ? undefined : this.state.has(start, end);
  }

  waitState(start: number, end: number, withinLength = false): WaitState {
    if (this.#over) return 'closed';
    const state = this.state.waitState(start, end, withinLength);
    return state === 'pending' ? (this.use?.goneError(this.state, start, end) ?? state) : state;
  }

  /**
   * As {@link ended}, of bytes that only the owner's thread can read: committed content is there
   * when its owner is gone, but nobody gives those any more.
   */
  get coldEnded(): 'closed' | 'cancelled' | undefined {
    return this.ended ?? (this.state.ownerGone ? 'closed' : undefined);
  }

  arrive(): number {
    return Atomics.add(this.words, ARRIVALS_AT, 1);
  }

  waitError(state: WaitState, start: number, end: number): Error {
    return waitError(state, this.status, start, end);
  }

  /**
   * Step 1 of the wake-up protocol (`control/cell-layout.ts`): publishes what the reader wants now.
   */
  publish(wants: readonly Want[], watch?: { readonly start: number; readonly end: number }): void {
    this.cell.publish(this.words, wants, watch);
  }

  /** Step 2 of the protocol: from here on a change wakes again. Returns the count to sleep on. */
  acknowledge(): number {
    return this.cell.acknowledge(this.words, this.wakeWord);
  }

  /**
   * Closes the reader, so that the owner releases its port. Idempotent; returns false if it was
   * closed before.
   */
  close(): boolean {
    if (this.#closed) return false;
    this.state.close();
    this.#closed = true;
    this.cell.closeReader(this.words);
    this.attachment.close();
    return true;
  }

  get #over(): boolean {
    return this.#closed || this.cell.portClosed;
  }
}

/** Reads as `bytes` does, and notes where. */
function noting(bytes: StoredBytes, use: ReaderUse): StoredBytes {
  return {
    read: (offset, target) => {
      use.note(offset, target.length);
      bytes.read(offset, target);
    },
    refresh: () => bytes.refresh?.(),
  };
}

function hasReach(bytes: Attachment): bytes is Attachment & Reachable {
  return bytes.reach !== undefined;
}

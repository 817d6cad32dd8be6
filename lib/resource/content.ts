import { allocate } from '../bytes/allocate.js';
import { ByteReader } from '../bytes/byte-reader.js';
import type { ViewParts } from '../bytes/bytes-view.js';
import { endedError, waitError } from '../bytes/ended-error.js';
import type { ControlBlock } from '../control/control-block.js';
import { ControlOwner } from '../control/control-owner.js';
import { ARRIVALS_AT } from '../control/layout.js';
import { CLOSED_STATUS, type ResourceStatus } from '../control/resource-status.js';
import type { Driver, StoredContent } from '../drivers/driver.js';
import type { ContentRecord } from '../record/content-record.js';
import { checkOptions } from '../errors/check-options.js';
import { StorageError, type StorageErrorDetails } from '../errors/storage-error.js';
import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { checkedRange, checkLength } from '../range/checks.js';
import { abortedError, checkSignal } from '../waits/abort.js';
import type { WaitState } from '../waits/wait-outcome.js';
import type { Use } from '../window/use.js';
import { checkDriver, checkType, incompleteError, noViewsError, pastTheEndError, rewriteError } from './checks.js';
import type { ResourceOptions, ResourceOrigin } from './resource-options.js';

/** A driver serves one resource, once. */
const opened = new WeakSet<Driver>();

/**
 * The bytes of one resource and what is known of them: its driver and its control block.
 *
 * It changes both together, and notifies nobody: its caller does that after each change
 * (`owner-feed.ts`).
 */
export class Content<D extends Driver> implements ViewParts {
  readonly driver: D;
  readonly control: ControlOwner;
  readonly bytes: ByteReader;
  /** What opening it found. */
  readonly origin: ResourceOrigin;
  /**
   * What `fail` was given last, or the reason of the signal; it counts only while failed or
   * cancelled.
   */
  #cause: unknown;
  #closed = false;
  #driverOpen = true;

  private constructor(driver: D, expectedLength: number | undefined, identity: string | undefined) {
    if (opened.has(driver)) {
      throw new StorageError('INVALID_ARGUMENT', 'This driver serves another resource. Make one for each.');
    }
    this.driver = driver;
    // Opened first: a control block made in vain (if the path is claimed, say) takes memory until
    // it is collected.
    const stored = driver.open(() => this.#record());
    opened.add(driver);
    try {
      this.control = new ControlOwner(driver.capabilities.share, driver.capabilities.evicts);
      this.origin = this.#takeUp(stored, expectedLength, identity);
    } catch (error) {
      // No room for it, or for its ranges. What is stored stays as it is.
      driver.close(false);
      throw error;
    }
    this.bytes = new ByteReader(this.state, driver);
  }

  /** Opens `driver`. Throws what `Resource.open` does. */
  static open<D extends Driver>(driver: D, options: ResourceOptions = {}): Content<D> {
    checkOptions(options, ['signal', 'expectedLength', 'identity']);
    const { signal, expectedLength, identity } = options;
    checkLength('expectedLength', expectedLength);
    checkType('identity', 'string', identity);
    // Before anything is opened: what cannot be listened to would leave an open driver behind.
    checkSignal(signal);
    checkDriver(driver);
    if (signal?.aborted === true) throw abortedError('Opened a resource', signal);
    return new Content(driver, expectedLength, identity);
  }

  /** What is known of the bytes. If the resource was committed, it stays so when that is closed. */
  get state(): ControlBlock {
    return this.control.block;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get status(): ResourceStatus {
    return this.#closed ? CLOSED_STATUS : this.state.status;
  }

  /** True if a write has to reactivate the content first, and the driver allows it. */
  get reactivates(): boolean {
    return this.driver.capabilities.reactivates === true && this.status.state === 'committed';
  }

  get errorDetails(): StorageErrorDetails {
    const { state } = this.status;
    return { path: this.driver.path, cause: state === 'failed' || state === 'cancelled' ? this.#cause : undefined };
  }

  /** Set once nothing can be read or waited for any more. */
  get ended(): 'closed' | 'cancelled' | undefined {
    return this.#closed ? 'closed' : this.state.ended;
  }

  has(start: number, end: number): boolean | undefined {
    return this.#closed ? undefined : this.state.has(start, end);
  }

  waitState(start: number, end: number, withinLength = false): WaitState {
    if (this.#closed) return 'closed';
    const state = this.state.waitState(start, end, withinLength);
    return state === 'pending' ? (this.use?.goneError(this.state, start, end) ?? state) : state;
  }

  arrive(): number {
    return Atomics.add(this.control.words, ARRIVALS_AT, 1);
  }

  get use(): Use | undefined {
    // What it has beside is no matter of who writes a driver.
    return this.driver.use as Use | undefined;
  }

  waitError(state: WaitState, start: number, end: number): Error {
    return waitError(state, this.status, start, end, this.errorDetails);
  }

  assertUsable(asked: string): void {
    if (this.ended !== undefined) throw endedError(this.status, asked, this.errorDetails);
  }

  assertActive(asked: string): void {
    const { status } = this;
    if (status.state !== 'active') throw endedError(status, asked, this.errorDetails);
  }

  /** Writes `data`, not empty, to active content; returns true if any of it was missing. */
  write(offset: number, data: Uint8Array): boolean {
    const { control } = this;
    const end = offset + data.length;
    const fresh = this.state.coveredUntil(offset) < end;
    this.#assertRewritable(offset, end);
    if (fresh) control.reserve();
    this.driver.write(offset, data);
    if (fresh) control.cover(offset, end);
    return fresh;
  }

  /** Replaces the whole content by `data` and commits it; the caller has the driver `settle`. */
  replace(data: Uint8Array): void {
    if (this.state.coveredBytes > 0) this.#assertRewritable(0, MAX_OFFSET);
    this.control.reserve();
    this.control.finalize(data.length, this.driver.replace(data));
  }

  /**
   * Commits, unless that was done before, and returns true if the driver is to `settle`.
   */
  commit(finalLength: number | undefined): boolean {
    const { status, state, control } = this;
    if (status.state === 'committed') {
      if (finalLength === undefined || finalLength === status.finalLength) return false;
      throw new StorageError(
        'INVALID_ARGUMENT',
        `Asked to commit ${finalLength} bytes, and ${status.finalLength} are committed already. reactivate() it first.`,
      );
    }
    this.assertActive('Committed');
    const length = finalLength ?? state.expectedLength ?? control.arrivedEnd;
    const gap = state.nextGap(0, length);
    if (gap !== undefined) throw incompleteError(`commit ${length} bytes`, gap, this.driver.path);
    control.reserve();
    control.finalize(length, this.driver.commit(length));
    return true;
  }

  /** A copy of all committed bytes. */
  readAll(): Uint8Array<ArrayBuffer> {
    const target = allocate(this.#committedLength('read all'));
    if (target.length > 0) this.driver.read(0, target);
    return target;
  }

  /** Committed bytes as the driver has them. */
  view(range: ByteRange): Uint8Array {
    const { start, end } = checkedRange(range);
    const length = this.#committedLength('view');
    if (end > length) throw pastTheEndError(range, length);
    const { capabilities } = this.driver;
    if (!capabilities.view || this.driver.view === undefined) throw noViewsError(capabilities);
    return this.driver.view(start, end);
  }

  fail(reason: string | Error): void {
    this.#cause = typeof reason === 'string' ? undefined : reason;
    this.control.fail(typeof reason === 'string' ? reason : reason.message);
  }

  /** Makes committed or failed content active again. */
  reactivate(): void {
    if (this.status.state === 'committed') this.driver.reopen();
    this.control.reactivate();
  }

  /** @param reason - of the signal */
  cancel(reason: unknown): void {
    this.#cause = reason;
    this.control.cancel();
    try {
      this.#closeDriver(true);
    } catch {
      // An abort has no caller to throw to. What the driver could not keep is fetched again.
    }
  }

  /**
   * Closes; `keep`: partial content is to be found again. `clean` is called before the driver is
   * closed.
   */
  close(keep: boolean, clean: (() => void) | undefined): void {
    const committed = this.status.state === 'committed';
    this.#closed = true;
    // Of committed bytes other threads read on, but nobody gives them cold ones any more.
    if (!committed || this.driver.cold) this.control.abandon(committed);
    try {
      clean?.();
    } finally {
      this.#closeDriver(keep);
    }
  }

  /**
   * Closes as the thread ends: keeps partial content, and notifies no subscriber. At this point a
   * subscriber could do nothing about it, and would take it for a failure.
   */
  closeAtExit(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeDriver(true);
  }

  #committedLength(asked: string): number {
    const { status } = this;
    if (status.state === 'committed') return status.finalLength;
    this.assertActive(`Asked to ${asked}`);
    throw incompleteError(asked, this.state.nextGap(0, undefined), this.driver.path);
  }

  #closeDriver(keep: boolean): void {
    if (!this.#driverOpen) return;
    this.#driverOpen = false;
    this.driver.close(keep);
  }

  #assertRewritable(start: number, end: number): void {
    if (this.driver.capabilities.rewrites) return;
    const gap = this.state.nextGap(start, end);
    if (start === end || (gap?.start === start && gap.end === end)) return;
    throw rewriteError({ start, end }, this.driver.path);
  }

  /** What the driver may keep with partial content. */
  #record(): ContentRecord {
    const { coverage, expectedLength, identity } = this.state;
    return { coverage, expectedLength, identity };
  }

  #takeUp(stored: StoredContent, expectedLength: number | undefined, identity: string | undefined): ResourceOrigin {
    const { control } = this;
    const { committedLength, refused } = stored;
    const complete = committedLength !== undefined;
    const partial = !complete && stored.coverage.length > 0;
    const kept = complete || partial ? stored : { expectedLength, identity };
    for (const { start, end } of stored.coverage) control.cover(start, end);
    if (kept.identity !== undefined) control.setIdentity(kept.identity);
    if (complete) control.finalize(committedLength, () => undefined);
    else if (kept.expectedLength !== undefined) control.setExpectedLength(kept.expectedLength);
    const from = complete ? 'complete' : partial ? 'partial' : 'new';
    return { from, ...(refused && { refused }) };
  }
}

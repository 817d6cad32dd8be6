import type { Driver } from '../drivers/driver.js';
import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { checkLength, checkRange, checkSpan } from '../range/checks.js';
import { checkBytes } from '../range/bytes.js';
import { endedError } from '../view/answer-error.js';
import { allocate } from '../view/view-base.js';
import { checkIdentity, incompleteError } from './checks.js';
import { OwnedView } from './owned-view.js';
import type { ReaderPort } from './reader-port.js';
import type { ResourceOptions } from './resource-options.js';

/**
 * A random-access store of bytes that knows which of them are there.
 *
 * The thread that opens it owns it and is its only writer; others read through {@link createPort}. It is *active* while it takes writes,
 * *committed* once complete, *failed* or *cancelled* if it will not be; see {@link ResourceStatus}.
 *
 * Calls made from a subscriber's callback take effect at once, and what they have to tell queues behind what is being told.
 * A failed write changes no coverage and leaves the resource active.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 *
 * using resource = Resource.open(new MemDriver(), { expectedLength: 6 });
 * resource.coverage$.subscribe((coverage) => console.log(coverage.toArray()));
 * resource.writeAt(3, new Uint8Array([4, 5, 6]));
 * resource.writeAt(0, new Uint8Array([1, 2, 3]));
 * resource.commit();
 * console.log(resource.readAll()); // 1 2 3 4 5 6
 * ```
 */
export class Resource<D extends Driver = Driver> extends OwnedView<D> {
  /**
   * Opens a resource over `driver`, which serves this resource only.
   *
   * Throws `INVALID_ARGUMENT`, `CANCELLED` if the signal has fired already, `CAPACITY`, and what the driver throws.
   */
  static open<D extends Driver>(driver: D, options: ResourceOptions = {}): Resource<D> {
    return new Resource(driver, options);
  }

  /** The file it stores into; undefined where it stores into none. */
  get path(): string | undefined {
    return this.driver.path;
  }

  override get expectedLength(): number | undefined {
    return super.expectedLength;
  }

  /** Settable while active; throws `INVALID_ARGUMENT`, and what a write throws in other states. */
  override set expectedLength(length: number | undefined) {
    checkLength('expectedLength', length);
    this.assertActive('Set the expected length');
    if (length === this.expectedLength) return;
    this.control.setExpectedLength(length);
    this.stateChanged();
  }

  override get identity(): string | undefined {
    return super.identity;
  }

  /** Settable while active; throws `CAPACITY`, and what a write throws in other states. */
  override set identity(identity: string | undefined) {
    checkIdentity(identity);
    this.assertActive('Set the identity');
    if (identity !== this.identity) this.control.setIdentity(identity);
  }

  /**
   * Writes `data` at `offset`, in bytes.
   *
   * On return every thread can read it, and the waits that it completes are settled. Writing again what was written is allowed;
   * readers may then see some of either. Empty data does nothing.
   *
   * Throws `INVALID_RANGE`, `READ_ONLY` if committed, `FAILED`, `CANCELLED`, `CLOSED`, and what the driver throws (`CAPACITY`,
   * `NO_SPACE`, `IO`): nothing is covered then, the resource stays active, and the call may be made again.
   */
  writeAt(offset: number, data: Uint8Array): void {
    checkBytes('data', data);
    const { length } = data;
    checkSpan(offset, length);
    if (length === 0 && this.#reactivates) return;
    if (this.#reactivates) this.reactivate();
    this.assertActive('Wrote bytes');
    if (length === 0) return;
    const end = offset + length;
    const { control } = this;
    const fresh = control.coveredUntil(offset) < end;
    this.#assertRewritable(offset, end);
    if (fresh) control.reserve();
    this.driver.write(offset, data);
    if (fresh) {
      control.cover(offset, end);
      this.covered(offset, end);
    }
    this.announce(offset, end);
    this.notifications.run();
  }

  /**
   * Replaces the whole content by `data` and commits it: a reader in another thread sees all of the old content or all of the new.
   *
   * Throws as {@link writeAt} does; then nothing has changed.
   */
  writeAll(data: Uint8Array): void {
    checkBytes('data', data);
    if (!this.#reactivates) this.assertActive('Wrote the whole content');
    const { length } = data;
    if (this.coveredBytes > 0) this.#assertRewritable(0, MAX_OFFSET);
    this.control.reserve();
    this.control.replace(length, this.driver.replace(data));
    this.#settle(() => {
      if (length > 0) this.announce(0, length);
    });
  }

  /**
   * Makes the content complete: from then on it cannot change, and has a `length`.
   *
   * Covered bytes past the end are dropped. Committing again with the same length does nothing.
   *
   * Throws `INCOMPLETE` with the first gap in `range` if a byte is missing, `INVALID_ARGUMENT` for another length than the committed
   * one, `FAILED`, `CANCELLED`, `CLOSED`, and what the driver throws; then nothing has changed.
   *
   * @param finalLength - in bytes; by default the expected length, else the end of the last covered range
   */
  commit(finalLength?: number): void {
    checkLength('finalLength', finalLength);
    const { status } = this;
    if (status.state === 'committed') {
      if (finalLength === undefined || finalLength === status.finalLength) return;
      throw new StorageError(
        'INVALID_ARGUMENT',
        `Asked to commit ${finalLength} bytes, and ${status.finalLength} are committed already. reactivate() it first.`,
      );
    }
    this.assertActive('Committed');
    const length = finalLength ?? this.expectedLength ?? this.control.coveredEnd;
    const gap = this.control.nextGap(0, length);
    if (gap !== undefined) throw incompleteError(`commit ${length} bytes`, gap, this.path);
    this.control.reserve();
    this.control.commit(length, this.driver.commit(length));
    this.#settle();
  }

  /**
   * Gives an active resource up: waits for missing bytes end with `FAILED`, covered bytes stay readable. In other states: nothing.
   *
   * Throws `CAPACITY` if there is no room for the reason.
   *
   * @param reason - goes into the status in every thread; of an `Error` its message, while errors in this thread carry it as `cause`
   */
  fail(reason: string | Error): void {
    if (typeof reason !== 'string' && typeof (reason as Partial<Error> | undefined)?.message !== 'string') {
      throw wrongType('the reason of a failure', 'a string or an Error', reason);
    }
    if (this.status.state !== 'active') return;
    this.cause = typeof reason === 'string' ? undefined : reason;
    this.control.fail(typeof reason === 'string' ? reason : reason.message);
    this.stateChanged();
  }

  /**
   * Makes a committed or failed resource active again; bytes and coverage are kept. Active: nothing.
   *
   * The expected length of content that was committed becomes unknown, since it is about to change. Throws `CANCELLED`, `CLOSED`, and
   * what the driver throws.
   */
  reactivate(): void {
    const { state } = this.status;
    if (state === 'active') return;
    this.assertUsable('Reactivated');
    if (state === 'committed') this.driver.reopen();
    this.control.reactivate();
    this.stateChanged();
  }

  /** Ends the waits and reads that were made through this object and are pending: with Interrupted, or the code `INTERRUPTED`. */
  interrupt(): void {
    this.waits.interrupt();
    this.notifications.run();
  }

  /**
   * Makes a reader for another thread.
   *
   * Throws `UNSUPPORTED` if the driver or the platform cannot share memory, `CANCELLED`, `CLOSED`, `CAPACITY`.
   *
   * @param options.name - names it in `Demand.reader`; by default `reader-1`, `reader-2` …
   *
   * @example
   * ```ts
   * import { Worker } from 'node:worker_threads';
   * import { MemDriver, Resource } from 'tidemark';
   *
   * const resource = Resource.open(new MemDriver());
   * const port = resource.createPort({ name: 'decoder' });
   * new Worker(new URL('./decoder.js', import.meta.url), { workerData: port.handle });
   * ```
   */
  createPort(options: { name?: string | undefined } = {}): ReaderPort {
    const { name } = options;
    if (name !== undefined && typeof name !== 'string') throw wrongType("a port's name", 'a string', name);
    this.assertUsable('Made a port');
    return this.ports.create(name, this.driver);
  }

  /** Resolves once what is covered now is durable; in memory at once. Rejects with `CANCELLED`, `CLOSED`, and what the driver throws. */
  async checkpoint(): Promise<void> {
    this.assertUsable('Made a checkpoint');
    if (this.status.state !== 'committed') await this.driver.checkpoint?.();
  }

  /**
   * The whole committed content, as a copy.
   *
   * Throws `INCOMPLETE` if it is not committed, `FAILED`, `CANCELLED`, `CLOSED`, `CAPACITY`.
   */
  readAll(): Uint8Array<ArrayBuffer> {
    const target = allocate(this.#committedLength('read all'));
    if (target.length > 0) this.driver.read(0, target);
    return target;
  }

  /**
   * Committed bytes without copying, for as long as the resource is open and committed.
   *
   * In memory it is the resource's own memory: do not write into it. Throws `INVALID_RANGE` past the end, `INCOMPLETE` if it is not
   * committed, `UNSUPPORTED` if the driver cannot, `FAILED`, `CANCELLED`, `CLOSED`.
   */
  view(range: ByteRange): Uint8Array {
    const { start, end } = range;
    checkRange(start, end);
    const length = this.#committedLength('view');
    if (end > length) {
      const asked = `Asked to view [${start}, ${end}) of ${length} bytes.`;
      throw new StorageError('INVALID_RANGE', `${asked} Ask for a range up to the length.`, { range });
    }
    if (!this.driver.capabilities.view || this.driver.view === undefined) {
      throw new StorageError('UNSUPPORTED', 'This driver has no views of its bytes. Use readAt() or read().');
    }
    return this.driver.view(start, end);
  }

  /**
   * Closes: waits of an uncommitted resource end with `CLOSED`, partial content is kept where the driver can, the claim on the path is
   * given back, and the observables complete. Readers of a committed resource go on until they close. Again: nothing.
   */
  close(): void {
    this.end(true);
  }

  /**
   * Closes, and removes the bytes of partial content.
   *
   * @param options.committed - remove committed content too. `@default` false
   */
  discard(options: { committed?: boolean | undefined } = {}): void {
    const { committed = false } = options;
    this.end(false, () => this.driver.remove?.(committed));
  }

  /** Whether a write would have to reactivate first, and may. */
  get #reactivates(): boolean {
    return this.driver.capabilities.reactivates === true && this.status.state === 'committed';
  }

  /** The content is final now, whatever the driver still has to say. */
  #settle(announce?: () => void): void {
    try {
      this.driver.settle?.();
    } finally {
      this.stateChanged(announce);
    }
  }

  #assertRewritable(start: number, end: number): void {
    if (this.driver.capabilities.rewrites) return;
    const gap = this.control.nextGap(start, end);
    if (start === end || (gap?.start === start && gap.end === end)) return;
    throw new StorageError(
      'UNSUPPORTED',
      `Wrote [${start}, ${end}), of which bytes are there already; this driver writes a byte once.`,
      { range: { start, end }, path: this.path },
    );
  }

  #committedLength(asked: string): number {
    const { status } = this;
    if (status.state === 'committed') return status.finalLength;
    if (status.state !== 'active') throw endedError(status, `Asked to ${asked}`, this.errorDetails());
    throw incompleteError(asked, this.nextGap(0), this.path);
  }
}

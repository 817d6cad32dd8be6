import type { Observable } from 'rxjs';

import { BytesView } from '../bytes/bytes-view.js';
import type { ResourceStatus } from '../control/resource-status.js';
import type { Coverage } from '../coverage/coverage.js';
import type { Driver } from '../drivers/driver.js';
import { checkOptions } from '../errors/check-options.js';
import { wrongType } from '../errors/invalid-argument.js';
import type { ByteRange } from '../range/byte-range.js';
import { INSIDE, type ViewInside } from '../view/own-view.js';
import { readRange } from '../view/read-range.js';
import type { ResourceView } from '../view/resource-view.js';
import type { ReadOptions } from '../waits/read-options.js';
import type { WaitOptions } from '../waits/wait-options.js';
import type { WaitOutcome } from '../waits/wait-outcome.js';
import { checkType } from './checks.js';
import { Content } from './content.js';
import type { Demand } from './demand.js';
import { type Close, ending } from './ending.js';
import { Eviction } from './eviction.js';
import type { Hold } from './hold.js';
import { OwnerFeed } from './owner-feed.js';
import type { ReaderPort } from './reader-port.js';
import type { ResourceOptions, ResourceOrigin } from './resource-options.js';
import { Writer } from './writer.js';

/**
 * A random-access store of bytes that knows which of them are there.
 *
 * The thread that opens it owns it and is its only writer; others read through {@link createPort}.
 * It is *active* while it takes writes, *committed* once complete, *failed* or *cancelled* if it
 * will not be; see {@link ResourceStatus}.
 *
 * Calls made from a subscriber's callback take effect at once, and their notifications queue behind
 * those in progress. A failed write changes no coverage and leaves the resource active.
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
export class Resource<D extends Driver = Driver> extends BytesView implements ResourceView {
  /** The driver that it was opened with. */
  readonly driver: D;
  /** What opening it found. */
  readonly origin: ResourceOrigin;
  readonly coverage$: Observable<Coverage>;
  readonly status$: Observable<ResourceStatus>;
  /** The range of every successful write; not conflated, not replayed. Completes on close. */
  readonly writes$: Observable<ByteRange>;
  /** Each covered range that was evicted; not conflated, not replayed. Completes on close. */
  readonly evictions$: Observable<ByteRange>;
  /**
   * What everybody waits for, in this thread and in others: most urgent first (`neededBy`, none
   * last, then age). Replays, conflated to at most one emission a turn. A subscription does not
   * keep Node's process alive. Where the platform lacks `Atomics.waitAsync`, what other threads
   * wait for shows up to 4 ms later, by a timer that runs while somebody subscribes and there are
   * ports.
   */
  readonly demand$: Observable<readonly Demand[]>;
  /** @internal */
  readonly [INSIDE]: ViewInside & { readonly parts: Pick<Content<D>, 'control'> };
  readonly #content: Content<D>;
  readonly #feed: OwnerFeed;
  readonly #writer: Writer;
  readonly #eviction: Eviction;
  readonly #close: Close;

  /**
   * Opens a resource over `driver`, which serves this resource only.
   *
   * One that is open when its thread in Node ends by itself (`process.exit()`, say) is closed then,
   * as {@link close} does, but notifies no subscriber in that thread.
   *
   * Throws `INVALID_ARGUMENT`, `CANCELLED` if the signal has fired already, `CAPACITY`, and what
   * the driver throws.
   */
  static open<D extends Driver>(driver: D, options?: ResourceOptions): Resource<D> {
    return new Resource(Content.open(driver, options), options?.signal);
  }

  private constructor(content: Content<D>, signal: AbortSignal | undefined) {
    if (!(content instanceof Content)) {
      throw wrongType('the argument', 'made by Resource.open(driver)', content);
    }
    super(content);
    this.#content = content;
    this.driver = content.driver;
    this.origin = content.origin;
    this.#feed = new OwnerFeed(content);
    this.#eviction = new Eviction(content, this.#feed);
    this.#writer = new Writer(content, this.#feed, this.#eviction);
    const { changes, writes$, evictions$, demand$ } = this.#feed;
    this.coverage$ = changes.coverage.state$;
    this.status$ = changes.status.state$;
    this.writes$ = writes$;
    this.evictions$ = evictions$;
    this.demand$ = demand$;
    this[INSIDE] = { parts: content, waits: changes.waits };
    this.#close = ending(content, this.#feed, signal);
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
    this.#writer.setExpectedLength(length);
  }

  override get identity(): string | undefined {
    return super.identity;
  }

  /** Settable while active; throws `CAPACITY`, and what a write throws in other states. */
  override set identity(identity: string | undefined) {
    this.#writer.setIdentity(identity);
  }

  /**
   * Writes `data` at `offset`, in bytes.
   *
   * On return every thread can read it, and the waits that it completes are settled. Writing again
   * what was written is allowed; readers may then see some of either. Empty data does nothing.
   *
   * Throws `INVALID_RANGE`, `READ_ONLY` if committed, `FAILED`, `CANCELLED`, `CLOSED`, and what the
   * driver throws (`CAPACITY`, `NO_SPACE`, `IO`): nothing is covered then, the resource stays
   * active, and the call may be made again.
   */
  writeAt(offset: number, data: Uint8Array): void {
    this.#writer.write(offset, data);
  }

  /**
   * Replaces the whole content by `data` and commits it: a reader in another thread sees all of the
   * old content or all of the new.
   *
   * Throws as {@link writeAt} does; then nothing has changed.
   */
  writeAll(data: Uint8Array): void {
    this.#writer.replace(data);
  }

  /**
   * Makes the content complete: from then on it cannot change, and has a `length`.
   *
   * Covered bytes past the end are dropped. Committing again with the same length does nothing.
   *
   * Throws `INCOMPLETE` with the first gap in `range` if a byte is missing, `INVALID_ARGUMENT` for
   * another length than the committed one, `FAILED`, `CANCELLED`, `CLOSED`, and what the driver
   * throws; then nothing has changed.
   *
   * @param finalLength - in bytes; by default the expected length, else the end of the last byte
   * that has come, evicted since or not
   */
  commit(finalLength?: number): void {
    this.#writer.commit(finalLength);
  }

  /**
   * Gives an active resource up: waits for missing bytes end with `FAILED`, covered bytes stay
   * readable. In other states it does nothing.
   *
   * Throws `CAPACITY` if there is no room for the reason.
   *
   * @param reason - goes into the status in every thread; of an `Error` its message, while errors
   * in this thread carry it as `cause`
   */
  fail(reason: string | Error): void {
    this.#writer.fail(reason);
  }

  /**
   * Makes a committed or failed resource active again; bytes and coverage are kept. If it is
   * active, it does nothing.
   *
   * The expected length of content that was committed becomes unknown, since it is about to change.
   * Throws `CANCELLED`, `CLOSED`, and what the driver throws.
   */
  reactivate(): void {
    this.#writer.reactivate();
  }

  /**
   * Gives the covered bytes of `range` (half-open) up, so that their place can be used for others;
   * returns how many went. They are missing then, in every thread, until they are written again.
   * Held bytes stay ({@link hold}), and so do those that pending waits have asked for, unless they
   * are passive. (Of a reader in another thread the eight most urgent ones count.) Ready does not
   * keep bytes: `readAt` may come short after it. What waits and copies waits again.
   *
   * Throws `INVALID_RANGE`, `UNSUPPORTED` if the driver cannot, `READ_ONLY` if committed,
   * `CANCELLED`, `CLOSED`, `CAPACITY` if coverage cannot be cut any finer.
   */
  evict(range: ByteRange): number {
    return this.#eviction.evict(range);
  }

  /**
   * Keeps {@link evict} from the bytes of `range` (half-open), there yet or not, until it and all
   * other holds of them are released. Throws `INVALID_RANGE`, `CANCELLED`, `CLOSED`, `CAPACITY` for
   * more than half of a window.
   */
  hold(range: ByteRange): Hold {
    return this.#eviction.hold(range);
  }

  /** Ends the pending waits and reads of this object: with Interrupted, or `INTERRUPTED`. */
  interrupt(): void {
    this.#feed.changes.interrupt();
  }

  /**
   * Makes a reader for another thread.
   *
   * Throws `UNSUPPORTED` if the driver or the platform cannot share memory, `CANCELLED`, `CLOSED`,
   * `CAPACITY`, and what the driver throws (`CHANGED`).
   *
   * @param options.name - names it in `Demand.reader`; by default `reader-1`, `reader-2` …
   */
  createPort(options: { name?: string | undefined } = {}): ReaderPort {
    checkOptions(options, ['name']);
    const { name } = options;
    checkType("a port's name", 'string', name);
    this.#content.assertUsable('Made a port');
    return this.#feed.ports.create(name, this.driver);
  }

  /**
   * Resolves once what is covered now is durable; in memory at once. Rejects with `CANCELLED`,
   * `CLOSED`, and what the driver throws.
   */
  async checkpoint(): Promise<void> {
    this.#content.assertUsable('Made a checkpoint');
    if (this.status.state !== 'committed') await this.driver.checkpoint?.();
  }

  /**
   * The whole committed content, as a copy.
   *
   * Throws `INCOMPLETE` if it is not committed, `FAILED`, `CANCELLED`, `CLOSED`, `CAPACITY`.
   */
  readAll(): Uint8Array<ArrayBuffer> {
    return this.#content.readAll();
  }

  /**
   * Committed bytes without copying, for as long as the resource is open and committed.
   *
   * In memory it is the resource's own memory: do not write into it. Throws `INVALID_RANGE` past
   * the end, `INCOMPLETE` if it is not committed, `UNSUPPORTED` if the driver cannot, `FAILED`,
   * `CANCELLED`, `CLOSED`.
   */
  view(range: ByteRange): Uint8Array {
    return this.#content.view(range);
  }

  /**
   * Closes: waits of an uncommitted resource end with `CLOSED`, partial content is kept where the
   * driver can, the claim on the path is released, and the observables complete. Readers of a
   * committed resource go on until they close. Idempotent.
   */
  close(): void {
    this.#close(true);
  }

  /**
   * Closes, and removes the bytes of partial content.
   *
   * Throws `INVALID_ARGUMENT` for an option that does not exist, and then it stays open; and what
   * the driver throws.
   *
   * @param options.committed - remove committed content too. `@default` false
   */
  discard(options: { committed?: boolean | undefined } = {}): void {
    checkOptions(options, ['committed']);
    const { committed = false } = options;
    checkType('committed', 'boolean', committed);
    this.#close(false, () => this.driver.remove?.(committed));
  }

  waitRange(range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
    return this[INSIDE].waits.wait(range, options);
  }

  read(range: ByteRange, options?: ReadOptions): Observable<Uint8Array<ArrayBuffer>> {
    return readRange(this[INSIDE], range, false, options);
  }
}

import { asyncScheduler, type Observable } from 'rxjs';

import { BytesView } from '../bytes/bytes-view.js';
import { ChangeFeed } from '../changes/change-feed.js';
import type { ResourceStatus } from '../control/resource-status.js';
import { wake } from '../control/wake-words.js';
import { whenWordChanges } from '../control/when-word-changes.js';
import type { Coverage } from '../coverage/coverage.js';
import type { AttachedReader } from '../handle/attached-reader.js';
import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { LONGEST_TIMER } from '../range/times.js';
import { INSIDE, type ViewInside } from '../view/own-view.js';
import { fetchRange } from '../view/fetch-range.js';
import { readRange } from '../view/read-range.js';
import type { ResourceView } from '../view/resource-view.js';
import type { ReadOptions } from '../waits/read-options.js';
import type { WaitOptions } from '../waits/wait-options.js';
import type { WaitOutcome } from '../waits/wait-outcome.js';
import { Fetches } from './fetches.js';
import { mostUrgent } from './most-urgent.js';

const EVERYTHING = { start: 0, end: MAX_OFFSET };

/**
 * A view of a resource that another thread owns, for pipelines and progress bars in this one. Made
 * by {@link attachReader}.
 *
 * Its pending waits keep Node's process alive, since another thread is about to write. (Those of
 * the owner's thread do not.) Where the platform lacks `Atomics.waitAsync`, a change reaches them
 * and its observables up to 4 ms later, by a timer that runs while there are any.
 *
 * `demand$` shows the eight most urgent of its waits; as they end, the next ones.
 *
 * It learns of the owner's changes through shared memory. An owner that is *terminated* tells
 * nobody: see `ownerGone`.
 */
export class ResourceReader extends BytesView implements ResourceView {
  readonly coverage$: Observable<Coverage>;
  readonly status$: Observable<ResourceStatus>;
  /** @internal */
  readonly [INSIDE]: ViewInside;
  readonly #attached: AttachedReader;
  readonly #feed: ChangeFeed<Coverage, ResourceStatus>;
  readonly #fetches: Fetches | undefined;
  #interrupts: number;
  #dirty = false;
  #stepping = false;
  #listening = false;
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  /** @internal */
  constructor(attached: AttachedReader) {
    super(attached);
    this.#attached = attached;
    this.#interrupts = attached.cell.interrupts;
    const demandChanged = (): void => {
      this.#demandChanged();
    };
    this.#feed = new ChangeFeed(attached, {
      demandChanged,
      watchersChanged: demandChanged,
      ...attached.use?.hooks,
      arriving: (wait) => {
        // An earlier interrupt does not end this wait.
        this.#takeInterrupts();
        attached.use?.hooks.arriving(wait);
      },
    });
    const { cold } = attached;
    this.#fetches =
      cold && new Fetches(attached, cold, { arriving: () => this.#takeInterrupts(), changed: () => this.#stepSoon() });
    this[INSIDE] = { parts: attached, waits: this.#feed.waits, cold: this.#fetches };
    this.coverage$ = this.#feed.coverage.state$;
    this.status$ = this.#feed.status.state$;
  }

  /** The name of the port, as in `Demand.reader`. */
  get name(): string {
    return this.#attached.name;
  }

  override readAt(offset: number, target: Uint8Array): number {
    const copied = super.readAt(offset, target);
    this.#attached.use?.release();
    return copied;
  }

  waitRange(range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
    return this.#feed.waits.wait(range, options);
  }

  read(range: ByteRange, options?: ReadOptions): Observable<Uint8Array<ArrayBuffer>> {
    return readRange(this[INSIDE], range, false, options, this.#fetches && fetchRange);
  }

  /**
   * Ends the reader: its waits end with `CLOSED`, its demand is withdrawn, its observables
   * complete. Idempotent.
   */
  close(): void {
    if (!this.#attached.close()) return;
    this.#stopListening();
    this.#end();
  }

  /** The waits have changed, or whether anybody watches: both are published. */
  #demandChanged(): void {
    this.#dirty = true;
    this.#stepSoon();
  }

  /**
   * Schedules a step of the wake-up protocol (`control/cell-layout.ts`): one for all calls of a
   * turn.
   */
  #stepSoon(): void {
    if (this.#stepping || this.#attached.closed) return;
    this.#stepping = true;
    queueMicrotask(() => {
      this.#stepping = false;
      this.#step();
    });
  }

  #step(): void {
    const attached = this.#attached;
    const feed = this.#feed;
    if (attached.closed) return;
    if (this.#dirty) {
      this.#dirty = false;
      const { wants, watch } = mostUrgent(feed.waits.pending);
      attached.publish(wants, feed.coverage.watched ? EVERYTHING : watch);
    }
    const count = attached.acknowledge();
    this.#look();
    const waiting = feed.waits.pending.size > 0 || (this.#fetches?.size ?? 0) > 0;
    this.#setKeepAlive(waiting);
    if (waiting || feed.coverage.watched || feed.status.watched) this.#listen(count);
    else this.#stopListening();
  }

  /**
   * Step 3 of the protocol: looks at the state, settles the waits that it ends, and tells what has
   * changed.
   */
  #look(): void {
    this.#takeInterrupts();
    const { state } = this.status;
    if (state === 'closed') this.#end();
    else this.#feed.stateChanged(undefined, state === 'active');
    this.#fetches?.step();
  }

  #listen(count: number): void {
    if (this.#attached.closed || this.#listening) return;
    this.#listening = true;
    const step = (): void => {
      this.#listening = false;
      this.#step();
    };
    if (whenWordChanges(this.#attached.words, this.#attached.wakeWord, count, step)) return;
    // Something has changed since. The next step is a task of its own: the owner may be writing at
    // full speed, and this thread has other work.
    asyncScheduler.schedule(step);
  }

  /** A wait for the word that is left pending would keep the shared memory alive. */
  #stopListening(): void {
    if (this.#listening) wake(this.#attached.words, this.#attached.wakeWord);
  }

  #takeInterrupts(): void {
    const { interrupts } = this.#attached.cell;
    if (interrupts === this.#interrupts) return;
    this.#interrupts = interrupts;
    // A covered range is Ready whatever was interrupted.
    this.#feed.waits.settle();
    this.#feed.waits.interrupt();
    this.#fetches?.interrupt();
  }

  /**
   * A wait for the word does not keep Node's event loop alive; a timer that never fires does.
   */
  #setKeepAlive(wanted: boolean): void {
    if (wanted) {
      this.#keepAlive ??= setInterval(() => undefined, LONGEST_TIMER);
    } else if (this.#keepAlive !== undefined) {
      clearInterval(this.#keepAlive);
      this.#keepAlive = undefined;
    }
  }

  #end(): void {
    this.#setKeepAlive(false);
    this.#fetches?.end('closed');
    this.#feed.end();
  }
}

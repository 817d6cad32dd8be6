import { asyncScheduler } from 'rxjs';

import type { ControlReader } from '../control/control-reader.js';
import type { ReaderCell } from '../control/reader-cell.js';
import { CLOSED_STATUS, type ResourceStatus } from '../control/resource-status.js';
import type { Answer } from '../control/wait-outcome.js';
import { wake } from '../control/wake-words.js';
import { whenWordChanges } from '../control/word-change.js';
import type { Attachment } from '../drivers/driver.js';
import type { Attached } from '../handle/reader-handle.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import { LONGEST_TIMER } from '../range/times.js';
import { endedError } from '../view/answer-error.js';
import { ViewBase } from '../view/view-base.js';
import { mostUrgent } from './most-urgent.js';

const EVERYTHING = { start: 0, end: MAX_OFFSET };

/**
 * A view of a resource that another thread owns, for pipelines and progress bars in this one. Made by {@link attachReader}.
 *
 * Its pending waits keep Node's process alive (those of the owner's thread do not): somebody elsewhere is about to write. Where the
 * platform lacks `Atomics.waitAsync`, they and its observables hear of a change up to 4 ms later, from a timer that runs while there
 * are any.
 *
 * Of its waits, the eight most urgent show in `demand$`; as they end, the next ones do.
 *
 * It is told of the owner's changes through shared memory. An owner that is *terminated* tells nobody: see `ownerGone`.
 */
export class ResourceReader extends ViewBase {
  /** The name of the port, as in `Demand.reader`. */
  readonly name: string;
  /** @internal */
  readonly control: ControlReader;
  protected readonly bytes: Attachment;
  readonly #cell: ReaderCell;
  readonly #wakeWord: number;
  #closed = false;
  #interrupts: number;
  #dirty = false;
  #stepping = false;
  #listening = false;
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  /** @internal */
  constructor(attached: Attached) {
    super();
    this.name = attached.name;
    this.control = attached.control;
    this.bytes = attached.bytes;
    this.#cell = attached.cell;
    this.#wakeWord = attached.wakeWord;
    this.#interrupts = attached.cell.interrupts;
  }

  override get status(): ResourceStatus {
    return this.#over ? CLOSED_STATUS : this.control.status;
  }

  /** Ends the reader: its waits end with `CLOSED`, its demand is withdrawn, its observables complete. Again: nothing. */
  close(): void {
    if (this.#closed) return;
    this.control.freeze();
    this.#closed = true;
    this.#cell.closeReader(this.control.words);
    this.bytes.close();
    this.#stopListening();
    this.#end(CLOSED_STATUS);
  }

  /** @internal */
  override answer(start: number, end: number, clipped: boolean): Answer {
    return this.#over ? 'closed' : this.control.answer(start, end, clipped);
  }

  /** @internal Interrupts from before a wait are not for it. */
  arriving(): void {
    this.#takeInterrupts();
  }

  /** @internal */
  override demandChanged(): void {
    this.#dirty = true;
    this.#stepSoon();
  }

  protected override watchersChanged(): void {
    this.#dirty = true;
    this.#stepSoon();
  }

  protected override assertUsable(asked: string): void {
    const { state } = this.status;
    if (state === 'closed' || state === 'cancelled') throw endedError({ state }, asked);
  }

  get #over(): boolean {
    return this.#closed || this.#cell.portClosed;
  }

  /** One step of the wake-up protocol (`control/cell-layout.ts`), once for all that this turn asks. */
  #stepSoon(): void {
    if (this.#stepping || this.#closed) return;
    this.#stepping = true;
    queueMicrotask(() => {
      this.#stepping = false;
      this.#step();
    });
  }

  #step(): void {
    if (this.#closed) return;
    const { words } = this.control;
    if (this.#dirty) {
      this.#dirty = false;
      const { wants, watch } = mostUrgent(this.waits);
      this.#cell.publish(words, wants, this.coverageStream.watched ? EVERYTHING : watch);
    }
    const count = this.#cell.acknowledge(words, this.#wakeWord);
    this.#look();
    const waiting = this.waits.size > 0;
    this.#setKeepAlive(waiting);
    if (waiting || this.coverageStream.watched || this.statusStream.watched) this.#listen(count);
    else this.#stopListening();
  }

  /** Step 3 of the protocol: settles what can be, and tells what has changed. */
  #look(): void {
    this.#takeInterrupts();
    this.waits.settleAnswered();
    const { status } = this;
    const final = status.state === 'closed';
    if (this.coverageStream.watched) {
      if (status.state === 'active') this.coverageStream.changed();
      else {
        this.notifications.add(() => {
          this.coverageStream.flush();
        });
      }
    }
    if (final) this.#end(status);
    else if (this.statusStream.watched) this.notifications.add(this.statusStream.prepare(status));
    this.notifications.run();
  }

  #listen(count: number): void {
    if (this.#closed || this.#listening) return;
    this.#listening = true;
    const step = (): void => {
      this.#listening = false;
      this.#step();
    };
    if (whenWordChanges(this.control.words, this.#wakeWord, count, step)) return;
    // Something has changed since. As a task of its own: the owner may be writing at full speed, and this thread has other work.
    asyncScheduler.schedule(step);
  }

  /** What still waits for the word would hold the shared memory. */
  #stopListening(): void {
    if (this.#listening) wake(this.control.words, this.#wakeWord);
  }

  #takeInterrupts(): void {
    const { interrupts } = this.#cell;
    if (interrupts === this.#interrupts) return;
    this.#interrupts = interrupts;
    // A covered range is Ready whatever was interrupted.
    this.waits.settleAnswered();
    this.waits.interrupt();
  }

  /** What waits for the word does not keep Node's event loop alive; a timer that never fires does. */
  #setKeepAlive(wanted: boolean): void {
    if (wanted) {
      this.#keepAlive ??= setInterval(() => undefined, LONGEST_TIMER);
    } else if (this.#keepAlive !== undefined) {
      clearInterval(this.#keepAlive);
      this.#keepAlive = undefined;
    }
  }

  /** Tells that it is over: waits first, then the status, then completion. */
  #end(status: ResourceStatus): void {
    this.#setKeepAlive(false);
    this.waits.settleAnswered();
    this.notifications.add(this.statusStream.prepare(status));
    this.notifications.add(() => {
      this.coverageStream.complete();
      this.statusStream.complete();
    });
    this.notifications.run();
  }
}

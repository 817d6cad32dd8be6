import { type Observable, Subscription, timer } from 'rxjs';

import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { checkRange } from '../range/checks.js';
import type { ResourceView } from '../view/resource-view.js';
import { arrival } from './arrival.js';
import { DEFAULT_CHUNK, TURN } from './chunk-sizes.js';
import { knownEnd } from './known-end.js';

/**
 * Gives the bytes of `view` in order, as they arrive, as a web stream of bytes: to `fetch` and `Response`, to `Readable.fromWeb`, to
 * whatever reads streams.
 *
 * `range` is half-open, in bytes; by default it is everything. The stream closes at its end, at the final length or at the expected
 * length, whichever comes first. A BYOB reader (`mode: 'byob'`) has its buffer filled; others get copies of at most 64 KiB. Nothing
 * is read, waited for or demanded before somebody reads. Where bytes are missing, a read waits, demands what it can take, and ends
 * with the first of them. However much is there, the event loop gets a turn every MiB.
 *
 * The stream errors with what the wait for missing bytes ends with, `FAILED`, `CANCELLED` or `CLOSED`. An interrupt of the view does
 * not reach it. Cancelling it withdraws the wait and its demand, and leaves the view open.
 *
 * Throws `INVALID_RANGE` at the call.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource, toReadableStream } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver({ initialData: new TextEncoder().encode('high tide') }));
 * const response = new Response(toReadableStream(resource, { start: 5, end: 9 }));
 * console.log(await response.text()); // tide
 * ```
 */
export function toReadableStream(view: ResourceView, range?: ByteRange): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { start, end } = range ?? { start: 0, end: MAX_OFFSET };
  checkRange(start, end);
  return streamUntil(view, start, end);
}

/** The same for `[start, end)`; an abort of `signal` ends the stream with the signal's reason. */
export function streamUntil(
  view: ResourceView,
  start: number,
  end: number,
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(new ViewSource(view, start, end, signal));
}

class ViewSource implements UnderlyingByteSource {
  readonly type = 'bytes';
  readonly #view: ResourceView;
  readonly #end: number;
  readonly #signal: AbortSignal | undefined;
  /** What a pull waits for, to be unsubscribed when the stream is cancelled. */
  readonly #pending = new Subscription();
  #position: number;
  #sinceTurn = 0;

  constructor(view: ResourceView, start: number, end: number, signal: AbortSignal | undefined) {
    this.#view = view;
    this.#position = start;
    this.#end = end;
    this.#signal = signal;
  }

  start(controller: ReadableByteStreamController): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    const abort = (): void => {
      controller.error(signal.reason);
      this.cancel();
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    this.#pending.add(() => {
      signal.removeEventListener('abort', abort);
    });
  }

  /** Called once for each read, and not again before it has settled. */
  async pull(controller: ReadableByteStreamController): Promise<void> {
    try {
      await this.#answer(controller);
    } catch (error) {
      this.#pending.unsubscribe();
      throw error;
    }
  }

  async #answer(controller: ReadableByteStreamController): Promise<void> {
    const view = this.#view;
    if (this.#sinceTurn >= TURN) await this.#until(timer(0));
    for (;;) {
      const position = this.#position;
      const seenEnd = knownEnd(view);
      const end = Math.min(this.#end, seenEnd);
      if (position >= end) {
        this.#pending.unsubscribe();
        controller.close();
        // A BYOB read that is pending at the end gets its buffer back by this, and would wait for ever without it.
        controller.byobRequest?.respond(0);
        return;
      }
      const limit = Math.min(end, position + (controller.byobRequest?.view?.byteLength ?? DEFAULT_CHUNK));
      const available = (view.nextGap(position, limit)?.start ?? limit) - position;
      if (available === 0) await this.#until(arrival(view, position, limit, seenEnd));
      else if (this.#supply(controller, available)) return;
    }
  }

  cancel(): void {
    this.#pending.unsubscribe();
  }

  /** Hands out what is there, `length` bytes at most; answers whether there was anything: another thread may have replaced it. */
  #supply(controller: ReadableByteStreamController, length: number): boolean {
    // Asked for here: whoever reads may have changed while this was waiting.
    const request = controller.byobRequest;
    const view = request?.view;
    const target = view ? new Uint8Array(view.buffer, view.byteOffset, length) : new Uint8Array(length);
    const copied = this.#view.readAt(this.#position, target);
    if (copied === 0) return false;
    this.#position += copied;
    this.#sinceTurn += copied;
    if (request) request.respond(copied);
    else controller.enqueue(copied === length ? target : target.slice(0, copied));
    // Who has asked for so many bytes may not ask once more.
    if (this.#position === this.#end) {
      this.#pending.unsubscribe();
      controller.close();
    }
    return true;
  }

  /** Settles as `source` ends; never once the stream is cancelled. */
  #until(source: Observable<unknown>): Promise<void> {
    this.#sinceTurn = 0;
    return new Promise((resolve, reject) => {
      this.#pending.add(source.subscribe({ error: reject, complete: resolve }));
    });
  }
}

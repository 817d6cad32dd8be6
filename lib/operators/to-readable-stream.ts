import { type Observable, Subscription } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import { checkNeededByOffset, type NeededBy } from '../range/times.js';
import type { ResourceView } from '../view/resource-view.js';
import { abortedError, onAbort } from '../waits/abort.js';
import { checkView } from './checks.js';
import { DEFAULT_CHUNK } from './chunk-sizes.js';
import { PieceReader } from './piece-reader.js';

/** How {@link toReadableStream} asks for bytes. */
export interface StreamOptions {
  /**
   * When the bytes are needed: orders the demand, nearest first. A number is for the first piece; a
   * function is called for each piece that has to be waited for, with its offset. What it throws
   * the stream errors with, and with `INVALID_ARGUMENT` for what is no time. `@default` none, which
   * comes last
   */
  readonly neededBy?: NeededBy | undefined;
}

/**
 * Returns the bytes of `view` in order, as they arrive, as a web stream of bytes: for `fetch`,
 * `Response`, and all else that reads streams. `toNodeReadable` of `tidemark/node` is the same as a
 * stream of Node's.
 *
 * `range` is half-open, in bytes; by default it is everything. The stream closes at its end, at the
 * final length or at the expected length, whichever comes first. A BYOB reader (`mode: 'byob'`) has
 * its buffer filled, where the platform has streams of bytes; others get copies of at most 64 KiB.
 * Nothing is read, waited for or demanded before somebody reads. Where bytes are missing, a read
 * waits, demands what it can take, and ends with the first of them. However much is there, the
 * event loop gets a turn every MiB.
 *
 * The stream errors with what the wait for missing bytes ends with, `FAILED`, `CANCELLED` or
 * `CLOSED`. An interrupt of the view does not reach it. Cancelling it withdraws the wait and its
 * demand, and leaves the view open.
 *
 * Throws `INVALID_RANGE` and `INVALID_ARGUMENT` at the call.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource, toReadableStream } from 'tidemark';
 *
 * const initialData = new TextEncoder().encode('high tide');
 * const resource = Resource.open(new MemDriver({ initialData }));
 * const response = new Response(toReadableStream(resource, { start: 5, end: 9 }));
 * console.log(await response.text()); // tide
 * ```
 */
export function toReadableStream(
  view: ResourceView,
  range: ByteRange = { start: 0, end: MAX_OFFSET },
  options: StreamOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  checkView(view);
  checkOptionNames(options, ['neededBy']);
  const { neededBy } = options;
  checkNeededByOffset(neededBy);
  const { start, end } = checkedRange(range);
  return streamUntil(view, start, end, { neededBy });
}

/** What a stream of {@link streamUntil} calls, how it reads and waits, and what ends it. */
export interface StreamHooks extends StreamOptions {
  /**
   * The most that a chunk holds, in bytes, where the reader brings no buffer. What is waited for
   * and demanded stays {@link DEFAULT_CHUNK}. `@default` 65536
   */
  readonly chunkSize?: number | undefined;
  /** Its abort ends the stream with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with bytes copied, before they are handed out; what it throws, the stream errors with.
   */
  copied?(): void;
  /**
   * Called once, before the stream closes, with the offset where it ends; what it throws, the
   * stream errors with instead.
   */
  ended?(position: number): void;
  /** Called once where it ends otherwise: errored, aborted or cancelled. */
  stopped?(): void;
}

/** As {@link toReadableStream}, for `[start, end)`; calls the functions of `hooks`. */
export function streamUntil(
  view: ResourceView,
  start: number,
  end: number,
  hooks: StreamHooks = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = new ViewSource(view, start, end, hooks);
  return hasByteStreams() ? new ReadableStream(source) : plainStream(source);
}

/** WebKitGTK 2.50 has none: to make one throws. */
function hasByteStreams(): boolean {
  try {
    return Boolean(new ReadableStream({ type: 'bytes' }));
  } catch {
    return false;
  }
}

/** The same but for BYOB readers, as a stream of values. */
function plainStream(source: ViewSource): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      start: (controller) => source.start(controller),
      pull: (controller) => source.pull(controller),
      cancel: () => source.cancel(),
    },
    // As that of a byte stream: nothing is read before somebody reads.
    { highWaterMark: 0 },
  );
}

/** What is used of the controller of a stream; one of values has no `byobRequest`. */
type Controller = Pick<ReadableByteStreamController, 'close' | 'error'> & {
  readonly byobRequest?: ReadableStreamBYOBRequest | null;
  enqueue(chunk: Uint8Array<ArrayBuffer>): void;
};

class ViewSource implements UnderlyingByteSource {
  readonly type = 'bytes';
  readonly #pieces: PieceReader;
  readonly #end: number;
  readonly #hooks: StreamHooks;
  /** What a pull waits for, to be unsubscribed when the stream is cancelled. */
  readonly #pending = new Subscription();

  constructor(view: ResourceView, start: number, end: number, hooks: StreamHooks) {
    this.#pieces = new PieceReader(view, start, end, hooks.neededBy);
    this.#end = end;
    this.#hooks = hooks;
  }

  start(controller: Controller): void {
    const { signal } = this.#hooks;
    this.#pending.add(
      onAbort(signal, () => {
        controller.error(abortedError('Streamed bytes', signal));
        this.cancel();
      }),
    );
  }

  /** Called once for each read, and not again before it has settled. */
  async pull(controller: Controller): Promise<void> {
    try {
      await this.#supply(controller);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  async #supply(controller: Controller): Promise<void> {
    for (;;) {
      // Looked up in each round: another reader may have got the lock during the wait.
      const { byobRequest } = controller;
      const view = byobRequest?.view;
      let chunk = undefined as Uint8Array<ArrayBuffer> | undefined;
      const room = (length: number): Uint8Array => {
        if (view) return new Uint8Array(view.buffer, view.byteOffset, length);
        return (chunk = allocate(length));
      };
      const { chunkSize = DEFAULT_CHUNK } = this.#hooks;
      const copied = view
        ? this.#pieces.next(view.byteLength, room)
        : this.#pieces.next(chunkSize, room, DEFAULT_CHUNK);
      if (typeof copied !== 'number') {
        await this.#until(copied);
        continue;
      }
      if (copied > 0) {
        this.#hooks.copied?.();
        if (chunk === undefined) byobRequest?.respond(copied);
        else controller.enqueue(copied === chunk.length ? chunk : chunk.slice(0, copied));
        // A reader that has got as many bytes as it wanted may not read again: the stream closes
        // now.
        if (this.#pieces.position < this.#end) return;
      }
      this.#hooks.ended?.(this.#pieces.position);
      this.#pending.unsubscribe();
      controller.close();
      // A BYOB read that is pending at the end gets its buffer back by this, and would wait for
      // ever without it.
      if (copied === 0) byobRequest?.respond(0);
      return;
    }
  }

  cancel(): void {
    if (this.#pending.closed) return;
    this.#pending.unsubscribe();
    this.#hooks.stopped?.();
  }

  /** Settles as `source` ends; never once the stream is cancelled. */
  #until(source: Observable<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.add(source.subscribe({ error: reject, complete: resolve }));
    });
  }
}

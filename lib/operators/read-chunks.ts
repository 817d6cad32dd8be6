import { asyncScheduler, from, Observable, type ObservableInput, type Subscriber, Subscription } from 'rxjs';

import { invalidArgument } from '../errors/invalid-argument.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import { checkRange } from '../range/checks.js';
import type { ResourceView } from '../view/resource-view.js';
import { arrival } from './arrival.js';
import { DEFAULT_CHUNK, TURN } from './chunk-sizes.js';
import { knownEnd } from './known-end.js';

type Chunk = Uint8Array<ArrayBuffer>;

/** Which bytes {@link readChunks} reads. */
export interface ReadChunksOptions {
  /** Offset of the first byte. `@default` 0 */
  readonly start?: number | undefined;
  /** Offset behind the last byte, exclusive. `@default` the end of the content */
  readonly end?: number | undefined;
  /** The most that one chunk holds, in bytes. `@default` 65536 */
  readonly chunkSize?: number | undefined;
}

/**
 * Emits the bytes of `view` in order, as they arrive, as copies of at most `chunkSize` bytes, and completes at the end.
 *
 * The end is `end`, the final length or the expected length, whichever comes first. Where bytes are missing it waits, and demands the
 * next chunk. It errors as `waitRange` does, and an interrupt of the view does not reach it. Unsubscribing withdraws the wait.
 * However much is there, the event loop gets a turn every MiB.
 *
 * With `project` the next chunk is read only when the observable that `project` made of this one has completed: that is how to have
 * backpressure. What the inner observables emit is emitted, an error of theirs ends it.
 *
 * Throws `INVALID_RANGE` and `INVALID_ARGUMENT` at the call.
 *
 * @example
 * ```ts
 * import { timer } from 'rxjs';
 * import { MemDriver, readChunks, Resource } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver({ initialData: new Uint8Array(100_000) }));
 * readChunks(resource, { project: (chunk, offset) => timer(10) }).subscribe();
 * ```
 */
export function readChunks<R>(
  view: ResourceView,
  options: ReadChunksOptions & {
    readonly project: (chunk: Uint8Array<ArrayBuffer>, offset: number) => ObservableInput<R>;
  },
): Observable<R>;
export function readChunks(view: ResourceView, options?: ReadChunksOptions): Observable<Uint8Array<ArrayBuffer>>;
export function readChunks<R>(
  view: ResourceView,
  options: ReadChunksOptions & { readonly project?: (chunk: Chunk, offset: number) => ObservableInput<R> } = {},
): Observable<Chunk | R> {
  const { start = 0, end = MAX_OFFSET, chunkSize = DEFAULT_CHUNK, project } = options;
  checkRange(start, end);
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1) {
    throw invalidArgument('chunkSize', 'an integer >= 1 (bytes)', chunkSize);
  }
  return new Observable<Chunk | R>((subscriber) => {
    const loop =
      project === undefined
        ? new ChunkLoop(view, start, end, chunkSize, subscriber, (chunk, _offset, done) => {
            subscriber.next(chunk);
            done();
            return undefined;
          })
        : new ChunkLoop(view, start, end, chunkSize, subscriber, (chunk, offset, done) =>
            from(project(chunk, offset)).subscribe({
              next: (value) => {
                subscriber.next(value);
              },
              error: (error: unknown) => {
                subscriber.error(error);
              },
              complete: done,
            }),
          );
    subscriber.add(loop.pending);
    loop.run();
  });
}

/** Hands out one chunk; `done` asks for the next. What it answers is unsubscribed with the loop. */
type Emit = (chunk: Chunk, offset: number, done: () => void) => Subscription | undefined;

/**
 * The loop over the chunks. It is iterative: whatever answers at once (a wait that is ready, an inner observable that is
 * synchronous) sets `#again` instead of calling deeper, since a chain of ready waits as operators overflows the stack.
 */
class ChunkLoop {
  /** What the loop waits for, to be unsubscribed with it. */
  readonly pending = new Subscription();
  readonly #view: ResourceView;
  readonly #end: number;
  readonly #chunkSize: number;
  readonly #subscriber: Subscriber<unknown>;
  readonly #emit: Emit;
  #position: number;
  #sinceTurn = 0;
  #running = false;
  #again = false;

  constructor(
    view: ResourceView,
    start: number,
    end: number,
    chunkSize: number,
    subscriber: Subscriber<unknown>,
    emit: Emit,
  ) {
    this.#view = view;
    this.#position = start;
    this.#end = end;
    this.#chunkSize = chunkSize;
    this.#subscriber = subscriber;
    this.#emit = emit;
  }

  /** Goes on until something has to be waited for. */
  run(): void {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#again && !this.#subscriber.closed) {
        this.#again = false;
        this.#step();
      }
    } catch (error) {
      this.#subscriber.error(error);
    } finally {
      this.#running = false;
    }
  }

  #step(): void {
    const position = this.#position;
    const seenEnd = knownEnd(this.#view);
    const end = Math.min(this.#end, seenEnd);
    if (position >= end) {
      this.#subscriber.complete();
      return;
    }
    const limit = Math.min(end, position + this.#chunkSize);
    const available = (this.#view.nextGap(position, limit)?.start ?? limit) - position;
    if (available === 0) this.#wait(arrival(this.#view, position, limit, seenEnd));
    else if (this.#sinceTurn >= TURN) this.#yield();
    else this.#read(position, available);
  }

  #read(position: number, available: number): void {
    const chunk = new Uint8Array(available);
    const length = this.#view.readAt(position, chunk);
    this.#position = position + length;
    this.#sinceTurn += length;
    const whole = length === available ? chunk : chunk.slice(0, length);
    this.#hold((done) => this.#emit(whole, position, done));
  }

  #yield(): void {
    this.#sinceTurn = 0;
    this.#hold((done) => asyncScheduler.schedule(done));
  }

  #wait(arrived: Observable<never>): void {
    this.#sinceTurn = 0;
    this.#hold((done) =>
      arrived.subscribe({
        error: (error: unknown) => {
          this.#subscriber.error(error);
        },
        complete: done,
      }),
    );
  }

  /** Holds what `start` answers until it calls back, and then goes on. */
  #hold(start: (done: () => void) => Subscription | undefined): void {
    const held = new Subscription();
    this.pending.add(held);
    const started = start(() => {
      held.unsubscribe();
      this.pending.remove(held);
      this.run();
    });
    // Unsubscribes it at once if it has called back already.
    held.add(started);
  }
}

import { from, Observable, type ObservableInput, type Subscriber, Subscription } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import { invalidArgument, wrongType } from '../errors/invalid-argument.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import { checkRange } from '../range/checks.js';
import { checkNeededByOffset, type NeededBy } from '../range/times.js';
import type { ResourceView } from '../view/resource-view.js';
import { checkView } from './checks.js';
import { DEFAULT_CHUNK } from './chunk-sizes.js';
import { PieceReader } from './piece-reader.js';

type Chunk = Uint8Array<ArrayBuffer>;

/** Which bytes {@link readChunks} reads. */
export interface ReadChunksOptions {
  /** Offset of the first byte. `@default` 0 */
  readonly start?: number | undefined;
  /** Offset behind the last byte, exclusive. `@default` the end of the content */
  readonly end?: number | undefined;
  /** The most that one chunk holds, in bytes. `@default` 65536 */
  readonly chunkSize?: number | undefined;
  /**
   * When the bytes are needed: orders the demand, nearest first. A number is for the first chunk; a
   * function is called for each chunk that has to be waited for, with its offset. What it throws
   * ends the observable, and `INVALID_ARGUMENT` what is no time. `@default` none, which comes last
   */
  readonly neededBy?: NeededBy | undefined;
}

/**
 * Emits the bytes of `view` in order, as they arrive, as copies of at most `chunkSize` bytes, and
 * completes at the end.
 *
 * The end is `end`, the final length or the expected length, whichever comes first. Where bytes are
 * missing it waits, and demands the next chunk. It errors as `waitRange` does, and an interrupt of
 * the view does not reach it. Unsubscribing withdraws the wait. However much is there, the event
 * loop gets a turn every MiB.
 *
 * With `project` the next chunk is read only when the observable that `project` made of this one
 * has completed: that is how to have backpressure. What the inner observables emit is emitted, an
 * error of theirs ends it.
 *
 * Throws `INVALID_RANGE` and `INVALID_ARGUMENT` at the call. A chunk that is larger than any array
 * errors with `CAPACITY`.
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
  checkView(view);
  checkOptionNames(options, ['start', 'end', 'chunkSize', 'neededBy', 'project']);
  const { start = 0, end = MAX_OFFSET, chunkSize = DEFAULT_CHUNK, neededBy, project } = options;
  checkRange(start, end);
  checkNeededByOffset(neededBy);
  if (project !== undefined && typeof project !== 'function') throw wrongType('project', 'a function', project);
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1) {
    throw invalidArgument('chunkSize', 'an integer >= 1 (bytes)', chunkSize);
  }
  return new Observable<Chunk | R>((subscriber) => {
    const loop =
      project === undefined
        ? new ChunkLoop(new PieceReader(view, start, end, neededBy), chunkSize, subscriber, (chunk, _offset, done) => {
            subscriber.next(chunk);
            done();
            return undefined;
          })
        : new ChunkLoop(new PieceReader(view, start, end, neededBy), chunkSize, subscriber, (chunk, offset, done) =>
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

/**
 * Emits one chunk, and calls `done` to get the next. What it returns is unsubscribed with the loop.
 */
type Emit = (chunk: Chunk, offset: number, done: () => void) => Subscription | undefined;

/**
 * The loop over the chunks. It is iterative. What ends at once (a wait that is ready, a synchronous
 * inner observable) sets `#again` instead of calling deeper: a chain of ready waits, as operators,
 * would overflow the stack.
 */
class ChunkLoop {
  /** What the loop waits for, to be unsubscribed with it. */
  readonly pending = new Subscription();
  readonly #pieces: PieceReader;
  readonly #chunkSize: number;
  readonly #subscriber: Subscriber<unknown>;
  readonly #emit: Emit;
  #running = false;
  #again = false;

  constructor(pieces: PieceReader, chunkSize: number, subscriber: Subscriber<unknown>, emit: Emit) {
    this.#pieces = pieces;
    this.#chunkSize = chunkSize;
    this.#subscriber = subscriber;
    this.#emit = emit;
  }

  /** Runs until something has to be waited for. */
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
    const { position } = this.#pieces;
    let chunk = undefined as Chunk | undefined;
    const copied = this.#pieces.next(this.#chunkSize, (length) => (chunk = allocate(length)));
    if (typeof copied !== 'number') this.#wait(copied);
    else if (copied === 0 || chunk === undefined) this.#subscriber.complete();
    else this.#deliver(copied === chunk.length ? chunk : chunk.slice(0, copied), position);
  }

  #deliver(chunk: Chunk, position: number): void {
    this.#await((done) => this.#emit(chunk, position, done));
  }

  #wait(until: Observable<unknown>): void {
    this.#await((done) =>
      until.subscribe({
        error: (error: unknown) => {
          this.#subscriber.error(error);
        },
        complete: done,
      }),
    );
  }

  /**
   * Keeps what `start` returns, to be unsubscribed with the loop, until it calls back; then goes
   * on.
   */
  #await(start: (done: () => void) => Subscription | undefined): void {
    const awaited = new Subscription();
    this.pending.add(awaited);
    const started = start(() => {
      awaited.unsubscribe();
      this.pending.remove(awaited);
      this.run();
    });
    // Unsubscribes it at once if it has called back already.
    awaited.add(started);
  }
}

import { finalize, defer, type Observable } from 'rxjs';
import type { ByteRange, Coverage, ResourceStatus, ResourceView, WaitOptions, WaitOutcome } from 'tidemark';

/**
 * A view of somebody else's around one of ours, that counts what is pending on it: an operator that
 * leaves something behind shows here.
 */
export class CountedView implements ResourceView {
  /** Waits that have neither ended nor been withdrawn. */
  waits = 0;
  /** Subscriptions of `status$` and `coverage$`. */
  subscriptions = 0;
  /** How often it was closed. */
  closed = 0;
  readonly status$: Observable<ResourceStatus>;
  readonly coverage$: Observable<Coverage>;
  readonly #view: ResourceView;

  constructor(view: ResourceView) {
    this.#view = view;
    this.status$ = this.#counted(view.status$);
    this.coverage$ = this.#counted(view.coverage$);
  }

  get status(): ResourceStatus {
    return this.#view.status;
  }

  get coverage(): Coverage {
    return this.#view.coverage;
  }

  get coveredBytes(): number {
    return this.#view.coveredBytes;
  }

  get length(): number | undefined {
    return this.#view.length;
  }

  get expectedLength(): number | undefined {
    return this.#view.expectedLength;
  }

  get identity(): string | undefined {
    return this.#view.identity;
  }

  has(range: ByteRange): boolean {
    return this.#view.has(range);
  }

  nextGap(from: number, limit?: number): ByteRange | undefined {
    return this.#view.nextGap(from, limit);
  }

  readAt(offset: number, target: Uint8Array): number {
    return this.#view.readAt(offset, target);
  }

  read(range: ByteRange): Observable<Uint8Array<ArrayBuffer>> {
    return this.#view.read(range);
  }

  waitRange(range: ByteRange, options?: WaitOptions): Observable<WaitOutcome> {
    return defer(() => {
      this.waits += 1;
      return this.#view.waitRange(range, options).pipe(finalize(() => (this.waits -= 1)));
    });
  }

  close(): void {
    this.closed += 1;
    this.#view.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #counted<T>(source: Observable<T>): Observable<T> {
    return defer(() => {
      this.subscriptions += 1;
      return source.pipe(finalize(() => (this.subscriptions -= 1)));
    });
  }
}

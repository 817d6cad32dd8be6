import type { Observable } from 'rxjs';

import type { Stream } from './request/stream.js';

/** What is done about streams beside ending them. */
export interface StreamHooks {
  /** Makes the requests that a stream takes. */
  run(stream: Stream): Observable<never>;
  /** One was ended, or has brought all its bytes. */
  ended(stream: Stream): void;
  /** None is left. */
  rest(): void;
  /** One has brought all its bytes. */
  complete(): void;
  failed(error: unknown): void;
}

/** The streams of one download, each with its requests. */
export class RunningStreams {
  readonly all: ReadonlySet<Stream>;
  readonly #streams = new Set<Stream>();
  readonly #hooks: StreamHooks;

  constructor(hooks: StreamHooks) {
    this.all = this.#streams;
    this.#hooks = hooks;
  }

  /** The one that brings everything, in order. */
  get whole(): Stream | undefined {
    return [...this.#streams].find(({ whole }) => whole);
  }

  /** One all of whose bytes have come, and only the end of its body has not. */
  get drained(): Stream | undefined {
    return [...this.#streams].find(({ drained }) => drained);
  }

  run(stream: Stream): void {
    this.#streams.add(stream);
    stream.requests.add(
      this.#hooks.run(stream).subscribe({
        error: (error: unknown) => {
          this.#hooks.failed(error);
        },
        complete: () => {
          this.close(stream);
          this.#hooks.complete();
        },
      }),
    );
  }

  close(stream: Stream): void {
    this.#streams.delete(stream);
    this.#hooks.ended(stream);
    stream.requests.unsubscribe();
    if (this.#streams.size === 0) this.#hooks.rest();
  }

  leaveOnly(stream?: Stream): void {
    for (const other of [...this.#streams]) if (other !== stream) this.close(other);
  }

  /** Aborts all requests. */
  abort(): void {
    for (const stream of this.#streams) stream.requests.unsubscribe();
  }
}

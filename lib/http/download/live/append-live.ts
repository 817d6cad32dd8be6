import { defer, ignoreElements, type Observable, takeUntil, tap } from 'rxjs';

import { endOfBytes } from '../../../operators/length-behind.js';
import type { Resource } from '../../../resource/resource.js';
import { Evidence } from '../answer/evidence.js';
import { readMediaType } from '../answer/headers.js';
import { brokenAnswerError, statusError } from '../http-error.js';
import type { Permit } from '../permits.js';
import { Exchanges, type Understood } from '../request/exchange.js';
import { endOf } from '../resource-end.js';
import { type SoleContext, SoleRequest } from '../sole-request.js';

/** What appending works with. */
export interface LiveContext extends SoleContext {
  readonly resource: Resource;
  /** Called with the end of what has come, exclusive. */
  readonly reached: (end: number) => void;
}

/**
 * Appends content that has no end that is known, and cannot be asked for again, where the last byte
 * stands. Completes when an answer ends cleanly, and when the resource is closed; errors with the
 * first failure that is final.
 *
 * A connection that breaks is made again. What came in between is lost: `reconnectedAt` says
 * where.
 */
export function appendLive(context: LiveContext): Observable<never> {
  return defer(() => new Live(context).run());
}

class Live {
  readonly #context: LiveContext;
  readonly #exchanges: Exchanges;
  readonly #request: SoleRequest;
  /** Where the next byte stands: behind what has come, though it may have been evicted since. */
  #position = 0;
  #reconnectedAt: number | undefined;
  #mediaType: string | undefined;

  constructor(context: LiveContext) {
    this.#context = context;
    const { resource, source, settings } = context;
    this.#exchanges = new Exchanges(source, settings, new Evidence(resource));
    this.#request = new SoleRequest(context, () => ({ reconnectedAt: this.#reconnectedAt }));
  }

  run(): Observable<never> {
    return this.#request
      .run((address, permit) => this.#ask(address, permit))
      .pipe(ignoreElements(), takeUntil(endOf(this.#context.resource)));
  }

  #ask(address: string, permit: Permit): Observable<unknown> {
    const { resource } = this.#context;
    let end: number | undefined;
    const hold = (bytes: number): Promise<void> | undefined => permit.paces(bytes);
    const understood = (found: Understood): void => {
      this.#position = Math.max(this.#position, endOfBytes(resource));
      if (this.#position > 0) this.#reconnectedAt = this.#position;
      end = this.#take(found, this.#position);
    };
    return this.#exchanges.send(address, { range: undefined }, { mediaType: this.#mediaType }, understood, hold).pipe(
      tap({
        next: (chunk) => {
          resource.writeAt(this.#position, chunk);
          this.#position += chunk.length;
          this.#context.reached(this.#position);
          this.#request.received();
        },
        complete: () => {
          if (end === undefined || this.#position >= end) return;
          throw brokenAnswerError(address, 200, `the answer broke off ${end - this.#position} bytes before its end`);
        },
      }),
    );
  }

  /** Returns the offset that the body has to reach, where its headers say how long it is. */
  #take({ answer, response, where }: Understood, position: number): number | undefined {
    if (answer.kind === 'nothing' || answer.kind === 'unchanged') throw statusError(where, response);
    if (answer.kind !== 'whole') throw brokenAnswerError(where, response.status, 'the answer is a part of something');
    // Where redirects lead may be another server each time: they are followed anew.
    this.#context.source.worked(this.#request.address, { url: '', redirected: false });
    this.#exchanges.believed(response);
    this.#mediaType ??= readMediaType(response.headers);
    return answer.end === undefined ? undefined : position + answer.end;
  }
}

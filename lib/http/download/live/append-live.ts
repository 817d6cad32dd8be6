import { defer, ignoreElements, type Observable, takeUntil, tap } from 'rxjs';

import type { Resource } from '../../../resource/resource.js';
import { INSIDE } from '../../../view/own-view.js';
import { Evidence } from '../answer/evidence.js';
import { readMediaType } from '../answer/headers.js';
import { brokenAnswerError, statusError } from '../http-error.js';
import type { Permit } from '../permits.js';
import { Exchanges, type Understood } from '../request/exchange.js';
import type { Hold } from '../request/fetch-chunks.js';
import { endOf } from '../resource-end.js';
import { type SoleContext, SoleRequest } from '../sole-request.js';
import { PatientWriter } from '../window/patient-writer.js';

/** What appending works with. */
export interface LiveContext extends SoleContext {
  readonly resource: Resource;
}

/**
 * Appends content that has no end that is known, and cannot be asked for again, where the last byte
 * stands. Completes when an answer ends cleanly, and when the resource is closed; errors with the
 * first failure that is final.
 *
 * A connection that breaks is made again. What came in between is lost: `reconnectedAt` says
 * where.
 *
 * A window keeps the last of it. The end of it all is told by `expectedLength` there: it cannot be
 * committed.
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
      .pipe(
        tap({
          complete: () => {
            const { resource } = this.#context;
            if (this.#isWindow) resource.expectedLength = this.#position;
          },
        }),
        ignoreElements(),
        takeUntil(endOf(this.#context.resource)),
      );
  }

  get #isWindow(): boolean {
    return this.#context.resource.driver.use !== undefined;
  }

  #ask(address: string, permit: Permit): Observable<unknown> {
    const { resource } = this.#context;
    let end: number | undefined;
    const writer = new PatientWriter(resource, (offset, data) => {
      resource.writeAt(offset, data);
      this.#position = offset + data.length;
      this.#request.received();
    });
    const hold: Hold = (bytes, signal) => {
      const paced = permit.paces(bytes);
      return writer.waits ? writer.written(signal).then(() => paced) : paced;
    };
    const understood = (found: Understood): void => {
      this.#position = Math.max(this.#position, resource[INSIDE].parts.control.arrivedEnd);
      if (this.#position > 0) this.#reconnectedAt = this.#position;
      // An earlier end was none.
      if (this.#isWindow && this.#position === resource.expectedLength) resource.expectedLength = undefined;
      end = this.#take(found, this.#position);
    };
    return this.#exchanges.send(address, { range: undefined }, { mediaType: this.#mediaType }, understood, hold).pipe(
      tap({
        next: (chunk) => {
          writer.write(this.#position, chunk);
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

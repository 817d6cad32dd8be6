import { concat, EMPTY, from, ignoreElements, Observable, of, throwError } from 'rxjs';

import type { ByteRange } from '../../../range/byte-range.js';
import type { Evidence } from '../answer/evidence.js';
import { readMediaType } from '../answer/headers.js';
import type { KnownContent } from '../answer/known-content.js';
import type { Answer } from '../answer/understand.js';
import { brokenAnswerError, contradictedError } from '../http-error.js';
import type { Body } from './body.js';
import type { Found, Reissue } from './reissue.js';
import type { Stream } from './stream.js';

export type Part = Answer & { kind: 'part' };
export type Whole = Answer & { kind: 'whole' };

/** The body that an answer promises. */
export interface Promised extends Found {
  readonly body: Body;
  readonly answer: Part | Whole;
  /** What was asked for; undefined: everything. */
  readonly range: ByteRange | undefined;
}

/** What the end of a body proves: an answer is one only if its body ends where its headers say. */
export class BodyEnds {
  readonly #content: KnownContent;
  readonly #evidence: Evidence;
  readonly #reissue: Reissue;

  constructor(content: KnownContent, evidence: Evidence, reissue: Reissue) {
    this.#content = content;
    this.#evidence = evidence;
    this.#reissue = reissue;
  }

  /**
   * The body has ended, by itself or since no more of it is wanted; emits how many bytes the
   * download has come further by that.
   */
  end(stream: Stream, promised: Promised): Observable<number> {
    const { body, answer, response, where } = promised;
    const { place } = body;
    if (body.overran) return this.#overran(stream, promised);
    if (place.kept) return this.#endKept(stream, promised);
    const isUntold = place.end === Infinity;
    const isAll = answer.kind === 'whole' && (isUntold ? stream.end === Infinity : body.ended);
    if (isAll && isUntold) this.#endUntold(stream, promised);
    if (!stream.drained) {
      const what = `the answer broke off ${stream.end - stream.position} bytes before the end that it promised`;
      return throwError(() => brokenAnswerError(where, response.status, what));
    }
    if (isAll || body.ended) this.#evidence.sawEnd();
    if (isAll && place.overwrites) this.#content.restore(where, stream.end);
    else if (isAll && isUntold) this.#content.learnTotal(where, stream.end);
    return EMPTY;
  }

  #endUntold(stream: Stream, { answer, range, ...found }: Promised): void {
    stream.end = stream.position;
    if (range === undefined || stream.end !== range.end - range.start) return;
    // Most likely it is the part, and that does not begin at 0.
    if (range.start > 0) this.#content.falsify(answer.hidden);
    throw this.#reissue.forAll(stream, found, 'the answer is as long as the part that was asked for');
  }

  /**
   * A part that may be of compressed bytes, or of another place: it has as many bytes as its
   * headers say, or it is not believed.
   */
  #endKept(stream: Stream, promised: Promised): Observable<number> {
    const { body, answer, response, where } = promised;
    if (!body.ended) {
      const what = 'the answer ended before the end that it promised, and may be of other bytes';
      if (this.#evidence.sawShortfall()) throw this.#reissue.forAll(stream, promised, what);
      throw brokenAnswerError(where, response.status, what);
    }
    this.#evidence.plain ||= answer.hidden;
    this.#evidence.sawEnd();
    this.#content.adopt(where, answer.version, readMediaType(response.headers));
    stream.end = Math.min(stream.end, body.place.end);
    return concat(of(body.release()), ended(body));
  }

  /** More came than the headers say. */
  #overran(stream: Stream, promised: Promised): Observable<number> {
    const { body, answer, response, where } = promised;
    const what = 'the answer goes on behind the end that it promised';
    if (body.place.kept) throw this.#reissue.forAll(stream, promised, what);
    if (answer.kind === 'whole') {
      const { total } = this.#content;
      if (this.#content.isFalse) throw contradictedError(where, response.status, what);
      if (answer.end === undefined && total !== undefined) throw this.#content.isLonger(where, total);
    } else if (!answer.hidden && !this.#evidence.sawOverrun()) return EMPTY;
    this.#content.falsify(answer.hidden);
    throw this.#reissue.forAll(stream, promised, what);
  }
}

/** Completes when there was room for all that was kept back; unsubscribing gives up the rest. */
function ended(body: Body): Observable<never> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    const written = body.written(abort.signal);
    const written$ = written === undefined ? EMPTY : from(written).pipe(ignoreElements());
    subscriber.add(written$.subscribe(subscriber));
    return () => {
      abort.abort();
    };
  });
}

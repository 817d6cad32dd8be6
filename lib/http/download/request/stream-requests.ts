import {
  catchError,
  concat,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  map,
  merge,
  type Observable,
  Subject,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';

import type { ByteRange } from '../../../range/byte-range.js';
import type { Resource } from '../../../resource/resource.js';
import type { Evidence } from '../answer/evidence.js';
import type { KnownContent } from '../answer/known-content.js';
import { isSendable, isStrong } from '../answer/version.js';
import { readMediaType } from '../answer/headers.js';
import type { DownloadSettings } from '../read-options.js';
import { brokenAnswerError, isBreak, statusError } from '../http-error.js';
import type { Pace } from '../plan/pace.js';
import type { ReadingGate } from '../reading-gate.js';
import type { Target } from '../target.js';
import type { Room } from '../window/room.js';
import { announceOnce } from '../announce-rest.js';
import { Body, type Place } from './body.js';
import { BodyEnds, type Part, type Promised, type Whole } from './body-end.js';
import { Exchanges, type Understood } from './exchange.js';
import type { Hold } from './fetch-chunks.js';
import { type Found, Reissue } from './reissue.js';
import type { Asked } from './request-headers.js';
import type { SourceUrl } from './source-url.js';
import type { Stream } from './stream.js';

/** So far a stream gets to on its own sooner than a new request would. */
const NEAR = 32 * 1024;
/**
 * The most bytes in a request whose answer is kept back until all of it is there: somebody waits
 * for its first byte.
 */
const KEPT = 256 * 1024;
/** So much is asked for where a server that sent everything turns out to have ranges, in bytes. */
const RESTART = 2 ** 20;
/**
 * How long the end of a body is waited for whose bytes are all there, in milliseconds: more may
 * come, which would make it odd.
 */
const GRACE = 1000;
/** The same, where another request is to take its place. */
const SHORT_GRACE = 50;

/** What the requests of a download are made with. */
export interface Requesting {
  readonly resource: Resource;
  readonly content: KnownContent;
  readonly target: Target;
  /** Where there is room for what comes; undefined: for all of it. */
  readonly room: Room | undefined;
  readonly source: SourceUrl;
  readonly settings: DownloadSettings;
  readonly evidence: Evidence;
  readonly pace: Pace;
  readonly gate: ReadingGate;
  /** What has come to one of them finds no room. */
  readonly lacksRoom: () => void;
  /** Ends all other streams: this one is about to bring everything. */
  readonly leaveOnly: (stream: Stream) => void;
}

/** The requests that streams make: what is asked, and where the bytes of the answers go. */
export class StreamRequests {
  readonly #with: Requesting;
  readonly #content: KnownContent;
  readonly #evidence: Evidence;
  readonly #exchanges: Exchanges;
  readonly #reissue: Reissue;
  readonly #ends: BodyEnds;
  readonly #announce: () => void;

  constructor(requesting: Requesting) {
    const { resource, content, source, settings, evidence, leaveOnly } = requesting;
    this.#with = requesting;
    this.#content = content;
    this.#evidence = evidence;
    this.#exchanges = new Exchanges(source, settings, evidence);
    this.#reissue = new Reissue(evidence, leaveOnly);
    this.#ends = new BodyEnds(content, evidence, this.#reissue);
    this.#announce = announceOnce(resource, content, settings);
  }

  /** Everything is asked for from the first byte on, without `Range`. */
  get unranged(): boolean {
    return this.#evidence.unranged || this.#content.isFalse;
  }

  /**
   * One request for what a stream has still to bring; emits how many bytes the download has come
   * further.
   */
  request(stream: Stream, address: string): Observable<number> {
    const { pace, gate } = this.#with;
    stream.asked(address, performance.now());
    if (stream.whole) this.#rewind(stream);
    if (stream.drained) return EMPTY;
    const { range, ifRange } = this.#ask(stream, address);
    const mayHide = range !== undefined && !this.#evidence.plain && this.#exchanges.isForeign(address);
    let promised: Promised | undefined;
    const drained$ = new Subject<void>();
    const understood = (found: Understood): void => {
      stream.answeredAt = performance.now();
      stream.answered = true;
      pace.answered(stream.answeredAt - stream.askedAt);
      promised = this.#take(stream, found, range);
      this.#announce();
    };
    const hold: Hold = (bytes, signal) => {
      const written = promised?.body.written(signal);
      const held = stream.hold(bytes, gate, written);
      if (written !== undefined) this.#with.lacksRoom();
      return held;
    };
    const chunks$ = this.#exchanges.send(address, { range, ifRange }, this.#content, understood, hold);
    const written$ = chunks$.pipe(
      catchError((error: unknown) => {
        // Nothing but the end of the body was missing.
        if (stream.drained) return EMPTY;
        this.#evidence.hasBroken = mayHide && isBreak(error);
        throw error;
      }),
      map((chunk) => {
        const now = performance.now();
        pace.received(chunk.length, now);
        stream.received(chunk.length, now);
        const written = promised?.body.take(chunk) ?? 0;
        if (stream.drained) drained$.next();
        return { written, goesOn: promised?.body.goesOn === true };
      }),
      takeWhile(({ goesOn }) => goesOn, true),
      map(({ written }) => written),
      takeUntil(
        merge(drained$.pipe(exhaustMap(() => timer(GRACE))), stream.room$.pipe(exhaustMap(() => timer(SHORT_GRACE)))),
      ),
    );
    return concat(
      written$,
      defer(() => (promised === undefined ? EMPTY : this.#ends.end(stream, promised))),
    ).pipe(filter((written) => written > 0));
  }

  /** What a request asks for. */
  #ask(stream: Stream, address: string): Asked {
    const isForeign = this.#exchanges.isForeign(address);
    if (this.unranged || (this.#evidence.hasBroken && isForeign)) return { range: undefined };
    if (isForeign && !this.#evidence.plain) stream.end = Math.min(stream.end, stream.position + KEPT);
    const range = { start: stream.position, end: stream.openEnded ? Infinity : stream.end };
    stream.openEnded = false;
    const { etag } = this.#content;
    const isConditional = this.#evidence.untagged && !isForeign && isStrong(etag) && isSendable(etag);
    stream.untagged ||= isConditional;
    return { range, ifRange: isConditional ? etag : undefined };
  }

  /** Takes what an answer says to heart; undefined: nothing of its body is wanted. */
  #take(stream: Stream, found: Understood, range: ByteRange | undefined): Promised | undefined {
    const { answer, response, where } = found;
    switch (answer.kind) {
      case 'part':
        if (range === undefined) break;
        return this.#takePart(stream, found, answer, range);
      case 'whole':
        return this.#takeWhole(stream, found, answer, range);
      case 'end-too-far':
        this.#content.endsBefore(where, answer.total, answer.total);
        stream.end = Math.min(stream.end, answer.total);
        throw this.#reissue.again(stream, found, 'what was asked for ends behind the content');
      case 'nothing':
        this.#takeNothing(stream, found, answer.total, range);
        return undefined;
      case 'unplaceable':
        if (range !== undefined) this.#giveUpPart(stream, found, answer.what);
        throw brokenAnswerError(where, response.status, answer.what);
      case 'unchanged':
        throw statusError(where, response);
    }
    throw brokenAnswerError(where, response.status, 'the answer is a part, though everything was asked for');
  }

  #takePart(stream: Stream, found: Found, answer: Part, range: ByteRange): Promised {
    const kept = (answer.hidden && !this.#evidence.plain) || answer.displaced;
    if (kept && answer.end > range.end) {
      this.#giveUpPart(stream, found, 'the answer is a longer part than was asked for');
    }
    this.#identify(stream, found, answer, !kept);
    this.#evidence.sawPart();
    if (!kept) stream.end = Math.min(stream.end, answer.end);
    const { start, end } = answer;
    return this.#promise(stream, found, answer, range, { start, end, kept, overwrites: false });
  }

  #takeWhole(stream: Stream, found: Found, answer: Whole, range: ByteRange | undefined): Promised {
    this.#identify(stream, found, answer, true);
    const isHabit = range === undefined || this.#evidence.sawNoPart();
    if (!isHabit && stream.position > NEAR) {
      throw this.#reissue.again(stream, found, 'the answer is everything, though a part was asked for');
    }
    if (isHabit) this.#reissue.leaveOnly(stream);
    const end = answer.end ?? this.#content.total ?? Infinity;
    stream.whole = true;
    stream.position = 0;
    stream.end = end;
    const overwrites = this.#content.isFalse;
    return this.#promise(stream, found, answer, range, { start: 0, end, kept: false, overwrites });
  }

  #takeNothing(stream: Stream, found: Found, total: number | undefined, range: ByteRange | undefined): void {
    const { start = 0, end = Infinity } = range ?? {};
    if (total === undefined && this.#content.total === undefined && start > 0 && end < Infinity && end - start > 1) {
      // Only the end may have been too far, and it is not known where that is.
      stream.openEnded = true;
      throw this.#reissue.again(stream, found, 'the answer does not tell the length');
    }
    const outcome = this.#content.endsBefore(found.where, start, total);
    if (outcome === 'refused') throw statusError(found.where, found.response);
    // An error for the first byte of who knows how many.
    if (outcome === 'nothing') throw this.#reissue.forAll(stream, found, 'the answer does not tell the length');
    stream.end = stream.position;
  }

  #promise(
    stream: Stream,
    { response, where }: Found,
    answer: Part | Whole,
    range: ByteRange | undefined,
    place: Place,
  ): Promised {
    return { body: new Body(this.#with, stream, place, where), answer, range, response, where };
  }

  /** Compares version and place; throws `CHANGED` if it is of another version. */
  #identify(stream: Stream, found: Found, { version }: Part | Whole, adopts: boolean): void {
    const { response, where } = found;
    if (!this.#with.source.isOfFirst(stream.address, response)) {
      throw this.#reissue.again(stream, found, 'the answer comes from elsewhere than the first one');
    }
    if (!this.#content.isOfVersion(where, version)) {
      this.#evidence.untagged = true;
      if (!stream.untagged) {
        stream.untagged = true;
        throw this.#reissue.again(stream, found, 'the answer has no ETag');
      }
      this.#content.compareTimes(where, version);
    }
    this.#with.source.worked(stream.address, response);
    this.#exchanges.believed(response);
    if (adopts) this.#content.adopt(where, version, readMediaType(response.headers));
  }

  /** A part of no use: the next request is for all, if that is the server's habit. */
  #giveUpPart(stream: Stream, found: Found, what: string): never {
    if (this.#evidence.sawNoPart()) throw this.#reissue.forAll(stream, found, what);
    throw this.#reissue.again(stream, found, what);
  }

  /**
   * A stream that was to bring everything starts over, and asks for what is still missing if that
   * can be had.
   */
  #rewind(stream: Stream): void {
    if (this.unranged) {
      stream.position = 0;
      stream.end = Infinity;
      return;
    }
    const { end } = this.#with.target;
    const gap = this.#with.target.nextGap(0, end) ?? { start: end, end };
    stream.whole = false;
    stream.position = gap.start;
    stream.end = Math.min(gap.end, gap.start + Math.min(RESTART, this.#with.settings.chunkSize));
  }
}

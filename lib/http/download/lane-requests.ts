import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  identity,
  map,
  type Observable,
  takeWhile,
  throwError,
  timeout,
  TimeoutError,
} from 'rxjs';

import { isStorageError } from '../../errors/storage-error.js';
import type { ByteRange } from '../../range/byte-range.js';
import { LONGEST_TIMER } from '../../range/times.js';
import type { Resource } from '../../resource/resource.js';
import { type Answer, understand } from './answer.js';
import type { DownloadSettings } from './download-options.js';
import { fetchChunks } from './fetch-chunks.js';
import { brokenAnswerError, connectionError, nameOf, stalledError } from './http-error.js';
import type { KnownContent } from './known-content.js';
import type { Lane } from './lane.js';
import type { Pace } from './pace.js';
import { isForeign } from './page-location.js';
import type { SourceUrl } from './source-url.js';
import { isStrong } from './version.js';
import { writeMissing } from './write-missing.js';

/** The requests that lanes make: what is asked, how the answer is understood, and where its bytes go. */
export class LaneRequests {
  /** Requests without `Range` only: the server's parts are of no use. */
  unranged = false;
  /** An answer came from another origin, which allows it: there, at the latest, a redirect ends. */
  #answeredAbroad = false;
  readonly #resource: Resource;
  readonly #content: KnownContent;
  readonly #source: SourceUrl;
  readonly #settings: DownloadSettings;
  readonly #pace: Pace;
  readonly #leaveOnly: (lane: Lane) => void;

  /** @param leaveOnly - ends all other lanes: this one is about to bring everything */
  constructor(
    resource: Resource,
    content: KnownContent,
    source: SourceUrl,
    settings: DownloadSettings,
    pace: Pace,
    leaveOnly: (lane: Lane) => void,
  ) {
    this.#resource = resource;
    this.#content = content;
    this.#source = source;
    this.#settings = settings;
    this.#pace = pace;
    this.#leaveOnly = leaveOnly;
  }

  /** One request for what a lane has still to bring; emits the number of bytes that were written, and were missing before. */
  request(lane: Lane, address: string): Observable<number> {
    const where = nameOf(address);
    lane.address = address;
    lane.askedAt = Date.now();
    lane.gained = false;
    if (lane.whole) this.#rewind(lane);
    if (lane.drained) return EMPTY;
    const asked = this.unranged ? undefined : { start: lane.position, end: lane.end };
    /** How far the answer says that it goes. */
    let promised = Infinity;
    let status = 0;
    const foreign = this.#answeredAbroad || isForeign(address);
    const chunks$ = fetchChunks(this.#settings.fetch, address, this.#headers(asked, foreign), (response) => {
      this.#answeredAbroad ||= response.type === 'cors';
      this.#pace.answered(Date.now() - lane.askedAt);
      const answer = understand(where, response, asked);
      this.#source.worked();
      status = response.status;
      promised = this.#take(lane, answer, asked, where, response);
    }).pipe(
      this.#settings.timeout > LONGEST_TIMER ? identity : timeout({ each: this.#settings.timeout }),
      catchError((error: unknown) => {
        // Nothing but the end of the body was missing.
        if (lane.drained) return EMPTY;
        if (isStorageError(error)) throw error;
        throw error instanceof TimeoutError
          ? stalledError(where, this.#settings.timeout)
          : connectionError(where, error, foreign && !this.#answeredAbroad);
      }),
    );
    const written$ = chunks$.pipe(
      map((chunk) => {
        this.#pace.received(chunk.length, Date.now());
        const data = chunk.subarray(0, lane.end - lane.position);
        const { position } = lane;
        // Before the write: those who hear of it look at what is still to come.
        lane.position += data.length;
        const written = writeMissing(this.#resource, position, data);
        if (written === undefined) throw this.#content.differs(where);
        lane.gained ||= written > 0;
        // At the very end of the answer its connection is about to be free for the next request: it is not cut.
        return { written, goOn: !lane.drained || (lane.end === promised && data.length === chunk.length) };
      }),
      takeWhile(({ goOn }) => goOn, true),
      map(({ written }) => written),
      filter((written) => written > 0),
    );
    return concat(
      written$,
      defer(() => {
        if (lane.end === Infinity) {
          this.#content.learnTotal(where, lane.position);
          lane.end = lane.position;
        }
        if (lane.drained) return EMPTY;
        const what = `the answer broke off ${lane.end - lane.position} bytes before the end that it promised`;
        return throwError(() => brokenAnswerError(where, status, what));
      }),
    );
  }

  /** Takes the answer's headers to heart; answers the offset that its body should reach. */
  #take(lane: Lane, answer: Answer, asked: ByteRange | undefined, where: string, response: Response): number {
    switch (answer.kind) {
      case 'part':
        this.#content.identify(where, answer.version);
        lane.end = Math.min(lane.end, answer.end);
        return answer.end;
      case 'whole':
        this.#content.identify(where, answer.version);
        this.#leaveOnly(lane);
        lane.whole = true;
        lane.position = 0;
        lane.end = answer.end ?? this.#content.total ?? Infinity;
        return lane.end;
      case 'nothing':
        if (this.#content.endsBefore(where, answer.version, asked?.start ?? 0, response)) {
          lane.end = lane.position;
          return lane.end;
        }
    }
    // Parts that nobody can place, or an error for the first byte of who knows how many: once more, without asking for a part.
    this.unranged = true;
    this.#leaveOnly(lane);
    lane.whole = true;
    lane.again = true;
    throw brokenAnswerError(where, response.status, 'the answer does not say which part of the content it has');
  }

  /** A lane that was to bring everything starts over, and asks for what is still missing if that can be had. */
  #rewind(lane: Lane): void {
    if (this.unranged) {
      lane.position = 0;
      lane.end = Infinity;
      return;
    }
    const { end } = this.#content;
    const gap = this.#resource.nextGap(0, end) ?? { start: end, end };
    lane.whole = false;
    lane.position = gap.start;
    lane.end = Math.min(gap.end, gap.start + this.#settings.chunkSize);
  }

  #headers(asked: ByteRange | undefined, foreign: boolean): Headers {
    const headers = new Headers(this.#settings.headers);
    if (asked === undefined) {
      // Beside `Range` the Fetch Standard has the platform say so itself.
      headers.set('accept-encoding', 'identity');
      headers.delete('range');
      headers.delete('if-range');
      return headers;
    }
    headers.set('range', `bytes=${asked.start}-${asked.end - 1}`);
    const { etag } = this.#content;
    // To a server of another origin it costs a preflight, which may be refused; the ETag of each answer says the same.
    if (isStrong(etag) && !foreign) headers.set('if-range', etag);
    else headers.delete('if-range');
    return headers;
  }
}

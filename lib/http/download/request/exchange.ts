import type { Observable } from 'rxjs';

import { show } from '../../../errors/show.js';
import { isStorageError, type StorageError } from '../../../errors/storage-error.js';
import { type Answer, originOf, type Question, understand } from '../answer/understand.js';
import type { Evidence } from '../answer/evidence.js';
import type { DownloadSettings } from '../read-options.js';
import { brokenAnswerError, connectionError, nameOf, schemeError, stalledError, statusError } from '../http-error.js';
import { fetchChunks, type Hold } from './fetch-chunks.js';
import { isForeign } from './page-location.js';
import { type Asked, setAsked } from './request-headers.js';
import type { SourceUrl } from './source-url.js';

/** An answer that says something of the content, or of its being gone. */
export interface Understood {
  readonly answer: Exclude<Answer, { kind: 'refused' | 'other-kind' | 'contradiction' }>;
  readonly response: Response;
  /** Names the request in errors. */
  readonly where: string;
}

/** Makes single requests of one download, and understands their answers. */
export class Exchanges {
  readonly #source: SourceUrl;
  readonly #settings: DownloadSettings;
  readonly #evidence: Evidence;
  /** An answer came from another origin, which allows it: there, at the latest, a redirect ends. */
  #answeredAbroad = false;
  #answered = false;

  constructor(source: SourceUrl, settings: DownloadSettings, evidence: Evidence) {
    this.#source = source;
    this.#settings = settings;
    this.#evidence = evidence;
  }

  /**
   * Whether CORS has a say: a condition would cost a preflight, which may be refused, and headers
   * may be hidden.
   */
  isForeign(address: string): boolean {
    return this.#answeredAbroad || isForeign(address);
  }

  /**
   * One request: `understood` hears of an answer that is one, then the chunks of its body are
   * emitted; `hold` says when the next may be read, now that so many bytes have come. Errors with
   * `HTTP` for all other answers and for a connection that fails, and with what `understood` and
   * the app's own functions throw.
   */
  send(
    address: string,
    asked: Asked,
    { mediaType, kept, total }: Pick<Question, 'mediaType' | 'kept' | 'total'>,
    understood: (found: Understood) => void,
    hold?: Hold,
  ): Observable<Uint8Array> {
    const { fetch, accept, timeout } = this.#settings;
    const where = nameOf(address);
    const origin = originOf(address);
    if (origin !== undefined) this.#evidence.origins.add(origin);
    const headers = this.#settings.headers(address);
    this.#source.protect(headers, address);
    return fetchChunks(fetch, address, setAsked(headers, asked), {
      answered: (response) => {
        this.#answered = true;
        this.#answeredAbroad ||= response.type === 'cors';
        const { status, url } = response;
        const succeeded = status >= 200 && status < 300;
        if (succeeded) {
          const accepted: unknown = accept({ status, headers: response.headers, url: url === '' ? address : url });
          if (accepted !== true)
            throw brokenAnswerError(where, status, `accept() returned ${show(accepted)}, not true`);
        }
        const { range, ifNoneMatch, ifModifiedSince } = asked;
        const conditional = (ifNoneMatch ?? ifModifiedSince) !== undefined;
        const { origins } = this.#evidence;
        const answer = understand(response, { asked: range, total, mediaType, kept, origins, conditional });
        if (answer.kind === 'refused') throw statusError(where, response);
        if (answer.kind === 'other-kind' || answer.kind === 'contradiction') {
          throw brokenAnswerError(where, status, answer.what);
        }
        understood({ answer, response, where });
      },
      hold,
      timeout,
      stalled: () => stalledError(where, timeout),
      broke: (cause) => (isStorageError(cause) ? cause : this.#brokeError(address, cause)),
    });
  }

  #brokeError(address: string, cause: unknown): StorageError {
    // To ask again what cannot be asked would take minutes.
    const unknown = this.#answered || this.#settings.ownFetch ? undefined : schemeError(address, cause);
    return unknown ?? connectionError(nameOf(address), cause, this.isForeign(address) && !this.#answeredAbroad);
  }

  /** An answer was believed: where it came from is known from now on. */
  believed({ url }: Response): void {
    const origin = originOf(url);
    if (origin !== undefined) this.#evidence.origins.add(origin);
  }
}

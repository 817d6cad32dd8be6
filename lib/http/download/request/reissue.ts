import type { StorageError } from '../../../errors/storage-error.js';
import type { Evidence } from '../answer/evidence.js';
import { brokenAnswerError } from '../http-error.js';
import type { Understood } from './exchange.js';
import type { Stream } from './stream.js';

/** An answer, as far as errors about it need it. */
export type Found = Pick<Understood, 'response' | 'where'>;

/** Ends requests whose answers are of no use, to be made once more, at once and in another way. */
export class Reissue {
  readonly #evidence: Evidence;
  readonly #leaveOnly: (stream: Stream) => void;

  /** @param leaveOnly - ends all other streams: this one is about to bring everything */
  constructor(evidence: Evidence, leaveOnly: (stream: Stream) => void) {
    this.#evidence = evidence;
    this.#leaveOnly = leaveOnly;
  }

  /** The error that makes it the next request of the stream. */
  again(stream: Stream, { where, response }: Found, what: string): StorageError {
    stream.again = true;
    return brokenAnswerError(where, response.status, what);
  }

  /** The same, and the next request is for everything, without `Range`, as are all later ones. */
  forAll(stream: Stream, found: Found, what: string): StorageError {
    this.#evidence.unranged = true;
    this.leaveOnly(stream);
    stream.whole = true;
    return this.again(stream, found, what);
  }

  leaveOnly(stream: Stream): void {
    this.#leaveOnly(stream);
  }
}

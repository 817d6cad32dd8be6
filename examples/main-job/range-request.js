// One ranged GET as a stream of pieces, each knowing where it belongs.

import { fromFetch } from 'rxjs/fetch';
import { understand } from './range-answer.js';
import { isStrong } from './version.js';

/**
 * @typedef {import('./version.js').Version} Version
 * @typedef {import('./range-answer.js').Answer} Answer
 *
 * @typedef {object} Piece
 * @property {number} offset where its bytes belong
 * @property {Uint8Array} data
 */

/**
 * Asks for a range of bytes and emits them as they come in; unsubscribing ends the request.
 *
 * @param {URL} url
 * @param {import('tidemark').ByteRange} range half-open; the content may end before it does
 * @param {Version | undefined} version the only one whose bytes are wanted; undefined: whatever is there
 * @param {(answer: Answer) => void} [onAnswer] called before the first piece
 * @returns {import('rxjs').Observable<Piece>} errors on any answer that has not these bytes, and if they stop short; on
 *   another version with the code `CHANGED`, before the first piece
 */
export function requestRange(url, range, version, onAnswer) {
  return fromFetch(url.href, {
    headers: {
      range: `bytes=${range.start}-${range.end - 1}`,
      'accept-encoding': 'identity', // no compression: offsets would count compressed bytes
      ...(isStrong(version?.etag) && { 'if-range': version.etag }),
    },
    selector: (response) => readPieces(response, range, version, onAnswer),
  });
}

/**
 * @param {Response} response
 * @param {import('tidemark').ByteRange} range
 * @param {Version | undefined} version
 * @param {((answer: Answer) => void) | undefined} onAnswer
 * @returns {AsyncGenerator<Piece>}
 */
async function* readPieces(response, range, version, onAnswer) {
  let answer;
  try {
    answer = understand(response, range, version);
  } catch (error) {
    await response.body?.cancel().catch(() => undefined); // left unread, it would keep connection and process alive
    throw error;
  }
  onAnswer?.(answer);
  const { start, end } = answer;
  let offset = start;
  for await (const data of response.body ?? []) {
    yield { offset, data };
    offset += data.length;
  }
  if (end !== undefined && offset !== end) {
    throw new Error(`${response.url}: the answer has ${offset - start} bytes where ${end - start} were promised.`);
  }
}

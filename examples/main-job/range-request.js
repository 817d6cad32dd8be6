// One ranged GET as a stream of pieces, each knowing where it belongs.

import { fromFetch } from 'rxjs/fetch';

/**
 * @typedef {object} Piece
 * @property {number} offset where its bytes belong
 * @property {Uint8Array} data
 *
 * @typedef {object} Answer what the server said before the first byte
 * @property {number | undefined} total length of the whole content, if known
 * @property {boolean} ranged false if this is the whole content, from its start, whatever was asked for
 */

/**
 * Asks for a range of bytes and emits them as they come in; unsubscribing ends the request.
 *
 * @param {URL} url
 * @param {import('tidemark').ByteRange} range half-open; the content may end before it does
 * @param {(answer: Answer) => void} [onAnswer] called before the first piece
 * @returns {import('rxjs').Observable<Piece>} errors on any answer that has not these bytes, and if they stop short
 */
export function requestRange(url, range, onAnswer) {
  return fromFetch(url.href, {
    // No compression: offsets would count compressed bytes.
    headers: { range: `bytes=${range.start}-${range.end - 1}`, 'accept-encoding': 'identity' },
    selector: (response) => readPieces(response, range, onAnswer),
  });
}

/**
 * @param {Response} response
 * @param {import('tidemark').ByteRange} range
 * @param {((answer: Answer) => void) | undefined} onAnswer
 * @returns {AsyncGenerator<Piece>}
 */
async function* readPieces(response, range, onAnswer) {
  const { start, end, total, ranged } = understand(response, range);
  onAnswer?.({ total, ranged });
  let offset = start;
  for await (const data of response.body ?? []) {
    yield { offset, data };
    offset += data.length;
  }
  if (end !== undefined && offset !== end) {
    throw new Error(`${response.url}: the answer has ${offset - start} bytes where ${end - start} were promised.`);
  }
}

/**
 * @param {Response} response
 * @param {import('tidemark').ByteRange} asked
 * @returns {{ start: number, end: number | undefined } & Answer}
 */
function understand({ status, statusText, headers, url }, asked) {
  if (status === 206) {
    const [, first, last, all] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
    const answer = { start: Number(first), end: Number(last) + 1, total: Number(all), ranged: true };
    if (answer.start === asked.start && answer.end === Math.min(asked.end, answer.total)) return answer;
    throw new Error(`${url}: asked for bytes ${asked.start}-${asked.end - 1}, got ${headers.get('content-range')}.`);
  }
  if (status === 200) {
    const length = headers.get('content-length');
    const total = length === null ? undefined : Number(length);
    return { start: 0, end: total, total, ranged: false };
  }
  // No byte of an empty file can be asked for.
  if (status === 416 && headers.get('content-range') === 'bytes */0')
    return { start: 0, end: 0, total: 0, ranged: false };
  throw new Error(`${url}: HTTP ${status} ${statusText}`.trimEnd());
}

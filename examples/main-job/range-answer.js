// What a server answers to a ranged GET, understood from its status and headers.

import { changedError, isSameVersion } from './version.js';

/**
 * @typedef {import('./version.js').Version} Version
 *
 * @typedef {object} Part
 * @property {number} start where the body's first byte belongs
 * @property {number | undefined} end where the body ends, exclusive, if known
 * @property {boolean} ranged false if this is the whole content, from its start, whatever was asked for
 *
 * @typedef {Version & Part} Answer
 */

/**
 * @param {Response} response
 * @param {import('tidemark').ByteRange} asked half-open; the content may end before it does
 * @param {Version | undefined} version the only one whose bytes are wanted; undefined: whatever is there
 * @returns {Answer} throws on any other answer than what was asked for, and with the code `CHANGED` on another version
 */
export function understand(response, asked, version) {
  const answer = readHeaders(response, asked);
  if (version && !isSameVersion(version, answer)) throw changedError(response.url, version, answer);
  const { start, end, total = 0, ranged } = answer;
  if (ranged && !(start === asked.start && end === Math.min(asked.end, total))) throw unasked(response, asked);
  return answer;
}

/**
 * @param {Response} response
 * @param {import('tidemark').ByteRange} asked
 * @returns {Answer}
 */
function readHeaders(response, asked) {
  const { status, statusText, headers, url } = response;
  const etag = headers.get('etag') ?? undefined;
  const contentRange = headers.get('content-range') ?? '';
  if (status === 206) {
    const [, first, last, all] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange) ?? [];
    if (all === undefined) throw unasked(response, asked);
    return { start: Number(first), end: Number(last) + 1, total: Number(all), etag, ranged: true };
  }
  if (status === 200) {
    const length = headers.get('content-length');
    const total = length === null ? undefined : Number(length);
    return { start: 0, end: total, total, etag, ranged: false };
  }
  if (status === 416) {
    // No byte of an empty file can be asked for. Of any other file this is no part; but it tells of a shorter version.
    const [, all] = /^bytes \*\/(\d+)$/.exec(contentRange) ?? [];
    if (all !== undefined) return { start: 0, end: 0, total: Number(all), etag, ranged: all !== '0' };
  }
  throw new Error(`${url}: HTTP ${status} ${statusText}`.trimEnd());
}

/** @param {Response} response @param {import('tidemark').ByteRange} asked */
function unasked({ url, headers }, { start, end }) {
  return new Error(`${url}: asked for bytes ${start}-${end - 1}, got ${headers.get('content-range')}.`);
}

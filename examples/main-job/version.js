// Which version of the content bytes are of: those of two versions must never get into one file.

import { StorageError } from 'tidemark';

/**
 * What a server says about the content as a whole.
 *
 * @typedef {object} Version
 * @property {string | undefined} etag the server's name for this version, weak or strong
 * @property {number | undefined} total length in bytes
 */

/**
 * Whether two answers are of the same content, as far as that can be told: without an ETag the length has to do. What
 * has neither is taken for another version each time.
 *
 * @param {Version} one
 * @param {Version} other
 */
export function isSameVersion(one, other) {
  if (one.etag === undefined && one.total === undefined) return false;
  return one.etag === other.etag && one.total === other.total;
}

/**
 * A strong ETag promises that not a byte differs; only with such a one may a server be asked for parts of that version.
 *
 * @param {string | undefined} etag
 * @returns {etag is string}
 */
export function isStrong(etag) {
  return etag?.startsWith('"') === true;
}

/**
 * @param {string} url
 * @param {Version} stored
 * @param {Version} found
 */
export function changedError(url, stored, found) {
  const isUnknown = stored.etag === undefined && stored.total === undefined;
  return new StorageError(
    'CHANGED',
    isUnknown
      ? `${url}: whether the content has changed cannot be told. It came without length and ETag.`
      : `${url}: the content has changed. Expected ${describe(stored)}, found ${describe(found)}.`,
  );
}

/** @param {Version} version */
function describe({ etag, total }) {
  const length = total === undefined ? 'content of unknown length' : `${total} bytes`;
  return `${length} ${etag === undefined ? 'without ETag' : `with ETag ${etag}`}`;
}

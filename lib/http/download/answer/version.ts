import { StorageError } from '../../../errors/storage-error.js';

/**
 * What a server says about the content as a whole (RFC 9110, section 8): bytes of two versions must
 * never get into one resource.
 */
export interface Version {
  /** The entity tag, weak or strong, as it came. */
  readonly etag?: string | undefined;
  /** `Last-Modified`, as it came, where it proves anything. */
  readonly lastModified?: string | undefined;
  /** Length of the content in bytes. */
  readonly total?: number | undefined;
}

/**
 * A strong entity tag promises that not a byte differs: only such a one outlives the process (RFC
 * 9110, section 8.8.1). One without quotes, which is none by the letter, is taken for a strong one.
 */
export function isStrong(etag: string | undefined): etag is string {
  return etag !== undefined && !/^W\//i.test(etag);
}

/**
 * Whether a tag may go into a header: it has its quotes. An identity that somebody else has set may
 * be any text.
 */
export function isSendable(etag: string | undefined): etag is string {
  return etag !== undefined && /^(W\/)?"[\x20-\x7e\x80-\xff]*"$/.test(etag);
}

/**
 * Whether two tags have the same opaque text: servers make strong ones weak, and lose the quotes,
 * without changing a byte.
 */
export function isSameTag(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

/**
 * Whether an answer is of the version that is known, by all that both say. `'lacking'`: it has no
 * entity tag, and the version that is known has one, so that it cannot be told; an answer that has
 * one where there was none is of another version.
 */
export function compareVersions(known: Version, found: Version): 'same' | 'other' | 'lacking' {
  if (areOther(known.total, found.total)) return 'other';
  if (known.etag !== undefined && found.etag !== undefined) {
    return isSameTag(known.etag, found.etag) ? 'same' : 'other';
  }
  if (known.etag !== undefined) return 'lacking';
  return found.etag !== undefined || areOtherTimes(known, found) ? 'other' : 'same';
}

/** Whether both tell the length, and it is another. */
export function areOther(known: number | undefined, found: number | undefined): boolean {
  return known !== undefined && found !== undefined && known !== found;
}

/** Whether both tell when the content was last changed, and it is the same moment. */
export function areOfOneTime(known: Version, found: Version): boolean {
  return known.lastModified !== undefined && found.lastModified !== undefined && !areOtherTimes(known, found);
}

/**
 * The error for content that is another version now.
 *
 * @param discard - how to get rid of what is stored
 */
export function changedError(where: string, known: Version, found: Version, discard = 'discard()'): StorageError {
  return new StorageError(
    'CHANGED',
    `${where}: the content has changed. What is stored is of ${describe(known)}, the server has ${describe(found)} now. ` +
      `Nothing of it was written. ${discard} the resource, and download into a new one.`,
  );
}

/**
 * The error for bytes of which nobody can say whether they are of the version that the server has
 * now.
 */
export function unverifiableError(path: string | undefined, { etag, total }: Version, trusted: boolean): StorageError {
  const kept = etag === undefined ? 'no ETag' : `the weak ETag ${etag}`;
  const wayOut = trusted
    ? 'there is no length to go by either.'
    : `or go by the length alone with trustLength${total === undefined ? ', once expectedLength says it' : ''}.`;
  return new StorageError(
    'CHANGED',
    `Whether the bytes that are stored${path === undefined ? '' : ` of ${path}`} are of the version that the server has now cannot be told, ` +
      `for they have ${kept}, and this process has not downloaded them. discard() the resource and download into a new one, ${wayOut}`,
    { path },
  );
}

function areOtherTimes(known: Version, found: Version): boolean {
  if (known.lastModified === undefined || found.lastModified === undefined) return false;
  return Date.parse(known.lastModified) !== Date.parse(found.lastModified);
}

function opaque(etag: string): string {
  return etag.replace(/^W\//i, '').replace(/^"(.*)"$/s, '$1');
}

function describe({ etag, lastModified, total }: Version): string {
  const parts = [total === undefined ? 'unknown length' : `${total} bytes`, `ETag ${etag ?? 'none'}`];
  if (!isStrong(etag) && lastModified !== undefined) parts.push(`modified ${lastModified}`);
  return parts.join(', ');
}

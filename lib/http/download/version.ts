import { StorageError } from '../../errors/storage-error.js';

/**
 * What a server says about the content as a whole (RFC 9110, section 8): bytes of two versions must never get into one resource.
 */
export interface Version {
  /** The entity tag, weak or strong, as it came. */
  readonly etag?: string | undefined;
  /** `Last-Modified`, as it came. */
  readonly lastModified?: string | undefined;
  /** Length of the content in bytes. */
  readonly total?: number | undefined;
}

/**
 * A strong entity tag promises that not a byte differs: only such a one may go into `If-Range`, and only such a one outlives the
 * process (RFC 9110, section 8.8.1).
 */
export function isStrong(etag: string | undefined): etag is string {
  return etag?.startsWith('"') === true;
}

/** Whether anything that both say contradicts that they are of one version. A tag that only one of them has does. */
export function differ(known: Version, found: Version): boolean {
  if (known.total !== undefined && found.total !== undefined && known.total !== found.total) return true;
  if (known.etag !== found.etag) return true;
  if (isStrong(known.etag)) return false;
  return known.lastModified !== found.lastModified && known.lastModified !== undefined;
}

/** The error for content that is another version now. */
export function changedError(where: string, known: Version, found: Version): StorageError {
  return new StorageError(
    'CHANGED',
    `${where}: the content has changed. What is stored is of ${describe(known)}, the server has ${describe(found)} now. ` +
      'Nothing of it was written. discard() the resource, and download into a new one.',
  );
}

/** The error for a partial download of which nobody can say whether it is of the version that the server has now. */
export function unverifiableError(path: string | undefined, { etag }: Version): StorageError {
  return new StorageError(
    'CHANGED',
    `Whether the partial download${path === undefined ? '' : ` of ${path}`} is of the version that the server has now cannot be told, for it was kept with ` +
      `${etag === undefined ? 'no ETag' : `the weak ETag ${etag}`}. discard() the resource and download into a new one, or go by the ` +
      'length alone with trustLength.',
    { path },
  );
}

function describe({ etag, lastModified, total }: Version): string {
  const parts = [total === undefined ? 'unknown length' : `${total} bytes`, `ETag ${etag ?? 'none'}`];
  if (!isStrong(etag) && lastModified !== undefined) parts.push(`modified ${lastModified}`);
  return parts.join(', ');
}

import { Observable } from 'rxjs';

import { StorageError } from '../../errors/storage-error.js';
import type { Resource } from '../../resource/resource.js';
import { Evidence } from './answer/evidence.js';
import { KnownContent } from './answer/known-content.js';
import { areOfOneTime, changedError, compareVersions, isSendable, type Version } from './answer/version.js';
import { brokenAnswerError, statusError } from './http-error.js';
import { Exchanges, type Understood } from './request/exchange.js';
import { type SoleContext, SoleRequest } from './sole-request.js';

/** The least that can be asked for: a server that knows no conditions sends one byte. */
const FIRST_BYTE = { start: 0, end: 1 };
const DISCARD = 'discard({ committed: true })';

/**
 * Asks whether the server still has the version that is committed, and completes if it does; errors
 * with `CHANGED` if it does not, or if that cannot be told. Fetches none of the content.
 */
export function revalidate(resource: Resource, context: SoleContext): Observable<never> {
  return new Observable((subscriber) => {
    const { source, settings } = context;
    const { trustLength } = settings;
    const content = new KnownContent(resource, trustLength);
    const known: Version = { ...content.version, etag: resource.identity, total: resource.length };
    const hasValidator = known.etag !== undefined || known.lastModified !== undefined;
    if (!hasValidator && known.total !== 0 && !trustLength) {
      throw unknownVersionError(resource);
    }
    const exchanges = new Exchanges(source, settings, new Evidence(resource));
    let range: typeof FIRST_BYTE | undefined = FIRST_BYTE;
    const ask = (address: string): Observable<unknown> => {
      // Elsewhere a condition would cost a preflight, and the answer's own ETag says the same.
      const conditions = exchanges.isForeign(address) ? {} : conditionsOf(known);
      return exchanges.send(
        address,
        { range, ...conditions },
        { mediaType: content.mediaType, kept: content.mediaType === undefined ? known : undefined, total: known.total },
        (found) => {
          if (found.answer.kind === 'unplaceable' && range !== undefined) {
            range = undefined;
            throw brokenAnswerError(found.where, found.response.status, found.answer.what);
          }
          assertSame(known, found, trustLength);
          // Nothing of the body is wanted.
          subscriber.complete();
        },
      );
    };
    subscriber.add(
      resource.status$.subscribe(({ state }) => {
        if (state === 'closed') subscriber.complete();
      }),
    );
    return new SoleRequest(context).run(ask).subscribe({
      error: (error: unknown) => {
        subscriber.error(error);
      },
    });
  });
}

function unknownVersionError({ path }: Resource): StorageError {
  return new StorageError(
    'CHANGED',
    `Whether the server still has the version that is stored${path === undefined ? '' : ` in ${path}`} cannot be told: neither its ETag ` +
      'nor its Last-Modified is known. Of a file, keepIdentity keeps the ETag. Go by the length alone with trustLength, or ' +
      `${DISCARD} the resource and download into a new one.`,
    { path },
  );
}

function conditionsOf({ etag, lastModified }: Version): { ifNoneMatch?: string; ifModifiedSince?: string | undefined } {
  // A tag without quotes is none that could be sent.
  return isSendable(etag) ? { ifNoneMatch: etag } : { ifModifiedSince: lastModified };
}

/**
 * Throws `CHANGED` unless the answer is of the version that is stored, and `HTTP` if it is no
 * answer.
 */
function assertSame(known: Version, { answer, response, where }: Understood, trustLength: boolean): void {
  switch (answer.kind) {
    case 'unchanged':
      return;
    case 'nothing':
      if (known.total === 0 && (answer.total ?? 0) === 0) return;
      throw changedError(where, known, { ...known, total: answer.total }, DISCARD);
    case 'part':
    case 'whole': {
      const { version } = answer;
      if (trustLength ? version.total === known.total : isSame(known, version)) return;
      throw changedError(where, known, version, DISCARD);
    }
    default:
      throw statusError(where, response);
  }
}

function isSame(known: Version, found: Version): boolean {
  // All content of no bytes is the same.
  if (known.total === 0 && found.total === 0) return true;
  switch (compareVersions(known, found)) {
    case 'same':
      return found.etag !== undefined || areOfOneTime(known, found);
    case 'lacking':
      return areOfOneTime(known, found);
    case 'other':
      return false;
  }
}

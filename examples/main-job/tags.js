// Somebody else who reads: tags like those of ID3v1 and APE are at the end of a file. Nobody tells
// the downloader; it sees in demand$ that somebody waits for the last bytes, and fetches them long
// before their turn.

import { EMPTY, catchError, first, switchMap } from 'rxjs';

const TAIL = 32_768; // bytes

/**
 * Waits for the end of the file, once the music has begun and has to wait for more. That is all it
 * does: FLAC has its tags at the start.
 *
 * @param {import('tidemark').Resource} resource
 * @returns {import('rxjs').Observable<unknown>} never errors: tags are no reason to end the job
 */
export function waitForTags(resource) {
  return resource.demand$.pipe(
    first((demands) => demands.some(({ blocking, range }) => blocking && range.start > 0)),
    switchMap(() => {
      const { expectedLength: end = 0 } = resource;
      return resource.waitRange({ start: Math.max(0, end - TAIL), end });
    }),
    catchError(() => EMPTY),
  );
}

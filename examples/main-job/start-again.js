// What becomes of a job whose content changes on the server.

import { of, retry, tap, throwError } from 'rxjs';
import { isStorageError } from 'tidemark';

/**
 * Discards what is stored when it turns out that the server has another version.
 *
 * @template T
 * @param {import('tidemark').Resource} resource
 * @returns {import('rxjs').MonoTypeOperatorFunction<T>}
 */
export function discardIfChanged(resource) {
  return tap({
    error: (error) => {
      if (isStorageError(error, 'CHANGED')) resource.discard();
    },
  });
}

/**
 * Then starts the job again, with nothing. Only once: some servers have another ETag in every
 * answer.
 *
 * @template T
 * @param {(line: string) => void} say
 * @returns {import('rxjs').MonoTypeOperatorFunction<T>}
 */
export function startAgainIfChanged(say) {
  return retry({
    count: 1,
    delay: (error) => {
      if (!isStorageError(error, 'CHANGED')) return throwError(() => error);
      say(`starting again with nothing. ${error.message}`);
      return of(true);
    },
  });
}

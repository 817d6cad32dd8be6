import { Observable } from 'rxjs';

import { abortedError, onAbort } from '../waits/abort.js';

/** Errors with `CANCELLED` when the signal is aborted, or at once if it was; emits nothing. */
export function abortion(asked: string, signal: AbortSignal | undefined): Observable<never> {
  return new Observable((subscriber) =>
    onAbort(signal, () => {
      subscriber.error(abortedError(asked, signal));
    }),
  );
}

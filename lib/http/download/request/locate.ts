import { defer, identity, type Observable, throwError, timeout } from 'rxjs';

import { LONGEST_TIMER } from '../../../range/times.js';
import { urlStalledError } from '../http-error.js';
import type { SourceUrl } from './source-url.js';

/**
 * The address in use; errors with `TIMEOUT` where a `url` function takes longer than so many
 * milliseconds, which is asked anew then.
 */
export function locate(source: SourceUrl, milliseconds: number): Observable<string> {
  return defer(() => source.locate()).pipe(
    milliseconds > LONGEST_TIMER
      ? identity
      : timeout({
          first: milliseconds,
          with: () => {
            source.forget();
            return throwError(() => urlStalledError(milliseconds));
          },
        }),
  );
}

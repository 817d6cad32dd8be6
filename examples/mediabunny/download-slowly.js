// Downloads what is being waited for, and nothing else: each part where the most urgent reader lacks bytes.

import { concatMap, defer, first, repeat } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';
import { writeTo } from 'tidemark';

const PART = 16_384; // bytes; what is asked for may be just four

/**
 * Writes into the resource while subscribed to; emits what it has written, half-open, and does not complete by itself.
 *
 * @param {import('tidemark').Resource} resource
 * @param {URL} url of a server that knows ranges
 */
export function downloadSlowly(resource, url) {
  return defer(() => resource.demand$).pipe(
    first((demands) => demands.length > 0),
    concatMap(([demand]) => {
      const start = demand?.range.start ?? 0;
      const end = resource.nextGap(start, start + PART)?.end ?? start + PART;
      return fromFetch(url.href, {
        headers: { range: `bytes=${start}-${end - 1}` },
        selector: (response) => {
          if (response.status !== 206) throw new Error(`The server answered ${response.status}.`);
          resource.expectedLength ??= Number(response.headers.get('content-range')?.split('/')[1]);
          return /** @type {import('rxjs').ObservableInput<Uint8Array>} */ (response.body);
        },
      }).pipe(writeTo(resource, { offset: start, commit: false }));
    }),
    repeat(),
  );
}

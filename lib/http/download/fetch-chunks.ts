import { Observable } from 'rxjs';

import { checkBytes } from '../../range/bytes.js';
import { pageLocation } from './page-location.js';

/**
 * One request: calls `onResponse`, then emits the bytes of the body as they arrive, and completes at its end.
 *
 * It errors with what `fetch`, the body or `onResponse` throws. Unsubscribing aborts the request, whatever it waits for.
 */
export function fetchChunks(
  send: typeof globalThis.fetch,
  url: string,
  headers: Headers,
  onResponse: (response: Response) => void,
): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    // Somebody's `fetch` may not heed the signal; and an answer left unread would keep its connection, and Node's process.
    const leave = (): void => {
      abort.abort();
      reader?.cancel().catch(() => undefined);
    };
    const isLeft = (): boolean => subscriber.closed;
    const run = async (): Promise<void> => {
      // The resource keeps what comes. A browser's cache beside it asks for a part anew that it has the start of (Chromium, measured).
      const response = await send(url, { headers, signal: abort.signal, ...(pageLocation() && { cache: 'no-store' }) });
      reader = response.body?.getReader();
      if (isLeft()) {
        leave();
        return;
      }
      onResponse(response);
      while (reader !== undefined) {
        const { done, value } = await reader.read();
        if (done || isLeft()) break;
        checkBytes('a chunk of the answer', value);
        subscriber.next(value);
      }
      subscriber.complete();
    };
    run().catch((error: unknown) => {
      subscriber.error(error);
    });
    return leave;
  });
}

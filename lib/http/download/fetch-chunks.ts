import { Observable } from 'rxjs';

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
    // Somebody's `fetch` may not heed the signal.
    const isLeft = (): boolean => subscriber.closed;
    const run = async (): Promise<void> => {
      const response = await send(url, { headers, signal: abort.signal });
      const reader = response.body?.getReader();
      try {
        if (isLeft()) return;
        onResponse(response);
        while (reader !== undefined) {
          const { done, value } = await reader.read();
          if (done || isLeft()) break;
          subscriber.next(value);
        }
        subscriber.complete();
      } finally {
        // An answer left unread would keep its connection, and Node's process.
        reader?.cancel().catch(() => undefined);
      }
    };
    run().catch((error: unknown) => {
      subscriber.error(error);
    });
    return () => {
      abort.abort();
    };
  });
}

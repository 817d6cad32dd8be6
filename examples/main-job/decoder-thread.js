// The decoder's thread, seen from the main thread: an observable.

import { Worker } from 'node:worker_threads';
import { Observable } from 'rxjs';

/**
 * Starts the thread when subscribed to and ends it when unsubscribed from, even if it is blocked
 * just then.
 *
 * @param {import('tidemark').ReaderHandle} handle
 * @param {{ awaitSeek: boolean }} options awaitSeek: the thread waits for an interrupt before it
 * finishes
 * @returns {Observable<import('./decode-worker.js').DecoderMessage>} completes with the thread;
 * errors if it does
 */
export function runDecoder(handle, { awaitSeek }) {
  return new Observable((subscriber) => {
    const worker = new Worker(new URL('./decode-worker.js', import.meta.url));
    worker.on('message', (/** @type {import('./decode-worker.js').DecoderMessage} */ message) => {
      if (message.type === 'failed') subscriber.error(new Error(message.message));
      else subscriber.next(message);
    });
    worker.on('error', (error) => subscriber.error(error));
    worker.on('exit', () => subscriber.complete());
    worker.postMessage({ handle, awaitSeek });
    return () => void worker.terminate();
  });
}

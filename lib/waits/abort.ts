import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';

/** Throws a `TypeError` for what cannot be listened to. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || typeof (signal as Partial<AbortSignal> | null)?.addEventListener === 'function') return;
  throw wrongType('signal', 'an AbortSignal', signal);
}

/** Returns the error for a call whose signal was aborted. */
export function abortedError(asked: string, signal: AbortSignal | undefined, range?: ByteRange): StorageError {
  return new StorageError('CANCELLED', `${asked} with a signal that was aborted. Its reason is the cause.`, {
    cause: signal?.reason,
    range,
  });
}

/** Calls `act` when `signal` is aborted, or at once if it was; what it returns stops listening. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal?.aborted === true) act();
  else signal?.addEventListener('abort', act, { once: true });
  return () => {
    signal?.removeEventListener('abort', act);
  };
}

import { isStorageError, StorageError, type StorageErrorCode, type StorageErrorDetails } from './storage-error.js';

/** An error as it is sent to another thread: cloning one loses its class and code. */
export interface PlainError extends Omit<StorageErrorDetails, 'cause'> {
  readonly code: StorageErrorCode;
  readonly message: string;
  /** The message of its cause, where there is one. */
  readonly cause?: string | undefined;
}

/** Returns what is to be sent of an error; `IO` for one that is not of this library. */
export function toPlainError(error: unknown): PlainError {
  if (!isStorageError(error)) return { code: 'IO', message: messageOf(error) };
  const { code, message, range, path, httpStatus, retryAfterMs, cause } = error;
  return {
    code,
    message,
    range,
    path,
    httpStatus,
    retryAfterMs,
    cause: cause === undefined ? cause : messageOf(cause),
  };
}

/** Returns the error that was sent. */
export function fromPlainError({ code, message, cause, ...details }: PlainError): StorageError {
  return new StorageError(code, message, { ...details, cause: cause === undefined ? cause : new Error(cause) });
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}

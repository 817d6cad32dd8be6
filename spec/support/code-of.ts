import { isStorageError, type StorageError } from '../../lib/index.js';

/** The `StorageError` that `action` throws. */
export function errorOf(action: () => unknown): StorageError {
  try {
    action();
  } catch (error) {
    if (isStorageError(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** The `StorageError` that `promise` rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<StorageError> {
  try {
    await promise;
  } catch (error) {
    if (isStorageError(error)) return error;
    throw error;
  }
  throw new Error('It did not reject.');
}

/** The code of a `StorageError`; any other error as it is. */
export function asCode(error: unknown): unknown {
  return isStorageError(error) ? error.code : error;
}

/**
 * The code of the `StorageError` that an action throws, or the code of what a promise rejects with,
 * which may come from another thread; any other error as text. Undefined where there is none.
 */
export function codeOf(failing: () => unknown): string | undefined;
export function codeOf(failing: Promise<unknown>): Promise<string | undefined>;
export function codeOf(failing: (() => unknown) | Promise<unknown>): string | undefined | Promise<string | undefined> {
  if (typeof failing !== 'function') {
    return failing.then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
  }
  try {
    failing();
    return undefined;
  } catch (error) {
    return String(asCode(error));
  }
}

/** What a promise has come to: a value, the code of an error, or undefined while it is pending. */
export function follow(promise: Promise<unknown>): { outcome: unknown } {
  const followed: { outcome: unknown } = { outcome: undefined };
  promise.then(
    (value) => (followed.outcome = value),
    (error: unknown) => (followed.outcome = asCode(error)),
  );
  return followed;
}

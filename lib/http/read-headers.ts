import { show } from '../errors/show.js';
import { StorageError } from '../errors/storage-error.js';

/** A copy of `headers`; throws `INVALID_ARGUMENT` for what `new Headers()` does not take. */
export function readHeaders(headers: ConstructorParameters<typeof Headers>[0]): Headers {
  try {
    return new Headers(headers);
  } catch (cause) {
    // The platform's message may quote a header, and so a password.
    throw new StorageError(
      'INVALID_ARGUMENT',
      `Expected headers to be what new Headers() takes, got ${show(headers)}. The platform says what is wrong with it (cause).`,
      { cause },
    );
  }
}

import { StorageError } from '../errors/storage-error.js';

/** An update that is unfinished for this long, in milliseconds, belongs to an owner that was terminated in the middle of it. */
export const UNFINISHED_FOR = 1000;

/** The error of a reader that has given its owner up. */
export function ownerLostError(): StorageError {
  return new StorageError(
    'CLOSED',
    'The thread that owns this resource stopped in the middle of an update and has not finished it for a second: it was terminated, ' +
      'or suspended. Close this reader; whoever starts the owner again must open the resource anew.',
  );
}

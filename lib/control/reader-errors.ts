import { StorageError } from '../errors/storage-error.js';

/** Returns the error of a reader that has given up its owner. */
export function ownerLostError(): StorageError {
  return new StorageError(
    'CLOSED',
    'The thread that owns this resource stopped in the middle of an update and has not finished it for a second: it was terminated, ' +
      'or suspended. Close this reader; whoever starts the owner again must open the resource anew.',
  );
}

/** Returns the error of a reader whose shared memory cannot be what an owner has written. */
export function damagedError(): StorageError {
  return new StorageError(
    'CLOSED',
    'The shared memory of this resource contradicts itself: something else than its owner has written into it, or the handle was made by ' +
      'hand. Close this reader, and ask the owner for a new handle.',
  );
}

import { StorageError } from '../../errors/storage-error.js';
import { isFalsified } from '../../http/download/answer/known-content.js';
import { Resource } from '../../resource/resource.js';

const { prototype } = Resource;

/** What a resource of a store does in place of what would end it. */
const GUARDS: Resource = Object.create(prototype, {
  close: { value: refuse('close') },
  discard: { value: refuse('discard') },
  [Symbol.dispose]: { value: refuse('dispose of') },
  fail: {
    value(this: Resource, reason: string | Error): void {
      // A download does so where false bytes are stored, which nobody is to read.
      if (!isFalsified(this)) throw guardError('fail', this);
      prototype.fail.call(this, reason);
    },
  },
}) as Resource;

/**
 * Takes from a resource what would end it: it belongs to a store, which lends it to many. Returns
 * what still does.
 *
 * It stays the same object: who downloads into it is to be known as the one who does so already.
 */
export function guardResource(resource: Resource): Pick<Resource, 'close' | 'discard'> {
  Object.setPrototypeOf(resource, GUARDS);
  return {
    close: () => {
      prototype.close.call(resource);
    },
    discard: (options) => {
      prototype.discard.call(resource, options);
    },
  };
}

function refuse(name: string): (this: Resource) => void {
  return function refused() {
    throw guardError(name, this);
  };
}

function guardError(name: string, { path }: Resource): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    `Asked to ${name} a resource that belongs to a store, which others may have a lease of. Close your lease, or remove the key from the store.`,
    { path },
  );
}

import { StorageError } from '../../errors/storage-error.js';
import { isFalsified } from '../../http/download/answer/known-content.js';
import { Resource } from '../../resource/resource.js';

const GUARDED = ['close', 'discard', 'fail'] as const;

/**
 * Takes from a resource what would end it: it belongs to a store, which lends it to many. Returns
 * what still does.
 *
 * They are members of the object itself, and not of a copy of it: who downloads into the resource
 * is to be known as the one who does so already. A download may fail it where false bytes are
 * stored, which nobody is to read.
 */
export function guardResource(resource: Resource): Pick<Resource, (typeof GUARDED)[number]> {
  const { close, discard, fail } = Resource.prototype;
  for (const name of [...GUARDED, Symbol.dispose] as const) {
    const guard = (reason?: unknown): void => {
      if (name === 'fail' && isFalsified(resource)) fail.call(resource, reason as string);
      else throw guardError(String(name), resource.path);
    };
    Object.defineProperty(resource, name, { value: guard });
  }
  return { close: close.bind(resource), discard: discard.bind(resource), fail: fail.bind(resource) };
}

function guardError(name: string, path: string | undefined): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    `Asked to ${name} a resource that belongs to a store, which others may have a lease of. Close your lease, or remove the key from the store.`,
    { path },
  );
}

import { invalidArgument } from './invalid-argument.js';
import { show } from './show.js';
import { StorageError } from './storage-error.js';

/**
 * Throws `INVALID_ARGUMENT` unless `options` is undefined, or an object that has no other options
 * than those in `known`.
 *
 * It allocates nothing, since reads of a few bytes call it. Inherited names count: an `AbortSignal`
 * in place of `{ signal }` is found by them.
 *
 * @param meant - what to add to the message for a name that is not known
 */
export function checkOptions<T extends object>(
  options: T | undefined,
  known: readonly (keyof T & string)[],
  meant?: (name: string, known: readonly string[]) => string,
): void {
  if (options === undefined) return;
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw invalidArgument('the options', 'an object', given);
  for (const name in given) {
    if ((known as readonly string[]).includes(name)) continue;
    throw new StorageError(
      'INVALID_ARGUMENT',
      `Expected only the options ${known.join(', ') || '(none)'}, got ${show(name)}.${meant?.(name, known) ?? ''}`,
    );
  }
}

/**
 * Throws `INVALID_ARGUMENT` for options that are passed where there are none. What is no object is
 * left alone: `views.map(whenCommitted)` passes an index.
 */
export function checkNoOptions(options: unknown): void {
  if (typeof options === 'object' && options !== null) checkOptions(options, []);
}

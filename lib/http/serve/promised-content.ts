import { StorageError } from '../../errors/storage-error.js';
import { type ByteRange, MAX_OFFSET } from '../../range/byte-range.js';
import type { ResourceView } from '../../view/resource-view.js';
import { isSameVersion } from './entity-tag.js';

/** What headers have said of a body, so that no client takes another one for it. */
export interface PromisedContent {
  /** Half-open, in bytes; an end at `Infinity` promises none. */
  readonly range: ByteRange;
  readonly identity: string | undefined;
}

/**
 * Throws `CHANGED` if `view` has another version than was promised. To be called once bytes are
 * copied: whoever replaces bytes changes the identity first.
 */
export function assertSameVersion(view: ResourceView, promised: PromisedContent): void {
  const { identity } = promised;
  const now = identity === undefined ? undefined : view.identity;
  if (now === identity || isSameVersion(now, identity)) return;
  throw changedError(promised, `the content is ${String(now)} now`);
}

/** Throws `CHANGED` if a body that ends at `position` is shorter than was promised. */
export function assertWhole(promised: PromisedContent, position: number): void {
  const { end } = promised.range;
  if (position < end && end !== Infinity) throw changedError(promised, `the content ends at ${position} now`);
}

function changedError({ range: { start, end }, identity }: PromisedContent, found: string): StorageError {
  const version = identity === undefined ? '' : ` of ${identity}`;
  return new StorageError(
    'CHANGED',
    `Served [${start}, ${end === Infinity ? 'the end' : end})${version}, and ${found}. The answer was broken off; the next one is right.`,
    { range: { start, end: Math.min(end, MAX_OFFSET) } },
  );
}

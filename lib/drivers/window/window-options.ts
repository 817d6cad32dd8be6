import { checkOptions } from '../../errors/check-options.js';
import { invalidArgument, wrongType } from '../../errors/invalid-argument.js';
import { isBlockSize, SHORTEST_BLOCK } from './block-table.js';

/** How much of the content is kept in memory, and what of it. */
export interface WindowDriverOptions {
  /**
   * How much memory the bytes take, at most 4 GiB and at least two blocks; rounded down to whole
   * blocks.
   */
  readonly maxBytes: number;
  /**
   * What stays where not all of it can. `near-readers`: what is near to where readers are; what
   * goes can be brought again. `latest`: what came last, for content that nobody can bring again.
   * `@default` 'near-readers'
   */
  readonly keep?: 'near-readers' | 'latest' | undefined;
  /**
   * With `near-readers`, how many bytes behind a reader are kept longer than what is ahead of it.
   * `@default` an eighth of `maxBytes`
   */
  readonly behind?: number | undefined;
  /**
   * In bytes, a power of two from 4 KiB: memory is given to the content and taken from it in pieces
   * of this size. `@default` 64 KiB
   */
  readonly blockSize?: number | undefined;
  /** Whether other threads can read. `@default` true, where the platform has shared memory */
  readonly shared?: boolean | undefined;
}

/** The options, checked and complete. */
export interface WindowPlan {
  readonly keep: 'near-readers' | 'latest';
  readonly behind: number;
  readonly blockSize: number;
  /** How many blocks fit in. */
  readonly places: number;
  readonly shared: boolean;
}

const KEEPS: readonly string[] = ['near-readers', 'latest'];
/** What MemDriver takes at most, too. */
const LARGEST = 4 * 2 ** 30;

/** Throws `INVALID_ARGUMENT`, or a `TypeError` for what TypeScript rejects. */
export function planWindow(options: WindowDriverOptions): WindowPlan {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument('the options', 'an object with maxBytes ({ maxBytes: 64 * 2 ** 20 }, say)', given);
  }
  checkOptions(options, ['maxBytes', 'keep', 'behind', 'blockSize', 'shared']);
  const { maxBytes, keep = 'near-readers', blockSize = 2 ** 16, shared = true } = options;
  if (typeof shared !== 'boolean') throw wrongType('shared', 'a boolean', shared);
  if (!KEEPS.includes(keep)) throw invalidArgument('keep', `one of ${KEEPS.join(', ')}`, keep);
  if (!isBlockSize(blockSize)) {
    throw invalidArgument('blockSize', `a power of two from ${SHORTEST_BLOCK} (bytes)`, blockSize);
  }
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 2 * blockSize || maxBytes > LARGEST) {
    const expected = `an integer from ${2 * blockSize}, two blocks, to 2^32 (bytes)`;
    throw invalidArgument('maxBytes', expected, maxBytes, ' A smaller window takes a smaller blockSize.');
  }
  const { behind = maxBytes / 8 } = options;
  if (typeof behind !== 'number' || !(behind >= 0)) throw invalidArgument('behind', 'a number of bytes', behind);
  return { keep, behind, blockSize, places: Math.floor(maxBytes / blockSize), shared };
}

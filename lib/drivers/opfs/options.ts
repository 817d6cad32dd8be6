import { CACHE_BLOCK } from '../../cold/cache-layout.js';
import { checkOptionNames } from '../../errors/check-option-names.js';
import { invalidArgument, wrongType } from '../../errors/invalid-argument.js';
import { checkSignal } from '../../waits/abort.js';
import { type CheckpointOptions, type CheckpointPolicy, checkPolicy } from '../checkpoints.js';
import { checkPath } from './opfs-folder.js';

/** How to open a path of the origin private file system. */
export interface OpfsDriverOptions {
  /** Names with slashes between them, from the root of the origin private file system. */
  readonly path: string;
  /**
   * `auto`: opens the complete content, else continues a partial download, else starts a new one;
   * nobody else can open the path meanwhile. `read-only`: opens the complete content, else throws
   * `NOT_FOUND`; others can do so at the same time where the browser has access handles for
   * reading (Chromium). `@default` 'auto'
   */
  readonly mode?: 'auto' | 'read-only' | undefined;
  /**
   * How often coverage is made durable while writing; `false`: only at `checkpoint()` and at close.
   * `@default` every 8 MiB or 1000 ms; above 100 MB/s every 1000 ms
   */
  readonly checkpoint?: false | CheckpointOptions | undefined;
  /**
   * While somebody else has the path open: `true` or a signal waits until it is free, or the signal
   * fires (`CANCELLED`); otherwise it throws `CLAIMED`. `@default` `CLAIMED`
   */
  readonly wait?: AbortSignal | true | undefined;
  /**
   * How much of it other threads find in shared memory, in bytes, at least 65,536: what they read
   * last, and what follows that. The memory is taken for the first port. `@default` 16 MiB
   */
  readonly cacheBytes?: number | undefined;
  /** Ends the wait, too. */
  readonly signal?: AbortSignal | undefined;
}

/** The options, checked and complete. */
export interface CheckedOptions {
  readonly path: string;
  readonly mode: 'auto' | 'read-only';
  readonly checkpoint: CheckpointPolicy | undefined;
  readonly wait: AbortSignal | boolean;
  readonly cacheBytes: number;
  readonly signal: AbortSignal | undefined;
}

const CACHE_BYTES = 16 * 2 ** 20;
const OPTIONS = ['path', 'mode', 'checkpoint', 'wait', 'cacheBytes', 'signal'] as const;

/** Throws `INVALID_ARGUMENT` unless the options are those of a driver, or some `others`. */
export function checkNames<T extends OpfsDriverOptions>(options: T, ...others: (keyof T & string)[]): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument('the options', "an object with a path ({ path: 'songs/7' }, say)", given);
  }
  checkOptionNames(options, [...OPTIONS, ...others]);
}

/** Throws `INVALID_ARGUMENT`, or a `TypeError` for what is of no use at all. */
export function checkOptions(options: OpfsDriverOptions): CheckedOptions {
  checkNames(options);
  const { path, mode = 'auto', checkpoint = {}, wait, cacheBytes = CACHE_BYTES, signal } = options;
  checkPath(path);
  if (!['auto', 'read-only'].includes(mode)) throw invalidArgument('mode', 'auto or read-only', mode);
  if (!Number.isSafeInteger(cacheBytes) || cacheBytes < CACHE_BLOCK)
    throw invalidArgument('cacheBytes', `an integer >= ${CACHE_BLOCK} (bytes)`, cacheBytes);
  if (wait !== undefined && (wait as unknown) !== true && typeof wait !== 'object') {
    throw wrongType('wait', 'true or an AbortSignal', wait);
  }
  if (wait !== true) checkSignal(wait);
  checkSignal(signal);
  return { path, mode, checkpoint: checkPolicy(checkpoint), wait: wait ?? false, cacheBytes, signal };
}

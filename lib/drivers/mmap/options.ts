import { StorageError } from '../../errors/storage-error.js';
import { LONGEST_TIMER } from '../../range/times.js';
import type { CheckpointPolicy } from './checkpoints.js';
import { type FileSystem, NODE_FILES } from './file-system.js';
import { BINDING_NAMES } from './mapping/binding.js';
import type { MappingOption } from './mapping/bindings.js';

/** What opening a path may find, and what may be done to it. */
export type OpenMode = 'auto' | 'read-write' | 'read-only';

/** How often coverage is made durable while writing: whichever comes first. */
export interface CheckpointOptions {
  /** After so many bytes. `@default` 8 MiB */
  readonly bytes?: number | undefined;
  /** After so many milliseconds of writing. `@default` 1000 */
  readonly ms?: number | undefined;
}

/** How to open a file. */
export interface MmapDriverOptions {
  /** The file; relative to the current folder, resolved once at open, and through symbolic links. */
  readonly path: string;
  /**
   * `auto`: a file that exists is complete, else a partial download is taken up, else it is new. `read-write`: the same, and a write to
   * a complete file reactivates it. `read-only`: a file that exists; else `NOT_FOUND`. `@default` 'auto'
   */
  readonly mode?: OpenMode | undefined;
  /** Take up a partial download; else it is replaced at the first write. `@default` true */
  readonly resume?: boolean | undefined;
  /** How often coverage is made durable while writing; `false`: only at `checkpoint()` and at close. `@default` every 8 MiB or 1000 ms */
  readonly checkpoint?: false | CheckpointOptions | undefined;
  /** Make file and folder durable at commit. `@default` true */
  readonly durable?: boolean | undefined;
  /** Keep the identity beside the file after commit, and find it there when opening. `@default` false */
  readonly keepIdentity?: boolean | undefined;
  /** How a committed file is mapped into memory; `off`: plain reads. `@default` 'auto': what works, mmap-io before koffi */
  readonly mapping?: MappingOption | undefined;
  /** @internal What stands in for the operating system where a test makes it fail. */
  readonly files?: FileSystem;
}

/** The options, checked and complete. */
export interface CheckedOptions {
  readonly path: string;
  readonly mode: OpenMode;
  readonly resume: boolean;
  readonly checkpoint: CheckpointPolicy | undefined;
  readonly durable: boolean;
  readonly keepIdentity: boolean;
  readonly mapping: MappingOption;
  readonly files: FileSystem;
}

const DEFAULT_POLICY = { bytes: 8 * 2 ** 20, ms: 1000 };
const MODES: readonly OpenMode[] = ['auto', 'read-write', 'read-only'];
const MAPPINGS: readonly MappingOption[] = ['auto', ...BINDING_NAMES, 'off'];

/** Throws `INVALID_ARGUMENT`, or a `TypeError` for what is of no use at all. */
export function checkOptions(options: MmapDriverOptions): CheckedOptions {
  const { path, mode = 'auto', checkpoint = DEFAULT_POLICY, mapping = 'auto', files = NODE_FILES } = options;
  checkPath(path);
  const { resume = true, durable = true, keepIdentity = false } = options;
  checkChoice('mode', mode, MODES);
  checkChoice('mapping', mapping, MAPPINGS);
  for (const [name, value] of Object.entries({ resume, durable, keepIdentity })) {
    if (typeof value !== 'boolean') throw new TypeError(`Expected ${name} to be a boolean, got ${typeof value}.`);
  }
  return { path, mode, resume, checkpoint: checkPolicy(checkpoint), durable, keepIdentity, mapping, files };
}

/** Throws unless `path` can name a file. */
export function checkPath(path: string): void {
  if (typeof path !== 'string') throw new TypeError(`Expected path to be a string, got ${typeof path}.`);
  if (path !== '' && !path.includes('\0')) return;
  throw new StorageError(
    'INVALID_ARGUMENT',
    `Expected path to name a file, got ${path === '' ? 'an empty string' : 'a string with a NUL character in it'}.`,
  );
}

function checkPolicy(checkpoint: NonNullable<MmapDriverOptions['checkpoint']>): CheckpointPolicy | undefined {
  if (checkpoint === false) return undefined;
  if (typeof checkpoint !== 'object') {
    throw new TypeError(`Expected checkpoint to be false or an object, got ${typeof checkpoint}.`);
  }
  const { bytes = DEFAULT_POLICY.bytes, ms = DEFAULT_POLICY.ms } = checkpoint;
  for (const [name, value] of Object.entries({ bytes, ms })) {
    if (typeof value === 'number' && value > 0) continue;
    throw new StorageError(
      'INVALID_ARGUMENT',
      `Expected checkpoint.${name} to be a number above 0, got ${String(value)}. Use checkpoint: false for none while writing.`,
    );
  }
  return { bytes, ms: Math.min(ms, LONGEST_TIMER) };
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new StorageError(
    'INVALID_ARGUMENT',
    `Expected ${name} to be one of ${choices.join(', ')}, got ${JSON.stringify(value)}.`,
  );
}

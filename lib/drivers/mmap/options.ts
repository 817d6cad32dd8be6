import { invalidArgument, wrongType } from '../../errors/invalid-argument.js';
import { checkOptionNames } from '../../errors/check-option-names.js';
import { StorageError } from '../../errors/storage-error.js';
import { type CheckpointOptions, type CheckpointPolicy, checkPolicy } from '../checkpoints.js';
import type { Claim } from './claim/claim.js';
import { type FileSystem, NODE_FILES } from './files/file-system.js';
import { MAPPINGS, type MappingOption } from './mapping/bindings.js';

/** What opening a path may find, and what may be done with it. */
export type OpenMode = 'auto' | 'read-write' | 'read-only' | 'replace';

/** How to open a file. */
export interface MmapDriverOptions {
  /**
   * The file. A relative path starts at the current folder; symbolic links are followed. Resolved
   * once, at open.
   */
  readonly path: string;
  /**
   * `auto`: opens the complete file, else continues a partial download, else starts a new one.
   * `read-write`: the same, and a write to a complete file reactivates it. `read-only`: opens the
   * complete file, else throws `NOT_FOUND`. `replace`: opens new content beside the complete file,
   * which stays where it is until `commit` puts the new one in its place in one step; a replacement
   * that was begun is continued; where there is no complete file, it is as `auto`. `@default`
   * 'auto'
   */
  readonly mode?: OpenMode | undefined;
  /** Go on with a partial download; if false, the first write replaces it. `@default` true */
  readonly resume?: boolean | undefined;
  /**
   * How often coverage is made durable while writing; `false`: only at `checkpoint()` and at close,
   * and before evicted bytes that the coverage on disk lists are given back. `@default` every 8 MiB
   * or 1000 ms; above 100 MB/s every 1000 ms
   */
  readonly checkpoint?: false | CheckpointOptions | undefined;
  /** Make file and folder durable at commit. `@default` true */
  readonly durable?: boolean | undefined;
  /**
   * Keep the identity beside the file after commit, and read it when the file is opened. `@default`
   * false
   */
  readonly keepIdentity?: boolean | undefined;
  /**
   * How a committed file is mapped into memory; `off`: plain reads. `@default` 'auto': what works,
   * mmap-io before koffi
   */
  readonly mapping?: MappingOption | undefined;
  /** @internal The calls of the operating system, for tests that make them fail. */
  readonly files?: FileSystem;
  /** @internal For who has claimed the whole folder. */
  readonly owned?: OwnedPlace;
}

/** A path in a folder that was claimed as a whole, so that it needs no claim of its own. */
export interface OwnedPlace {
  /** The claim of the folder. The path is absolute, and no part of it is a symbolic link. */
  readonly claim: Claim;
  /** Nothing of ours is at the path: what costs a look is not looked for. */
  readonly isFresh: boolean;
  /** In place of `durable`, asked at each commit. */
  readonly isDurable: () => boolean;
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
  readonly owned: OwnedPlace | undefined;
}

const OPTIONS = ['path', 'mode', 'resume', 'checkpoint', 'durable', 'keepIdentity', 'mapping'] as const;
const HIDDEN = { files: { enumerable: false }, owned: { enumerable: false } };
const MODES: readonly OpenMode[] = ['auto', 'read-write', 'read-only', 'replace'];

/** Throws `INVALID_ARGUMENT`, or a `TypeError` for what is of no use at all. */
export function checkOptions(options: MmapDriverOptions): CheckedOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument('the options', "an object with a path ({ path: 'song.flac' }, say)", given);
  }
  // What is internal is hidden, so that no message names it; who owns the folder is one of ours.
  if (options.owned === undefined) checkOptionNames(Object.create(options, HIDDEN) as MmapDriverOptions, OPTIONS);
  const { path, mode = 'auto', checkpoint = {}, mapping = 'auto', files = NODE_FILES, owned } = options;
  checkPath(path);
  const { resume = true, durable = true, keepIdentity = false } = options;
  checkChoice('mode', mode, MODES);
  checkChoice('mapping', mapping, MAPPINGS);
  for (const [name, value] of Object.entries({ resume, durable, keepIdentity })) {
    if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
  }
  return {
    path,
    mode,
    resume,
    checkpoint: checkPolicy(checkpoint),
    get durable() {
      return owned?.isDurable() ?? durable;
    },
    keepIdentity,
    mapping,
    files,
    owned,
  };
}

/** Throws unless `path` can name a file. */
export function checkPath(path: string): void {
  if (typeof path !== 'string')
    throw wrongType('path', 'a string', path, ' Of a file: URL make one with fileURLToPath().');
  if (path !== '' && !path.includes('\0')) return;
  throw new StorageError(
    'INVALID_ARGUMENT',
    `Expected path to name a file, got ${path === '' ? 'an empty string' : 'a string with a NUL character in it'}.`,
  );
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw invalidArgument(name, `one of ${choices.join(', ')}`, value);
}

import { StorageError } from '../../errors/storage-error.js';
import { isClaimed } from './claim/claim.js';
import type { FileSet } from './files/file-set.js';
import { NODE_FILES, TO_READ } from './files/file-system.js';
import { loadIdentity } from './committed/identity-file.js';
import { checkPath } from './options.js';
import { resolveFileSet } from './files/resolve-file-set.js';
import { findPartial } from './partial/find-partial.js';

/** What is at a path. */
export interface FileInspection {
  /** Nothing that could be used, a partial download to go on with, or a complete file. */
  readonly from: 'new' | 'partial' | 'complete';
  /** How many bytes could be read. */
  readonly coveredBytes: number;
  /**
   * How many bytes the file that holds them takes on disk, complete or partial. Blocks count as a
   * whole; what was never written, or was evicted and given back, does not count.
   */
  readonly bytesOnDisk: number;
  /** The total in bytes, where it is known. */
  readonly expectedLength?: number;
  /** The version of the remote content, where it was kept. */
  readonly identity?: string;
  /** True while somebody writes it, or a replacement of it. */
  readonly claimed: boolean;
  /** The replacement of the complete file that was begun (mode `replace`), if there is one. */
  readonly replacement?: ReplacementInspection;
}

/** What there is of a replacement that is not committed yet. */
export interface ReplacementInspection {
  /** How many bytes could be read; 0 if it could not be continued. */
  readonly coveredBytes: number;
  /** How many bytes the file that holds them takes on disk, as in {@link FileInspection}. */
  readonly bytesOnDisk: number;
  /** The total in bytes, where it is known. */
  readonly expectedLength?: number;
  /** The version of the remote content, where it was kept. */
  readonly identity?: string;
}

/** Returns what is at a path, without opening a resource. Changes nothing. */
export function inspectFile(path: string): FileInspection {
  checkPath(path);
  const fileSet = resolveFileSet(NODE_FILES, path, false);
  const claimed = isClaimed(fileSet);
  const complete = fileSet.status(fileSet.path);
  if (complete?.isFile === false) {
    throw new StorageError('IO', `Asked to inspect ${fileSet.path}, and it is no regular file. Choose another path.`, {
      path: fileSet.path,
    });
  }
  const rest = { claimed, ...given({ replacement: inspectPartial(fileSet.withSuffix('.next')) }) };
  if (complete !== undefined) {
    const { size, allocated } = complete;
    const identity = loadIdentity(fileSet, complete);
    return {
      from: 'complete',
      coveredBytes: size,
      bytesOnDisk: allocated,
      expectedLength: size,
      ...given({ identity }),
      ...rest,
    };
  }
  const partial = inspectPartial(fileSet) ?? { coveredBytes: 0, bytesOnDisk: 0 };
  return { from: partial.coveredBytes > 0 ? 'partial' : 'new', ...partial, ...rest };
}

/** Returns what there is of content that is not committed; undefined if there is no file. */
function inspectPartial(fileSet: FileSet): ReplacementInspection | undefined {
  const status = fileSet.status(fileSet.part);
  if (status === undefined) return undefined;
  const { file, record } = findPartial(fileSet, TO_READ);
  file?.close();
  const { coveredBytes = 0, expectedLength, identity } = record ?? {};
  return { coveredBytes, bytesOnDisk: status.allocated, ...given({ expectedLength, identity }) };
}

/** Leaves out what is undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

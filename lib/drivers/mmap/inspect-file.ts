import { StorageError } from '../../errors/storage-error.js';
import { isClaimed } from './claim.js';
import { NODE_FILES, TO_READ } from './file-system.js';
import { loadIdentity } from './identity-file.js';
import { checkPath } from './options.js';
import { resolvePlace } from './place.js';
import { findPartial } from './stored-record.js';

/** What lies at a path. */
export interface FileInspection {
  /** Nothing that could be used, a partial download that would be taken up, or a complete file. */
  readonly from: 'new' | 'partial' | 'complete';
  /** How many bytes could be read. */
  readonly coveredBytes: number;
  /** How long the file is that holds them, complete or partial, in bytes; where parts of it were never written it takes less room. */
  readonly bytesOnDisk: number;
  /** The total in bytes, where it is known. */
  readonly expectedLength?: number;
  /** The version of the remote content, where it was kept. */
  readonly identity?: string;
  /** Whether somebody writes it just now. */
  readonly claimed: boolean;
}

/** Looks at a path without opening a resource; nothing is changed. */
export function inspectFile(path: string): FileInspection {
  checkPath(path);
  const place = resolvePlace(NODE_FILES, path, false);
  const claimed = isClaimed(place);
  const complete = place.status(place.path);
  if (complete?.isFile === false) {
    throw new StorageError('IO', `Asked to inspect ${place.path}, and it is no regular file. Choose another path.`, {
      path: place.path,
    });
  }
  if (complete !== undefined) {
    const { size } = complete;
    const identity = loadIdentity(place, complete);
    return {
      from: 'complete',
      coveredBytes: size,
      bytesOnDisk: size,
      expectedLength: size,
      ...given({ identity }),
      claimed,
    };
  }
  const bytesOnDisk = place.status(place.part)?.size ?? 0;
  const { file, record } = findPartial(place, TO_READ);
  file?.close();
  if (record === undefined) return { from: 'new', coveredBytes: 0, bytesOnDisk, claimed };
  const { coveredBytes, expectedLength, identity } = record;
  return { from: 'partial', coveredBytes, bytesOnDisk, ...given({ expectedLength, identity }), claimed };
}

/** Leaves out what is undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

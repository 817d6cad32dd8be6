import { isStorageError, StorageError } from '../../errors/storage-error.js';
import type { ContentRecord, StoredContent } from '../driver.js';
import { ActiveFile } from './active-file.js';
import { Claim } from './claim.js';
import { CommittedFile } from './committed-file.js';
import type { FileCell } from './file-cell.js';
import { type FileStatus, isSame, TO_READ, TO_WRITE } from './file-system.js';
import { loadIdentity } from './identity-file.js';
import type { MapBinding } from './mapping/binding.js';
import type { CheckedOptions } from './options.js';
import type { Place } from './place.js';
import { findPartial } from './stored-record.js';

/** What everything that is done to one open file needs to know. */
export interface FileContext {
  readonly place: Place;
  readonly options: CheckedOptions;
  readonly bindings: readonly MapBinding[];
  readonly cell: FileCell;
  readonly record: () => ContentRecord;
}

/** Content as it was found; whoever may write it has the claim. */
export interface OpenedContent {
  readonly content: ActiveFile | CommittedFile;
  readonly claim: Claim | undefined;
  readonly found: StoredContent;
}

/** Opens what lies at a path, as the mode says. */
export function openContent(context: FileContext): OpenedContent {
  const { place, options } = context;
  const committed = openCommitted(context);
  if (committed !== undefined) return committed;
  if (options.mode === 'read-only') {
    throw new StorageError('NOT_FOUND', `Asked to read ${place.path}, and there is no such file. Download it first.`, {
      path: place.path,
    });
  }
  // The longest name there will be: better refused now than when a download is to be kept.
  place.status(place.coverageTemp);
  let claim: Claim;
  try {
    claim = Claim.take(place);
  } catch (error) {
    // Whoever has the claim may have committed since, and be about to give it back.
    const late = isStorageError(error, 'CLAIMED') ? openCommitted(context) : undefined;
    if (late !== undefined) return late;
    throw error;
  }
  try {
    // Only now: somebody may have committed it, or left off, before the claim was free.
    const late = openCommitted(context);
    if (late === undefined) return openPartial(context, claim);
    claim.release();
    return late;
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** Takes the claim for a file that is open as committed; throws `CLAIMED`, or `CHANGED` if another file has its name by now. */
export function claimCommitted({ place }: FileContext, committed: CommittedFile): Claim {
  const claim = Claim.take(place);
  try {
    const named = place.status(place.path);
    if (named !== undefined && isSame(named, committed.file.status)) return claim;
    throw replacedError(place.path, named);
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** The error for content that cannot be written again, since its path has another file, or none. */
export function replacedError(path: string, named: FileStatus | undefined): StorageError {
  return new StorageError(
    'CHANGED',
    `Asked to write ${path} again, and it ${named === undefined ? 'was removed' : 'is another file now'}: somebody else has written it ` +
      'since it was opened. Close this resource and open the path anew.',
    { path },
  );
}

function openCommitted({ place, options, bindings, cell }: FileContext): OpenedContent | undefined {
  const file = place.find(place.path, TO_READ);
  if (file === undefined) return undefined;
  return file.orClose(() => {
    const { status } = file;
    const { size } = status;
    const identity = options.keepIdentity ? loadIdentity(place, status) : undefined;
    cell.set(status, size);
    return {
      content: new CommittedFile(file, size, bindings, place.path),
      claim: undefined,
      found: { coverage: size > 0 ? [{ start: 0, end: size }] : [], committedLength: size, identity },
    };
  });
}

function openPartial(context: FileContext, claim: Claim): OpenedContent {
  const { place, options } = context;
  const { file, record, refused } = options.resume ? findPartial(place, TO_WRITE) : {};
  const content = new ActiveFile(place, context.cell, context.record, options.checkpoint, file, record?.digest);
  if (record !== undefined) return { content, claim, found: record };
  return { content, claim, found: refused === undefined ? { coverage: [] } : { coverage: [], refused } };
}

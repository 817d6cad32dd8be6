import { isStorageError, StorageError } from '../../errors/storage-error.js';
import type { StoredContent } from '../driver.js';
import type { Claim } from './claim/claim.js';
import { takeClaim } from './claim/take-claim.js';
import { CommittedFile } from './committed/committed-file.js';
import { loadIdentity } from './committed/identity-file.js';
import type { FileContext } from './file-context.js';
import { TO_READ, TO_WRITE } from './files/file-system.js';
import { ActiveFile } from './partial/active-file.js';
import { findPartial } from './partial/find-partial.js';

/** Content as it was found, with the claim if it may be written. */
export interface OpenedContent {
  readonly content: ActiveFile | CommittedFile;
  readonly claim: Claim | undefined;
  readonly found: StoredContent;
  /** With the names that content has which is not committed. */
  readonly context: FileContext;
}

/** Opens what is at a path, as the mode says. */
export function openContent(context: FileContext): OpenedContent {
  const { fileSet, options } = context;
  if (options.mode === 'replace') return openReplacement(context);
  if (context.isFresh) return openPartial(context, takeClaim(context));
  const committed = openCommitted(context);
  if (committed !== undefined) return committed;
  if (options.mode === 'read-only') {
    throw new StorageError(
      'NOT_FOUND',
      `Asked to read ${fileSet.path}, and there is no such file. Download it first.`,
      { path: fileSet.path },
    );
  }
  // Better refused now than when a download is to be kept.
  if (options.owned === undefined) fileSet.assertLongestNameFits();
  let claim: Claim;
  try {
    claim = takeClaim(context);
  } catch (error) {
    // The holder of the claim may have committed since, and be about to release it.
    const late = isStorageError(error, 'CLAIMED') ? openCommitted(context) : undefined;
    if (late !== undefined) return late;
    throw error;
  }
  try {
    // Somebody may have committed the content, or closed it, before the claim was free: so what is
    // there is looked at only now.
    const late = options.owned === undefined ? openCommitted(context) : undefined;
    if (late === undefined) return openPartial(context, claim);
    claim.release();
    return late;
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** Opens what is committed at a path; returns undefined where nothing is. */
export function openCommitted(context: FileContext): OpenedContent | undefined {
  const { fileSet, options, bindings, fileState } = context;
  const file = fileSet.find(fileSet.path, TO_READ);
  if (file === undefined) return undefined;
  return file.orClose(() => {
    const { status } = file;
    const { size } = status;
    const identity = options.keepIdentity ? loadIdentity(fileSet, status) : undefined;
    fileState.set(status, size, file.descriptor);
    return {
      content: new CommittedFile(file, size, bindings, fileSet.path),
      claim: undefined,
      found: { coverage: size > 0 ? [{ start: 0, end: size }] : [], committedLength: size, identity },
      context,
    };
  });
}

/**
 * Opens what is to replace the committed file, and leaves that alone: who opens the path meanwhile
 * finds it. Without a committed file it opens the partial download, or new content.
 *
 * There is one claim for both: whoever else would write the path, be it to reactivate the committed
 * file, gets `CLAIMED`.
 */
function openReplacement(context: FileContext): OpenedContent {
  const { fileSet } = context;
  // What cannot be replaced is refused before a lock file is made.
  fileSet.hasCommitted();
  fileSet.assertLongestNameFits();
  const claim = takeClaim(context);
  try {
    // Only now: somebody may have committed or reactivated it before the claim was free.
    const suffix = fileSet.hasCommitted() ? '.next' : '.part';
    return openPartial({ ...context, fileSet: fileSet.withSuffix(suffix) }, claim);
  } catch (error) {
    claim.release();
    throw error;
  }
}

function openPartial(context: FileContext, claim: Claim): OpenedContent {
  const { fileSet, options } = context;
  const { file, record, refused } = options.resume && !context.isFresh ? findPartial(fileSet, TO_WRITE) : {};
  const content = new ActiveFile(context, claim, file, record);
  if (record !== undefined) return { content, claim, found: record, context };
  return { content, claim, found: refused === undefined ? { coverage: [] } : { coverage: [], refused }, context };
}

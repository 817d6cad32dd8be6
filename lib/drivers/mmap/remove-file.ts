import { Claim } from './claim/claim.js';
import { removeIdentity } from './committed/identity-file.js';
import type { FileContext } from './file-context.js';
import { type FileStatus, isSameFile, NODE_FILES } from './files/file-system.js';
import { resolveFileSet } from './files/resolve-file-set.js';
import { checkPath } from './options.js';

/** Removes all files of ours at a path; throws `CLAIMED` while somebody writes it. */
export function removeFile(path: string): void {
  checkPath(path);
  const fileSet = resolveFileSet(NODE_FILES, path, false);
  const replacement = fileSet.withSuffix('.next');
  const names = [fileSet.path, fileSet.identity, fileSet.identityTemp, fileSet.lock];
  for (const { part, coverage, coverageTemp, partNew } of [fileSet, replacement]) {
    names.push(part, coverage, coverageTemp, partNew);
  }
  if (names.every((name) => fileSet.status(name) === undefined)) return;
  const claim = Claim.takeToRemove(fileSet);
  try {
    replacement.removePartial();
    fileSet.removePartial();
    fileSet.unlink(fileSet.path);
    removeIdentity(fileSet);
  } finally {
    claim?.release();
  }
}

/**
 * Removes what a resource has kept or committed under a name of the set, unless another file has
 * that name by now.
 *
 * @param own - the status of the resource's file; undefined if it has none
 */
export function removeOwn({ fileSet, options }: FileContext, name: string, own: FileStatus | undefined): void {
  if (own === undefined) return;
  const claim = options.owned?.claim.within(fileSet) ?? Claim.takeToRemove(fileSet);
  try {
    const named = fileSet.status(name);
    if (named === undefined || !isSameFile(named, own)) return;
    if (name === fileSet.part) fileSet.removePartial();
    else {
      fileSet.unlink(fileSet.path);
      removeIdentity(fileSet);
    }
  } finally {
    claim?.release();
  }
}

import { digestOf, encodeRecord } from '../../../record/record-codec.js';
import type { Claim } from '../claim/claim.js';
import { claimCommitted, replacedError } from '../committed/claim-committed.js';
import type { CommittedFile } from '../committed/committed-file.js';
import { removeIdentity } from '../committed/identity-file.js';
import type { FileContext } from '../file-context.js';
import { TO_WRITE } from '../files/file-system.js';
import { storeRecord } from '../files/record-file.js';
import { sha256 } from '../files/sha256.js';
import { ActiveFile } from './active-file.js';

/**
 * Makes a committed file `.part` again. The inode stays, so readers that have it open or mapped go
 * on.
 *
 * The coverage file is written first. So a crash leaves either the committed file, with a coverage
 * file that nobody uses, or a partial download that is complete.
 */
export function reopenFile(context: FileContext, committed: CommittedFile): { content: ActiveFile; claim: Claim } {
  const { fileSet, record } = context;
  const claim = claimCommitted(context, committed);
  try {
    const file = fileSet.find(fileSet.path, TO_WRITE);
    if (file === undefined) throw replacedError(fileSet.path, undefined);
    return file.orClose(() => {
      // The coverage file is to list all of it, and its writer may not have made it durable.
      file.sync();
      // Files of an earlier content go first: the coverage file must be about this one.
      fileSet.removePartial();
      fileSet.syncFolder();
      const coverage = committed.length === 0 ? [] : [{ start: 0, end: committed.length }];
      const known = { coverage, expectedLength: undefined, identity: record().identity };
      const bytes = encodeRecord(known, sha256);
      storeRecord(fileSet, fileSet.coverage, fileSet.coverageTemp, bytes);
      fileSet.rename(fileSet.path, fileSet.part);
      try {
        // Before anything is written: after a crash, no changed bytes may have the final name.
        fileSet.syncFolder();
        const digest = digestOf(bytes);
        const found = { digest, neverCommitted: false, coverage, coveredBytes: committed.length };
        const content = new ActiveFile(context, claim, file, found);
        // The coverage file has the identity now, and there is no committed content any more.
        removeIdentity(fileSet);
        return { content, claim };
      } catch (error) {
        fileSet.rename(fileSet.part, fileSet.path);
        throw error;
      }
    });
  } catch (error) {
    claim.release();
    throw error;
  }
}

import { ActiveFile } from './active-file.js';
import type { Claim } from './claim.js';
import type { CommittedFile } from './committed-file.js';
import { digestOf, encodeRecord } from './content-record.js';
import { claimCommitted, type FileContext, replacedError } from './file-context.js';
import { TO_WRITE } from './file-system.js';
import { storeRecord } from './stored-record.js';

/**
 * Makes a committed file `.part` again, the same inode, so that readers who have it open or mapped go on. The coverage file comes first:
 * a crash in between leaves a committed file with some garbage beside it, or a partial download that is whole.
 */
export function reopenFile(context: FileContext, committed: CommittedFile): { content: ActiveFile; claim: Claim } {
  const { place, cell, record, options } = context;
  const claim = claimCommitted(context, committed);
  try {
    const file = place.find(place.path, TO_WRITE);
    if (file === undefined) throw replacedError(place.path, undefined);
    return file.orClose(() => {
      // Whoever wrote it may not have made it durable, and the coverage file is to claim all of it.
      file.sync();
      // What another content has left behind goes first: the coverage file is to speak of this one.
      place.removePartial();
      place.syncFolder();
      const coverage = committed.length === 0 ? [] : [{ start: 0, end: committed.length }];
      const known = { coverage, expectedLength: undefined, identity: record().identity };
      const bytes = encodeRecord(known);
      storeRecord(place, place.coverage, place.coverageTemp, bytes);
      place.rename(place.path, place.part);
      try {
        // Before anything is written: after a crash there must be no changed bytes under the final name.
        place.syncFolder();
        return { content: new ActiveFile(place, cell, record, options.checkpoint, file, digestOf(bytes)), claim };
      } catch (error) {
        place.rename(place.part, place.path);
        throw error;
      }
    });
  } catch (error) {
    claim.release();
    throw error;
  }
}

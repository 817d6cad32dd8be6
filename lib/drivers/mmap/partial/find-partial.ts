import type { StoredRecord } from '../../../record/record-codec.js';
import type { RefusedContent } from '../../driver.js';
import type { FileSet } from '../files/file-set.js';
import type { OpenFile } from '../files/open-file.js';
import { loadRecord } from '../files/record-file.js';

/** A partial download as it was found. */
export type FoundPartial =
  | { readonly file: OpenFile; readonly record: StoredRecord; readonly refused?: undefined }
  | { readonly file?: undefined; readonly record?: undefined; readonly refused?: RefusedContent };

/** Looks for a partial download; there is none if it returns neither `file` nor `refused`. */
export function findPartial(fileSet: FileSet, flags: number): FoundPartial {
  const status = fileSet.status(fileSet.part);
  // A coverage file without its bytes is garbage.
  if (status === undefined) return {};
  const record = loadRecord(fileSet, fileSet.coverage);
  if (record === undefined) return {};
  if ('reason' in record)
    return refuse(fileSet, record.reason, 0, `${fileSet.coverage} is not believed: ${record.message}.`);
  const { coveredBytes, coveredEnd } = record;
  if (!status.isFile) {
    return refuse(fileSet, 'damaged', coveredBytes, `${fileSet.part} is no regular file, and is not followed.`);
  }
  const file = fileSet.find(fileSet.part, flags);
  if (file === undefined) return {};
  const { size } = file.orClose(() => file.status);
  if (size >= coveredEnd && coveredBytes > 0) return { file, record };
  file.close();
  if (coveredBytes === 0) return {};
  return refuse(
    fileSet,
    'longer-than-data',
    coveredBytes,
    `${fileSet.coverage} lists bytes up to ${coveredEnd}, and ${fileSet.part} has ${size}.`,
  );
}

function refuse(
  fileSet: FileSet,
  reason: RefusedContent['reason'],
  coveredBytes: number,
  found: string,
): { refused: RefusedContent } {
  const message = `${found} The partial download at ${fileSet.path} is not taken up; nothing of it is removed before the first write.`;
  return { refused: { reason, coveredBytes, message } };
}

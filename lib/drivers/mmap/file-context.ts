import type { ContentRecord } from '../../record/content-record.js';
import type { SharedFileState } from './attachment/shared-file-state.js';
import type { FileSet } from './files/file-set.js';
import type { MapBinding } from './mapping/binding.js';
import type { CheckedOptions } from './options.js';

/** What everything that is done to one open file needs to know. */
export interface FileContext {
  readonly fileSet: FileSet;
  readonly options: CheckedOptions;
  readonly bindings: readonly MapBinding[];
  readonly fileState: SharedFileState;
  readonly record: () => ContentRecord;
  /** Nothing of ours was at the path when it was opened, as the owner of the folder has said. */
  readonly isFresh: boolean;
}

import { isAbsolute } from 'node:path';

import { StorageError } from '../../../errors/storage-error.js';
import type { Attachment, DriverDescription } from '../../driver.js';
import { FileSet } from '../files/file-set.js';
import { NODE_FILES, TO_READ } from '../files/file-system.js';
import type { OpenFile } from '../files/open-file.js';
import { bindingsFor, isMappingOption, type MappingOption } from '../mapping/bindings.js';
import { lendsFrom } from '../mapping/lent-piece.js';
import { MappedSegments } from '../mapping/mapped-segments.js';
import { findHeld } from './held-file.js';
import { SharedFileState } from './shared-file-state.js';

/** The module to import in the other thread, see {@link registerAttachment}. */
export const FILE_KIND = 'tidemark/node';
/** A try fails only because of a rename at that moment. */
const MOST_TRIES = 100;
/**
 * How long a reader waits for a file that is being replaced, in milliseconds. Once the rename can
 * be seen the owner has little left to do. But where a folder is written synchronously, the call
 * returns seconds later, and an owner that was terminated never says that it is done.
 */
const REPLACED_WITHIN = 10_000;

interface FileDescription {
  readonly path: string;
  readonly fileState: SharedArrayBuffer;
  readonly mapping: MappingOption;
}

export function describeFile(description: FileDescription): DriverDescription {
  return { kind: FILE_KIND, data: description };
}

/**
 * Reads the owner's file in another thread, through a descriptor of its own. The owner's descriptor
 * number belongs to the process, and means some other file once the owner has closed it.
 *
 * **Why no read sees another file's bytes, and none ends by SIGBUS.** Whenever the generation has
 * changed, the file is opened anew, by its name. It is the right one only if its device and inode
 * are those of the {@link SharedFileState}.
 *
 * An open descriptor with the same device and inode proves nothing. overlayfs (every container)
 * copies a file to another layer when its owner opens it to write it again, and keeps the numbers;
 * a mapping through an older descriptor shows the old file for ever, however short that is. The
 * owner opens the file before it changes the generation. So a descriptor that was opened in the new
 * generation is of the copy.
 *
 * A file is mapped only while the content is final, and only up to the length that this very
 * descriptor tells. No file of ours that was ever final is made shorter.
 *
 * If its name is another file's by now, or nobody's (it was replaced, or committed and removed
 * since), it is opened by the descriptor of its owner, where there is one and the system can
 * (`held-file.ts`). The owner has opened it in this generation, too. Else the older descriptor is
 * used if its numbers are right. It is read and not mapped: plain reads through it see the copy,
 * too (Linux since 4.19), and a read past the end is an error and no signal.
 */
export function attachFile(data: unknown): Attachment {
  const { path, fileState: shared, mapping } = checkDescription(data);
  const fileSet = new FileSet(NODE_FILES, path);
  const fileState = new SharedFileState(shared);
  /** Opened in this generation. */
  let file: OpenFile | undefined;
  /** Opened in an older generation; kept until there is one of this. */
  let older = find(fileSet, fileState);
  /** What reads the file, as of the last refresh. */
  let bytes: MappedSegments | OpenFile | undefined;

  const open = (): MappedSegments | OpenFile => {
    file ??= find(fileSet, fileState);
    if (file === undefined && older !== undefined && fileState.matches(older.status)) return older;
    file ??= findReplacement(fileSet, fileState) ?? notFound(path);
    older?.close();
    older = undefined;
    const { finalLength } = fileState;
    if (finalLength === undefined) return file;
    // The state may be of another file by now.
    const length = Math.min(finalLength, file.status.size);
    return new MappedSegments(file, length, bindingsFor(mapping, path));
  };
  const unmap = (): void => {
    if (bytes instanceof MappedSegments) bytes.close();
    bytes = undefined;
  };
  const attachment: Attachment = {
    read(offset, target) {
      bytes ??= open();
      bytes.read(offset, target);
    },
    refresh() {
      unmap();
      older = file ?? older;
      file = undefined;
    },
    close() {
      unmap();
      for (const each of [file, older]) each?.close();
      file = older = undefined;
    },
  };
  lendsFrom(attachment, () => {
    bytes ??= open();
    return bytes instanceof MappedSegments ? bytes : undefined;
  });
  return attachment;
}

/** Handles come by messages: what is no description would be an error of the platform's. */
function checkDescription(data: unknown): FileDescription {
  const { path, fileState, mapping } = (data ?? {}) as { readonly [K in keyof FileDescription]?: unknown };
  if (typeof path !== 'string' || !isAbsolute(path) || path.includes('\0')) throw noFile('no file');
  if (!SharedFileState.isBuffer(fileState)) throw noFile(`the file ${path} without its state`);
  if (!isMappingOption(mapping)) throw noFile(`the file ${path}, to be mapped in a way that is not known here`);
  return { path, fileState, mapping };
}

function noFile(found: string): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    `Expected the handle of a reader, and it describes ${found}. ` +
      'Send it by postMessage as it is, between threads that load the same version of this library.',
  );
}

/**
 * Opens the file with the inode of the state, at whichever of its names it is now, or as the owner
 * holds it.
 */
function find(fileSet: FileSet, fileState: SharedFileState): OpenFile | undefined {
  const names = [fileSet.part, fileSet.withSuffix('.next').part, fileSet.path];
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    for (const name of names) {
      const status = fileSet.status(name);
      if (status === undefined || !fileState.matches(status)) continue;
      const file = fileSet.find(name, TO_READ);
      if (file !== undefined && fileState.matches(file.status)) return file;
      file?.close();
    }
    // While the owner itself replaces it, the new content is waited for.
    const held = fileState.isReplacing ? undefined : findHeld(fileSet, fileState);
    if (held !== undefined) return held;
    if (!fileState.isSet) return undefined;
  }
  return undefined;
}

/**
 * The same once no replacement is under way. Also without a wait the file is looked for again,
 * since a replacement may have ended just before.
 */
function findReplacement(fileSet: FileSet, fileState: SharedFileState): OpenFile | undefined {
  fileState.waitWhileReplacing(REPLACED_WITHIN);
  return find(fileSet, fileState);
}

function notFound(path: string): never {
  throw new StorageError(
    'NOT_FOUND',
    `Asked to read the file ${path} in another thread than its owner's, and it is neither there nor at ${path}.part or ${path}.next: it was ` +
      'removed or replaced. Open it anew.',
    { path },
  );
}

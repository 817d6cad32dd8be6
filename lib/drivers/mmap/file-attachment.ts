import { StorageError } from '../../errors/storage-error.js';
import type { Attachment, DriverDescription } from '../driver.js';
import { FileCell } from './file-cell.js';
import { NODE_FILES, TO_READ } from './file-system.js';
import { bindingsFor, type MappingOption } from './mapping/bindings.js';
import { FileWindows } from './mapping/file-windows.js';
import type { OpenFile } from './open-file.js';
import { Place } from './place.js';

export const FILE_KIND = 'tidemark/mmap';
/** Each try is lost only to a rename at that moment. */
const MOST_TRIES = 100;

interface FileDescription {
  readonly path: string;
  readonly cell: SharedArrayBuffer;
  readonly mapping: MappingOption;
}

export function describeFile(description: FileDescription): DriverDescription {
  return { kind: FILE_KIND, data: description };
}

/**
 * Reads the owner's file in another thread, through a descriptor of its own: the owner's number belongs to the process, and names some
 * other file once the owner has closed it.
 */
export function attachFile(data: unknown): Attachment {
  const { path, cell: shared, mapping } = data as FileDescription;
  const place = new Place(NODE_FILES, path);
  const cell = new FileCell(shared);
  let file: OpenFile | undefined = find(place, cell);
  /** What reads the file, as of the last refresh. */
  let bytes: FileWindows | OpenFile | undefined;

  const open = (): FileWindows | OpenFile => {
    file ??= find(place, cell) ?? lost(path);
    const { finalLength } = cell;
    // The cell may speak of another file by now. Nothing is mapped past the end of this one, which never becomes shorter.
    const length = Math.min(finalLength ?? 0, file.status.size);
    bytes = finalLength === undefined ? file : new FileWindows(file, length, bindingsFor(mapping, path));
    return bytes;
  };
  const letGo = (): void => {
    bytes?.close();
    bytes = undefined;
    file?.close();
    file = undefined;
  };
  return {
    read(offset, target) {
      (bytes ?? open()).read(offset, target);
    },
    refresh() {
      if (file === undefined || !cell.names(file.status)) letGo();
      else if (bytes instanceof FileWindows) bytes.close();
      bytes = undefined;
    },
    close: letGo,
  };
}

/** Opens the file that the cell names, whatever it is called just now. */
function find(place: Place, cell: FileCell): OpenFile | undefined {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    for (const name of [place.part, place.path]) {
      const status = place.status(name);
      if (status === undefined || !cell.names(status)) continue;
      const file = place.find(name, TO_READ);
      if (file !== undefined && cell.names(file.status)) return file;
      file?.close();
    }
    if (!cell.isSet) return undefined;
  }
  return undefined;
}

function lost(path: string): never {
  throw new StorageError(
    'NOT_FOUND',
    `Asked to read the file ${path} in another thread than its owner's, and it is neither there nor at ${path}.part: it was removed or ` +
      'replaced. Open it anew.',
    { path },
  );
}

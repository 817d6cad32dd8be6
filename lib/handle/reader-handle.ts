import { ControlReader } from '../control/control-reader.js';
import { MAGIC, MAGIC_AT, PROTOCOL, VERSION_AT } from '../control/layout.js';
import { CELL_BYTES } from '../control/cell-layout.js';
import { ReaderCell } from '../control/reader-cell.js';
import { attachDriver } from '../drivers/attachments.js';
import type { Attachment, DriverDescription } from '../drivers/driver.js';
import { StorageError } from '../errors/storage-error.js';

/**
 * What one reader in another thread needs: a plain object that survives `structuredClone`, so `postMessage` it.
 *
 * Its content is private. It can be attached once, with `attachReader` or `openSync`.
 */
export interface ReaderHandle {
  /** @internal */
  readonly tidemark: number;
  /** The name of the reader, as in `Demand.reader`. */
  readonly name: string;
  /** @internal */
  readonly control: SharedArrayBuffer;
  /** @internal */
  readonly cell: SharedArrayBuffer;
  /** @internal */
  readonly wakeWord: number;
  /** @internal */
  readonly driver: DriverDescription;
}

/** A handle that was attached in this thread. */
export interface Attached {
  readonly name: string;
  readonly control: ControlReader;
  readonly cell: ReaderCell;
  readonly wakeWord: number;
  readonly bytes: Attachment;
}

/** Claims the reader that `handle` is for; throws `INVALID_ARGUMENT`, `CLOSED` or `UNSUPPORTED`. */
export function attachHandle(handle: ReaderHandle): Attached {
  const control = controlOf(handle);
  if (!isShared(handle.cell) || handle.cell.byteLength !== CELL_BYTES) throw foreignHandle('a handle that is damaged');
  const cell = new ReaderCell(handle.cell);
  if (cell.portClosed) {
    throw new StorageError(
      'CLOSED',
      `The port of the reader "${handle.name}" is closed. Ask the owner for a new handle.`,
    );
  }
  const bytes = attachDriver(handle.driver);
  if (!cell.attach()) {
    bytes.close();
    throw new StorageError(
      'INVALID_ARGUMENT',
      `The handle of the reader "${handle.name}" was attached before, and it is for one reader. Ask the owner for another with createPort().`,
    );
  }
  return { name: handle.name, control, cell, wakeWord: handle.wakeWord, bytes };
}

/** The control block that a handle names, after a look at whether it is one. */
export function controlOf(handle: ReaderHandle): ControlReader {
  const given: unknown = handle;
  if (typeof given !== 'object' || given === null || !('tidemark' in given)) {
    throw foreignHandle(given === null ? 'null' : typeof given === 'object' ? 'some other object' : typeof given);
  }
  if (handle.tidemark !== PROTOCOL) {
    throw foreignHandle(`one of version ${String(handle.tidemark)}, this library reads version ${PROTOCOL}`);
  }
  if (!isShared(handle.control)) throw foreignHandle('a handle without its shared memory');
  const control = new ControlReader(handle.control);
  if (control.words[MAGIC_AT] !== MAGIC || control.words[VERSION_AT] !== PROTOCOL) {
    throw foreignHandle('shared memory of something else');
  }
  return control;
}

function isShared(value: unknown): value is SharedArrayBuffer {
  return Object.prototype.toString.call(value) === '[object SharedArrayBuffer]';
}

function foreignHandle(found: string): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    `Expected the handle of a reader (ReaderPort.handle), got ${found}. ` +
      'Send it by postMessage as it is, between threads that load the same version of this library.',
  );
}

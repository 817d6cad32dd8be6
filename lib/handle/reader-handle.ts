import { BOX_BYTES } from '../cold/piece-box.js';
import { ControlReader } from '../control/control-reader.js';
import { hasSoundStamps } from '../control/stamps.js';
import { isWakeWord } from '../control/wake-words.js';
import { MAGIC, MAGIC_AT, PROTOCOL, VERSION_AT } from '../control/layout.js';
import { CELL_BYTES } from '../control/cell-layout.js';
import { ReaderCell } from '../control/reader-cell.js';
import { attachDriver } from '../drivers/attachments.js';
import type { DriverDescription } from '../drivers/driver.js';
import { StorageError } from '../errors/storage-error.js';
import { isShared } from '../memory/is-shared.js';
import { AttachedReader } from './attached-reader.js';

/**
 * What one reader in another thread needs: a plain object that survives `structuredClone`, so
 * `postMessage` it.
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

/**
 * Attaches the one reader that `handle` is for. Throws `INVALID_ARGUMENT`, `CLOSED` or
 * `UNSUPPORTED`.
 */
export function attachHandle(handle: ReaderHandle): AttachedReader {
  const state = controlOf(handle);
  if (!isShared(handle.cell) || !isCell(handle.cell)) throw foreignHandle('a handle that is damaged');
  if (typeof handle.name !== 'string') throw foreignHandle('a handle without a name');
  // All that the buffer has grown to: the pages that a new reader sees may end before.
  const all = new Int32Array(handle.control, 0, Math.floor(handle.control.byteLength / 4));
  if (!isWakeWord(all, handle.wakeWord)) throw foreignHandle('a handle that names no word to sleep on');
  if (!hasSoundStamps(all)) throw foreignHandle('shared memory that is damaged');
  const cell = new ReaderCell(handle.cell);
  if (cell.portClosed) {
    throw new StorageError(
      'CLOSED',
      `The port of the reader "${handle.name}" is closed. Ask the owner for a new handle.`,
    );
  }
  const bytes = attachDriver(handle.driver);
  if (bytes.reach !== undefined && handle.cell.byteLength === CELL_BYTES) {
    bytes.close();
    throw foreignHandle('a handle without a box for cold bytes (a driver that wraps one with `cold` has that, too)');
  }
  if (!cell.attach()) {
    bytes.close();
    throw new StorageError(
      'INVALID_ARGUMENT',
      `The handle of the reader "${handle.name}" was attached before, and it is for one reader. Ask the owner for another with createPort().`,
    );
  }
  return new AttachedReader({ name: handle.name, state, cell, wakeWord: handle.wakeWord, bytes });
}

function isCell({ byteLength }: SharedArrayBuffer): boolean {
  return byteLength === CELL_BYTES || byteLength === CELL_BYTES + BOX_BYTES;
}

/** Returns the control block of a handle; throws `INVALID_ARGUMENT` if it is no handle. */
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

/** Returns the error for what is no handle, or not as its owner made it. */
export function foreignHandle(found: string): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    `Expected the handle of a reader (ReaderPort.handle), got ${found}. ` +
      'Send it by postMessage as it is, between threads that load the same version of this library.',
  );
}

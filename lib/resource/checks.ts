import type { Driver } from '../drivers/driver.js';
import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';

export function checkDriver(driver: Driver): void {
  if (typeof (driver as Partial<Driver> | undefined)?.open !== 'function') {
    throw new TypeError('Expected a driver (new MemDriver(), say), got something without open().');
  }
}

/** Throws before anything is opened: a signal that cannot be listened to would leave an open driver behind. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || typeof (signal as Partial<AbortSignal> | null)?.addEventListener === 'function') return;
  throw new TypeError('Expected signal to be undefined or an AbortSignal.');
}

export function checkIdentity(identity: string | undefined): void {
  if (identity === undefined || typeof identity === 'string') return;
  throw new TypeError(`Expected an identity to be undefined or a string, got ${typeof identity}.`);
}

export function incompleteError(asked: string, gap: ByteRange | undefined, path: string | undefined): StorageError {
  const found = gap === undefined ? 'it is not committed' : `[${gap.start}, ${gap.end}) is missing`;
  return new StorageError('INCOMPLETE', `Asked to ${asked}, and ${found}. Write the missing bytes and commit.`, {
    range: gap,
    path,
  });
}

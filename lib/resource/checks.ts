import type { Driver } from '../drivers/driver.js';
import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';

export function checkDriver(driver: Driver): void {
  if (typeof (driver as Partial<Driver> | undefined)?.open !== 'function') {
    throw wrongType('driver', 'one with open() (new MemDriver(), say)', driver);
  }
}

/** Throws before anything is opened: a signal that cannot be listened to would leave an open driver behind. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || typeof (signal as Partial<AbortSignal> | null)?.addEventListener === 'function') return;
  throw wrongType('signal', 'undefined or an AbortSignal', signal);
}

export function checkIdentity(identity: string | undefined): void {
  if (identity === undefined || typeof identity === 'string') return;
  throw wrongType('identity', 'undefined or a string', identity);
}

export function incompleteError(asked: string, gap: ByteRange | undefined, path: string | undefined): StorageError {
  const found = gap === undefined ? 'it is not committed' : `[${gap.start}, ${gap.end}) is missing`;
  return new StorageError('INCOMPLETE', `Asked to ${asked}, and ${found}. Write the missing bytes and commit.`, {
    range: gap,
    path,
  });
}

import type { Driver, DriverCapabilities } from '../drivers/driver.js';
import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';

export function checkDriver(driver: Driver): void {
  const given = driver as Partial<Driver> | null | undefined;
  if (typeof given?.open === 'function' && typeof given.capabilities === 'object') return;
  throw wrongType('driver', 'one with open() and capabilities (new MemDriver(), say)', driver);
}

export function checkType(name: string, type: 'string' | 'boolean', value: unknown): void {
  if (value !== undefined && typeof value !== type) throw wrongType(name, `a ${type}`, value);
}

export function noViewsError({ viewAdvice }: DriverCapabilities): StorageError {
  const way = viewAdvice === undefined ? '' : ` ${viewAdvice}`;
  return new StorageError('UNSUPPORTED', `This driver has no views of its bytes. Use readAt() or read().${way}`);
}

export function noEvictionError(path: string | undefined): StorageError {
  return new StorageError(
    'UNSUPPORTED',
    'Evicted bytes, and this driver gives none up. Use one with the capability `evicts`.',
    { path },
  );
}

export function checkReason(reason: string | Error): void {
  if (typeof reason === 'string' || typeof (reason as Partial<Error> | undefined)?.message === 'string') return;
  throw wrongType('reason', 'a string or an Error', reason);
}

export function incompleteError(asked: string, gap: ByteRange | undefined, path: string | undefined): StorageError {
  const found = gap === undefined ? 'it is not committed' : `[${gap.start}, ${gap.end}) is missing`;
  return new StorageError('INCOMPLETE', `Asked to ${asked}, and ${found}. Write the missing bytes and commit.`, {
    range: gap,
    path,
  });
}

export function pastTheEndError(range: ByteRange, length: number): StorageError {
  const asked = `Asked to view [${range.start}, ${range.end}) of ${length} bytes.`;
  return new StorageError('INVALID_RANGE', `${asked} Ask for a range up to the length.`, { range });
}

export function rewriteError(range: ByteRange, path: string | undefined): StorageError {
  const found = `Wrote [${range.start}, ${range.end}), and this driver writes a byte once.`;
  return new StorageError('UNSUPPORTED', found, { range, path });
}

import { attachDriver } from '../drivers/attachments.js';
import type { Attachment, Driver, DriverDescription } from '../drivers/driver.js';
import { expectBytes } from './assertions.js';
import { readBack } from './driver-calls.js';

/** Attaches a driver as another thread does: its description is cloned as it is between threads. */
export function attach(driver: Driver): Attachment {
  const description = driver.describe?.();
  if (description === undefined) throw new Error('a driver that declares `share` has to describe itself');
  const attachment = attachDriver(posted(description));
  if (attachment.reach !== undefined && driver.cold === undefined)
    throw new Error('a driver whose attachments have `reach` has to have `cold`, which gives the bytes out of reach');
  return attachment;
}

/**
 * WebKit shares memory with other threads, too, but what its `structuredClone` returns has a copy
 * of it (seen in WebKitGTK 2.50).
 */
function posted(description: DriverDescription): DriverDescription {
  const clone = structuredClone(description);
  return structuredClone(new SharedArrayBuffer(1)) instanceof SharedArrayBuffer ? clone : description;
}

/**
 * Throws unless an attachment has `expected` at `offset`. It may have less: what is out of its
 * reach, its owner gives.
 */
export function expectThere(attachment: Attachment, offset: number, expected: Uint8Array, what: string): void {
  const end = offset + expected.length;
  const length = (attachment.reach?.(offset, end) ?? end) - offset;
  if (length > 0) expectBytes(readBack(attachment, offset, length), expected.subarray(0, length), what);
}

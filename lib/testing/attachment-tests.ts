import { attachDriver } from '../drivers/attachments.js';
import type { Attachment, Driver, DriverDescription } from '../drivers/driver.js';
import { expectBytes, pattern } from './assertions.js';
import { commitFirst, readBack, replaceAll } from './driver-calls.js';
import type { ConformanceTest } from './conformance-test.js';

/** Tests of reading in another thread: the description is cloned as it is between threads. */
export function attachmentTests<D extends Driver>(): readonly ConformanceTest<D>[] {
  return [
    [
      'an attachment reads what was written before and after it was made',
      ({ open }) => {
        const driver = open();
        driver.write(0, pattern(1000, 1));
        const attachment = attach(driver);
        expectThere(attachment, 0, pattern(1000, 1), 'bytes from before');
        driver.write(1000, pattern(500_000, 2));
        expectThere(attachment, 1000, pattern(500_000, 2), 'bytes from after');
        attachment.close();
      },
    ],
    [
      'an attachment can be read after another one was closed',
      ({ open }) => {
        const driver = open();
        driver.write(0, pattern(1000, 1));
        const one = attach(driver);
        const other = attach(driver);
        expectThere(one, 1, pattern(1000, 1).subarray(1, 11), 'the first');
        one.close();
        expectThere(other, 500, pattern(1000, 1).subarray(500), 'the second');
        other.close();
      },
    ],
    [
      'an attachment reads through commit, reopening and replacement',
      ({ open }) => {
        const driver = open();
        driver.write(0, pattern(8000, 1));
        const attachment = attach(driver);
        commitFirst(driver, 8000);
        attachment.refresh?.();
        expectThere(attachment, 0, pattern(8000, 1), 'committed bytes');
        driver.reopen();
        driver.write(8000, pattern(8000, 2));
        attachment.refresh?.();
        expectThere(attachment, 8000, pattern(8000, 2), 'added bytes');
        if (!driver.capabilities.rewrites) return;
        replaceAll(driver, pattern(12_000, 3));
        attachment.refresh?.();
        expectThere(attachment, 0, pattern(12_000, 3), 'replaced bytes');
        attachment.close();
      },
    ],
  ];
}

function attach(driver: Driver): Attachment {
  const description = driver.describe?.();
  if (description === undefined) throw new Error('a driver that declares `share` has to describe itself');
  const attachment = attachDriver(structuredClone<DriverDescription>(description));
  if (attachment.reach !== undefined && driver.cold === undefined)
    throw new Error('a driver whose attachments have `reach` has to have `cold`, which gives the bytes out of reach');
  return attachment;
}

/** What is out of reach of the attachment, its owner gives: the resource's tests read that. */
function expectThere(attachment: Attachment, offset: number, expected: Uint8Array, what: string): void {
  const end = offset + expected.length;
  const length = (attachment.reach?.(offset, end) ?? end) - offset;
  if (length > 0) expectBytes(readBack(attachment, offset, length), expected.subarray(0, length), what);
}

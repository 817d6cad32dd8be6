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
      async ({ open }) => {
        const driver = await open();
        driver.write(0, pattern(1000, 1));
        const attachment = attach(driver);
        expectBytes(readBack(attachment, 0, 1000), pattern(1000, 1), 'bytes from before');
        driver.write(1000, pattern(500_000, 2));
        expectBytes(readBack(attachment, 1000, 500_000), pattern(500_000, 2), 'bytes from after');
        attachment.close();
      },
    ],
    [
      'an attachment can be read after another one was closed',
      async ({ open }) => {
        const driver = await open();
        driver.write(0, pattern(1000, 1));
        const one = attach(driver);
        const other = attach(driver);
        expectBytes(readBack(one, 1, 10), pattern(1000, 1).subarray(1, 11), 'the first');
        one.close();
        expectBytes(readBack(other, 500, 500), pattern(1000, 1).subarray(500), 'the second');
        other.close();
      },
    ],
    [
      'an attachment reads through commit, reopening and replacement',
      async ({ open }) => {
        const driver = await open();
        driver.write(0, pattern(8000, 1));
        const attachment = attach(driver);
        commitFirst(driver, 8000);
        attachment.refresh?.();
        expectBytes(readBack(attachment, 0, 8000), pattern(8000, 1), 'committed bytes');
        driver.reopen();
        driver.write(8000, pattern(8000, 2));
        attachment.refresh?.();
        expectBytes(readBack(attachment, 8000, 8000), pattern(8000, 2), 'added bytes');
        if (!driver.capabilities.rewrites) return;
        replaceAll(driver, pattern(12_000, 3));
        attachment.refresh?.();
        expectBytes(readBack(attachment, 0, 12_000), pattern(12_000, 3), 'replaced bytes');
        attachment.close();
      },
    ],
  ];
}

function attach(driver: Driver): Attachment {
  const description = driver.describe?.();
  if (description === undefined) throw new Error('a driver that declares `share` has to describe itself');
  return attachDriver(structuredClone<DriverDescription>(description));
}

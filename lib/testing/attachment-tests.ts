import type { Driver } from '../drivers/driver.js';
import { pattern } from './assertions.js';
import { attach, expectThere } from './attached.js';
import { commitFirst, replaceAll } from './driver-calls.js';
import type { ConformanceTest } from './conformance-test.js';

/** Tests of reading in another thread. */
export function attachmentTests<D extends Driver>(): readonly ConformanceTest<D>[] {
  return [
    [
      'an attachment reads what was written before and after it was made',
      async ({ open }) => {
        const driver = await open();
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
      async ({ open }) => {
        const driver = await open();
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
      async ({ open }) => {
        const driver = await open();
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

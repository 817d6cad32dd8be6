import type { Driver, DriverCapabilities } from '../drivers/driver.js';
import type { ContentRecord } from '../record/content-record.js';
import { expectBytes, expectSame, pattern } from './assertions.js';
import { commitFirst, readBack, replaceAll } from './driver-calls.js';
import type { ConformanceTest } from './conformance-test.js';

/** Tests of the life of a driver, from open to close. */
export function lifeTests<D extends Driver>(
  capabilities: DriverCapabilities,
  keeps: boolean,
): readonly ConformanceTest<D>[] {
  const tests: ConformanceTest<D>[] = [
    [
      'opens with nothing there',
      async ({ create }) => {
        const content = (await create()).open(() => recordOf(0));
        expectSame(content.coverage.length, 0, 'covered ranges');
        expectSame(content.committedLength, undefined, 'committed length');
      },
    ],
    [
      'reads committed bytes, and gives views of them where it can',
      async ({ open }) => {
        const driver = committed(await open(), 100_000);
        expectBytes(readBack(driver, 0, 100_000), pattern(100_000, 1), 'all of it');
        expectBytes(readBack(driver, 4095, 3), pattern(100_000, 1).subarray(4095, 4098), 'a part of it');
        if (!capabilities.view) return;
        expectBytes(driver.view?.(0, 100_000) ?? new Uint8Array(), pattern(100_000, 1), 'the whole view');
        expectBytes(driver.view?.(5, 4100) ?? new Uint8Array(), pattern(100_000, 1).subarray(5, 4100), 'a part view');
      },
    ],
    [
      'commits nothing at all',
      async ({ open }) => {
        const driver = await open();
        commitFirst(driver, 0);
        if (capabilities.view) expectSame(driver.view?.(0, 0).length, 0, 'length of the view');
      },
    ],
    [
      'commits less than was written',
      async ({ open }) => {
        const driver = await open();
        driver.write(0, pattern(9000, 1));
        commitFirst(driver, 5000);
        expectBytes(readBack(driver, 0, 5000), pattern(9000, 1).subarray(0, 5000), 'what was kept');
      },
    ],
    [
      'reopens committed bytes, keeps them, and goes on behind them',
      async ({ open }) => {
        const driver = committed(await open(), 6000);
        driver.reopen();
        expectBytes(readBack(driver, 0, 6000), pattern(6000, 1), 'what was committed');
        driver.write(6000, pattern(3000, 2));
        expectBytes(readBack(driver, 6000, 3000), pattern(3000, 2), 'what was added');
        commitFirst(driver, 9000);
        expectBytes(readBack(driver, 0, 6000), pattern(6000, 1), 'what was committed first');
      },
    ],
    [
      'resolves a checkpoint, and goes on',
      async ({ open }) => {
        const driver = await open(recordOf(100));
        driver.write(0, pattern(100, 1));
        await driver.checkpoint?.();
        expectBytes(readBack(driver, 0, 100), pattern(100, 1), 'the bytes');
      },
    ],
    [
      'closes with partial content, kept and dropped',
      async ({ open }) => {
        for (const keep of [true, false]) {
          const driver = await open(recordOf(10));
          driver.write(0, pattern(10, 1));
          if (!keep) driver.remove?.(false);
          driver.close(keep);
        }
      },
    ],
  ];
  if (capabilities.rewrites) {
    tests.push([
      'replaces the whole content by a shorter, a longer and an empty one',
      async ({ open }) => {
        const driver = await open();
        driver.write(0, pattern(5000, 1));
        for (const length of [3000, 80_000, 0]) {
          replaceAll(driver, pattern(length, length));
          if (length > 0) expectBytes(readBack(driver, 0, length), pattern(length, length), `${length} bytes`);
          driver.reopen();
        }
      },
    ]);
  }
  if (capabilities.reactivates === true) {
    tests.push([
      'replaces final content without reopening it',
      async ({ open }) => {
        const driver = committed(await open(), 5000);
        replaceAll(driver, pattern(7000, 2));
        expectBytes(readBack(driver, 0, 7000), pattern(7000, 2), 'the new content');
      },
    ]);
  }
  if (keeps) {
    tests.push([
      'finds committed content again',
      async ({ open, reopen }) => {
        const driver = committed(await open(), 7000);
        driver.close(true);
        const again = (await reopen?.(driver)) ?? driver;
        expectSame(again.open(() => recordOf(0)).committedLength, 7000, 'committed length');
        expectBytes(readBack(again, 0, 7000), pattern(7000, 1), 'the bytes');
      },
    ]);
  }
  return tests;
}

function committed<D extends Driver>(driver: D, length: number): D {
  driver.write(0, pattern(length, 1));
  commitFirst(driver, length);
  return driver;
}

function recordOf(length: number): ContentRecord {
  return { coverage: length > 0 ? [{ start: 0, end: length }] : [], expectedLength: undefined, identity: undefined };
}

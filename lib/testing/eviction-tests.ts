import type { Driver, DriverCapabilities } from '../drivers/driver.js';
import { Resource } from '../resource/resource.js';
import { expectBytes, expectSame, pattern, randomNumbers } from './assertions.js';
import { attach, expectThere } from './attached.js';
import type { ConformanceTest } from './conformance-test.js';
import { commitFirst, readBack } from './driver-calls.js';

const SIZE = 300_000;

/** Tests of drivers that declare `evicts`: bytes are given up, and written again. */
export function evictionTests<D extends Driver>(capabilities: DriverCapabilities): readonly ConformanceTest<D>[] {
  const tests: ConformanceTest<D>[] = [
    [
      'gives up the bytes that it is told to, and no others',
      async ({ open }) => {
        const driver = written(await open());
        const holes = [
          [1000, 1001],
          [4095, 200_000],
          [250_000, 250_500],
        ] as const;
        for (const [start, end] of holes) driver.evict?.(start, end);
        expectKept(driver, [0, ...holes.flat(), SIZE]);
      },
    ],
    [
      'takes bytes again whose place was given up, and commits them',
      async ({ open }) => {
        const driver = written(await open());
        driver.evict?.(5000, 150_000);
        driver.write(5000, pattern(60_000, 2));
        driver.write(65_000, pattern(85_000, 3));
        commitFirst(driver, SIZE);
        expectBytes(readBack(driver, 5000, 60_000), pattern(60_000, 2), 'the first part');
        expectBytes(readBack(driver, 65_000, 85_000), pattern(85_000, 3), 'the second part');
        expectKept(driver, [0, 5000, 150_000, SIZE]);
      },
    ],
    [
      'under a resource, reads equal a plain array after random writes and evictions',
      async ({ create }) => {
        const resource = Resource.open(await create());
        const oracle = new Uint8Array(SIZE);
        const random = randomNumbers(11);
        const target = new Uint8Array(SIZE);
        for (let step = 0; step < 300; step += 1) {
          const start = random(SIZE - 1);
          const end = Math.min(SIZE, start + 1 + random(20_000));
          const before = resource.coverage.coveredBytesIn({ start, end });
          expectSame(resource.evict({ start, end }), before, `bytes evicted in step ${step}`);
          if (step % 3 > 0) {
            oracle.set(pattern(end - start, step), start);
            resource.writeAt(start, oracle.subarray(start, end));
          }
          const from = random(SIZE);
          const length = resource.readAt(from, target.subarray(from));
          expectBytes(
            target.subarray(from, from + length),
            oracle.subarray(from, from + length),
            `bytes at ${from}, step ${step}`,
          );
        }
        resource.close();
      },
    ],
  ];
  if (capabilities.share) {
    tests.push([
      'an attachment reads what was kept, and what was written in place of what was given up',
      async ({ open }) => {
        const driver = written(await open());
        const attachment = attach(driver);
        expectThere(attachment, 0, pattern(SIZE, 1), 'all bytes');
        driver.evict?.(10_000, 290_000);
        expectThere(attachment, 0, pattern(SIZE, 1).subarray(0, 10_000), 'bytes before what was given up');
        expectThere(attachment, 290_000, pattern(SIZE, 1).subarray(290_000), 'bytes behind it');
        driver.write(10_000, pattern(100_000, 2));
        expectThere(attachment, 10_000, pattern(100_000, 2), 'new bytes');
        attachment.close();
      },
    ]);
  }
  return tests;
}

function written<D extends Driver>(driver: D): D {
  driver.write(0, pattern(SIZE, 1));
  return driver;
}

/** @param bounds - starts and ends, by turns, of what has to be there */
function expectKept(bytes: { read(offset: number, target: Uint8Array): void }, bounds: readonly number[]): void {
  for (let index = 0; index < bounds.length; index += 2) {
    const [start = 0, end = 0] = bounds.slice(index);
    const found = readBack(bytes, start, end - start);
    expectBytes(found, pattern(SIZE, 1).subarray(start, end), `bytes of [${start}, ${end})`);
  }
}

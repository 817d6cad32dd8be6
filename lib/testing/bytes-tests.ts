import type { Driver, DriverCapabilities } from '../drivers/driver.js';
import { expectBytes, pattern } from './assertions.js';
import type { ConformanceTest } from './conformance-test.js';
import { readBack } from './driver-calls.js';

/** Tests that what is written is read, at any offset and in any order. */
export function bytesTests<D extends Driver>(capabilities: DriverCapabilities): readonly ConformanceTest<D>[] {
  const tests: ConformanceTest<D>[] = [
    [
      'reads back what was written, at any offset and of any length',
      async ({ open }) => {
        const driver = await open();
        for (const [seed, offset, length] of [
          [1, 0, 1],
          [2, 1, 4095],
          [3, 4096, 1],
          [4, 5000, 10_000],
          [5, 3_000_000, 70_000],
        ] as const) {
          driver.write(offset, pattern(length, seed));
          expectBytes(readBack(driver, offset, length), pattern(length, seed), `${length} bytes at ${offset}`);
        }
        expectBytes(readBack(driver, 0, 4097).subarray(1, 4096), pattern(4095, 2), 'earlier bytes beside later ones');
      },
    ],
    [
      'reads any part of what was written',
      async ({ open }) => {
        const driver = await open();
        const data = pattern(10_000, 6);
        driver.write(77, data);
        for (const [from, to] of [
          [0, 1],
          [1, 9999],
          [4095, 4097],
          [9999, 10_000],
        ] as const) {
          expectBytes(readBack(driver, 77 + from, to - from), data.subarray(from, to), `part ${from} to ${to}`);
        }
      },
    ],
    [
      'writes backwards and into gaps without disturbing what is there',
      async ({ open }) => {
        const driver = await open();
        for (let block = 9; block >= 0; block -= 2) driver.write(block * 1000, pattern(1000, block));
        for (let block = 8; block >= 0; block -= 2) driver.write(block * 1000, pattern(1000, block));
        for (let block = 0; block < 10; block += 1) {
          expectBytes(readBack(driver, block * 1000, 1000), pattern(1000, block), `block ${block}`);
        }
      },
    ],
    [
      'reads and writes parts of larger buffers, and touches nothing around them',
      async ({ open }) => {
        const driver = await open();
        const data = pattern(300, 7);
        driver.write(10, data.subarray(100, 200));
        const target = new Uint8Array(300).fill(0xee);
        driver.read(10, target.subarray(50, 150));
        expectBytes(target.subarray(50, 150), data.subarray(100, 200), 'the part');
        expectBytes(target.subarray(0, 50), new Uint8Array(50).fill(0xee), 'the bytes before it');
        expectBytes(target.subarray(150), new Uint8Array(150).fill(0xee), 'the bytes behind it');
      },
    ],
    [
      'keeps no reference to what it was given, and changes none of it',
      async ({ open }) => {
        const driver = await open();
        const data = pattern(5000, 8);
        driver.write(0, data);
        expectBytes(data, pattern(5000, 8), 'the data of the caller');
        data.fill(0);
        const target = readBack(driver, 0, 5000);
        expectBytes(target, pattern(5000, 8), 'the stored bytes');
        target.fill(0);
        expectBytes(readBack(driver, 0, 5000), pattern(5000, 8), 'the stored bytes');
      },
    ],
  ];
  if (capabilities.rewrites) {
    tests.push([
      'rewrites bytes, in part and across earlier writes',
      async ({ open }) => {
        const driver = await open();
        const expected = new Uint8Array(3000);
        for (const [seed, offset, length] of [
          [1, 0, 1000],
          [2, 1000, 2000],
          [3, 500, 1000],
          [4, 0, 1],
        ] as const) {
          driver.write(offset, pattern(length, seed));
          expected.set(pattern(length, seed), offset);
        }
        expectBytes(readBack(driver, 0, 3000), expected, 'all of it');
      },
    ]);
  }
  return tests;
}

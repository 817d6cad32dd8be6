import { describe, expect, it } from '@jest/globals';

import { attachDriver, Resource, type RoomUse, WindowDriver } from '../../../lib/index.js';
import { driverConformance } from '../../../lib/testing.js';
import { sameBytes } from '../../support/bytes.js';

const BLOCK = 4096;
const NOBODY: RoomUse = { places: [], needed: [], held: [] };
const withCode = (code: string): Error => expect.objectContaining({ code }) as unknown as Error;

for (const keep of ['near-readers', 'latest'] as const) {
  for (const options of [{}, { blockSize: BLOCK }, { shared: false }]) {
    driverConformance(
      { describe, it },
      {
        name: `WindowDriver ${JSON.stringify({ keep, ...options })}`,
        create: () => new WindowDriver({ maxBytes: 2 ** 20, keep, ...options }),
      },
    );
  }
}

/** A driver of so many short blocks, opened. */
function open(places: number, keep?: 'near-readers' | 'latest'): WindowDriver {
  const driver = new WindowDriver({ maxBytes: places * BLOCK, blockSize: BLOCK, keep });
  driver.open();
  return driver;
}

/** Bytes that tell which block they are of. */
function block(number: number, length = BLOCK): Uint8Array {
  return new Uint8Array(length).fill(number % 251);
}

function readBlock(driver: WindowDriver, number: number): Uint8Array {
  const target = new Uint8Array(BLOCK);
  driver.read(number * BLOCK, target);
  return target;
}

describe('WindowDriver', () => {
  it('refuses impossible options, and says what is possible', () => {
    for (const options of [
      { maxBytes: 2 ** 17 - 1 },
      { maxBytes: 1.5 * 2 ** 20 + 0.5 },
      { maxBytes: 2 ** 32 + 1 },
      { maxBytes: NaN },
      { maxBytes: 2 ** 20, blockSize: 2048 },
      { maxBytes: 2 ** 20, blockSize: 5000 },
      { maxBytes: 2 ** 20, blockSize: 2 ** 20 },
      { maxBytes: 2 ** 20, behind: -1 },
      { maxBytes: 2 ** 20, keep: 'newest' as 'latest' },
      { maxBytes: 2 ** 20, kept: 1 },
    ]) {
      expect(() => new WindowDriver(options)).toThrow(withCode('INVALID_ARGUMENT'));
    }
    expect(() => new WindowDriver({ maxBytes: 2 ** 20, shared: 1 as never })).toThrow(TypeError);
  });

  it('rounds its size down to whole blocks, and takes what fits into them', () => {
    const driver = new WindowDriver({ maxBytes: 3 * BLOCK + 100, blockSize: BLOCK });
    driver.open();
    expect(driver.maxBytes).toBe(3 * BLOCK);
    expect(driver.makeRoom(0, 3 * BLOCK, NOBODY)).toEqual([]);
    driver.write(0, block(1, 3 * BLOCK));
    expect(() => driver.write(3 * BLOCK, Uint8Array.of(1))).toThrow(withCode('CAPACITY'));
    expect(() => driver.makeRoom(0, 3 * BLOCK + 1, NOBODY)).toThrow(withCode('CAPACITY'));
    expect(readBlock(driver, 2)).toEqual(block(1));
  });

  it('stores the last byte that there can be, and tells blocks apart that differ in their upper bits', () => {
    const driver = open(8);
    const numbers = [0, 2 ** 32, 2 ** 33, 2 ** 40, 2 ** 41 - 1];
    for (const number of numbers) driver.write(number * BLOCK, block(number, BLOCK - 1));
    for (const number of numbers) {
      const target = new Uint8Array(BLOCK - 1);
      driver.read(number * BLOCK, target);
      expect(target).toEqual(block(number, BLOCK - 1));
    }
    driver.write(2 ** 20 * BLOCK, block(3, 3 * BLOCK));
    expect(driver.makeRoom(2 ** 21 * BLOCK, 2 ** 21 * BLOCK + 1, { ...NOBODY, places: [0] })).toEqual([
      { start: Number.MAX_SAFE_INTEGER - BLOCK + 1, end: Number.MAX_SAFE_INTEGER },
    ]);
  });

  it('gives a block back when nothing of it is there any more', () => {
    const driver = open(2);
    driver.write(0, block(1, 2 * BLOCK));
    driver.evict(100, 200);
    driver.evict(0, 100);
    driver.evict(300, BLOCK);
    expect(() => driver.write(2 * BLOCK, block(2))).toThrow(withCode('CAPACITY'));
    driver.evict(200, 300);
    driver.write(2 * BLOCK, block(2));
    expect(readBlock(driver, 2)).toEqual(block(2));
    expect(readBlock(driver, 1)).toEqual(block(1));
  });

  it('does not take a rewritten byte for two', () => {
    const driver = open(2);
    driver.write(0, block(1, 2 * BLOCK));
    driver.write(10, block(2, 50));
    driver.evict(0, BLOCK);
    driver.write(2 * BLOCK, block(2));
    expect(readBlock(driver, 2)).toEqual(block(2));
  });

  it('gives back what a commit drops, and what a replacement replaces', () => {
    const driver = new WindowDriver({ maxBytes: 4 * BLOCK, blockSize: BLOCK });
    const resource = Resource.open(driver);
    resource.writeAt(0, block(1, 4 * BLOCK));
    resource.commit(BLOCK + 1);
    resource.reactivate();
    resource.writeAt(10 * BLOCK, block(2, 2 * BLOCK));
    resource.hold({ start: 10 * BLOCK, end: 12 * BLOCK });
    expect(() => resource.writeAt(BLOCK + 1, block(3, 2 * BLOCK))).toThrow(withCode('CAPACITY'));
    resource.writeAll(block(4, 4 * BLOCK));
    expect(sameBytes(resource.readAll(), block(4, 4 * BLOCK))).toBe(true);
    resource.reactivate();
    expect(() => resource.writeAll(block(5, 4 * BLOCK + 1))).toThrow(withCode('CAPACITY'));
    expect(readBlock(driver, 3)).toEqual(block(4));
  });

  it('is not attached to by a handle that somebody has made up', () => {
    const { data } = open(4).describe() as { data: { pool: SharedArrayBuffer; table: SharedArrayBuffer } };
    const block = { blockSize: BLOCK };
    for (const forged of [
      undefined,
      5,
      {},
      { ...data, blockSize: undefined },
      { ...data, blockSize: 5000 },
      { ...data, blockSize: 1 },
      { ...data, pool: undefined },
      { ...data, table: new ArrayBuffer(8) },
      { ...data, ...block, table: new SharedArrayBuffer(0) },
      { ...data, ...block, table: new SharedArrayBuffer(41) },
      { ...data, ...block, table: new SharedArrayBuffer(48) },
    ]) {
      expect(() => attachDriver({ kind: 'window', data: forged })).toThrow(withCode('INVALID_ARGUMENT'));
    }
    const spoilt = new SharedArrayBuffer(data.table.byteLength);
    new Int32Array(spoilt).fill(2 ** 20);
    const attachment = attachDriver({ kind: 'window', data: { ...data, table: spoilt } });
    expect(() => attachment.read(2 ** 20 * BLOCK, new Uint8Array(8))).toThrow(withCode('CLOSED'));
  });
});

import { describe, expect, it } from '@jest/globals';

import { xorDriver } from '../../examples/custom-driver/xor-driver.js';
import { MemDriver } from '../../lib/index.js';
import { driverConformance } from '../../lib/testing.js';

// The example is JavaScript over the built package, the kit is source: a driver is a shape, not a
// class.
driverConformance({ describe, it }, { name: 'the example xorDriver', create: () => xorDriver(new MemDriver(), 42) });
driverConformance(
  { describe, it },
  { name: 'xorDriver around xorDriver', create: () => xorDriver(xorDriver(new MemDriver(), 42), 7) },
);

describe('the example xorDriver', () => {
  it('keeps what it stores scrambled in the driver that it wraps', () => {
    const inner = new MemDriver();
    const driver = xorDriver(inner, 1);
    driver.open(() => ({ coverage: [], expectedLength: undefined, identity: undefined }));
    driver.write(0, Uint8Array.of(0, 0, 0));
    const stored = new Uint8Array(3);
    inner.read(0, stored);
    expect([...stored]).toEqual([1, 2, 3]);
  });
});

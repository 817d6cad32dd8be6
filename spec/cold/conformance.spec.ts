import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { xorDriver } from '../../examples/custom-driver/xor-driver.js';
import { attachReader, ColdBytes, type Driver, MemDriver, Resource } from '../../lib/index.js';
import { MeteredDriver } from '../../lib/store/quota/metered-driver.js';
import { driverConformance } from '../../lib/testing.js';
import { ColdDriver, numbered } from '../support/cold-resources.js';
import { EvictingDriver } from '../support/evicting-driver.js';

driverConformance(
  { describe, it },
  {
    name: 'a driver whose every byte is cold',
    create: () => new ColdDriver(new MemDriver({ shared: false }), new ColdBytes()),
  },
);
driverConformance(
  { describe, it },
  {
    name: 'one that other threads can read in part',
    create: () =>
      new ColdDriver(new MemDriver({ shared: false }), new ColdBytes(), new Uint8Array(new SharedArrayBuffer(3000))),
  },
);
driverConformance(
  { describe, it },
  { name: 'one that evicts', create: () => new ColdDriver(new EvictingDriver(), new ColdBytes()) },
);

describe('a driver around one with cold bytes', () => {
  const idle = (): void => undefined;
  const meter = { beforeWrite: idle, writeFailed: idle, announced: idle, committing: idle, committed: idle };

  it.each<[string, (inner: Driver) => Driver]>([
    ['the example xorDriver', (inner) => xorDriver(inner, 42)],
    ['that of a store', (inner) => new MeteredDriver(inner, meter)],
  ])('gives them to other threads as they are read through it: %s', async (_, around) => {
    const resource = Resource.open(around(new ColdDriver(new MemDriver({ shared: false }), new ColdBytes())));
    const content = numbered(100_000);
    resource.writeAll(content);
    const reader = attachReader(resource.createPort().handle);
    expect(reader.readAt(0, new Uint8Array(10))).toBe(0);
    expect(Buffer.compare(await firstValueFrom(reader.read({ start: 0, end: 100_000 })), content)).toBe(0);
    resource.close();
  });
});

import { describe, expect, it } from '@jest/globals';

import { type Driver, MemDriver, registerAttachment, WindowDriver } from '../../lib/index.js';
import { driverConformance } from '../../lib/testing.js';
import { attachEvicting, EVICTING_KIND, EvictingDriver } from '../support/evicting-driver.js';
import { failedTests } from './failed-tests.js';

registerAttachment(EVICTING_KIND, attachEvicting);

driverConformance({ describe, it }, { name: 'MemDriver', create: () => new MemDriver() });
driverConformance({ describe, it }, { name: 'MemDriver, not shared', create: () => new MemDriver({ shared: false }) });
await driverConformance(
  { describe, it },
  { name: 'MemDriver, made asynchronously', create: () => Promise.resolve(new MemDriver()) },
);
driverConformance(
  { describe, it },
  { name: 'the driver of the tests that evicts', create: () => new EvictingDriver() },
);

describe('driverConformance', () => {
  const run = async (driver: () => Driver): Promise<string[]> =>
    failedTests((runner) => {
      driverConformance(runner, { name: 'broken', create: driver });
    });

  it('passes a sound driver', async () => {
    expect(await run(() => new MemDriver())).toEqual([]);
  });

  it.each<[string, (driver: EvictingDriver) => void]>([
    [
      'gives up whole blocks around what it is told to',
      (driver) => {
        const evict = driver.evict.bind(driver);
        driver.evict = (start, end) => {
          evict(start - (start % 4096), end);
        };
      },
    ],
    [
      'takes no bytes in place of those that it gave up',
      (driver) => {
        const write = driver.write.bind(driver);
        driver.evict = () => {
          driver.write = () => undefined;
        };
        driver.write = write;
      },
    ],
  ])('fails a driver that %s', async (_what, spoil) => {
    const failed = await run(() => {
      const driver = new EvictingDriver();
      spoil(driver);
      return driver;
    });
    expect(failed.filter((name) => name.startsWith('eviction: '))).not.toEqual([]);
    expect(failed.filter((name) => !name.startsWith('eviction: '))).toEqual([]);
  });

  it.each<[string, (driver: WindowDriver) => void]>([
    [
      'gives up what is held',
      (driver) => {
        const makeRoom = driver.makeRoom.bind(driver);
        driver.makeRoom = (start, end, use) => makeRoom(start, end, { ...use, held: [] });
      },
    ],
    [
      'gives up what is needed',
      (driver) => {
        const makeRoom = driver.makeRoom.bind(driver);
        driver.makeRoom = (start, end, use) => makeRoom(start, end, { ...use, needed: [] });
      },
    ],
    [
      'takes what is needed least urgently for the most urgent',
      (driver) => {
        const makeRoom = driver.makeRoom.bind(driver);
        driver.makeRoom = (start, end, use) => makeRoom(start, end, { ...use, needed: [...use.needed].reverse() });
      },
    ],
    [
      'gives up more than it says',
      (driver) => {
        const evict = driver.evict.bind(driver);
        driver.evict = (start, end) => {
          evict(start, end);
          evict(2 ** 17, 2 ** 18);
        };
      },
    ],
    [
      'makes no room',
      (driver) => {
        driver.makeRoom = () => [];
      },
    ],
    [
      'gives itself up for a write into it',
      (driver) => {
        const makeRoom = driver.makeRoom.bind(driver);
        driver.makeRoom = (start, end, use) => [...makeRoom(start, end, use), { start, end: start + 1 }];
      },
    ],
    [
      'is silent where nothing may go',
      (driver) => {
        const makeRoom = driver.makeRoom.bind(driver);
        driver.makeRoom = (start, end, use) => {
          try {
            return makeRoom(start, end, use);
          } catch {
            return makeRoom(start, end, { ...use, held: [] });
          }
        };
      },
    ],
  ])('fails a driver with a window that %s', async (_what, spoil) => {
    const failed = await run(() => {
      const driver = new WindowDriver({ maxBytes: 2 ** 20 });
      spoil(driver);
      return driver;
    });
    expect(failed.filter((name) => name.startsWith('room: '))).not.toEqual([]);
  });

  it('refuses a driver that says that it evicts and cannot, or that makes room without', () => {
    const runner = { describe: () => undefined, it: () => undefined };
    const silent = new WindowDriver({ maxBytes: 2 ** 20 });
    Object.assign(silent, { evict: undefined });
    expect(() => driverConformance(runner, { name: 'broken', create: () => silent })).toThrow(
      'Expected evict to be a method of a driver that declares `evicts`, got undefined.',
    );
    const roomy = Object.assign(new MemDriver(), { makeRoom: () => [] });
    expect(() => driverConformance(runner, { name: 'broken', create: () => roomy })).toThrow(TypeError);
  });

  it.each<[string, (driver: MemDriver) => void]>([
    [
      'drops the last byte of each write',
      (driver) => {
        const write = driver.write.bind(driver);
        driver.write = (offset, data) => {
          write(offset, data.subarray(0, Math.max(1, data.length - 1)));
        };
      },
    ],
    [
      'changes the data it is given',
      (driver) => {
        const write = driver.write.bind(driver);
        driver.write = (offset, data) => {
          write(offset, data);
          data.reverse();
        };
      },
    ],
    [
      'forgets content on reopen',
      (driver) => {
        driver.reopen = () => {
          driver.write(0, new Uint8Array(100));
        };
      },
    ],
    [
      'replaces only as far as the new content is long, from its second byte',
      (driver) => {
        driver.replace = (data) => () => {
          driver.write(1, data);
        };
      },
    ],
  ])('fails a driver that %s', async (_what, spoil) => {
    const failed = await run(() => {
      const driver = new MemDriver();
      spoil(driver);
      return driver;
    });
    expect(failed).not.toEqual([]);
  });
});

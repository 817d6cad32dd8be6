import { describe, expect, it } from '@jest/globals';

import { MemDriver, Resource } from '../../../lib/index.js';

const withCode = (code: string): Error => expect.objectContaining({ code }) as unknown as Error;

describe('MemDriver', () => {
  it('opens committed on initialData, which it copies', () => {
    const data = Uint8Array.of(1, 2, 3);
    const resource = Resource.open(new MemDriver({ initialData: data }));
    data.fill(0);
    expect(resource.status).toEqual({ state: 'committed', finalLength: 3 });
    expect(resource.origin).toEqual({ from: 'complete' });
    expect([...resource.readAll()]).toEqual([1, 2, 3]);
  });

  it('opens committed and empty on empty initialData', () => {
    const resource = Resource.open(new MemDriver({ initialData: new Uint8Array(0) }));
    expect(resource.status).toEqual({ state: 'committed', finalLength: 0 });
    expect(resource.readAll()).toHaveLength(0);
  });

  it('refuses bytes past its capacity with CAPACITY, keeps what is there, and takes smaller writes', () => {
    const resource = Resource.open(new MemDriver({ capacity: 10 }));
    resource.writeAt(0, Uint8Array.of(1, 2));
    expect(() => {
      resource.writeAt(9, new Uint8Array(2));
    }).toThrow(withCode('CAPACITY'));
    expect(() => {
      resource.writeAll(new Uint8Array(11));
    }).toThrow(withCode('CAPACITY'));
    expect(resource.coverage.toArray()).toEqual([{ start: 0, end: 2 }]);
    resource.writeAt(9, Uint8Array.of(3));
    expect(resource.status.state).toBe('active');
    expect(resource.coverage.toArray()).toEqual([
      { start: 0, end: 2 },
      { start: 9, end: 10 },
    ]);
  });

  it('says that what is announced does not fit beside what is there, and changes nothing', () => {
    const driver = new MemDriver({ capacity: 10 });
    const resource = Resource.open(driver);
    resource.writeAt(2, Uint8Array.of(1, 2));
    resource.writeAt(6, Uint8Array.of(3));
    driver.announce(7);
    expect(() => {
      driver.announce(8);
    }).toThrow(withCode('CAPACITY'));
    expect(resource.coveredBytes).toBe(3);
    resource.writeAt(0, new Uint8Array(10));
    driver.announce(0);
  });

  it('refuses more initialData than its capacity, and impossible capacities', () => {
    expect(() => new MemDriver({ capacity: 2, initialData: new Uint8Array(3) })).toThrow(withCode('CAPACITY'));
    for (const capacity of [-1, 1.5, NaN, 2 ** 32 + 1, Infinity]) {
      expect(() => new MemDriver({ capacity })).toThrow(withCode('INVALID_ARGUMENT'));
    }
  });

  it('does everything but other threads without shared memory', () => {
    const resource = Resource.open(new MemDriver({ shared: false }));
    resource.writeAt(100_000, Uint8Array.of(7));
    resource.writeAt(0, new Uint8Array(100_000).fill(1));
    resource.commit();
    expect(resource.readAll()[100_000]).toBe(7);
    expect(() => resource.createPort()).toThrow(withCode('UNSUPPORTED'));
  });

  it('serves one resource only', () => {
    const driver = new MemDriver();
    Resource.open(driver).close();
    expect(() => Resource.open(driver)).toThrow(withCode('INVALID_ARGUMENT'));
  });
});

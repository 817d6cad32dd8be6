import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestScheduler } from 'rxjs/testing';

import { progress, Resource } from '../../lib/index.js';
import { newDriver } from '../drivers/new-driver.js';

let testScheduler: TestScheduler;
beforeEach(() => {
  testScheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
});

describe('progress', () => {
  it('never: goes on saying that nothing has come, without a fraction where the total is unknown', () => {
    testScheduler.run(({ expectObservable }) => {
      const resource = Resource.open(newDriver());
      const nothing = { coveredBytes: 0, bytesPerSecond: 0 };
      expectObservable(progress(resource, { every: 3 }), '^--------!').toBe('n--n--n--', { n: nothing });
    });
  });

  it('empty: an empty resource is complete', () => {
    testScheduler.run(({ expectObservable }) => {
      const resource = Resource.open(newDriver(new Uint8Array(0)));
      expectObservable(progress(resource)).toBe('(d|)', {
        d: { coveredBytes: 0, totalBytes: 0, fraction: 1, bytesPerSecond: 0, etaMs: 0 },
      });
    });
  });

  it('one: a committed resource is told once', () => {
    testScheduler.run(({ expectObservable }) => {
      const resource = Resource.open(newDriver(new Uint8Array(10)));
      expectObservable(progress(resource)).toBe('(d|)', {
        d: { coveredBytes: 10, totalBytes: 10, fraction: 1, bytesPerSecond: 0, etaMs: 0 },
      });
    });
  });

  it('many: tells bytes, fraction, rate and time to go, and completes on commit with all of it', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      const resource = Resource.open(newDriver(), { expectedLength: 400 });
      // 10 bytes a millisecond are 10,000 a second.
      cold('5ms a 9ms b 9ms c 9ms d').subscribe(() => {
        resource.writeAt(resource.coveredBytes, new Uint8Array(100));
        if (resource.coveredBytes === 400) resource.commit();
      });
      expectObservable(progress(resource, { every: 10 })).toBe('a 9ms b 9ms c 9ms d 4ms (e|)', {
        a: { coveredBytes: 0, totalBytes: 400, fraction: 0, bytesPerSecond: 0 },
        b: { coveredBytes: 100, totalBytes: 400, fraction: 0.25, bytesPerSecond: 10_000, etaMs: 30 },
        c: { coveredBytes: 200, totalBytes: 400, fraction: 0.5, bytesPerSecond: 10_000, etaMs: 20 },
        d: { coveredBytes: 300, totalBytes: 400, fraction: 0.75, bytesPerSecond: 10_000, etaMs: 10 },
        e: { coveredBytes: 400, totalBytes: 400, fraction: 1, bytesPerSecond: (400 / 35) * 1000, etaMs: 0 },
      });
    });
  });

  it('the rate counts what came since it was subscribed to, not what was there', () => {
    testScheduler.run(({ expectObservable }) => {
      const resource = Resource.open(newDriver(), { expectedLength: 400 });
      resource.writeAt(0, new Uint8Array(300));
      const standing = { coveredBytes: 300, totalBytes: 400, fraction: 0.75, bytesPerSecond: 0 };
      expectObservable(progress(resource, { every: 5 }), '^------!').toBe('s----s', { s: standing });
    });
  });

  it('the rate follows a stall: it comes down to nothing, and then there is no time to go', () => {
    testScheduler.run(({ cold, flush }) => {
      const resource = Resource.open(newDriver(), { expectedLength: 1000 });
      cold('500ms a').subscribe(() => resource.writeAt(0, new Uint8Array(100)));
      const rates: number[] = [];
      const etas: (number | undefined)[] = [];
      const subscription = progress(resource, { every: 1000 }).subscribe(({ bytesPerSecond, etaMs }) => {
        rates.push(bytesPerSecond);
        etas.push(etaMs);
      });
      cold('59500ms x').subscribe(() => subscription.unsubscribe());
      flush();
      expect(rates[1]).toBe(100);
      expect(rates[2]).toBeLessThan(100);
      expect([rates.at(-1), etas.at(-1)]).toEqual([0, undefined]);
    });
  });

  it('more bytes than were expected are a fraction of 1, not more', () => {
    testScheduler.run(({ expectObservable }) => {
      const resource = Resource.open(newDriver(), { expectedLength: 4 });
      resource.writeAt(0, new Uint8Array(10));
      expectObservable(progress(resource, { every: 5 }), '^--!').toBe('a', {
        a: { coveredBytes: 10, totalBytes: 4, fraction: 1, bytesPerSecond: 0, etaMs: 0 },
      });
    });
  });

  it('takes the total up when it becomes known', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      const resource = Resource.open(newDriver());
      cold('--x').subscribe(() => (resource.expectedLength = 8));
      expectObservable(progress(resource, { every: 3 }), '^----!').toBe('a--b', {
        a: { coveredBytes: 0, bytesPerSecond: 0 },
        b: { coveredBytes: 0, totalBytes: 8, fraction: 0, bytesPerSecond: 0 },
      });
    });
  });

  it('error: goes on over a failure and its repair, and never errors', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      const resource = Resource.open(newDriver());
      const actions: Record<string, () => void> = {
        f: () => resource.fail('x'),
        r: () => resource.reactivate(),
        c: () => resource.commit(),
      };
      cold('-f---r-c').subscribe((letter) => actions[letter]?.());
      const active = { coveredBytes: 0, bytesPerSecond: 0 };
      expectObservable(progress(resource, { every: 3 })).toBe('a--a--a(d|)', {
        a: active,
        d: { ...active, totalBytes: 0, fraction: 1, etaMs: 0 },
      });
    });
  });

  it.each(['cancelled', 'closed'])(
    'tells the last state and completes when the resource is %s, and where it was before',
    (state) => {
      testScheduler.run(({ cold, expectObservable }) => {
        const abort = new AbortController();
        const resource = Resource.open(newDriver(), { signal: abort.signal });
        resource.writeAt(0, new Uint8Array(4));
        cold('--x').subscribe(() => (state === 'closed' ? resource.close() : abort.abort()));
        const last = { a: { coveredBytes: 4, bytesPerSecond: 0 } };
        expectObservable(progress(resource, { every: 9 })).toBe('a-(a|)', last);
        expectObservable(progress(resource, { every: 9 }), '---^').toBe('---(a|)', last);
      });
    },
  );

  it('early unsubscribe: stops its timer', () => {
    testScheduler.run(({ cold, expectObservable, flush }) => {
      const resource = Resource.open(newDriver());
      const told: number[] = [];
      const subscription = progress(resource, { every: 2 }).subscribe(() => told.push(testScheduler.frame));
      cold('---x').subscribe(() => subscription.unsubscribe());
      expectObservable(progress(resource, { every: 2 }), '^--!').toBe('a-a', {
        a: { coveredBytes: 0, bytesPerSecond: 0 },
      });
      flush();
      expect(told).toEqual([0, 2]);
    });
  });

  it('does not change the resource, and makes no demand', () => {
    const resource = Resource.open(newDriver());
    const demands: unknown[] = [];
    const subscription = progress(resource).subscribe();
    resource.demand$.subscribe((demand) => demands.push(demand));
    subscription.unsubscribe();
    expect([demands, resource.status.state]).toEqual([[[]], 'active']);
  });
});

import { describe, expect, it } from '@jest/globals';

import { type Progress, progress, Resource } from '../../lib/index.js';
import { EvictingDriver } from '../support/evicting-driver.js';
import { newDriver } from '../support/new-driver.js';
import { type Marbles, marbles } from '../support/marbles.js';

/**
 * Expects of `progress` what it emits, and from when to when it subscribes to `status$`, which is
 * all that it subscribes to.
 */
function expectProgress(
  { expectObservable, expectSubscriptions, loggedView }: Marbles,
  resource: Resource,
  options: { every?: number } = {},
  unsubscription?: string,
): { toBe(marbles: string, subscriptions: string, values: Record<string, Progress>): void } {
  const { view, status, coverage, waits } = loggedView(resource);
  const expected = expectObservable(progress(view, options), unsubscription);
  return {
    toBe(frames, subscriptions, values) {
      expected.toBe(frames, values);
      expectSubscriptions(status).toBe(subscriptions);
      expectSubscriptions([...coverage, ...waits]).toBe([]);
    },
  };
}

describe('progress', () => {
  it('goes on saying that nothing has come where nothing ever does, without a fraction where the total is unknown', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver());
      const nothing = { coveredBytes: 0, bytesPerSecond: 0 };
      expectProgress(helpers, resource, { every: 3 }, '^--------!').toBe('n--n--n--', '^--------!', { n: nothing });
    });
  });

  it('says that an empty resource is complete', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver(new Uint8Array(0)));
      expectProgress(helpers, resource).toBe('(d|)', '(^!)', {
        d: { coveredBytes: 0, totalBytes: 0, fraction: 1, bytesPerSecond: 0, etaMs: 0 },
      });
    });
  });

  it('emits once, and completes, for a committed resource', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver(new Uint8Array(10)));
      expectProgress(helpers, resource).toBe('(d|)', '(^!)', {
        d: { coveredBytes: 10, totalBytes: 10, fraction: 1, bytesPerSecond: 0, etaMs: 0 },
      });
    });
  });

  it('tells bytes, fraction, rate and time to go as many bytes come, and completes on commit with all of it', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver(), { expectedLength: 400 });
      // 10 bytes a millisecond are 10,000 a second.
      helpers.cold('5ms a 9ms b 9ms c 9ms d').subscribe(() => {
        resource.writeAt(resource.coveredBytes, new Uint8Array(100));
        if (resource.coveredBytes === 400) resource.commit();
      });
      expectProgress(helpers, resource, { every: 10 }).toBe('a 9ms b 9ms c 9ms d 4ms (e|)', '^ 34ms !', {
        a: { coveredBytes: 0, totalBytes: 400, fraction: 0, bytesPerSecond: 0 },
        b: { coveredBytes: 100, totalBytes: 400, fraction: 0.25, bytesPerSecond: 10_000, etaMs: 30 },
        c: { coveredBytes: 200, totalBytes: 400, fraction: 0.5, bytesPerSecond: 10_000, etaMs: 20 },
        d: { coveredBytes: 300, totalBytes: 400, fraction: 0.75, bytesPerSecond: 10_000, etaMs: 10 },
        e: { coveredBytes: 400, totalBytes: 400, fraction: 1, bytesPerSecond: (400 / 35) * 1000, etaMs: 0 },
      });
    });
  });

  it('counts in its rate what came since it was subscribed to, not what was there', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver(), { expectedLength: 400 });
      resource.writeAt(0, new Uint8Array(300));
      const standing = { coveredBytes: 300, totalBytes: 400, fraction: 0.75, bytesPerSecond: 0 };
      expectProgress(helpers, resource, { every: 5 }, '^------!').toBe('s----s', '^------!', { s: standing });
    });
  });

  it('lets its rate follow a stall down to nothing, and then there is no time to go', () => {
    marbles(({ cold, flush }) => {
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

  it('counts in its rate all that came, in its fraction what has stayed, where bytes are evicted', () => {
    marbles((helpers) => {
      const resource = Resource.open(new EvictingDriver(), { expectedLength: 1000 });
      helpers.at('500ms a 999ms b', {
        a: () => resource.writeAt(0, new Uint8Array(100)),
        b: () => {
          resource.evict({ start: 0, end: 60 });
          resource.writeAt(100, new Uint8Array(100));
        },
      });
      const emitted: unknown[] = [];
      const subscription = progress(resource, { every: 1000 }).subscribe(({ coveredBytes, fraction, bytesPerSecond }) =>
        emitted.push({ coveredBytes, fraction, bytesPerSecond }),
      );
      helpers.cold('2500ms x').subscribe(() => subscription.unsubscribe());
      helpers.flush();
      expect(emitted).toEqual([
        { coveredBytes: 0, fraction: 0, bytesPerSecond: 0 },
        { coveredBytes: 100, fraction: 0.1, bytesPerSecond: 100 },
        { coveredBytes: 140, fraction: 0.14, bytesPerSecond: 100 },
      ]);
    });
  });

  it('gives a fraction of 1, not more, for more bytes than were expected', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver(), { expectedLength: 4 });
      resource.writeAt(0, new Uint8Array(10));
      expectProgress(helpers, resource, { every: 5 }, '^--!').toBe('a', '^--!', {
        a: { coveredBytes: 10, totalBytes: 4, fraction: 1, bytesPerSecond: 0, etaMs: 0 },
      });
    });
  });

  it('takes the total up when it becomes known', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver());
      helpers.cold('--x').subscribe(() => (resource.expectedLength = 8));
      expectProgress(helpers, resource, { every: 3 }, '^----!').toBe('a--b', '^----!', {
        a: { coveredBytes: 0, bytesPerSecond: 0 },
        b: { coveredBytes: 0, totalBytes: 8, fraction: 0, bytesPerSecond: 0 },
      });
    });
  });

  it('goes on over a failure and its repair, and never errors', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver());
      const actions: Record<string, () => void> = {
        f: () => resource.fail('x'),
        r: () => resource.reactivate(),
        c: () => resource.commit(),
      };
      helpers.at('-f---r-c', actions);
      const active = { coveredBytes: 0, bytesPerSecond: 0 };
      expectProgress(helpers, resource, { every: 3 }).toBe('a--a--a(d|)', '^------!', {
        a: active,
        d: { ...active, totalBytes: 0, fraction: 1, etaMs: 0 },
      });
    });
  });

  it.each(['cancelled', 'closed'])(
    'tells the last state and completes when the resource is %s, and where it was before',
    (state) => {
      marbles((helpers) => {
        const abort = new AbortController();
        const resource = Resource.open(newDriver(), { signal: abort.signal });
        resource.writeAt(0, new Uint8Array(4));
        helpers.cold('--x').subscribe(() => (state === 'closed' ? resource.close() : abort.abort()));
        const last = { a: { coveredBytes: 4, bytesPerSecond: 0 } };
        expectProgress(helpers, resource, { every: 9 }).toBe('a-(a|)', '^-!', last);
        expectProgress(helpers, resource, { every: 9 }, '---^').toBe('---(a|)', '---(^!)', last);
      });
    },
  );

  it('stops its timer when unsubscribed early', () => {
    marbles((helpers) => {
      const resource = Resource.open(newDriver());
      const told: number[] = [];
      const subscription = progress(resource, { every: 2 }).subscribe(() => told.push(helpers.now()));
      helpers.cold('---x').subscribe(() => subscription.unsubscribe());
      expectProgress(helpers, resource, { every: 2 }, '^--!').toBe('a-a', '^--!', {
        a: { coveredBytes: 0, bytesPerSecond: 0 },
      });
      helpers.flush();
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

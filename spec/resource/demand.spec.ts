import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { map } from 'rxjs';

import type { Resource } from '../../lib/index.js';
import { closeAll, open, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { range } from '../support/range.js';
import { marbles, timelessDemand$ } from '../support/marbles.js';

afterEach(closeAll);

/** The demand of a wait in the owner's thread. */
function owner(start: number, end: number, neededBy?: number): object {
  const demand = { range: range(start, end), reader: 'owner', blocking: false };
  return neededBy === undefined ? demand : { ...demand, neededBy };
}

describe('demand$', () => {
  it('replays what is waited for, emits as waits come, shrink and go, and makes none of passive ones', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.expectLogged(resource.waitRange(range(0, 10)), '--^').toBe('--------(r|)', '--^-----!', { r: 'ready' });
      helpers.expectLogged(resource.waitRange(range(20, 30)), '---^----------!').toBe('', '---^----------!');
      helpers.expectLogged(resource.waitRange(range(50, 60), { passive: true }), '---^').toBe('', '---^');
      helpers.at('-----a-bc', {
        a: () => resource.writeAt(8, bytes(4)),
        b: () => resource.writeAt(3, bytes(3)),
        c: () => resource.writeAt(0, bytes(8)),
      });
      helpers.expectLogged(timelessDemand$(resource)).toBe('e-ab-c--d-----e', '^', {
        e: [],
        a: [owner(0, 10)],
        b: [owner(0, 10), owner(20, 30)],
        c: [owner(0, 8), owner(20, 30)],
        d: [owner(20, 30)],
      });
    });
  });

  it('conflates: one emission a turn, with what is left at its end, and none for nothing', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('-(aabc)-d', {
        a: () => wait(resource, 0, 10),
        b: () => wait(resource, 5, 20),
        c: () => resource.writeAt(0, bytes(10)),
        d: () => resource.waitRange(range(0, 40)).subscribe().unsubscribe(),
      });
      helpers.expectLogged(timelessDemand$(resource)).toBe('ex', '^', { e: [], x: [owner(10, 20)] });
    });
  });

  it('orders by neededBy, those without last', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('-(abcd)', {
        a: () => wait(resource, 40, 41),
        b: () => wait(resource, 30, 31, { neededBy: 2000 }),
        c: () => wait(resource, 20, 21, { neededBy: 1000 }),
        d: () => wait(resource, 10, 11, { neededBy: 3000 }),
      });
      const order$ = resource.demand$.pipe(map((demands) => demands.map((demand) => demand.range.start)));
      helpers.expectLogged(order$).toBe('ex', '^', { e: [], x: [20, 30, 10, 40] });
    });
  });

  it('orders those of one neededBy by age, also where they came in one millisecond', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('-(abcde)', {
        a: () => wait(resource, 50, 51),
        b: () => wait(resource, 30, 31),
        c: () => wait(resource, 50, 52),
        d: () => wait(resource, 20, 21, { neededBy: 1000 }),
        e: () => wait(resource, 10, 11, { neededBy: 1000 }),
      });
      const order$ = resource.demand$.pipe(map((demands) => demands.map((demand) => demand.range.end)));
      helpers.expectLogged(order$).toBe('ex', '^', { e: [], x: [21, 11, 51, 31, 52] });
    });
  });

  it('that is told by no clock which may be set: the oldest comes first whatever it says', () => {
    marbles((helpers) => {
      const resource = open();
      const clock = jest.spyOn(Date, 'now');
      helpers.at('-(abcd)', {
        a: () => wait(resource, 40, 41),
        b: () => {
          clock.mockReturnValue(7);
          wait(resource, 30, 31);
        },
        c: () => wait(resource, 20, 21, { neededBy: 1000 }),
        d: () => {
          clock.mockReturnValue(3);
          wait(resource, 10, 11, { neededBy: 1000 });
        },
      });
      const order$ = resource.demand$.pipe(map((demands) => demands.map((demand) => demand.range.start)));
      helpers.expectObservable(order$).toBe('ex', { e: [], x: [20, 10, 40, 30] });
      helpers.flush();
      clock.mockRestore();
    });
  });

  it('stays within the known length, follows it, and leaves out what lies behind it', () => {
    marbles((helpers) => {
      const resource = open({ expectedLength: 100 });
      wait(resource, 90, 120);
      wait(resource, 100, 120);
      helpers.at('-a-b', { a: () => (resource.expectedLength = 110), b: () => (resource.expectedLength = undefined) });
      helpers.expectLogged(timelessDemand$(resource)).toBe('ab-c', '^', {
        a: [owner(90, 100)],
        b: [owner(90, 110), owner(100, 110)],
        c: [owner(90, 120), owner(100, 120)],
      });
    });
  });

  it.each<[string, (resource: Resource) => void]>([
    ['commit', (resource) => resource.commit(0)],
    ['fail', (resource) => resource.fail('x')],
    ['interrupt', (resource) => resource.interrupt()],
  ])('is empty after %s', (_, act) => {
    marbles((helpers) => {
      const resource = open();
      wait(resource, 0, 10);
      helpers.at('--a', { a: () => act(resource) });
      helpers.expectLogged(timelessDemand$(resource)).toBe('a-e', '^', { a: [owner(0, 10)], e: [] });
    });
  });

  it('is empty before it completes on close', () => {
    marbles((helpers) => {
      const resource = open();
      wait(resource, 0, 10);
      helpers.at('--a', { a: () => resource.close() });
      helpers.expectLogged(timelessDemand$(resource)).toBe('a-(e|)', '^-!', { a: [owner(0, 10)], e: [] });
      helpers.expectLogged(timelessDemand$(resource), '----^').toBe('----(e|)', '----(^!)', { e: [] });
    });
  });

  it('hands out the same list while nothing changed', () => {
    const resource = open();
    wait(resource, 0, 10);
    const lists: unknown[] = [];
    for (let times = 0; times < 2; times += 1) resource.demand$.subscribe((list) => lists.push(list)).unsubscribe();
    expect(lists).toHaveLength(2);
    expect(lists[0]).toBe(lists[1]);
  });

  it('tells since when the wait is pending, in epoch milliseconds', () => {
    const resource = open();
    const before = Date.now();
    wait(resource, 0, 10);
    const after = Date.now();
    const since: number[] = [];
    resource.demand$.subscribe((demands) => since.push(...demands.map((demand) => demand.since)));
    expect(since).toHaveLength(1);
    expect(since[0]).toBeGreaterThanOrEqual(before);
    expect(since[0]).toBeLessThanOrEqual(after);
  });
});

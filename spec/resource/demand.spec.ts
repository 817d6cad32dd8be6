import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import type { Resource } from '../../lib/index.js';
import { bytes, closeAll, open, range, wait } from './fixtures.js';

type Helpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

let testScheduler: TestScheduler;
beforeEach(() => {
  testScheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
});
afterEach(closeAll);

/** Runs each action in the frame of its letter. */
function at({ cold }: Helpers, marbles: string, actions: Record<string, () => void>): void {
  cold(marbles).subscribe((letter) => actions[letter]?.());
}

/** `demand$` without the times, which are real ones. */
function demand$(resource: Resource): Observable<unknown[]> {
  return resource.demand$.pipe(map((demands) => demands.map(({ since: _, ...rest }) => rest)));
}

/** The demand of a wait in the owner's thread. */
function owner(start: number, end: number, neededBy?: number): object {
  const demand = { range: range(start, end), reader: 'owner', blocking: false };
  return neededBy === undefined ? demand : { ...demand, neededBy };
}

describe('demand$', () => {
  it('replays what is waited for, emits as waits come, shrink and go, and makes none of passive ones', () => {
    testScheduler.run((helpers) => {
      const resource = open();
      helpers.expectObservable(resource.waitRange(range(0, 10)), '--^').toBe('--------(r|)', { r: 'ready' });
      helpers.expectObservable(resource.waitRange(range(20, 30)), '---^----------!').toBe('');
      helpers.expectObservable(resource.waitRange(range(50, 60), { passive: true }), '---^').toBe('');
      at(helpers, '-----a-bc', {
        a: () => resource.writeAt(8, bytes(4)),
        b: () => resource.writeAt(3, bytes(3)),
        c: () => resource.writeAt(0, bytes(8)),
      });
      helpers.expectObservable(demand$(resource)).toBe('e-ab-c--d-----e', {
        e: [],
        a: [owner(0, 10)],
        b: [owner(0, 10), owner(20, 30)],
        c: [owner(0, 8), owner(20, 30)],
        d: [owner(20, 30)],
      });
    });
  });

  it('conflates: one emission a turn, with what is left at its end, and none for nothing', () => {
    testScheduler.run((helpers) => {
      const resource = open();
      at(helpers, '-(aabc)-d', {
        a: () => wait(resource, 0, 10),
        b: () => wait(resource, 5, 20),
        c: () => resource.writeAt(0, bytes(10)),
        d: () => resource.waitRange(range(0, 40)).subscribe().unsubscribe(),
      });
      helpers.expectObservable(demand$(resource)).toBe('ex', { e: [], x: [owner(10, 20)] });
    });
  });

  it('orders by neededBy, those without last', () => {
    testScheduler.run((helpers) => {
      const resource = open();
      at(helpers, '-(abcd)', {
        a: () => wait(resource, 40, 41),
        b: () => wait(resource, 30, 31, { neededBy: 2000 }),
        c: () => wait(resource, 20, 21, { neededBy: 1000 }),
        d: () => wait(resource, 10, 11, { neededBy: 3000 }),
      });
      const order$ = resource.demand$.pipe(map((demands) => demands.map((demand) => demand.range.start)));
      helpers.expectObservable(order$).toBe('ex', { e: [], x: [20, 30, 10, 40] });
    });
  });

  it('then by age, also of those that came in one millisecond', () => {
    testScheduler.run((helpers) => {
      const resource = open();
      at(helpers, '-(abcde)', {
        a: () => wait(resource, 50, 51),
        b: () => wait(resource, 30, 31),
        c: () => wait(resource, 50, 52),
        d: () => wait(resource, 20, 21, { neededBy: 1000 }),
        e: () => wait(resource, 10, 11, { neededBy: 1000 }),
      });
      const order$ = resource.demand$.pipe(map((demands) => demands.map((demand) => demand.range.end)));
      helpers.expectObservable(order$).toBe('ex', { e: [], x: [21, 11, 51, 31, 52] });
    });
  });

  it('stays within the known length, follows it, and leaves out what lies behind it', () => {
    testScheduler.run((helpers) => {
      const resource = open({ expectedLength: 100 });
      wait(resource, 90, 120);
      wait(resource, 100, 120);
      at(helpers, '-a-b', { a: () => (resource.expectedLength = 110), b: () => (resource.expectedLength = undefined) });
      helpers.expectObservable(demand$(resource)).toBe('ab-c', {
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
    testScheduler.run((helpers) => {
      const resource = open();
      wait(resource, 0, 10);
      at(helpers, '--a', { a: () => act(resource) });
      helpers.expectObservable(demand$(resource)).toBe('a-e', { a: [owner(0, 10)], e: [] });
    });
  });

  it('is empty before it completes on close', () => {
    testScheduler.run((helpers) => {
      const resource = open();
      wait(resource, 0, 10);
      at(helpers, '--a', { a: () => resource.close() });
      helpers.expectObservable(demand$(resource)).toBe('a-(e|)', { a: [owner(0, 10)], e: [] });
      helpers.expectObservable(demand$(resource), '----^').toBe('----(e|)', { e: [] });
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

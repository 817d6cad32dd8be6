import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Subscription } from 'rxjs';

import { MemDriver, Resource, type WaitOutcome } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { type IndexedWait, WaitIndex } from '../../lib/waits/wait-index.js';
import { demandsOf } from '../support/demands-of.js';

const MANY = 10_000;
const FEW = 100;
/**
 * The ratio of the time that MANY at once take to that of as many in groups of FEW: 1 if it is
 * linear in their number, 100 if it is quadratic. Both take about equally long where it is linear,
 * and so suffer equally from what else the machine does.
 */
const LINEAR = 10;

const ignore = (): void => undefined;

/**
 * The fastest of several runs, in milliseconds: what the work takes where nothing else gets in
 * between.
 */
function fastest(runs: number, work: () => void): number {
  let best = Infinity;
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/**
 * Subscribes `count` waits as `rangeOf` says, writes the first `length` bytes, and answers how many
 * were ready.
 */
function settle(count: number, length: number, rangeOf: (index: number) => { start: number; end: number }): number {
  const resource = Resource.open(new MemDriver({ shared: false }));
  let ready = 0;
  for (let index = 0; index < count; index += 1) resource.waitRange(rangeOf(index)).subscribe(() => (ready += 1));
  resource.writeAt(0, new Uint8Array(length));
  resource.close();
  return ready;
}

describe('many waits', () => {
  it.each<[string, (index: number) => { start: number; end: number }]>([
    ['of one range', () => ({ start: 5, end: 10 })],
    ['of one start', (index) => ({ start: 5, end: 6 + index })],
    ['of one end', (index) => ({ start: index, end: MANY + 1 })],
    ['apart', (index) => ({ start: 2 * index, end: 2 * index + 1 })],
  ])('leave no demand when 10,000 of them are unsubscribed: %s', (_, rangeOf) => {
    const resource = Resource.open(newDriver());
    const subscriptions: Subscription[] = [];
    for (let index = 0; index < MANY; index += 1) subscriptions.push(resource.waitRange(rangeOf(index)).subscribe());
    expect(demandsOf(resource)).toHaveLength(MANY);
    for (const subscription of subscriptions) subscription.unsubscribe();
    expect(demandsOf(resource)).toEqual([]);
    // Nobody is left for the close to tell.
    resource.close();
  });

  it.each<[string, (index: number) => { start: number; end: number }]>([
    ['one and the same range', () => ({ start: 5, end: 10 })],
    ['ranges of one start', (index) => ({ start: 5, end: 6 + (index % 50) })],
    ['ranges nested in each other', (index) => ({ start: index, end: 2 * MANY - index })],
    ['ranges apart', (index) => ({ start: 2 * index, end: 2 * index + 1 })],
  ])('settle in time linear in their number, 10,000 on %s', (_, rangeOf) => {
    expect([settle(FEW, 2 * MANY, rangeOf), settle(MANY, 2 * MANY, rangeOf)]).toEqual([FEW, MANY]);
    const asManyByFew = fastest(7, () => {
      for (let times = 0; times < MANY / FEW; times += 1) settle(FEW, 2 * MANY, rangeOf);
    });
    const many = fastest(7, () => settle(MANY, 2 * MANY, rangeOf));
    expect(many / asManyByFew).toBeLessThan(LINEAR);
  });

  it('are unsubscribed in time linear in their number, 10,000 on one range', () => {
    const unsubscribe = (resources: number, count: number): number => {
      const subscriptions: Subscription[] = [];
      for (let opened = 0; opened < resources; opened += 1) {
        const resource = Resource.open(new MemDriver({ shared: false }));
        for (let index = 0; index < count; index += 1) {
          subscriptions.push(resource.waitRange({ start: 5, end: 10 }).subscribe());
        }
      }
      return fastest(1, () => {
        for (const subscription of subscriptions) subscription.unsubscribe();
      });
    };
    const best = (resources: number, count: number): number =>
      Math.min(...Array.from({ length: 7 }, () => unsubscribe(resources, count)));
    best(1, MANY);
    expect(best(1, MANY) / best(MANY / FEW, FEW)).toBeLessThan(LINEAR);
  });

  it('are settled only by a write that completes them', () => {
    const resource = Resource.open(newDriver());
    const ready: number[] = [];
    for (let index = 0; index < MANY; index += 1) {
      resource
        .waitRange({ start: 10 * index, end: 10 * index + 5 })
        .subscribe({ next: () => ready.push(index), error: ignore });
    }
    resource.writeAt(1000, new Uint8Array(24));
    expect(ready).toEqual([100, 101]);
    expect(demandsOf(resource)).toHaveLength(MANY - 2);
    resource.writeAt(1024, new Uint8Array(1));
    expect(ready).toEqual([100, 101, 102]);
    resource.close();
  });

  it('are answered where they are passive, and make no demand, not even beside one that does', () => {
    const resource = Resource.open(newDriver());
    const outcomes: WaitOutcome[] = [];
    resource.waitRange({ start: 0, end: 4 }, { passive: true }).subscribe((outcome) => outcomes.push(outcome));
    expect(demandsOf(resource)).toEqual([]);
    resource.waitRange({ start: 0, end: 2 }, { passive: false }).subscribe((outcome) => outcomes.push(outcome));
    expect(demandsOf(resource).map(({ range }) => range)).toEqual([{ start: 0, end: 2 }]);
    resource.writeAt(0, new Uint8Array(4));
    expect(outcomes).toEqual(['ready', 'ready']);
  });

  it('are one demand each where they wait for the same bytes', () => {
    const resource = Resource.open(newDriver());
    const first = resource.waitRange({ start: 0, end: 4 }).subscribe({ error: ignore });
    resource.waitRange({ start: 0, end: 4 }, { neededBy: 5 }).subscribe({ error: ignore });
    expect(demandsOf(resource)).toHaveLength(2);
    first.unsubscribe();
    expect(demandsOf(resource)).toMatchObject([{ range: { start: 0, end: 4 }, neededBy: 5 }]);
    resource.close();
  });
});

describe('WaitIndex', () => {
  const wait = (start: number, until: number): IndexedWait => ({ start, until });
  /** Nothing is covered, until a test says how far all is. */
  const bytes = (): { coveredUntil(from: number): number } => ({ coveredUntil: (from) => from });

  it('holds nothing any more once 10,000 waits have been deleted or completed', () => {
    const state = bytes();
    const waits = new WaitIndex(state);
    const fill = (): IndexedWait[] => {
      const added = Array.from({ length: MANY }, (_, index) => wait(index % 100, (index % 100) + 1 + (index % 7)));
      for (const one of added) waits.add(one);
      expect(waits.size).toBe(MANY);
      return added;
    };
    for (const one of fill()) waits.delete(one);
    expect([waits.size, [...waits]]).toEqual([0, []]);
    fill();
    state.coveredUntil = () => 200;
    expect(waits.takeCovered(0, 200)).toHaveLength(MANY);
    expect([waits.size, [...waits]]).toEqual([0, []]);
  });

  it('asks once for each first missing byte that a write covers, and for no other', () => {
    const state = bytes();
    const waits = new WaitIndex(state);
    for (let index = 0; index < MANY; index += 1) {
      const start = 10 * (index % 100);
      waits.add(wait(start, start + 5));
    }
    const asked: number[] = [];
    state.coveredUntil = (offset) => {
      asked.push(offset);
      return 305;
    };
    expect(waits.takeCovered(300, 305)).toHaveLength(MANY / 100);
    expect(asked).toEqual([300]);
    expect(waits.takeCovered(305, 310)).toBeUndefined();
    expect(asked).toEqual([300]);
  });

  it('tells whether a range has a byte that any wait needs, wherever the others lie and whatever has left', () => {
    const waits = new WaitIndex(bytes());
    expect(waits.touches(0, 100)).toBe(false);
    const added = Array.from({ length: 1000 }, (_, index) => wait(100 * index + 10, 100 * index + 20));
    for (const one of added) waits.add(one);
    waits.add(wait(50_015, 50_030));
    const touched = (start: number, end: number): boolean => waits.touches(start, end);
    expect([touched(50_000, 50_010), touched(50_000, 50_011)]).toEqual([false, true]);
    expect([touched(50_029, 50_030), touched(50_030, 50_110)]).toEqual([true, false]);
    for (const one of added.slice(1)) waits.delete(one);
    expect([touched(50_010, 50_015), touched(50_010, 50_016)]).toEqual([false, true]);
    expect([touched(20, 50_015), touched(19, 20), touched(0, 99_999)]).toEqual([false, true, true]);
  });

  it('looks at no wait whose first missing byte a write does not cover, however many lie around it', () => {
    const state = bytes();
    const waits = new WaitIndex(state);
    for (let index = 0; index < MANY; index += 1) waits.add(wait(index, 4 * MANY - index));
    const asked: number[] = [];
    let covered = 5;
    state.coveredUntil = (offset) => {
      asked.push(offset);
      return covered;
    };
    expect(waits.touches(2 * MANY, 2 * MANY + 5)).toBe(true);
    expect(waits.takeCovered(2 * MANY, 2 * MANY + 5)).toEqual([]);
    expect(asked).toEqual([]);
    expect(waits.takeCovered(0, 5)).toEqual([]);
    expect(asked).toEqual([0, 1, 2, 3, 4]);
    // Those five lack one byte now, and are asked about as one.
    covered = 6;
    expect(waits.takeCovered(5, 6)).toEqual([]);
    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
    covered = 4 * MANY;
    expect([waits.size, waits.takeCovered(6, 4 * MANY)?.length, waits.size]).toEqual([MANY, MANY, 0]);
  });

  it('is as a list that is looked through, whatever is added, written and deleted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('add', 'write', 'delete'), fc.nat(60), fc.integer({ min: 1, max: 20 })), {
          maxLength: 80,
        }),
        (steps) => {
          const covered = new Set<number>();
          const agreed: boolean[] = [];
          let list: IndexedWait[] = [];
          const coveredUntil = (from: number): number => {
            let until = from;
            while (covered.has(until)) until += 1;
            return until;
          };
          const waits = new WaitIndex({ coveredUntil });
          for (const [what, start, length] of steps) {
            const one = wait(start, start + length);
            if (what === 'add' && coveredUntil(start) < one.until) {
              waits.add(one);
              list.push(one);
            } else if (what === 'write') {
              for (let at = start; at < one.until; at += 1) covered.add(at);
              const ready = list.filter((each) => coveredUntil(each.start) >= each.until);
              list = list.filter((each) => !ready.includes(each));
              const taken = waits.takeCovered(start, one.until) ?? [];
              agreed.push(taken.length === ready.length && taken.every((each) => ready.includes(each)));
            } else if (what === 'delete' && list.length > 0) {
              const [gone] = list.splice(start % list.length, 1);
              if (gone !== undefined) waits.delete(gone);
            }
            agreed.push(waits.size === list.length);
          }
          expect(agreed).not.toContain(false);
        },
      ),
      { numRuns: 2 * Number(process.env.FUZZ_RUNS ?? 100) },
    );
  });

  it('finds a wait again whose start is shared by longer and shorter ones that came and went', () => {
    const state = bytes();
    const waits = new WaitIndex(state);
    const short = wait(0, 5);
    const long = wait(0, 50);
    waits.add(short);
    waits.add(long);
    waits.delete(long);
    waits.add(wait(0, 20));
    // They move on together, and one of them is there.
    const write = (start: number, end: number): IndexedWait[] | undefined => {
      state.coveredUntil = () => end;
      return waits.takeCovered(start, end);
    };
    expect(write(0, 4)).toEqual([]);
    expect(write(4, 5)).toEqual([short]);
    expect(write(5, 20)).toHaveLength(1);
    waits.delete(short);
    expect(waits.size).toBe(0);
  });
});

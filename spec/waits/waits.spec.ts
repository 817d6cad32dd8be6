import { describe, expect, it } from '@jest/globals';
import { count, lastValueFrom, type Subscription } from 'rxjs';

import { type Demand, MemDriver, readChunks, Resource, type WaitOutcome } from '../../lib/index.js';
import { newDriver } from '../drivers/new-driver.js';
import { type PendingWait, PendingWaits } from '../../lib/waits/pending-waits.js';

const MANY = 10_000;
const MILLION = 1_000_000;

const ignore = (): void => undefined;

function demandOf(resource: Resource): readonly Demand[] {
  let current: readonly Demand[] = [];
  resource.demand$.subscribe((demand) => (current = demand)).unsubscribe();
  return current;
}

/** The fastest of several runs, in milliseconds: what the work takes where nothing else gets in between. */
function fastest(runs: number, work: () => void): number {
  let best = Infinity;
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Subscribes `count` waits as `rangeOf` says, writes the first `length` bytes, and answers how many were ready. */
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
  ])('%s: 10,000 unsubscribed leave no demand', (_, rangeOf) => {
    const resource = Resource.open(newDriver());
    const subscriptions: Subscription[] = [];
    for (let index = 0; index < MANY; index += 1) subscriptions.push(resource.waitRange(rangeOf(index)).subscribe());
    expect(demandOf(resource)).toHaveLength(MANY);
    for (const subscription of subscriptions) subscription.unsubscribe();
    expect(demandOf(resource)).toEqual([]);
    // Nobody is left for the close to tell.
    resource.close();
  });

  it.each<[string, (index: number) => { start: number; end: number }]>([
    ['one and the same range', () => ({ start: 5, end: 10 })],
    ['ranges of one start', (index) => ({ start: 5, end: 6 + (index % 50) })],
    ['ranges nested in each other', (index) => ({ start: index, end: 2 * MANY - index })],
    ['ranges apart', (index) => ({ start: 2 * index, end: 2 * index + 1 })],
  ])('10,000 on %s settle in time linear in their number', (_, rangeOf) => {
    const few = MANY / 10;
    expect([settle(few, 2 * MANY, rangeOf), settle(MANY, 2 * MANY, rangeOf)]).toEqual([few, MANY]);
    const tenTimesFew = fastest(7, () => {
      for (let times = 0; times < 10; times += 1) settle(few, 2 * MANY, rangeOf);
    });
    const many = fastest(7, () => settle(MANY, 2 * MANY, rangeOf));
    // One if linear, ten if quadratic. Both take equally long, and so suffer equally from what else the machine does.
    expect(many / tenTimesFew).toBeLessThan(4.5);
  });

  it('10,000 on one range are unsubscribed in time linear in their number', () => {
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
    expect(best(1, MANY) / best(10, MANY / 10)).toBeLessThan(4.5);
  });

  it('a write settles only the waits that it completes', () => {
    const resource = Resource.open(newDriver());
    const ready: number[] = [];
    for (let index = 0; index < MANY; index += 1) {
      resource
        .waitRange({ start: 10 * index, end: 10 * index + 5 })
        .subscribe({ next: () => ready.push(index), error: ignore });
    }
    resource.writeAt(1000, new Uint8Array(24));
    expect(ready).toEqual([100, 101]);
    expect(demandOf(resource)).toHaveLength(MANY - 2);
    resource.writeAt(1024, new Uint8Array(1));
    expect(ready).toEqual([100, 101, 102]);
    resource.close();
  });

  it('passive waits are answered and make no demand, not even beside one that does', () => {
    const resource = Resource.open(newDriver());
    const outcomes: WaitOutcome[] = [];
    resource.waitRange({ start: 0, end: 4 }, { passive: true }).subscribe((outcome) => outcomes.push(outcome));
    expect(demandOf(resource)).toEqual([]);
    resource.waitRange({ start: 0, end: 2 }, { passive: false }).subscribe((outcome) => outcomes.push(outcome));
    expect(demandOf(resource).map(({ range }) => range)).toEqual([{ start: 0, end: 2 }]);
    resource.writeAt(0, new Uint8Array(4));
    expect(outcomes).toEqual(['ready', 'ready']);
  });

  it('waits for the same bytes are one demand each', () => {
    const resource = Resource.open(newDriver());
    const first = resource.waitRange({ start: 0, end: 4 }).subscribe({ error: ignore });
    resource.waitRange({ start: 0, end: 4 }, { neededBy: 5 }).subscribe({ error: ignore });
    expect(demandOf(resource)).toHaveLength(2);
    first.unsubscribe();
    expect(demandOf(resource)).toMatchObject([{ range: { start: 0, end: 4 }, neededBy: 5 }]);
    resource.close();
  });
});

describe('loops over ready waits do not grow the stack', () => {
  it('a million, each subscribed when the one before has completed', () => {
    const resource = Resource.open(newDriver(new Uint8Array(MILLION)));
    let ready = 0;
    for (let start = 0; start < MILLION; start += 1) {
      resource.waitRange({ start, end: start + 1 }).subscribe((outcome) => (ready += outcome === 'ready' ? 1 : 0));
    }
    expect(ready).toBe(MILLION);
  });

  it('a hundred thousand, each made by the callback of the one before it, and completed by a write of that callback', () => {
    const resource = Resource.open(newDriver());
    const byte = new Uint8Array(1);
    let ready = 0;
    const next = (): void => {
      ready += 1;
      if (ready === 10 * MANY) return;
      resource.waitRange({ start: ready, end: ready + 1 }).subscribe(next);
      resource.writeAt(ready, byte);
    };
    resource.waitRange({ start: 0, end: 1 }).subscribe(next);
    resource.writeAt(0, byte);
    expect(ready).toBe(10 * MANY);
    expect(demandOf(resource)).toEqual([]);
  });

  it('a million chunks of one byte, with a synchronous project', async () => {
    const resource = Resource.open(newDriver(new Uint8Array(MILLION)));
    const offsets$ = readChunks(resource, { chunkSize: 1, project: (_chunk: Uint8Array, offset: number) => [offset] });
    expect(await lastValueFrom(offsets$.pipe(count()))).toBe(MILLION);
  });

  it('a hundred thousand chunks of one byte, without project', async () => {
    const resource = Resource.open(newDriver(new Uint8Array(10 * MANY)));
    expect(await lastValueFrom(readChunks(resource, { chunkSize: 1 }).pipe(count()))).toBe(10 * MANY);
  });
});

describe('PendingWaits', () => {
  const wait = (start: number, until: number): PendingWait => ({ start, until });

  it('holds nothing any more once 10,000 waits have been deleted or completed', () => {
    const waits = new PendingWaits();
    const fill = (): PendingWait[] => {
      const added = Array.from({ length: MANY }, (_, index) => wait(index % 100, (index % 100) + 1 + (index % 7)));
      for (const one of added) waits.add(one);
      expect(waits.size).toBe(MANY);
      return added;
    };
    for (const one of fill()) waits.delete(one);
    expect([waits.size, [...waits]]).toEqual([0, []]);
    fill();
    expect(waits.takeCovered(0, 200, () => 200)).toHaveLength(MANY);
    expect([waits.size, [...waits]]).toEqual([0, []]);
  });

  it('asks once for each distinct start that a write overlaps, and for no other', () => {
    const waits = new PendingWaits();
    for (let index = 0; index < MANY; index += 1) waits.add(wait(10 * (index % 100), 10 * (index % 100) + 5));
    const asked: number[] = [];
    const coveredUntil = (offset: number): number => {
      asked.push(offset);
      return 305;
    };
    expect(waits.takeCovered(300, 305, coveredUntil)).toHaveLength(MANY / 100);
    expect(asked).toEqual([300]);
    expect(waits.takeCovered(305, 310, coveredUntil)).toEqual([]);
    expect(asked).toEqual([300]);
  });

  it('tells whether a range has a byte that any wait needs, wherever the others lie and whatever has left', () => {
    const waits = new PendingWaits();
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

  it('finds a wait again whose start is shared by longer and shorter ones that came and went', () => {
    const waits = new PendingWaits();
    const short = wait(0, 5);
    const long = wait(0, 50);
    waits.add(short);
    waits.add(long);
    waits.delete(long);
    waits.add(wait(0, 20));
    expect(waits.takeCovered(4, 5, () => 5)).toEqual([short]);
    expect(waits.takeCovered(19, 20, () => 20)).toHaveLength(1);
    waits.delete(short);
    expect(waits.size).toBe(0);
  });
});

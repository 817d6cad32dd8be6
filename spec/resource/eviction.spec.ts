import { afterEach, describe, expect, it } from '@jest/globals';

import { attachReader, MemDriver, registerAttachment, type Resource, type ResourceOptions } from '../../lib/index.js';
import { openSync } from '../../lib/sync.js';
import { bytes } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';
import { demandedRanges } from '../support/demands-of.js';
import { attachEvicting, EVICTING_KIND, EvictingDriver } from '../support/evicting-driver.js';
import { marbles } from '../support/marbles.js';
import { range } from '../support/range.js';
import { closeAll, expectNoNesting, open, ranges, record, trace, turn, wait } from '../support/resources.js';

afterEach(closeAll);
registerAttachment(EVICTING_KIND, attachEvicting);

function evicting(options?: ResourceOptions): Resource {
  return open(options, new EvictingDriver());
}

/** A resource that holds [0, 10). */
function ten(options?: ResourceOptions): Resource {
  const resource = evicting(options);
  resource.writeAt(0, bytes(10));
  return resource;
}

describe('evict', () => {
  it('takes what is covered out of coverage, tells the driver of just that, and returns how many bytes it was', () => {
    const driver = new EvictingDriver();
    const resource = open({ expectedLength: 20 }, driver);
    resource.writeAt(0, bytes(4));
    resource.writeAt(8, bytes(4, 8));
    const told: unknown[] = [];
    driver.evict = (start, end) => told.push([start, end]);
    expect(resource.evict(range(2, 10))).toBe(4);
    expect(told).toEqual([
      [2, 4],
      [8, 10],
    ]);
    expect(ranges(resource)).toEqual([range(0, 2), range(10, 12)]);
    expect(resource.coveredBytes).toBe(4);
    expect(resource.has(range(0, 3))).toBe(false);
    expect(resource.nextGap(0)).toEqual(range(2, 10));
    expect(resource.evict(range(2, 10))).toBe(0);
    expect(resource.evict(range(11, 11))).toBe(0);
    expect(resource.evict(range(0, 2 ** 53 - 1))).toBe(4);
    expect(ranges(resource)).toEqual([]);
  });

  it('does not let commit cut off what went at the end, which a commit of another length may', () => {
    const resource = ten();
    resource.evict(range(6, 8));
    resource.evict(range(4, 10));
    expect(errorOf(() => resource.commit())).toMatchObject({ code: 'INCOMPLETE', range: range(4, 10) });
    resource.commit(4);
    resource.reactivate();
    resource.writeAt(4, bytes(1));
    resource.commit();
    expect(resource.length).toBe(5);
  });

  it('lets readAt come short, commit say INCOMPLETE, and a write cover again', () => {
    const resource = ten({ expectedLength: 10 });
    resource.evict(range(4, 6));
    const target = new Uint8Array(10);
    expect(resource.readAt(0, target)).toBe(4);
    expect(resource.readAt(4, target)).toBe(0);
    expect(errorOf(() => resource.commit())).toMatchObject({ code: 'INCOMPLETE', range: range(4, 6) });
    resource.writeAt(4, bytes(2, 4));
    resource.commit();
    expect(resource.readAll()).toEqual(bytes(10));
  });

  it('is refused where the driver cannot, on committed content, at the end, and of no range', () => {
    const resource = ten();
    expect(codeOf(() => resource.evict(range(3, 2)))).toBe('INVALID_RANGE');
    resource.commit();
    expect(codeOf(() => resource.evict(range(0, 5)))).toBe('READ_ONLY');
    resource.reactivate();
    expect(resource.evict(range(0, 5))).toBe(5);
    resource.fail('no network');
    expect(resource.evict(range(0, 7))).toBe(2);
    resource.close();
    expect(codeOf(() => resource.evict(range(0, 5)))).toBe('CLOSED');
    const abort = new AbortController();
    const cancelled = ten({ signal: abort.signal });
    abort.abort();
    expect(codeOf(() => cancelled.evict(range(0, 5)))).toBe('CANCELLED');
    const memory = open({}, new MemDriver());
    memory.writeAt(0, bytes(10));
    expect(codeOf(() => memory.evict(range(0, 5)))).toBe('UNSUPPORTED');
    expect(memory.coveredBytes).toBe(10);
  });

  it('leaves alone what waits have asked for, in this thread and in others, unless they are passive', async () => {
    const resource = ten();
    const reader = attachReader(resource.createPort().handle);
    const own = wait(resource, 1, 12);
    const subscription = resource.waitRange(range(6, 14)).subscribe();
    const passive = wait(resource, 0, 11, { passive: true });
    const theirs = reader.waitRange(range(8, 16)).subscribe();
    await turn();
    expect(resource.evict(range(0, 20))).toBe(1);
    expect(ranges(resource)).toEqual([range(1, 10)]);
    resource.writeAt(10, bytes(2, 10));
    expect(own).toEqual(['ready', 'complete']);
    expect(passive).toEqual([]);
    expect(resource.evict(range(0, 20))).toBe(5);
    subscription.unsubscribe();
    expect(resource.evict(range(0, 20))).toBe(2);
    theirs.unsubscribe();
    await turn();
    expect(resource.evict(range(0, 20))).toBe(4);
    reader.close();
  });

  it('takes its bytes from waits that had them: they are ready once these are there again', () => {
    const resource = evicting();
    resource.writeAt(0, bytes(10));
    const waits = [0, 3, 5, 8].map((start) => wait(resource, start, 12, { passive: true }));
    resource.evict(range(4, 6));
    resource.writeAt(10, bytes(2, 10));
    expect(waits.map(([outcome]) => outcome)).toEqual([undefined, undefined, undefined, 'ready']);
    resource.writeAt(5, bytes(1, 5));
    expect(waits.map(([outcome]) => outcome)).toEqual([undefined, undefined, 'ready', 'ready']);
    resource.writeAt(4, bytes(1, 4));
    expect(waits.map(([outcome]) => outcome)).toEqual(['ready', 'ready', 'ready', 'ready']);
  });

  it('takes two parts of one run from waits that had both', () => {
    const resource = ten();
    const hold = resource.hold(range(4, 6));
    const waits = [0, 3, 5, 7].map((start) => wait(resource, start, 12, { passive: true }));
    expect(resource.evict(range(2, 8))).toBe(4);
    hold.release();
    resource.writeAt(10, bytes(2, 10));
    resource.writeAt(2, bytes(2, 2));
    expect(waits.map(([outcome]) => outcome)).toEqual([undefined, undefined, undefined, undefined]);
    resource.writeAt(6, bytes(2, 6));
    expect(waits.map(([outcome]) => outcome)).toEqual(['ready', 'ready', 'ready', 'ready']);
  });

  it('lets a read that was ready wait again where the bytes went in a callback before its own', () => {
    const resource = evicting();
    resource.waitRange(range(0, 10)).subscribe(() => resource.evict(range(3, 6)));
    const read = record(resource.read(range(0, 10)));
    resource.writeAt(0, bytes(10));
    expect(read).toEqual([]);
    expect(demandedRanges(resource)).toEqual([range(3, 6)]);
    resource.writeAt(3, bytes(3, 3));
    expect(read).toEqual([[...bytes(10)], 'complete']);
  });

  it('tells a reader of the same memory at once', () => {
    const resource = ten();
    const reader = openSync(resource.createPort().handle);
    const { coverage } = reader;
    expect(reader.has(range(0, 10))).toBe(true);
    resource.evict(range(2, 4));
    expect(reader.has(range(0, 10))).toBe(false);
    expect(reader.coveredBytes).toBe(8);
    expect(reader.nextGap(0, 10)).toEqual(range(2, 4));
    expect(coverage.toArray()).toEqual([range(0, 10)]);
    expect(reader.coverage.toArray()).toEqual([range(0, 2), range(4, 10)]);
    expect(reader.readAt(0, new Uint8Array(10))).toBe(2);
    reader.close();
  });

  it('emits the smaller coverage in this thread and to readers that watch it', async () => {
    const resource = ten();
    const reader = attachReader(resource.createPort().handle);
    const seen: unknown[] = [];
    for (const view of [resource, reader]) {
      view.coverage$.subscribe(({ coveredBytes }) => seen.push([view === reader, coveredBytes]));
    }
    await turn();
    resource.evict(range(2, 4));
    await turn();
    await turn();
    expect(seen).toEqual([
      [false, 10],
      [true, 10],
      [false, 8],
      [true, 8],
    ]);
    reader.close();
  });
});

describe('a driver that throws where it must not', () => {
  it('does not make a wait end for bytes that have gone', () => {
    const driver = new EvictingDriver();
    const resource = open({}, driver);
    resource.writeAt(20, bytes(10));
    resource.writeAt(50, bytes(10));
    const outcome = wait(resource, 20, 40, { passive: true });
    driver.evict = () => {
      throw new Error('no');
    };
    expect(() => resource.evict(range(0, 60))).toThrow('no');
    // What it was not told of stays.
    expect(resource.coverage.toArray()).toEqual([range(50, 60)]);
    resource.writeAt(30, bytes(10));
    expect(outcome).toEqual([]);
    resource.writeAt(20, bytes(10));
    expect(outcome).toEqual(['ready', 'complete']);
  });
});

describe('hold', () => {
  it('keeps bytes, there yet or not, until the last hold of them is released', () => {
    const resource = ten();
    const one = resource.hold(range(2, 6));
    const other = resource.hold(range(4, 20));
    resource.writeAt(10, bytes(10, 10));
    expect(resource.evict(range(0, 30))).toBe(2);
    one.release();
    one.release();
    expect(resource.evict(range(0, 30))).toBe(2);
    other[Symbol.dispose]();
    expect(resource.evict(range(0, 30))).toBe(16);
  });

  it('is counted where two holds are of one object, which may be changed afterwards', () => {
    const resource = ten();
    const held = { start: 0, end: 10 };
    const one = resource.hold(held);
    const other = resource.hold(held);
    held.end = 0;
    one.release();
    expect(resource.evict(range(0, 10))).toBe(0);
    other.release();
    expect(resource.evict(range(0, 10))).toBe(10);
  });

  it('is counted where two holds have one range', () => {
    const resource = ten();
    const one = resource.hold(range(0, 10));
    const same = resource.hold(range(0, 10));
    one.release();
    expect(resource.evict(range(0, 10))).toBe(0);
    same.release();
    expect(resource.evict(range(0, 10))).toBe(10);
  });

  it('takes a range of any driver, none of what has ended, and an empty one for nothing', () => {
    open({}, new MemDriver()).hold(range(0, 5)).release();
    const resource = ten();
    resource.hold(range(5, 5));
    expect(resource.evict(range(0, 10))).toBe(10);
    expect(codeOf(() => resource.hold(range(5, 4)))).toBe('INVALID_RANGE');
    resource.close();
    expect(codeOf(() => resource.hold(range(0, 5)))).toBe('CLOSED');
  });
});

describe('evictions$', () => {
  it('emits each range that has gone, in order, replays nothing, and completes on close', () => {
    marbles((helpers) => {
      const resource = ten();
      const held = resource.hold(range(4, 6));
      helpers.at('-a---b--c--d-----e', {
        a: () => resource.evict(range(2, 8)),
        b: () => resource.evict(range(2, 8)),
        c: () => held.release(),
        d: () => resource.evict(range(0, 20)),
        e: () => resource.close(),
      });
      const values = { a: range(2, 4), b: range(6, 8), c: range(0, 2), d: range(4, 6), e: range(8, 10) };
      helpers.expectLogged(resource.evictions$).toBe('-(ab)------(cde)-|', '^----------------!', values);
    });
  });

  it('emits where nothing is evicted nothing, and completes at once where the resource is closed', () => {
    marbles((helpers) => {
      const resource = ten();
      helpers.at('-a-b', { a: () => resource.evict(range(10, 20)), b: () => resource.writeAt(0, bytes(20)) });
      helpers.expectLogged(resource.evictions$, '^-----!').toBe('', '^-----!');
      const closed = ten();
      closed.close();
      helpers.expectLogged(closed.evictions$).toBe('|', '(^!)');
    });
  });

  it('queues behind the notifications in progress', () => {
    const resource = ten();
    const log: string[] = [];
    trace(log, 'evicted', resource.evictions$, () => {
      if (resource.coveredBytes > 4) resource.evict(range(0, 6));
    });
    trace(log, 'written', resource.writes$, () => resource.evict(range(8, 12)));
    resource.writeAt(10, bytes(2, 10));
    expectNoNesting(log);
    expect(log.filter((entry) => entry.endsWith('('))).toEqual(['written(', 'evicted(', 'evicted(']);
    expect(ranges(resource)).toEqual([range(6, 8)]);
  });
});

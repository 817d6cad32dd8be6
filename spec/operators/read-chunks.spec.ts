import { beforeEach, describe, expect, it } from '@jest/globals';
import { catchError, map, type Observable, take, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { type ByteRange, isStorageError, readChunks, Resource } from '../../lib/index.js';
import { newDriver } from '../drivers/new-driver.js';

let testScheduler: TestScheduler;
let abort: AbortController;
let resource: Resource;
beforeEach(() => {
  testScheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  abort = new AbortController();
  resource = Resource.open(newDriver(), { signal: abort.signal });
});

/** `length` bytes, each telling its offset. */
function bytes(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => from + index);
}

function write(from: number, end: number): void {
  resource.writeAt(from, bytes(from, end - from));
}

function complete(length: number): void {
  resource.writeAll(bytes(0, length));
}

/** Chunks as text, `0,1,2`, and errors by their codes, to be compared in marbles. */
function text(source: Observable<Uint8Array>): Observable<string> {
  return coded(source.pipe(map((chunk) => chunk.join())));
}

function coded<T>(source: Observable<T>): Observable<T> {
  return source.pipe(catchError((error: unknown) => throwError(() => (isStorageError(error) ? error.code : error))));
}

function demand(): ByteRange[] {
  let ranges: ByteRange[] = [];
  resource.demand$.subscribe((demands) => (ranges = demands.map(({ range }) => range))).unsubscribe();
  return ranges;
}

/** Runs the actions in the frames of their letters, in the order of the alphabet. */
function at(cold: (marbles: string) => Observable<string>, marbles: string, actions: Record<string, () => void>): void {
  cold(marbles).subscribe((letter) => actions[letter]?.());
}

describe('readChunks', () => {
  it('never: waits where nothing comes, demands the first chunk, and nothing once unsubscribed', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      expectObservable(text(readChunks(resource, { chunkSize: 8 })), '--^---!').toBe('');
      at(cold, '-a-b---c', {
        a: () => expect(demand()).toEqual([]),
        b: () => expect(demand()).toEqual([{ start: 0, end: 8 }]),
        c: () => expect(demand()).toEqual([]),
      });
    });
    expect.assertions(4);
  });

  it('empty: completes at once', () => {
    resource.commit();
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(readChunks(resource))).toBe('|');
    });
  });

  it('one: a small complete resource is one chunk', () => {
    complete(3);
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(readChunks(resource))).toBe('(a|)', { a: '0,1,2' });
    });
  });

  it('many: chunks of chunkSize, the last one what is left', () => {
    complete(7);
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(readChunks(resource, { chunkSize: 3 }))).toBe('(abc|)', { a: '0,1,2', b: '3,4,5', c: '6' });
    });
  });

  it('emits in order what arrives out of order, as soon as it can, and completes on commit', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      at(cold, '-a-b-c---d', {
        a: () => write(4, 6),
        b: () => write(0, 2),
        c: () => write(2, 4),
        d: () => resource.commit(),
      });
      const expected = { b: '0,1', c: '2,3,4,5', x: '2,3,4', y: '5' };
      expectObservable(text(readChunks(resource))).toBe('---b-c---|', expected);
      expectObservable(text(readChunks(resource, { chunkSize: 3 }))).toBe('---b-(xy)|', expected);
    });
  });

  it('completes when the end becomes known while it waits there', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      at(cold, '-a-b', { a: () => write(0, 2), b: () => (resource.expectedLength = 2) });
      expectObservable(text(readChunks(resource))).toBe('-a-|', { a: '0,1' });
    });
    expect(demand()).toEqual([]);
  });

  it('goes on to where the expected length grows, while it waits', () => {
    resource.expectedLength = 3;
    testScheduler.run(({ cold, expectObservable }) => {
      at(cold, '-a-b-c-d', {
        a: () => write(0, 2),
        b: () => (resource.expectedLength = 5),
        c: () => write(2, 4),
        d: () => write(4, 6),
      });
      expectObservable(text(readChunks(resource))).toBe('-a---c-(d|)', { a: '0,1', c: '2,3', d: '4' });
    });
  });

  it('stops where a commit cuts off what it was waiting for', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      at(cold, '-a-b', { a: () => write(0, 4), b: () => resource.commit(4) });
      expectObservable(text(readChunks(resource, { end: 100 }))).toBe('-a-|', { a: '0,1,2,3' });
    });
  });

  it.each<[string, { start?: number; end?: number }, string]>([
    ['start', { start: 2 }, '2,3,4,5'],
    ['end', { end: 4 }, '0,1,2,3'],
    ['both', { start: 1, end: 3 }, '1,2'],
    ['an end behind the content', { start: 4, end: 99 }, '4,5'],
  ])('reads from start to end: %s', (_, options, chunk) => {
    complete(6);
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(readChunks(resource, options))).toBe('(a|)', { a: chunk });
    });
  });

  it('is empty for an empty range, and from the end on; an end needs no known length', () => {
    write(0, 6);
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(readChunks(resource, { start: 50, end: 50 }))).toBe('|');
      expectObservable(text(readChunks(resource, { end: 6 }))).toBe('(a|)', { a: '0,1,2,3,4,5' });
      expectObservable(text(readChunks(resource, { start: 6 })), '^-!').toBe('');
    });
    resource.commit();
    testScheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(readChunks(resource, { start: 6 }))).toBe('|');
      expectObservable(text(readChunks(resource, { start: 60, end: 70 }))).toBe('|');
    });
  });

  it.each<[string, () => void, string]>([
    ['failed', () => resource.fail('x'), 'FAILED'],
    ['cancelled', () => abort.abort(), 'CANCELLED'],
    ['closed', () => resource.close(), 'CLOSED'],
  ])('error: as waitRange, behind what was there: %s', (_, end, code) => {
    testScheduler.run(({ cold, expectObservable }) => {
      at(cold, '-a-b', { a: () => write(0, 2), b: end });
      expectObservable(text(readChunks(resource))).toBe('-a-#', { a: '0,1' }, code);
    });
  });

  it('reads what a failed resource has, up to the gap', () => {
    write(0, 2);
    write(4, 6);
    resource.fail('x');
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(readChunks(resource))).toBe('(a#)', { a: '0,1' }, 'FAILED');
      expectObservable(text(readChunks(resource, { start: 4, end: 6 }))).toBe('(a|)', { a: '4,5' });
    });
  });

  it('early unsubscribe: withdraws wait and demand', () => {
    complete(6);
    resource.reactivate();
    testScheduler.run(({ cold, expectObservable }) => {
      expectObservable(text(readChunks(resource, { chunkSize: 2 }).pipe(take(2)))).toBe('(ab|)', {
        a: '0,1',
        b: '2,3',
      });
      expectObservable(text(readChunks(resource)), '^--!').toBe('a', { a: '0,1,2,3,4,5' });
      at(cold, '--a-b', {
        a: () => expect(demand()).toEqual([{ start: 6, end: 6 + 65_536 }]),
        b: () => expect(demand()).toEqual([]),
      });
    });
    expect.assertions(4);
  });

  it('demands the next chunk, from its first to its last missing byte within the known length', () => {
    resource.expectedLength = 20;
    const subscription = readChunks(resource, { chunkSize: 8 }).subscribe();
    expect(demand()).toEqual([{ start: 0, end: 8 }]);
    write(6, 10);
    expect(demand()).toEqual([{ start: 0, end: 6 }]);
    write(0, 4);
    expect(demand()).toEqual([{ start: 4, end: 12 }]);
    write(4, 17);
    expect(demand()).toEqual([{ start: 17, end: 20 }]);
    subscription.unsubscribe();
    expect(demand()).toEqual([]);
  });

  it('makes no demand and reads nothing before it is subscribed to; each subscription reads from the start', () => {
    complete(2);
    const chunks$ = readChunks(resource);
    testScheduler.run(({ expectObservable }) => {
      expectObservable(text(chunks$)).toBe('(a|)', { a: '0,1' });
      expectObservable(text(chunks$), '---^').toBe('---(a|)', { a: '0,1' });
    });
  });

  it('an interrupt of the resource does not reach it', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      at(cold, '-a-b-c', { a: () => resource.interrupt(), b: () => write(0, 2), c: () => resource.commit() });
      expectObservable(text(readChunks(resource))).toBe('---b-|', { b: '0,1' });
    });
  });

  it('an interrupt of the resource leaves its demand as old as it is', async () => {
    const since = (): number | undefined => {
      let first: number | undefined;
      resource.demand$.subscribe(([demand]) => (first = demand?.since)).unsubscribe();
      return first;
    };
    const subscription = readChunks(resource).subscribe();
    const before = since();
    while (Date.now() === before) await new Promise((resolve) => setTimeout(resolve, 1));
    resource.interrupt();
    expect(since()).toBe(before);
    subscription.unsubscribe();
  });

  it('hands out copies that stay as they are', () => {
    write(0, 4);
    const chunks: Uint8Array[] = [];
    const subscription = readChunks(resource).subscribe((chunk) => chunks.push(chunk));
    resource.writeAt(0, new Uint8Array([9, 9, 9, 9]));
    chunks[0]?.fill(7, 0, 1);
    const now = new Uint8Array(4);
    resource.readAt(0, now);
    subscription.unsubscribe();
    expect([[...(chunks[0] ?? [])], [...now]]).toEqual([
      [7, 1, 2, 3],
      [9, 9, 9, 9],
    ]);
    expect(chunks[0]?.buffer.constructor.name).toBe('ArrayBuffer');
  });

  it('gives the event loop a turn every MiB, however much is there', async () => {
    resource.writeAll(new Uint8Array(8 * 2 ** 20));
    let turns = 0;
    const tick = setInterval(() => (turns += 1), 0);
    const offsets: number[] = [];
    await new Promise<void>((resolve, reject) => {
      readChunks(resource).subscribe({ next: ({ length }) => offsets.push(length), error: reject, complete: resolve });
    });
    clearInterval(tick);
    expect(offsets).toHaveLength(128);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

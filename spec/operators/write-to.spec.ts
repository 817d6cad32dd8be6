import { beforeEach, describe, expect, it } from '@jest/globals';
import { catchError, type Observable, of, take, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';

import { isStorageError, MemDriver, type OffsetChunk, Resource, writeTo } from '../../lib/index.js';
import { newDriver } from '../drivers/new-driver.js';

let testScheduler: TestScheduler;
let resource: Resource;
beforeEach(() => {
  testScheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  resource = Resource.open(newDriver());
});

/** Bytes and the ranges that they go to, one after the other from 0: 2, 3 and 1 long. */
const chunks = { a: new Uint8Array([1, 2]), b: new Uint8Array([3, 4, 5]), c: new Uint8Array([6]) };
const ranges = { a: { start: 0, end: 2 }, b: { start: 2, end: 5 }, c: { start: 5, end: 6 } };

/** Errors by their codes, to be compared in marbles. */
function coded<T>(source: Observable<T>): Observable<T> {
  return source.pipe(catchError((error: unknown) => throwError(() => (isStorageError(error) ? error.code : error))));
}

function content(): number[] {
  return [...resource.readAll()];
}

describe('writeTo', () => {
  it('never: emits nothing, and leaves the resource alone', () => {
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Uint8Array>('-');
      expectObservable(source.pipe(writeTo(resource))).toBe('-');
      expectSubscriptions(source.subscriptions).toBe('^');
    });
    expect(resource.status.state).toBe('active');
  });

  it('empty: commits nothing, and completes', () => {
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Uint8Array>('--|');
      expectObservable(source.pipe(writeTo(resource))).toBe('--|');
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
    expect(resource.status).toEqual({ state: 'committed', finalLength: 0 });
  });

  it('one: writes it, emits its range, commits when the source completes', () => {
    testScheduler.run(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('--a--|', chunks);
      const states: string[] = [];
      resource.status$.subscribe(({ state }) => states.push(`${state} ${testScheduler.frame}`));
      expectObservable(source.pipe(writeTo(resource))).toBe('--a--|', ranges);
      expectSubscriptions(source.subscriptions).toBe('^----!');
      flush();
      expect(states).toEqual(['active 0', 'committed 5']);
    });
    expect(content()).toEqual([1, 2]);
  });

  it('many: writes one behind the other', () => {
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-(bc)-|', chunks);
      expectObservable(source.pipe(writeTo(resource))).toBe('-a-(bc)-|', ranges);
      expectSubscriptions(source.subscriptions).toBe('^-------!');
    });
    expect(content()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('error: fails the resource with its message, then passes the very error on', () => {
    const error = new Error('connection reset');
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-#', chunks, error);
      expectObservable(source.pipe(writeTo(resource))).toBe('-a-#', ranges, error);
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
    expect(resource.status).toEqual({ state: 'failed', reason: 'connection reset' });
    expect(resource.coverage.toArray()).toEqual([ranges.a]);
  });

  it('the resource has failed by the time the error is heard', () => {
    const states: string[] = [];
    throwError(() => new Error('text'))
      .pipe(writeTo(resource))
      .subscribe({ error: () => states.push(resource.status.state) });
    expect(states).toEqual(['failed']);
    expect(resource.status).toEqual({ state: 'failed', reason: 'text' });
  });

  it('an error that is no Error is a reason, too', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      expectObservable(cold('-#', chunks, 404).pipe(writeTo(resource))).toBe('-#', ranges, 404);
    });
    expect(resource.status).toEqual({ state: 'failed', reason: '404' });
  });

  it("error with onError 'leave': leaves the resource active, and passes it on", () => {
    testScheduler.run(({ cold, expectObservable }) => {
      const source = cold('-a-#', chunks, 'lost');
      expectObservable(source.pipe(writeTo(resource, { onError: 'leave' }))).toBe('-a-#', ranges, 'lost');
    });
    expect(resource.status.state).toBe('active');
  });

  it('early unsubscribe: leaves the resource active, with what it has', () => {
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c-|', chunks);
      expectObservable(source.pipe(writeTo(resource)), '^---!').toBe('-a-b', ranges);
      expectSubscriptions(source.subscriptions).toBe('^---!');
      const taken = cold('-a-b-c-|', chunks);
      expectObservable(taken.pipe(writeTo(resource), take(1))).toBe('-(a|)', ranges);
      expectSubscriptions(taken.subscriptions).toBe('^!');
    });
    expect(resource.status.state).toBe('active');
    expect(resource.coverage.toArray()).toEqual([{ start: 0, end: 5 }]);
  });

  it('each subscription starts at the offset again', () => {
    const written$ = of(chunks.a).pipe(writeTo(resource, { offset: 4, commit: false }));
    const starts: number[] = [];
    written$.subscribe(({ start }) => starts.push(start));
    written$.subscribe(({ start }) => starts.push(start));
    expect(starts).toEqual([4, 4]);
  });

  it('with commit: false it leaves the resource active', () => {
    testScheduler.run(({ cold, expectObservable }) => {
      expectObservable(cold('-a|', chunks).pipe(writeTo(resource, { commit: false }))).toBe('-a|', ranges);
    });
    expect(resource.status.state).toBe('active');
  });

  it('chunks with an offset go where they say, and plain ones behind the one before', () => {
    const source: (Uint8Array | OffsetChunk)[] = [
      { offset: 3, data: chunks.b },
      chunks.c,
      { offset: 0, data: chunks.a },
      chunks.c,
    ];
    const written: unknown[] = [];
    of(...source)
      .pipe(writeTo(resource))
      .subscribe((range) => written.push(range));
    expect(written).toEqual([
      { start: 3, end: 6 },
      { start: 6, end: 7 },
      { start: 0, end: 2 },
      { start: 2, end: 3 },
    ]);
    expect(content()).toEqual([1, 2, 6, 3, 4, 5, 6]);
  });

  it('emits a range when its bytes are there', () => {
    const seen: boolean[] = [];
    of(chunks.a, chunks.b)
      .pipe(writeTo(resource))
      .subscribe((range) => seen.push(resource.has(range)));
    expect(seen).toEqual([true, true]);
  });

  it('a gap at the end is INCOMPLETE, which fails the resource, or leaves it active where asked', () => {
    for (const [onError, state] of [
      ['fail', 'failed'],
      ['leave', 'active'],
    ] as const) {
      resource = Resource.open(newDriver(), { expectedLength: 10 });
      testScheduler.run(({ cold, expectObservable }) => {
        expectObservable(coded(cold('-a-|', chunks).pipe(writeTo(resource, { onError })))).toBe(
          '-a-#',
          ranges,
          'INCOMPLETE',
        );
      });
      expect(resource.status.state).toBe(state);
      testScheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    }
  });

  it('a write that fails ends it, unsubscribes the source, and fails the resource', () => {
    resource = Resource.open(new MemDriver({ capacity: 4 }));
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c-|', chunks);
      expectObservable(coded(source.pipe(writeTo(resource)))).toBe('-a-#', ranges, 'CAPACITY');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
    expect(resource.status.state).toBe('failed');
    expect(resource.coverage.toArray()).toEqual([ranges.a]);
  });

  it("a write that fails with onError 'leave' leaves the resource to be tried again", () => {
    resource = Resource.open(new MemDriver({ capacity: 4 }));
    testScheduler.run(({ cold, expectObservable }) => {
      expectObservable(coded(cold('ab|', chunks).pipe(writeTo(resource, { onError: 'leave' })))).toBe(
        'a#',
        ranges,
        'CAPACITY',
      );
    });
    resource.writeAt(2, chunks.a);
    resource.commit();
    expect(content()).toEqual([1, 2, 1, 2]);
  });

  it('a resource that is committed, closed or cancelled meanwhile ends it with that, and stays what it is', () => {
    testScheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a--b|', chunks);
      cold('-x').subscribe(() => resource.commit());
      expectObservable(coded(source.pipe(writeTo(resource)))).toBe('a--#', ranges, 'READ_ONLY');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
    expect(resource.status).toEqual({ state: 'committed', finalLength: 2 });
    const abort = new AbortController();
    const other = Resource.open(newDriver(), { signal: abort.signal });
    abort.abort();
    const codes: unknown[] = [];
    const error = (reason: unknown): unknown => codes.push(reason);
    coded(of(chunks.a).pipe(writeTo(other))).subscribe({ error });
    other.close();
    coded(of(chunks.a).pipe(writeTo(other))).subscribe({ error });
    expect(codes).toEqual(['CANCELLED', 'CLOSED']);
  });

  it('writes what arrives even where nobody cares for the ranges', () => {
    of(chunks.a, chunks.b).pipe(writeTo(resource)).subscribe();
    expect(content()).toEqual([1, 2, 3, 4, 5]);
  });
});

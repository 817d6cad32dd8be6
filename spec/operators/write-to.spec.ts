import { beforeEach, describe, expect, it } from '@jest/globals';
import { of, take, throwError } from 'rxjs';

import { MemDriver, type OffsetChunk, Resource, writeTo } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { coded, marbles } from '../support/marbles.js';

let resource: Resource;
beforeEach(() => {
  resource = Resource.open(newDriver());
});

/** Bytes and the ranges that they go to, one after the other from 0: 2, 3 and 1 long. */
const chunks = { a: new Uint8Array([1, 2]), b: new Uint8Array([3, 4, 5]), c: new Uint8Array([6]) };
const ranges = { a: { start: 0, end: 2 }, b: { start: 2, end: 5 }, c: { start: 5, end: 6 } };

function content(): number[] {
  return [...resource.readAll()];
}

describe('writeTo', () => {
  it('emits nothing where nothing ever comes, and leaves the resource alone', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Uint8Array>('-');
      expectObservable(source.pipe(writeTo(resource))).toBe('-');
      expectSubscriptions(source.subscriptions).toBe('^');
    });
    expect(resource.status.state).toBe('active');
  });

  it('commits nothing for an empty source, and completes', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Uint8Array>('--|');
      expectObservable(source.pipe(writeTo(resource))).toBe('--|');
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
    expect(resource.status).toEqual({ state: 'committed', finalLength: 0 });
  });

  it('writes one chunk, emits its range, and commits when the source completes', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush, now }) => {
      const source = cold('--a--|', chunks);
      const states: string[] = [];
      resource.status$.subscribe(({ state }) => states.push(`${state} ${now()}`));
      expectObservable(source.pipe(writeTo(resource))).toBe('--a--|', ranges);
      expectSubscriptions(source.subscriptions).toBe('^----!');
      flush();
      expect(states).toEqual(['active 0', 'committed 5']);
    });
    expect(content()).toEqual([1, 2]);
  });

  it('writes many chunks one behind the other', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-(bc)-|', chunks);
      expectObservable(source.pipe(writeTo(resource))).toBe('-a-(bc)-|', ranges);
      expectSubscriptions(source.subscriptions).toBe('^-------!');
    });
    expect(content()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('fails the resource with the message of an error, then passes the very error on', () => {
    const error = new Error('connection reset');
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-#', chunks, error);
      expectObservable(source.pipe(writeTo(resource))).toBe('-a-#', ranges, error);
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
    expect(resource.status).toEqual({ state: 'failed', reason: 'connection reset' });
    expect(resource.coverage.toArray()).toEqual([ranges.a]);
  });

  it('has failed the resource by the time the error is heard', () => {
    const states: string[] = [];
    throwError(() => new Error('text'))
      .pipe(writeTo(resource))
      .subscribe({ error: () => states.push(resource.status.state) });
    expect(states).toEqual(['failed']);
    expect(resource.status).toEqual({ state: 'failed', reason: 'text' });
  });

  it('takes an error that is no Error for a reason, too', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-#', chunks, 404);
      expectObservable(source.pipe(writeTo(resource))).toBe('-#', ranges, 404);
      expectSubscriptions(source.subscriptions).toBe('^!');
    });
    expect(resource.status).toEqual({ state: 'failed', reason: '404' });
  });

  it("leaves the resource active on an error with onError 'leave', and passes it on", () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-#', chunks, 'lost');
      expectObservable(source.pipe(writeTo(resource, { onError: 'leave' }))).toBe('-a-#', ranges, 'lost');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
    expect(resource.status.state).toBe('active');
  });

  it('leaves the resource active when unsubscribed early, with what it has', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
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

  it('starts at the offset again for each subscription', () => {
    const written$ = of(chunks.a).pipe(writeTo(resource, { offset: 4, commit: false }));
    const starts: number[] = [];
    written$.subscribe(({ start }) => starts.push(start));
    written$.subscribe(({ start }) => starts.push(start));
    expect(starts).toEqual([4, 4]);
  });

  it('leaves the resource active with commit: false', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a|', chunks);
      expectObservable(source.pipe(writeTo(resource, { commit: false }))).toBe('-a|', ranges);
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
    expect(resource.status.state).toBe('active');
  });

  it('puts chunks with an offset where they say, and plain ones behind the one before', () => {
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

  it('ends with INCOMPLETE over a gap at the end, which fails the resource, or leaves it active where asked', () => {
    for (const [onError, state] of [
      ['fail', 'failed'],
      ['leave', 'active'],
    ] as const) {
      resource = Resource.open(newDriver(), { expectedLength: 10 });
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold('-a-|', chunks);
        expectObservable(coded(source.pipe(writeTo(resource, { onError })))).toBe('-a-#', ranges, 'INCOMPLETE');
        expectSubscriptions(source.subscriptions).toBe('^--!');
      });
      expect(resource.status.state).toBe(state);
    }
  });

  it('ends with the error of a write that fails, unsubscribes the source, and fails the resource', () => {
    resource = Resource.open(new MemDriver({ capacity: 4 }));
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-c-|', chunks);
      expectObservable(coded(source.pipe(writeTo(resource)))).toBe('-a-#', ranges, 'CAPACITY');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
    expect(resource.status.state).toBe('failed');
    expect(resource.coverage.toArray()).toEqual([ranges.a]);
  });

  it("leaves the resource to be tried again where a write fails with onError 'leave'", () => {
    resource = Resource.open(new MemDriver({ capacity: 4 }));
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('ab|', chunks);
      expectObservable(coded(source.pipe(writeTo(resource, { onError: 'leave' })))).toBe('a#', ranges, 'CAPACITY');
      expectSubscriptions(source.subscriptions).toBe('^!');
    });
    resource.writeAt(2, chunks.a);
    resource.commit();
    expect(content()).toEqual([1, 2, 1, 2]);
  });

  it('ends with what the resource has become, committed, closed or cancelled, and leaves it that', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
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

import { beforeEach, describe, expect, it } from '@jest/globals';
import { map, type Observable, take } from 'rxjs';

import { readChunks, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { bytes } from '../support/bytes.js';
import { demandedRanges } from '../support/demands-of.js';
import { coded, type Marbles, marbles } from '../support/marbles.js';

let abort: AbortController;
let resource: Resource;
beforeEach(() => {
  abort = new AbortController();
  resource = Resource.open(newDriver(), { signal: abort.signal });
});

function write(from: number, end: number): void {
  resource.writeAt(from, bytes(end - from, from));
}

function complete(length: number): void {
  resource.writeAll(bytes(length));
}

/** Chunks as text, `0,1,2`, and errors by their codes, to be compared in marbles. */
function text(source: Observable<Uint8Array>): Observable<string> {
  return coded(source.pipe(map((chunk) => chunk.join())));
}

describe('readChunks', () => {
  it('waits where nothing ever comes, demands the first chunk, and nothing once unsubscribed', () => {
    marbles(({ at, expectLogged }) => {
      expectLogged(text(readChunks(resource, { chunkSize: 8 })), '--^---!').toBe('', '--^---!');
      at('-a-b---c', {
        a: () => expect(demandedRanges(resource)).toEqual([]),
        b: () => expect(demandedRanges(resource)).toEqual([{ start: 0, end: 8 }]),
        c: () => expect(demandedRanges(resource)).toEqual([]),
      });
    });
    expect.assertions(5);
  });

  it('completes at once over empty content', () => {
    resource.commit();
    marbles(({ expectLogged }) => {
      expectLogged(text(readChunks(resource))).toBe('|', '(^!)');
    });
  });

  it('emits a small complete resource as one chunk', () => {
    complete(3);
    marbles(({ expectLogged }) => {
      expectLogged(text(readChunks(resource))).toBe('(a|)', '(^!)', { a: '0,1,2' });
    });
  });

  it('emits many chunks of chunkSize, the last one what is left', () => {
    complete(7);
    marbles(({ expectLogged }) => {
      expectLogged(text(readChunks(resource, { chunkSize: 3 }))).toBe('(abc|)', '(^!)', {
        a: '0,1,2',
        b: '3,4,5',
        c: '6',
      });
    });
  });

  it('emits in order what arrives out of order, as soon as it can, and completes on commit', () => {
    marbles(({ at, expectLogged }) => {
      at('-a-b-c---d', {
        a: () => write(4, 6),
        b: () => write(0, 2),
        c: () => write(2, 4),
        d: () => resource.commit(),
      });
      const expected = { b: '0,1', c: '2,3,4,5', x: '2,3,4', y: '5' };
      expectLogged(text(readChunks(resource))).toBe('---b-c---|', '^--------!', expected);
      expectLogged(text(readChunks(resource, { chunkSize: 3 }))).toBe('---b-(xy)|', '^--------!', expected);
    });
  });

  it('completes when the end becomes known while it waits there', () => {
    marbles(({ at, expectLogged }) => {
      at('-a-b', { a: () => write(0, 2), b: () => (resource.expectedLength = 2) });
      expectLogged(text(readChunks(resource))).toBe('-a-|', '^--!', { a: '0,1' });
    });
    expect(demandedRanges(resource)).toEqual([]);
  });

  it('goes on to where the expected length grows, while it waits', () => {
    resource.expectedLength = 3;
    marbles(({ at, expectLogged }) => {
      at('-a-b-c-d', {
        a: () => write(0, 2),
        b: () => (resource.expectedLength = 5),
        c: () => write(2, 4),
        d: () => write(4, 6),
      });
      expectLogged(text(readChunks(resource))).toBe('-a---c-(d|)', '^------!', { a: '0,1', c: '2,3', d: '4' });
    });
  });

  it('stops where a commit cuts off what it was waiting for', () => {
    marbles(({ at, expectLogged }) => {
      at('-a-b', { a: () => write(0, 4), b: () => resource.commit(4) });
      expectLogged(text(readChunks(resource, { end: 100 }))).toBe('-a-|', '^--!', { a: '0,1,2,3' });
    });
  });

  it.each<[string, { start?: number; end?: number }, string]>([
    ['start', { start: 2 }, '2,3,4,5'],
    ['end', { end: 4 }, '0,1,2,3'],
    ['both', { start: 1, end: 3 }, '1,2'],
    ['an end behind the content', { start: 4, end: 99 }, '4,5'],
  ])('reads from start to end: %s', (_, options, chunk) => {
    complete(6);
    marbles(({ expectLogged }) => {
      expectLogged(text(readChunks(resource, options))).toBe('(a|)', '(^!)', { a: chunk });
    });
  });

  it('is empty for an empty range, and from the end on; an end needs no known length', () => {
    write(0, 6);
    marbles(({ expectLogged }) => {
      expectLogged(text(readChunks(resource, { start: 50, end: 50 }))).toBe('|', '(^!)');
      expectLogged(text(readChunks(resource, { end: 6 }))).toBe('(a|)', '(^!)', { a: '0,1,2,3,4,5' });
      expectLogged(text(readChunks(resource, { start: 6 })), '^-!').toBe('', '^-!');
    });
    resource.commit();
    marbles(({ expectLogged }) => {
      expectLogged(text(readChunks(resource, { start: 6 }))).toBe('|', '(^!)');
      expectLogged(text(readChunks(resource, { start: 60, end: 70 }))).toBe('|', '(^!)');
    });
  });

  it.each<[string, () => void, string]>([
    ['failed', () => resource.fail('x'), 'FAILED'],
    ['cancelled', () => abort.abort(), 'CANCELLED'],
    ['closed', () => resource.close(), 'CLOSED'],
  ])('errors as waitRange does, behind what was there: %s', (_, end, code) => {
    marbles(({ at, expectLogged }) => {
      at('-a-b', { a: () => write(0, 2), b: end });
      expectLogged(text(readChunks(resource))).toBe('-a-#', '^--!', { a: '0,1' }, code);
    });
  });

  it('reads what a failed resource has, up to the gap', () => {
    write(0, 2);
    write(4, 6);
    resource.fail('x');
    marbles(({ expectLogged }) => {
      expectLogged(text(readChunks(resource))).toBe('(a#)', '(^!)', { a: '0,1' }, 'FAILED');
      expectLogged(text(readChunks(resource, { start: 4, end: 6 }))).toBe('(a|)', '(^!)', { a: '4,5' });
    });
  });

  it('withdraws wait and demand when unsubscribed early', () => {
    complete(6);
    resource.reactivate();
    marbles(({ at, expectLogged }) => {
      expectLogged(text(readChunks(resource, { chunkSize: 2 }).pipe(take(2)))).toBe('(ab|)', '(^!)', {
        a: '0,1',
        b: '2,3',
      });
      expectLogged(text(readChunks(resource)), '^--!').toBe('a', '^--!', { a: '0,1,2,3,4,5' });
      at('--a-b', {
        a: () => expect(demandedRanges(resource)).toEqual([{ start: 6, end: 6 + 65_536 }]),
        b: () => expect(demandedRanges(resource)).toEqual([]),
      });
    });
    expect.assertions(6);
  });

  it('demands the next chunk, from its first to its last missing byte within the known length', () => {
    resource.expectedLength = 20;
    const subscription = readChunks(resource, { chunkSize: 8 }).subscribe();
    expect(demandedRanges(resource)).toEqual([{ start: 0, end: 8 }]);
    write(6, 10);
    expect(demandedRanges(resource)).toEqual([{ start: 0, end: 6 }]);
    write(0, 4);
    expect(demandedRanges(resource)).toEqual([{ start: 4, end: 12 }]);
    write(4, 17);
    expect(demandedRanges(resource)).toEqual([{ start: 17, end: 20 }]);
    subscription.unsubscribe();
    expect(demandedRanges(resource)).toEqual([]);
  });

  it('makes no demand and reads nothing before it is subscribed to; each subscription reads from the start', () => {
    complete(2);
    const chunks$ = readChunks(resource);
    marbles(({ expectLogged }) => {
      expectLogged(text(chunks$)).toBe('(a|)', '(^!)', { a: '0,1' });
      expectLogged(text(chunks$), '---^').toBe('---(a|)', '---(^!)', { a: '0,1' });
    });
  });

  it('is not reached by an interrupt of the resource', () => {
    marbles(({ at, expectLogged }) => {
      at('-a-b-c', { a: () => resource.interrupt(), b: () => write(0, 2), c: () => resource.commit() });
      expectLogged(text(readChunks(resource))).toBe('---b-|', '^----!', { b: '0,1' });
    });
  });

  it('keeps its demand as old as it is when the resource is interrupted', async () => {
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
    const large = new Uint8Array(8 * 2 ** 20);
    resource = Resource.open(newDriver(large));
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

describe("readChunks over somebody else's view", () => {
  /**
   * From when to when the view is asked: by each wait twice, for a first byte and for all of the
   * chunk, and for a new end beside each.
   */
  function expectAsked(
    { expectObservable, expectSubscriptions, loggedView }: Marbles,
    options: { count?: number; unsubscription?: string },
  ): { toBe(marbles: string, asked: string[], values?: Record<string, string>, error?: unknown): void } {
    const { view, status, coverage, waits } = loggedView(resource);
    const { count = Infinity, unsubscription } = options;
    const chunks$ = readChunks(view, { chunkSize: 8 }).pipe(take(count));
    const expected = expectObservable(text(chunks$), unsubscription);
    return {
      toBe(frames, asked, values, error) {
        expected.toBe(frames, values, error);
        const twice = asked.flatMap((subscription) => [subscription, subscription]);
        expectSubscriptions(waits).toBe(twice);
        expectSubscriptions(status).toBe(twice);
        expectSubscriptions(coverage).toBe([]);
      },
    };
  }

  it('waits where nothing ever comes, until it is unsubscribed', () => {
    marbles((helpers) => {
      expectAsked(helpers, { unsubscription: '--^---!' }).toBe('', ['--^---!']);
    });
  });

  it('waits for nothing over empty content', () => {
    resource.commit();
    marbles((helpers) => {
      expectAsked(helpers, {}).toBe('|', []);
    });
  });

  it('waits for nothing where one chunk is all there is', () => {
    complete(3);
    marbles((helpers) => {
      expectAsked(helpers, {}).toBe('(a|)', [], { a: '0,1,2' });
    });
  });

  it('waits anew behind each of many chunks, once at a time', () => {
    marbles((helpers) => {
      helpers.at('-a-b---c', { a: () => write(0, 2), b: () => write(2, 5), c: () => resource.commit() });
      expectAsked(helpers, {}).toBe('-a-b---|', ['^!', '-^-!', '---^---!'], { a: '0,1', b: '2,3,4' });
    });
  });

  it('asks again where the end moves, and then completes at it', () => {
    marbles((helpers) => {
      helpers.at('-a-b', { a: () => write(0, 2), b: () => (resource.expectedLength = 2) });
      expectAsked(helpers, {}).toBe('-a-|', ['^!', '-^-!'], { a: '0,1' });
    });
  });

  it('ends its waits with the error of the resource', () => {
    marbles((helpers) => {
      helpers.at('-a-b', { a: () => write(0, 2), b: () => resource.fail('x') });
      expectAsked(helpers, {}).toBe('-a-#', ['^!', '-^-!'], { a: '0,1' }, 'FAILED');
    });
  });

  it('withdraws its waits when unsubscribed early, or when enough was taken', () => {
    marbles((helpers) => {
      helpers.at('-a-b', { a: () => write(0, 2), b: () => write(2, 4) });
      expectAsked(helpers, { unsubscription: '^-!' }).toBe('-a', ['^!', '-^!'], { a: '0,1' });
      expectAsked(helpers, { count: 2 }).toBe('-a-(b|)', ['^!', '-^-!'], { a: '0,1', b: '2,3' });
    });
  });
});

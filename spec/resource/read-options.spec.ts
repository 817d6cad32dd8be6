import { afterEach, describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';

import { attachReader, type Demand, type Resource, type ResourceView } from '../../lib/index.js';
import { bytes } from '../support/bytes.js';
import { marbles } from '../support/marbles.js';
import { range } from '../support/range.js';
import { closeAll, patchy, record } from '../support/resources.js';

const reason = new Error('the user has left the page');
const missing = range(4, 8);

afterEach(closeAll);

/** A signal that says how many listen to it. */
function countedSignal(): { signal: AbortSignal; abort: () => void; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  signal.addEventListener = (...args: unknown[]) => {
    listeners.add(args[1]);
    add(...args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    listeners.delete(args[1]);
    remove(...args);
  };
  return { signal, abort: () => controller.abort(reason), listeners: () => listeners.size };
}

function errorOf(source: Observable<unknown>): unknown {
  let found: unknown;
  source.subscribe({ error: (error: unknown) => (found = error) }).unsubscribe();
  return found;
}

/** What is demanded, and when it is needed. */
function demanded$(resource: Resource): Observable<string[]> {
  const told = ({ range: { start, end }, neededBy }: Demand): string => `${start}-${end} by ${neededBy ?? 'any time'}`;
  return resource.demand$.pipe(map((demands) => demands.map(told)));
}

const views: [string, (resource: Resource) => ResourceView][] = [
  ['a resource', (resource) => resource],
  ['a reader', (resource) => attachReader(resource.createPort().handle)],
];

describe.each(views)('the signal of a read of %s', (_name, viewOf) => {
  it('ends it with CANCELLED, its reason as the cause, and the view goes on', () => {
    const view = viewOf(patchy());
    const { signal, abort } = countedSignal();
    let found: unknown;
    view.read(missing, { signal }).subscribe({ error: (error: unknown) => (found = error) });
    expect(found).toBeUndefined();
    abort();
    expect(found).toMatchObject({ code: 'CANCELLED', name: 'AbortError', cause: reason, range: missing });
    expect((found as Error).message).toContain('Waited for [4, 8) with a signal that was aborted');
    expect(view.status.state).toBe('active');
    expect(record(view.read(range(0, 4)))).toEqual([[...bytes(4)], 'complete']);
    view.close();
  });

  it('that was aborted before ends it at once, wherever the bytes are, and asks for none', () => {
    const resource = patchy();
    const view = viewOf(resource);
    const { signal, abort, listeners } = countedSignal();
    abort();
    for (const asked of [range(0, 4), missing, range(3, 3)]) {
      expect(errorOf(view.read(asked, { signal }))).toMatchObject({ code: 'CANCELLED', cause: reason });
    }
    expect(listeners()).toBe(0);
    expect(record(demanded$(resource))).toEqual([[]]);
    view.close();
  });

  it('is listened to while the read waits, and no longer', () => {
    const resource = patchy();
    const view = viewOf(resource);
    const { signal, abort, listeners } = countedSignal();
    expect(record(view.read(range(0, 4), { signal }))).toEqual([[...bytes(4)], 'complete']);
    expect(errorOf(view.read(range(8, 4), { signal }))).toMatchObject({ code: 'INVALID_RANGE' });
    expect(listeners()).toBe(0);
    const waiting = view.read(missing, { signal }).subscribe();
    expect(listeners()).toBe(1);
    waiting.unsubscribe();
    expect(listeners()).toBe(0);
    const ended = record(view.read(missing, { signal }));
    expect(listeners()).toBe(1);
    view.close();
    expect(listeners()).toBe(0);
    abort();
    expect(ended).toEqual(['CLOSED']);
  });

  it('has to be one', () => {
    const view = viewOf(patchy());
    expect(errorOf(view.read(missing, { signal: {} as AbortSignal }))).toMatchObject({
      name: 'TypeError',
      message: 'Expected signal to be an AbortSignal, got Object.',
    });
    view.close();
  });
});

describe('the signal of a read', () => {
  it('withdraws its demand, and is listened to no longer once the bytes have come', () => {
    marbles(({ cold, expectObservable, flush }) => {
      const resource = patchy();
      const [first, second] = [countedSignal(), countedSignal()];
      cold('--a').subscribe(first.abort);
      cold('-----w').subscribe(() => resource.writeAt(4, bytes(4, 4)));
      const cancelled = { code: 'CANCELLED', cause: reason };
      const read$ = resource.read(missing, { signal: first.signal });
      expectObservable(demanded$(resource), '-^').toBe('-ab--c', {
        a: ['4-8 by any time', '4-7 by any time'],
        b: ['4-7 by any time'],
        c: [],
      });
      expectObservable(read$).toBe('--#', {}, expect.objectContaining(cancelled));
      expectObservable(resource.read(range(4, 7), { signal: second.signal })).toBe('-----(b|)', { b: bytes(3, 4) });
      flush();
      expect([first.listeners(), second.listeners()]).toEqual([0, 0]);
      second.abort();
    });
  });

  it('that is aborted by the one who gets the bytes ends it before it completes', () => {
    const { signal, abort } = countedSignal();
    const log: unknown[] = [];
    patchy()
      .read(range(0, 4), { signal })
      .subscribe({
        next: abort,
        error: (error: unknown) => log.push((error as { code: string }).code),
        complete: () => log.push('complete'),
      });
    expect(log).toEqual(['CANCELLED']);
  });
});

describe('neededBy of a read', () => {
  it('is the time of its demand: a number, or what a function says of its start, anew for each subscription', () => {
    marbles(({ cold, expectObservable }) => {
      const resource = patchy();
      const asked: number[] = [];
      let times = 0;
      const neededBy = (offset: number): number => {
        asked.push(offset);
        return 1000 * (times += 1);
      };
      const read$ = resource.read(range(13, 20), { neededBy });
      expectObservable(resource.read(missing, { neededBy: 1500 }), '-^').toBe('');
      expectObservable(read$, '--^-!').toBe('');
      expectObservable(read$, '---^').toBe('');
      expectObservable(demanded$(resource)).toBe('abcdf', {
        a: [],
        b: ['4-8 by 1500'],
        c: ['13-20 by 1000', '4-8 by 1500'],
        d: ['13-20 by 1000', '4-8 by 1500', '13-20 by 2000'],
        f: ['4-8 by 1500', '13-20 by 2000'],
      });
      cold('----x').subscribe(() => expect(asked).toEqual([13, 13]));
    });
  });

  it.each<[string, unknown, object]>([
    ['no number', '5', { code: 'INVALID_ARGUMENT' }],
    ['no time', NaN, { code: 'INVALID_ARGUMENT' }],
    ['a function of no time', () => Infinity, { code: 'INVALID_ARGUMENT' }],
    [
      'a function that throws',
      () => {
        throw reason;
      },
      reason,
    ],
  ])('that is %s is an error', (_what, neededBy, error) => {
    expect(errorOf(patchy().read(missing, { neededBy: neededBy as number }))).toMatchObject(error);
  });

  it('may be a function that knows no time', () => {
    const resource = patchy();
    const waiting = resource.read(missing, { neededBy: () => undefined }).subscribe();
    expect(record(demanded$(resource))).toEqual([['4-8 by any time']]);
    waiting.unsubscribe();
  });
});

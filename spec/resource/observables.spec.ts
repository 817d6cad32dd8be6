import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { asapScheduler, map, mergeMap, type Observable, of, take, tap } from 'rxjs';

import type { ByteRange, Resource } from '../../lib/index.js';
import { closeAll, open, patchy, TOO_FAR } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { range } from '../support/range.js';
import { marbles, timelessDemand$ } from '../support/marbles.js';

afterEach(closeAll);

/** `coverage$` as text: `0-4 8-12`. */
function coverage$(resource: Resource): Observable<string> {
  return resource.coverage$.pipe(map((coverage) => [...coverage].map(({ start, end }) => `${start}-${end}`).join(' ')));
}

function state$(resource: Resource): Observable<string> {
  return resource.status$.pipe(map(({ state }) => state));
}

describe('coverage$', () => {
  it('replays the current coverage, then emits each change; a subscription may start and end at any time', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('--a--b--c--', {
        a: () => resource.writeAt(0, bytes(2)),
        b: () => resource.writeAt(4, bytes(2)),
        c: () => resource.writeAt(2, bytes(2)),
      });
      const values = { e: '', a: '0-2', b: '0-2 4-6', c: '0-6' };
      helpers.expectLogged(coverage$(resource)).toBe('e-a--b--c--', '^', values);
      helpers.expectLogged(coverage$(resource), '---^').toBe('---a-b--c--', '---^', values);
      helpers.expectLogged(coverage$(resource), '---^--!').toBe('---a-b', '---^--!', values);
    });
  });

  it('emits once for many changes in one turn, with the newest state', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('--(abc)-----a', {
        a: () => resource.writeAt(0, bytes(2)),
        b: () => resource.writeAt(4, bytes(2)),
        c: () => resource.writeAt(8, bytes(2)),
      });
      helpers.expectLogged(coverage$(resource)).toBe('e-x', '^', { e: '', x: '0-2 4-6 8-10' });
    });
  });

  it('emits nothing for what changes no coverage: rewrites, empty and refused writes, fail, expected length', () => {
    marbles((helpers) => {
      const resource = patchy();
      helpers.at('-a-b-c-d-e', {
        a: () => resource.writeAt(1, bytes(2)),
        b: () => resource.writeAt(5, bytes(0)),
        c: () => expect(() => resource.writeAt(TOO_FAR, bytes(1))).toThrow(),
        d: () => (resource.expectedLength = 12),
        e: () => resource.fail('x'),
      });
      helpers.expectLogged(coverage$(resource)).toBe('p', '^', { p: '0-4 8-12' });
    });
  });

  it('hands out the very snapshot that `coverage` gives', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('-a', { a: () => resource.writeAt(0, bytes(2)) });
      const same$ = resource.coverage$.pipe(map((coverage) => coverage === resource.coverage));
      helpers.expectLogged(same$).toBe('tt', '^', { t: true });
    });
  });

  it('leaves snapshots as they were', () => {
    const resource = open();
    const { coverage } = resource;
    resource.writeAt(0, bytes(2));
    expect([coverage.toArray(), coverage.coveredBytes]).toEqual([[], 0]);
  });

  it.each<[string, (resource: Resource) => void, string]>([
    ['commit', (resource) => resource.commit(2), '0-2'],
    ['writeAll', (resource) => resource.writeAll(bytes(3)), '0-3'],
  ])('emits the last coverage before status$ says committed: %s', (_, commit, last) => {
    marbles((helpers) => {
      const resource = open();
      const order: string[] = [];
      helpers.at('--a', {
        a: () => {
          resource.writeAt(0, bytes(2));
          resource.writeAt(4, bytes(2));
          commit(resource);
          order.push('returned');
        },
      });
      // Subscribed in the order that makes it harder.
      state$(resource).subscribe((state) => order.push(state));
      coverage$(resource).subscribe((text) => order.push(`[${text}]`));
      helpers.expectLogged(coverage$(resource)).toBe('e-x', '^', { e: '', x: last });
      helpers.flush();
      expect(order).toEqual(['active', '[]', `[${last}]`, 'committed', 'returned']);
    });
  });

  it('goes on after commit where the resource is reactivated', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('-a-b-c', {
        a: () => resource.writeAll(bytes(4)),
        b: () => resource.reactivate(),
        c: () => resource.writeAt(4, bytes(1)),
      });
      helpers.expectLogged(coverage$(resource)).toBe('ea---c', '^', { e: '', a: '0-4', c: '0-5' });
    });
  });

  it('emits what is pending before it completes on close', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('--a', {
        a: () => {
          resource.writeAt(0, bytes(2));
          resource.close();
        },
      });
      helpers.expectLogged(coverage$(resource)).toBe('e-(x|)', '^-!', { e: '', x: '0-2' });
      helpers.expectLogged(coverage$(resource), '----^').toBe('----(x|)', '----(^!)', { x: '0-2' });
    });
  });

  it('does nothing for a subscriber that left within the turn', () => {
    marbles((helpers) => {
      const resource = open();
      const seen: number[] = [];
      const subscription = resource.coverage$.subscribe(({ coveredBytes }) => seen.push(coveredBytes));
      helpers.at('-a', {
        a: () => {
          resource.writeAt(0, bytes(2));
          subscription.unsubscribe();
        },
      });
      helpers.flush();
      expect(seen).toEqual([0]);
    });
  });

  it('replays the newest state to whoever comes within a turn, and tells nobody the same twice', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('---a', { a: () => resource.writeAt(0, bytes(2)) });
      helpers.expectLogged(coverage$(resource)).toBe('e--x', '^', { e: '', x: '0-2 4-6' });
      const late$ = of(0).pipe(
        tap(() => resource.writeAt(4, bytes(2))),
        mergeMap(() => coverage$(resource)),
      );
      helpers.expectLogged(late$, '---^').toBe('---x', '---^', { x: '0-2 4-6' });
    });
  });

  it('costs nothing while nobody subscribes: no turn is scheduled', () => {
    const schedule = jest.spyOn(asapScheduler, 'schedule');
    const resource = open();
    resource.coverage$.pipe(take(1)).subscribe();
    resource.demand$.pipe(take(1)).subscribe();
    resource.writeAt(0, bytes(2));
    resource.waitRange(range(2, 3)).subscribe().unsubscribe();
    expect(schedule).not.toHaveBeenCalled();
    resource.coverage$.subscribe();
    resource.writeAt(2, bytes(2));
    resource.writeAt(4, bytes(2));
    expect(schedule).toHaveBeenCalledTimes(1);
    schedule.mockRestore();
  });
});

describe('status$', () => {
  it('replays the current status, then emits each change at once', () => {
    marbles((helpers) => {
      const resource = patchy();
      helpers.at('-a-b-c-d', {
        a: () => resource.fail('x'),
        b: () => resource.reactivate(),
        c: () => resource.commit(4),
        d: () => resource.close(),
      });
      helpers.expectLogged(state$(resource)).toBe('af-g-c-(d|)', '^------!', {
        a: 'active',
        f: 'failed',
        g: 'active',
        c: 'committed',
        d: 'closed',
      });
      helpers.expectLogged(state$(resource), '--^-!').toBe('--fg', '--^-!', { f: 'failed', g: 'active' });
      helpers.expectLogged(state$(resource), '---------^').toBe('---------(d|)', '---------(^!)', { d: 'closed' });
    });
  });

  it('is not conflated: a failure within one turn is seen', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('-(abc)', {
        a: () => resource.fail('x'),
        b: () => resource.reactivate(),
        c: () => (resource.expectedLength = 5),
      });
      helpers.expectLogged(resource.status$).toBe('p(abc)', '^', {
        p: { state: 'active', expectedLength: undefined },
        a: { state: 'failed', reason: 'x' },
        b: { state: 'active', expectedLength: undefined },
        c: { state: 'active', expectedLength: 5 },
      });
    });
  });

  it('emits nothing unchanged: writes, demands, repeated calls', () => {
    marbles((helpers) => {
      const resource = open({ expectedLength: 5 });
      helpers.at('-a-b-c-d-e', {
        a: () => resource.writeAt(0, bytes(5)),
        b: () => (resource.expectedLength = 5),
        c: () => resource.reactivate(),
        d: () => resource.waitRange(range(5, 6)).subscribe().unsubscribe(),
        e: () => (resource.identity = 'v'),
      });
      helpers.expectLogged(state$(resource)).toBe('a', '^', { a: 'active' });
    });
  });

  it('never errors: cancel is a status, and close completes', () => {
    marbles((helpers) => {
      const abort = new AbortController();
      const resource = open({ signal: abort.signal });
      helpers.at('-a-b', { a: () => abort.abort(), b: () => resource.close() });
      helpers.expectLogged(state$(resource)).toBe('ax-(c|)', '^--!', { a: 'active', x: 'cancelled', c: 'closed' });
      helpers.expectLogged(coverage$(resource)).toBe('e--|', '^--!', { e: '' });
      helpers.expectLogged(resource.writes$).toBe('---|', '^--!');
      helpers.expectLogged(timelessDemand$(resource)).toBe('e--|', '^--!', { e: [] });
    });
  });

  it('says closed before anything completes', () => {
    const resource = open();
    const order: string[] = [];
    for (const [name, source] of Object.entries({
      coverage: resource.coverage$,
      writes: resource.writes$,
      demand: resource.demand$,
      status: resource.status$,
    })) {
      (source as Observable<unknown>).subscribe({ complete: () => order.push(name) });
    }
    resource.status$.subscribe(({ state }) => order.push(state));
    resource.close();
    expect(order.slice(0, 2)).toEqual(['active', 'closed']);
    expect(order.slice(2).sort()).toEqual(['coverage', 'demand', 'status', 'writes']);
  });
});

describe('writes$', () => {
  const ranges: Record<string, ByteRange> = { a: range(0, 2), b: range(4, 6), c: range(1, 3), d: range(0, 9) };

  it('emits every successful write in its turn, rewrites too, and replays nothing', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('-(abac)-e-f-d-', {
        a: () => resource.writeAt(0, bytes(2)),
        b: () => resource.writeAt(4, bytes(2)),
        c: () => resource.writeAt(1, bytes(2)),
        d: () => resource.writeAll(bytes(9)),
        e: () => resource.writeAt(4, bytes(0)),
        f: () => expect(() => resource.writeAt(TOO_FAR, bytes(1))).toThrow(),
      });
      helpers.expectLogged(resource.writes$).toBe('-(abac)-----d-', '^', ranges);
      helpers.expectLogged(resource.writes$, '--------^----!').toBe('------------d', '--------^----!', ranges);
    });
  });

  it('completes on close, and for whoever comes later', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('--a-b', { a: () => resource.close(), b: () => resource.close() });
      helpers.expectLogged(resource.writes$).toBe('--|', '^-!');
      helpers.expectLogged(resource.writes$, '---^').toBe('---|', '---(^!)');
    });
  });
});

describe('waitRange and read as observables', () => {
  it('answer synchronously in the frame of subscription, or in that of the write, and can be unsubscribed', () => {
    marbles((helpers) => {
      const resource = open();
      helpers.at('----a----', { a: () => resource.writeAt(0, bytes(4)) });
      const wait$ = resource.waitRange(range(0, 4));
      helpers.expectLogged(wait$).toBe('----(r|)', '^---!', { r: 'ready' });
      helpers.expectLogged(wait$, '--^!').toBe('', '--^!');
      helpers.expectLogged(wait$, '------^').toBe('------(r|)', '------(^!)', { r: 'ready' });
      helpers
        .expectLogged(resource.read(range(1, 3)).pipe(map((chunk) => [...chunk])))
        .toBe('----(d|)', '^---!', { d: [1, 2] });
      helpers.expectLogged(resource.read(range(4, 5)), '^------!').toBe('', '^------!');
    });
  });
});

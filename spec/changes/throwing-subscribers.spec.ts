import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { config, finalize, map, merge, type MonoTypeOperatorFunction, type Observable } from 'rxjs';

import { attachReader, type Resource } from '../../lib/index.js';
import { closeAll, open, record, turn, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { range } from '../support/range.js';

const before = config.onUnhandledError;
let reported: unknown[] = [];
beforeEach(() => {
  reported = [];
  config.onUnhandledError = (error) => void reported.push(error);
});
afterEach(async () => {
  closeAll();
  // RxJS reports in a task of its own.
  await turn();
  config.onUnhandledError = before;
});

/** The ways in which something can come out of a call to a subscriber. */
const throwing: [string, MonoTypeOperatorFunction<unknown>][] = [
  [
    'in a teardown',
    finalize(() => {
      throw new Error('teardown');
    }),
  ],
  [
    'in an operator and then in a teardown',
    (source) =>
      source.pipe(
        map(() => {
          throw new Error('operator');
        }),
        finalize(() => {
          throw new Error('teardown');
        }),
      ),
  ],
];

/** Subscribes what throws, between two that do not; gives what those two were told. */
function surrounded(source: Observable<unknown>, spoil: MonoTypeOperatorFunction<unknown>): unknown[][] {
  const first = record(source);
  source.pipe(spoil).subscribe({
    next: () => {
      throw new Error('next');
    },
    error: () => {
      throw new Error('error');
    },
    complete: () => {
      throw new Error('complete');
    },
  });
  return [first, record(source)];
}

const ends: [string, (resource: Resource, abort: AbortController) => void, string][] = [
  ['a write', (resource) => resource.writeAt(0, bytes(8)), 'ready'],
  ['commit', (resource) => resource.commit(0), 'eof'],
  ['interrupt', (resource) => resource.interrupt(), 'interrupted'],
  ['fail', (resource) => resource.fail('x'), 'FAILED'],
  ['close', (resource) => resource.close(), 'CLOSED'],
  ['abort', (_, abort) => abort.abort(), 'CANCELLED'],
];

describe.each(throwing)('a subscriber that throws %s', (_, spoil) => {
  it.each(ends)('keeps no wait from its end, when that comes by %s', async (_name, act, outcome) => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    const waits = [
      ...surrounded(resource.waitRange(range(0, 4)), spoil),
      ...surrounded(resource.waitRange(range(2, 8)), spoil),
    ];
    const states = record(resource.status$.pipe(map(({ state }) => state)));
    act(resource, abort);
    const expected = outcome === outcome.toUpperCase() ? [outcome] : [outcome, 'complete'];
    expect(waits).toEqual([expected, expected, expected, expected]);
    expect(resource.status.state).toBe(states.filter((state) => state !== 'complete').at(-1));
    await turn();
    expect(reported.length).toBeGreaterThan(0);
  });

  it('keeps no write from the others, nor from writes$', async () => {
    const resource = open();
    const told = surrounded(resource.writes$, spoil);
    resource.writeAt(0, bytes(4));
    resource.writeAt(4, bytes(4));
    resource.close();
    const expected = [range(0, 4), range(4, 8), 'complete'];
    expect(told).toEqual([expected, expected]);
    await turn();
    expect(reported.length).toBeGreaterThan(0);
  });

  it('keeps no coverage, status or demand from the others, nor their completion', async () => {
    const resource = open();
    const covered = surrounded(resource.coverage$.pipe(map(({ coveredBytes }) => coveredBytes)), spoil);
    const states = surrounded(resource.status$.pipe(map(({ state }) => state)), spoil);
    const demands = surrounded(
      resource.demand$.pipe(map((demand) => demand.map(({ range: { start } }) => start))),
      spoil,
    );
    wait(resource, 8, 12);
    resource.writeAt(0, bytes(4));
    await turn();
    resource.writeAt(4, bytes(4));
    await turn();
    resource.fail('x');
    resource.close();
    expect(covered).toEqual([
      [0, 4, 8, 'complete'],
      [0, 4, 8, 'complete'],
    ]);
    const expected = ['active', 'failed', 'closed', 'complete'];
    expect(states).toEqual([expected, expected]);
    expect(demands).toEqual([
      [[], [8], [], 'complete'],
      [[], [8], [], 'complete'],
    ]);
    await turn();
    expect(reported.length).toBeGreaterThan(0);
  });

  it('keeps nothing from the others in a reader of another thread', async () => {
    const resource = open();
    const port = resource.createPort();
    const reader = attachReader(port.handle);
    const waits = surrounded(reader.waitRange(range(0, 4)), spoil);
    const later = surrounded(reader.waitRange(range(8, 12)), spoil);
    const states = surrounded(reader.status$.pipe(map(({ state }) => state)), spoil);
    resource.writeAt(0, bytes(4));
    await turn();
    expect(waits).toEqual([
      ['ready', 'complete'],
      ['ready', 'complete'],
    ]);
    reader.close();
    expect(later).toEqual([['CLOSED'], ['CLOSED']]);
    expect(states).toEqual([
      ['active', 'closed', 'complete'],
      ['active', 'closed', 'complete'],
    ]);
    await turn();
    expect(reported.length).toBeGreaterThan(0);
  });
});

describe('what a subscriber throws', () => {
  it('is reported as RxJS reports what nobody handles, once each and as it was thrown', async () => {
    const resource = open();
    const late = new Error('late');
    const ends$ = resource.waitRange(range(0, 4)).pipe(
      finalize(() => {
        throw late;
      }),
    );
    ends$.subscribe();
    ends$.subscribe();
    resource.writeAt(0, bytes(4));
    expect(reported).toEqual([]);
    await turn();
    expect(reported.map((error) => (error as { errors?: unknown[] }).errors)).toEqual([[late], [late]]);
  });

  it('does not come out of the call that told it, and what follows that call still happens', () => {
    const resource = open();
    const log: unknown[] = [];
    resource
      .waitRange(range(0, 4))
      .pipe(
        finalize(() => {
          throw new Error('teardown');
        }),
      )
      .subscribe(() => {
        // Queued behind what is being told.
        resource.writeAt(4, bytes(4));
        resource.commit();
      });
    merge(resource.waitRange(range(0, 8)), resource.status$.pipe(map(({ state }) => state))).subscribe((value) =>
      log.push(value),
    );
    resource.writeAt(0, bytes(4));
    expect(log).toEqual(['active', 'ready', 'committed']);
  });
});

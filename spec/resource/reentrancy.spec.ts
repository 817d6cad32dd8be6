import { afterEach, describe, expect, it } from '@jest/globals';
import { type Observable, Subscription } from 'rxjs';

import type { MemResource } from '../../lib/index.js';
import { bytes, closeAll, open, range, ranges, wait } from './fixtures.js';

afterEach(closeAll);

/** Lets the turn end, in which `coverage$` and `demand$` are conflated. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Subscribes with a name, and writes down entry, what `act` does, and exit of each callback. */
function trace(
  log: string[],
  name: string,
  source: Observable<unknown>,
  act: (value: unknown) => void = () => undefined,
): Subscription {
  return source.subscribe({
    next: (value) => {
      log.push(`${name}(`);
      act(value);
      log.push(`)${name}`);
    },
    error: () => log.push(`${name} failed`),
    complete: () => log.push(`${name} done`),
  });
}

/** No callback was entered before the one before it was left. */
function expectNoNesting(log: readonly string[]): void {
  let inside: string | undefined;
  for (const entry of log) {
    if (entry.endsWith('(')) {
      expect([entry, 'entered inside', inside]).toEqual([entry, 'entered inside', undefined]);
      inside = entry.slice(0, -1);
    } else if (entry.startsWith(')')) {
      inside = undefined;
    }
  }
}

/** Everything that calls back, triggered by a write of [0, 4); `skip`: replays to be ignored. */
const channels: [name: string, source: (resource: MemResource) => Observable<unknown>, skip: number][] = [
  ['waitRange', (resource) => resource.waitRange(range(0, 4)), 0],
  ['read', (resource) => resource.read(range(0, 4)), 0],
  ['writes$', (resource) => resource.writes$, 0],
  ['coverage$', (resource) => resource.coverage$, 1],
  ['demand$', (resource) => resource.demand$, 1],
];

/** Runs `act` once, in the callback of `source` that follows the write of [0, 4). */
async function actInside(
  resource: MemResource,
  source: (resource: MemResource) => Observable<unknown>,
  skip: number,
  act: () => void,
): Promise<void> {
  wait(resource, 0, 4);
  let calls = 0;
  source(resource).subscribe({
    next: () => {
      calls += 1;
      if (calls === skip + 1) act();
    },
    error: () => undefined,
  });
  await turn();
  // demand$ replayed a wait that was pending, so the write is its first change.
  expect(() => resource.writeAt(0, bytes(4))).not.toThrow();
  await turn();
  expect(calls).toBeGreaterThan(skip);
}

describe('the order of what a write tells', () => {
  it('is bytes and coverage, then waits, then writes$, then coverage$ in the turn', async () => {
    const resource = open();
    const log: string[] = [];
    const look = (): string => {
      const target = new Uint8Array(4);
      return `${resource.readAt(0, target)} bytes ${target.join()} of ${resource.coverage.coveredBytes}`;
    };
    resource.writes$.subscribe(() => log.push(`writes$ ${look()}`));
    resource.coverage$.subscribe(({ coveredBytes }) => log.push(`coverage$ ${coveredBytes}`));
    resource.waitRange(range(0, 4)).subscribe(() => log.push(`wait ${look()}`));
    resource.read(range(0, 4)).subscribe((chunk) => log.push(`read ${chunk.join()}`));
    resource.writeAt(0, bytes(4));
    log.push('returned');
    await turn();
    const visible = '4 bytes 0,1,2,3 of 4';
    expect(log).toEqual([
      'coverage$ 0',
      `wait ${visible}`,
      'read 0,1,2,3',
      `writes$ ${visible}`,
      'returned',
      'coverage$ 4',
    ]);
  });

  it('of writeAll and commit is waits, writes$, the last coverage, the status', () => {
    const resource = open();
    const log: string[] = [];
    resource.status$.subscribe(({ state }) => log.push(state));
    resource.coverage$.subscribe(({ coveredBytes }) => log.push(`coverage$ ${coveredBytes}`));
    resource.writes$.subscribe(({ end }) => log.push(`writes$ ${end}`));
    resource.waitRange(range(0, 9)).subscribe(() => log.push(`wait, ${resource.status.state}`));
    resource.writeAll(bytes(4));
    log.push('returned');
    expect(log).toEqual([
      'active',
      'coverage$ 0',
      'wait, committed',
      'writes$ 4',
      'coverage$ 4',
      'committed',
      'returned',
    ]);
  });

  it('of a failure and of a close is waits, then the status', () => {
    const resource = open();
    const log: string[] = [];
    resource.status$.subscribe(({ state }) => log.push(state));
    const report = { error: () => log.push(`wait, ${resource.status.state}`) };
    resource.waitRange(range(0, 9)).subscribe(report);
    resource.fail('x');
    resource.reactivate();
    resource.waitRange(range(0, 9)).subscribe(report);
    resource.close();
    expect(log).toEqual(['active', 'wait, failed', 'failed', 'active', 'wait, closed', 'closed']);
  });

  it('settles the waits of one write all before anything that their callbacks cause', () => {
    const resource = open();
    const log: string[] = [];
    trace(log, 'later', resource.waitRange(range(4, 8)));
    trace(log, 'first', resource.waitRange(range(0, 2)), () => resource.writeAt(4, bytes(4)));
    trace(log, 'second', resource.waitRange(range(0, 2)));
    trace(log, 'third', resource.waitRange(range(1, 2)));
    trace(log, 'writes$', resource.writes$);
    resource.writeAt(0, bytes(2));
    const entered = log.filter((entry) => entry.endsWith('('));
    expect(entered).toEqual(['first(', 'second(', 'third(', 'writes$(', 'later(', 'writes$(']);
    expectNoNesting(log);
  });
});

describe.each(channels)('calls made in a callback of %s', (_, source, skip) => {
  it('a write takes effect at once, and its news follow', async () => {
    const resource = open();
    const log: string[] = [];
    const pending = wait(resource, 4, 8);
    resource.writes$.subscribe(({ start, end }) => log.push(`${start}-${end}`));
    await actInside(resource, source, skip, () => {
      resource.writeAt(4, bytes(4, 4));
      expect(ranges(resource)).toEqual([range(0, 8)]);
      expect(resource.readAt(4, new Uint8Array(4))).toBe(4);
    });
    expect(log).toEqual(['0-4', '4-8']);
    expect(pending).toEqual(['ready', 'complete']);
  });

  it('a commit takes effect at once, and its news follow', async () => {
    const resource = open();
    const states: string[] = [];
    resource.status$.subscribe(({ state }) => states.push(state));
    const behind = wait(resource, 4, 8);
    await actInside(resource, source, skip, () => {
      resource.commit();
      expect(resource.status).toEqual({ state: 'committed', finalLength: 4 });
    });
    expect(states).toEqual(['active', 'committed']);
    expect(behind).toEqual(['eof', 'complete']);
  });

  it('a close takes effect at once; the call outside returns normally, and everything ends', async () => {
    const resource = open();
    const states: string[] = [];
    const writes: string[] = [];
    resource.status$.subscribe({ next: ({ state }) => states.push(state), complete: () => states.push('complete') });
    resource.writes$.subscribe({ next: () => writes.push('write'), complete: () => writes.push('complete') });
    const behind = wait(resource, 4, 8);
    await actInside(resource, source, skip, () => {
      resource.close();
      expect(resource.status.state).toBe('closed');
    });
    expect(states).toEqual(['active', 'closed', 'complete']);
    expect(writes).toEqual(['write', 'complete']);
    expect(behind).toEqual(['CLOSED']);
  });

  it('a failure and a reactivation are both told', async () => {
    const resource = open();
    const states: string[] = [];
    resource.status$.subscribe(({ state }) => states.push(state));
    await actInside(resource, source, skip, () => {
      resource.fail('x');
      resource.reactivate();
    });
    expect(states).toEqual(['active', 'failed', 'active']);
  });

  it('an interrupt ends the waits that are pending then', async () => {
    const resource = open();
    const pending = wait(resource, 4, 8);
    await actInside(resource, source, skip, () => resource.interrupt());
    expect(pending).toEqual(['interrupted', 'complete']);
  });

  it('unsubscribing others keeps them from being told, and nobody else', async () => {
    const resource = open();
    wait(resource, 0, 4);
    const told: string[] = [];
    const doomed = new Subscription();
    let calls = 0;
    source(resource).subscribe(() => {
      calls += 1;
      if (calls === skip + 1) doomed.unsubscribe();
    });
    doomed.add(source(resource).subscribe(() => told.push('goes')));
    source(resource).subscribe(() => told.push('stays'));
    await turn();
    told.length = 0;
    resource.writeAt(0, bytes(4));
    await turn();
    expect(told).toEqual(['stays']);
  });
});

describe('notifications queue', () => {
  it('a subscriber is never called while its own callback is running', async () => {
    const resource = open();
    const log: string[] = [];
    let written = 0;
    const writeMore = (): void => {
      if (written < 20) resource.writeAt((written += 2), bytes(1));
    };
    trace(log, 'writes$', resource.writes$, writeMore);
    resource.writeAt(0, bytes(1));
    await turn();
    expect(log.filter((entry) => entry === 'writes$(')).toHaveLength(11);
    expectNoNesting(log);
  });

  it('a callback of one channel is not entered inside a callback of another', async () => {
    const resource = open();
    const log: string[] = [];
    trace(log, 'wait', resource.waitRange(range(4, 8)), () => resource.commit());
    await turn();
    trace(log, 'writes$', resource.writes$, () => {
      if (resource.status.state === 'active') resource.writeAt(4, bytes(4));
    });
    resource.status$.subscribe({ next: () => log.push('status$(', ')status$') });
    resource.writeAt(0, bytes(4));
    await turn();
    expectNoNesting(log);
    expect(log.filter((entry) => entry.endsWith('('))).toEqual([
      'status$(',
      'writes$(',
      'wait(',
      'writes$(',
      'status$(',
    ]);
  });

  it('states are told in the order in which they came, to everybody, whoever made them', () => {
    const resource = open();
    const first: string[] = [];
    const last: string[] = [];
    resource.status$.subscribe(({ state }) => first.push(state));
    resource.status$.subscribe(({ state }) => {
      if (state === 'failed') resource.reactivate();
      if (state === 'committed') resource.close();
    });
    resource.status$.subscribe(({ state }) => last.push(state));
    resource.fail('x');
    resource.commit(0);
    const expected = ['active', 'failed', 'active', 'committed', 'closed'];
    expect([first, last]).toEqual([expected, expected]);
  });

  it('a subscriber that comes within a callback gets the newest state, and no older one after it', () => {
    const resource = open();
    const late: string[] = [];
    let subscribed = false;
    resource.status$.subscribe(({ state }) => {
      if (state !== 'failed' || subscribed) return;
      subscribed = true;
      resource.reactivate();
      resource.status$.subscribe((status) => late.push(status.state));
      expect(late).toEqual(['active']);
    });
    resource.fail('x');
    expect(late).toEqual(['active']);
    resource.fail('y');
    expect(late).toEqual(['active', 'failed']);
  });

  it('waits that are pending when their resource is closed by the callback of another get the answer that they had', () => {
    const resource = open();
    resource.waitRange(range(0, 4)).subscribe(() => resource.close());
    const sibling = wait(resource, 0, 4);
    const elsewhere = wait(resource, 2, 6);
    resource.writeAt(0, bytes(4));
    expect([sibling, elsewhere]).toEqual([['ready', 'complete'], ['CLOSED']]);
  });

  it('a wait made in a callback for what is there is answered at once', () => {
    const resource = open();
    const log: unknown[] = [];
    resource.waitRange(range(0, 4)).subscribe(() => log.push(...wait(resource, 0, 4)));
    resource.writeAt(0, bytes(4));
    expect(log).toEqual(['ready', 'complete']);
  });

  it('a callback that throws harms nobody else, and not the writer', async () => {
    const resource = open();
    const thrown: unknown[] = [];
    // RxJS throws it again in a task of its own, where jest would take it for ours.
    const { config } = await import('rxjs');
    config.onUnhandledError = (error) => thrown.push(error);
    try {
      resource.waitRange(range(0, 4)).subscribe(() => {
        throw new Error('mine');
      });
      const other = wait(resource, 0, 4);
      expect(() => resource.writeAt(0, bytes(4))).not.toThrow();
      expect(other).toEqual(['ready', 'complete']);
      resource.writeAt(4, bytes(4));
      expect(ranges(resource)).toEqual([range(0, 8)]);
      await turn();
      expect(thrown).toMatchObject([{ message: 'mine' }]);
    } finally {
      config.onUnhandledError = null;
    }
  });

  it('a commit that a callback of the last write beats is no error: the same length again', () => {
    const resource = open({ expectedLength: 4 });
    resource.waitRange(range(0, 4)).subscribe(() => resource.commit());
    resource.writeAt(0, bytes(4));
    expect(() => resource.commit()).not.toThrow();
  });

  it('an abort inside a callback of a write cancels at once, and the write returns', () => {
    const abort = new AbortController();
    const resource = open({ signal: abort.signal });
    const elsewhere = wait(resource, 8, 9);
    resource.waitRange(range(0, 4)).subscribe(() => {
      abort.abort();
      expect(resource.status.state).toBe('cancelled');
    });
    resource.writeAt(0, bytes(4));
    expect(elsewhere).toEqual(['CANCELLED']);
  });
});

/** What goes out at subscription is a notification in progress, too. */
describe('answers given at subscription', () => {
  it.each<[string, (resource: MemResource) => Observable<unknown>]>([
    ['status$', (resource) => resource.status$],
    ['coverage$', (resource) => resource.coverage$],
    ['demand$', (resource) => resource.demand$],
  ])('what a callback causes while the current state is replayed to it comes after it: %s', async (_, source) => {
    const resource = open();
    wait(resource, 0, 4);
    const log: string[] = [];
    trace(log, 'writes$', resource.writes$);
    trace(log, 'other', resource.status$);
    let first = true;
    trace(log, 'self', source(resource), () => {
      if (!first) return;
      first = false;
      resource.writeAt(0, bytes(4));
      resource.fail('x');
    });
    await turn();
    expectNoNesting(log);
    expect(log.filter((entry) => entry === 'other(')).toHaveLength(2);
  });

  it('what a callback causes while a wait is answered at once comes after it', () => {
    const resource = open();
    resource.writeAt(0, bytes(4));
    const log: string[] = [];
    trace(log, 'writes$', resource.writes$);
    trace(log, 'wait', resource.waitRange(range(0, 4)), () => resource.writeAt(4, bytes(4)));
    expectNoNesting(log);
    expect(log).toContain('writes$(');
  });
});
